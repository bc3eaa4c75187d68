import { isUtf8 } from 'node:buffer'
import { FRAME_FLAGS } from '../model/source.js'
import type { TappedFrame, Taps } from '../model/taps.js'
import type { FrameEvent, PointEvent, SampleEvent, TailEvent } from './event.js'
import { type Filter, type Kind, Match } from './filter.js'

/** Bytes of a payload that are shown. */
const SHOWN_BYTES = 4096
/** Lines and characters that wait for a slow reader; what comes on top is counted, not kept. */
const LINES = 2000
const CHARACTERS = 2 ** 20

/**
 * What flows, as lines of JSON for one reader: as fast as the reader takes them, the rest counted. `tap` is asked when the
 * reader comes, and its answer is called when the reader goes.
 */
export function feed(kind: Kind, filter: Filter, tap: (taps: Taps) => () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let lines: string[] = []
  let characters = 0
  let missed = 0
  let wake = () => {}
  const tell = (event: TailEvent) => {
    if (lines.length >= LINES || characters >= CHARACTERS) {
      missed++
      return
    }
    const line = `${JSON.stringify(event)}\n`
    characters += line.length
    lines.push(line)
    wake()
  }
  let leave = () => {}
  return new ReadableStream(
    {
      start() {
        leave = tap(tapsOf(kind, new Match(filter), tell))
      },
      async pull(controller) {
        if (lines.length === 0) await new Promise<void>((resolve) => (wake = resolve))
        if (missed > 0) lines.push(`${JSON.stringify({ missed })}\n`)
        controller.enqueue(encoder.encode(lines.join('')))
        lines = []
        characters = missed = 0
      },
      cancel() {
        leave()
        wake()
      },
    },
    { highWaterMark: 0 },
  )
}

function tapsOf(kind: Kind, match: Match, tell: (event: TailEvent) => void): Taps {
  if (kind === 'frames')
    return {
      frame(source, channel, frame) {
        if (match.source(source) && match.channel(channel.name) && match.tags({ ...channel.tags, source }))
          tell(frameEvent(source, channel.name, frame))
      },
    }
  if (kind === 'samples')
    return {
      samples(samples) {
        for (let row = 0; row < samples.rows; row++) {
          const device = samples.device(row)
          const field = samples.field(row)
          if (!match.field(field) || !match.device(device)) continue
          const unit = device.units.get(field)
          const event: SampleEvent = {
            source: device.source,
            tags: Object.fromEntries(device.tags),
            field,
            ...(unit && { unit }),
            timeUs: samples.timeUs(row),
            value: samples.value(row),
            fate: samples.fate(row),
          }
          tell(event)
        }
      },
    }
  return {
    points(points) {
      if (!match.window(points.window)) return
      for (let line = 0; line < points.lines; line++) {
        const device = points.device[line]
        if (!match.device(device)) continue
        const fields: Record<string, number> = {}
        const units: Record<string, string> = {}
        for (let i = points.firstField[line]; i < points.firstField[line + 1]; i++) {
          const { name, of, unitOf } = points.field[i]
          if (!match.field(of)) continue
          fields[name] = points.value[i]
          const unit = unitOf(device.units.get(of) ?? '')
          if (unit) units[name] = unit
        }
        if (Object.keys(fields).length === 0) continue
        const { window, measurement, timeUs } = points
        const event: PointEvent = { window, measurement, timeUs, tags: Object.fromEntries(device.tags), fields }
        if (Object.keys(units).length > 0) event.units = units
        if (points.correction[line]) event.corrected = true
        tell(event)
      }
    },
  }
}

function frameEvent(source: string, channel: string, { bytes, start, end, arrivalUs, flags }: TappedFrame): FrameEvent {
  const shown = Buffer.from(bytes.subarray(start, Math.min(end, start + SHOWN_BYTES)))
  const event: FrameEvent = { source, channel, arrivalUs, bytes: end - start }
  // A character cut in two at the end is no reason to show all of it as hexadecimal digits.
  const text = shown.toString()
  if (isUtf8(shown) || (end - start > SHOWN_BYTES && isUtf8(shown.subarray(0, shown.lastIndexOf(0x22) + 1))))
    event.text = text
  else event.hex = shown.toString('hex')
  if (flags & FRAME_FLAGS.retained) event.retained = true
  return event
}

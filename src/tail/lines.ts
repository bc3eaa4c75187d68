import { isUtf8 } from 'node:buffer'
import { fieldsJson, headJson, tagsJson } from '../formats/ndjson.js'
import { isoTime } from '../formats/time.js'
import type { Points } from '../model/points.js'
import { FRAME_FLAGS } from '../model/source.js'
import type { TappedFrame, TappedSamples, Taps } from '../model/taps.js'
import type { Backlog } from './backlog.js'
import { type Filter, Wanted } from './filter.js'
import type { CountedLine, FrameLine } from './wire.js'

/** Bytes of a frame that are shown. */
const MOST_SHOWN = 16_384
const NEWLINE = 10

/** Looks for one reader: what the filter wants goes into the backlog, as TailLine each. */
export function tapsFor(filter: Filter, backlog: Backlog): Taps {
  const wanted = new Wanted(filter)
  switch (filter.kind) {
    case 'frames':
      return frameTaps(wanted, backlog)
    case 'samples':
      return { samples: (samples) => takeSamples(samples, wanted, backlog) }
    case 'points':
      return { points: (points) => takePoints(points, wanted, backlog) }
  }
}

function frameTaps(wanted: Wanted, backlog: Backlog): Taps {
  const counted = (line: CountedLine) => {
    if (!wanted.everyTopic || !wanted.source(line.source)) return
    if (backlog.full) backlog.miss(line.frames ?? 1)
    else backlog.add(JSON.stringify(line))
  }
  return {
    frame(source, channel, frame) {
      if (!wanted.channel(source, channel)) return
      const { bytes, end, flags } = frame
      if (!(flags & FRAME_FLAGS.lines)) return void takeFrame(source, channel.name, frame, backlog)
      for (let start = frame.start; start < end; ) {
        const found = bytes.indexOf(NEWLINE, start)
        const lineEnd = found < 0 || found >= end ? end : found
        if (lineEnd > start) takeFrame(source, channel.name, { ...frame, start, end: lineEnd }, backlog)
        start = lineEnd + 1
      }
    },
    counted: (source, reason, frames) => counted({ source, counted: reason, frames }),
    lost: (source, bytes) => counted({ source, counted: 'lost', bytes }),
  }
}

function takeFrame(source: string, channel: string, frame: TappedFrame, backlog: Backlog): void {
  if (backlog.full) return void backlog.miss(1)
  const { bytes, start, end, flags } = frame
  const line: FrameLine = { time: isoTime(frame.arrivalUs), source, channel, bytes: end - start }
  Object.assign(line, shown(Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(end - start, MOST_SHOWN))))
  if (end - start > MOST_SHOWN) line.cut = true
  if (flags & FRAME_FLAGS.retained) line.retained = true
  if (flags & FRAME_FLAGS.dup) line.dup = true
  backlog.add(JSON.stringify(line))
}

function shown(bytes: Buffer): Pick<FrameLine, 'text' | 'hex'> {
  // The cut may have gone through a character.
  for (let spare = 0; spare < 4 && spare <= bytes.length; spare++) {
    const part = bytes.subarray(0, bytes.length - spare)
    if (spare > 0 && bytes.length < MOST_SHOWN) break
    if (!isUtf8(part)) continue
    const text = part.toString()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they tell that it is no text
    if (/[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(text)) break
    return { text }
  }
  return { hex: bytes.toString('hex') }
}

function takeSamples(samples: TappedSamples, wanted: Wanted, backlog: Backlog): void {
  const { rows } = samples
  for (let row = 0; row < rows; row++) {
    if (backlog.full && wanted.all) return void backlog.miss(rows - row)
    const device = samples.device(row)
    const field = samples.field(row)
    if (!wanted.device(device) || !wanted.field(field)) continue
    if (backlog.full) {
      backlog.miss(1)
      continue
    }
    const value = samples.value(row)
    const unit = device.units.get(field)
    backlog.add(
      `{"time":"${isoTime(samples.timeUs(row))}","tags":${tagsJson(device)},"field":${JSON.stringify(field)},"value":${
        Number.isFinite(value) ? value : null
      }${unit === undefined ? '' : `,"unit":${JSON.stringify(unit)}`},"fate":"${samples.fate(row)}"}`,
    )
  }
}

function takePoints(points: Points, wanted: Wanted, backlog: Backlog): void {
  if (!wanted.window(points.window)) return
  const head = headJson(points)
  const window = JSON.stringify(points.window)
  for (let i = 0; i < points.lines; i++) {
    const device = points.device[i]
    if (!wanted.device(device)) continue
    const fields: string[] = []
    const units: string[] = []
    for (let f = points.firstField[i]; f < points.firstField[i + 1]; f++) {
      const { name, of, unitOf } = points.field[f]
      if (!wanted.field(name) && !wanted.field(of)) continue
      fields.push(fieldsJson(points, f, f + 1))
      const unit = device.units.get(of)
      const own = unit && unitOf(unit)
      if (own) units.push(`${JSON.stringify(name)}:${JSON.stringify(own)}`)
    }
    if (fields.length === 0) continue
    if (backlog.full) {
      backlog.miss(1)
      continue
    }
    backlog.add(
      `${head}${tagsJson(device)},"fields":{${fields}}${units.length ? `,"units":{${units}}` : ''},"window":${window}${
        points.correction[i] ? ',"correction":true' : ''
      }}`,
    )
  }
}

import { type ChannelRecord, FRAMES_HEAD_BYTES, framesOf, RECORD } from '../engine/journal-records.js'
import { FRAME_FLAGS as FLAGS } from '../model/source.js'
import { visible } from '../observe/visible.js'

/** A line of `weir journal dump`: what a record says, or one of its frames. */
export interface JournalLine {
  segment: number
  /** Where its record ends, bytes from the segment's start. */
  end: number
  type: string
  [key: string]: unknown
}

const TYPES = Object.fromEntries(Object.entries(RECORD).map(([name, type]) => [type, name]))
const FLAG_NAMES = Object.entries(FLAGS)
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Makes lines of a journal's records, in their order: it remembers channels to name them. Never throws for what is in a record. */
export class JournalLines {
  readonly #channels = new Map<number, string>();

  *of(segment: number, end: number, type: number, body: Buffer): Generator<JournalLine> {
    const at = { segment, end }
    const name = TYPES[type] ?? `type ${type}`
    if (type === RECORD.frames) {
      yield* this.#frames(at, body)
      return
    }
    if (!(type in TYPES)) {
      yield { ...at, type: name, ...content(body) }
      return
    }
    try {
      const value = JSON.parse(utf8.decode(body)) as object
      if (type === RECORD.channel) {
        const { number, spec } = value as ChannelRecord
        this.#channels.set(number, spec.name)
      }
      yield { ...at, type: name, ...value }
    } catch {
      yield { ...at, type: name, problem: 'it is not what this weir writes', ...content(body) }
    }
  }

  *#frames(place: { segment: number; end: number }, body: Buffer): Generator<JournalLine> {
    const source = body.length >= FRAMES_HEAD_BYTES ? body.readUInt32LE(0) : undefined
    let at = FRAMES_HEAD_BYTES
    for (const { channel, arrivalUs, flags, packetId, payload, end } of framesOf(body)) {
      yield {
        ...place,
        ...{ type: 'frame', source, arrivalUs, channel, name: this.#channels.get(channel) },
        flags: FLAG_NAMES.filter(([, flag]) => flags & flag).map(([name]) => name),
        ...(packetId !== 0 && { packetId }),
        ...content(payload),
      }
      at = end
    }
    if (at < body.length || body.length < FRAMES_HEAD_BYTES)
      yield {
        ...place,
        type: 'frame',
        problem: 'its frames are not what this weir writes',
        ...content(body.subarray(at)),
      }
  }
}

/** Bytes as text where they are, else in hexadecimal digits. */
function content(bytes: Buffer): { text: string } | { hex: string } {
  try {
    const text = utf8.decode(bytes)
    // Tabs and line ends are text.
    if (!/[^\P{Cc}\t\r\n]/u.test(text)) return { text }
  } catch {}
  return { hex: bytes.toString('hex') }
}

/** A line for people. */
export function lineText({ segment, end, type, ...rest }: JournalLine): string {
  const { arrivalUs, nowUs, text, hex, source, name, channel, ...more } = rest
  const us = arrivalUs ?? nowUs
  const isTime = typeof us === 'number' && Math.abs(us) < 8.64e18
  const words = [
    `${segment}:${end}`,
    type,
    isTime ? new Date(us / 1000).toISOString() : undefined,
    source === undefined ? undefined : `source ${source}`,
    name ?? (channel === undefined ? undefined : `channel ${channel}`),
    ...Object.entries(more).flatMap(([key, value]) =>
      Array.isArray(value) && value.length === 0
        ? []
        : [`${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`],
    ),
    text ?? (hex === undefined ? undefined : `hex ${hex}`),
  ]
  return visible(words.filter((word) => word !== undefined).join('  '))
}

import * as v from 'valibot'
import { type RecordingError, reasonOf } from '../model/errors.js'
import type { ChannelSpec } from '../model/source.js'
import { visible } from '../observe/visible.js'
import {
  channelSchema,
  endSchema,
  headerSchema,
  MAX_CHANNELS,
  MAX_JSON_BYTES,
  REASONS,
  RECORD,
  type RecordingEnd,
  type RecordingHeader,
  unzigzag,
} from './format.js'
import { fileChunks, type Segment, SegmentReader } from './segments.js'

/** A channel of a recording, as its source made it, without the tags that were constant in the configuration. */
export interface RecordedChannel {
  /** Index in the header's `sources`. */
  readonly source: number
  readonly spec: ChannelSpec
}

/** What the reader stands at; the fields of other kinds of records hold what they held. */
export type RecordKind = 'frame' | 'counted' | 'lost' | 'missed' | 'step' | 'end'

/**
 * A recording, read one record at a time in bounded memory. The fields tell of the record that `next` stopped at;
 * `bytes` is valid until the next call of `load`.
 */
export class RecordingReader {
  readonly channels: RecordedChannel[] = []
  /** After the last record: what the recording says of its end; undefined when it was cut off. */
  end: RecordingEnd | undefined
  // ---- frame
  channel = 0
  /** µs since the epoch; of the last frame afterwards. */
  arrivalUs: number
  flags = 0
  packetId = 0
  bytes: Buffer = Buffer.alloc(0)
  from = 0
  to = 0
  // ---- counted, lost, missed, step
  source = 0
  reason = REASONS[0]
  /** Frames of `counted` and `missed`, bytes of `lost`, µs of `step`. */
  amount = 0
  /** Bytes of the frames of `missed`. */
  amountBytes = 0

  #at = 0
  #offset = 0

  private constructor(
    private readonly segments: SegmentReader,
    readonly header: RecordingHeader,
  ) {
    this.arrivalUs = header.startedUs
  }

  /** Opens a file, gzip or plain. Rejects with a RecordingError where it is no recording or its start is damaged. */
  static async open(path: string): Promise<RecordingReader> {
    return RecordingReader.read(path, fileChunks(path))
  }

  /** Reads the bytes of a recording; `name` stands in errors. */
  static async read(name: string, chunks: AsyncIterable<Buffer>): Promise<RecordingReader> {
    const segments = new SegmentReader(name, chunks)
    try {
      await segments.begin()
      const first = await segments.next()
      if (!first) throw segments.error(segments.tornAt ?? 0, 'it ends before its header is whole; record again')
      const probe = new RecordingReader(segments, { weir: '', gateway: '', startedUs: 0, sources: [] })
      probe.#enter(first)
      if (probe.#byte() !== RECORD.header) throw probe.#wrong('no header')
      return new RecordingReader(segments, probe.#json(headerSchema))
    } catch (error) {
      await segments.close()
      throw error
    }
  }

  /** True when the recording was not ended in order. Known at the end. */
  get torn(): boolean {
    return this.end === undefined
  }

  /** Where a torn recording stops being whole, in bytes of it uncompressed; undefined when it stops between two segments. */
  get tornAt(): number | undefined {
    return this.segments.tornAt
  }

  /** Reads on in the file; false at its end. Call it first, and whenever `next` has answered nothing. */
  async load(): Promise<boolean> {
    const segment = this.end ? undefined : await this.segments.next()
    if (!segment) return false
    this.#enter(segment)
    return true
  }

  /** Moves to the next record of what is loaded; undefined when all were read. Throws a RecordingError. */
  next(): RecordKind | undefined {
    while (this.#at < this.bytes.length) {
      const kind = this.#byte()
      switch (kind) {
        case RECORD.channel:
          this.#channelRecord()
          continue
        case RECORD.frame:
          return this.#frame()
        case RECORD.counted:
          this.source = this.#index(this.header.sources.length, 'source')
          this.reason = REASONS[this.#index(REASONS.length, 'reason')]
          this.amount = this.#varint()
          return 'counted'
        case RECORD.lost:
          this.source = this.#index(this.header.sources.length, 'source')
          this.amount = this.#varint()
          return 'lost'
        case RECORD.missed:
          this.amount = this.#varint()
          this.amountBytes = this.#varint()
          return 'missed'
        case RECORD.step:
          this.amount = this.#varint()
          this.#move(this.amount)
          return 'step'
        case RECORD.end:
          this.end = this.#json(endSchema)
          this.#at = this.bytes.length
          return 'end'
        default:
          throw this.#wrong(`a record of type ${kind}`)
      }
    }
    return undefined
  }

  close(): Promise<void> {
    return this.segments.close()
  }

  #enter({ bytes, offset }: Segment): void {
    this.bytes = bytes
    this.#at = 0
    this.#offset = offset
  }

  #frame(): 'frame' {
    this.channel = this.#index(this.channels.length, 'channel')
    this.#move(unzigzag(this.#varint()))
    this.flags = this.#varint()
    this.packetId = this.#varint()
    this.to = this.#span()
    this.from = this.#at
    this.#at = this.to
    return 'frame'
  }

  #channelRecord(): void {
    const source = this.#index(this.header.sources.length, 'source')
    const spec = this.#json(channelSchema)
    if (this.channels.length >= MAX_CHANNELS) throw this.#wrong(`more than ${MAX_CHANNELS} channels`)
    this.channels.push({ source, spec })
  }

  #move(us: number): void {
    this.arrivalUs += us
    if (!(Number.isSafeInteger(this.arrivalUs) && this.arrivalUs >= 0)) throw this.#wrong('a time out of bounds')
  }

  #index(length: number, what: string): number {
    const index = this.#varint()
    if (index >= length) throw this.#wrong(`${what} ${index} of ${length}`)
    return index
  }

  #byte(): number {
    if (this.#at >= this.bytes.length) throw this.#wrong('a record that ends early')
    return this.bytes[this.#at++]
  }

  #varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) break
      if (scale > 2 ** 46) throw this.#wrong('a number that is too long')
    }
    if (!Number.isSafeInteger(value)) throw this.#wrong('a number that is too large')
    return value
  }

  /** Reads a length; where what it counts ends. */
  #span(): number {
    const length = this.#varint()
    if (length > this.bytes.length - this.#at) throw this.#wrong(`${length} bytes that are not there`)
    return this.#at + length
  }

  #json<Schema extends v.GenericSchema>(schema: Schema): v.InferOutput<Schema> {
    const end = this.#span()
    if (end - this.#at > MAX_JSON_BYTES) throw this.#wrong(`${end - this.#at} bytes of text`)
    const text = this.bytes.toString('utf8', this.#at, end)
    try {
      const value = v.parse(schema, JSON.parse(text))
      this.#at = end
      return value
    } catch (error) {
      throw this.#wrong(`text that means nothing: ${visible(reasonOf(error))}`)
    }
  }

  #wrong(what: string): RecordingError {
    return this.segments.error(this.#offset + this.#at, `${what}; the file is damaged, or no weir wrote it`)
  }
}

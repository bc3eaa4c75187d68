import { ROWS_HEAD_BYTES, ROWS_STEP, ROWS_TIME } from '../../../assembly/decode/bridge-layout.js'
import { type Data, type Descriptor, parseMessage } from '../../../firmware-bridge/host/message.js'
import { rowLayout } from '../../codecs/bridge.js'
import type { FrameReceiver } from '../../framing/framing.js'
import type { SourceOutput } from '../../model/source.js'
import { Stream } from './bridge/stream.js'
import { Wire } from './bridge/wire.js'

/** Descriptions that a port's channels are made for in its life; a device that invents ever new ones gets no further. */
const MOST_CHANNELS = 64
/** CRC, delimiter and the first code byte of COBS; further ones come with every 254 bytes. */
const FRAMING_BYTES = 6
const LONGEST_MESSAGE_BYTES = 4096

/** What a bridge must know of its port. */
export interface BridgePort {
  name: string
  /** Of every sample. */
  tags: Record<string, string>
  /** How long a byte takes on the wire, µs. */
  byteUs: number
  /** Of what is handed over. */
  maxFrameBytes: number
}

/**
 * Messages of the firmware bridge, as found on one port, to frames of rows: it learns the streams from their
 * descriptors, follows their numbers, and puts event time before the rows, so that what it hands over needs nothing
 * else to be read. It outlives the port's opening and closing. See firmware-bridge/PROTOCOL.md.
 */
export class Bridge implements FrameReceiver {
  readonly #name: string
  readonly #tags: Record<string, string>
  readonly #out: SourceOutput
  readonly #wire: Wire
  readonly #maxFrameBytes: number
  readonly #streams = new Map<number, Stream>()
  readonly #channels = new Map<string, number>()
  #undecodable = 0
  #lastRefusal?: string
  #burstUs = Number.NaN
  readonly #frame = new Uint8Array(ROWS_HEAD_BYTES + LONGEST_MESSAGE_BYTES)
  readonly #head = new DataView(this.#frame.buffer)

  constructor(port: BridgePort, out: SourceOutput) {
    this.#name = port.name
    this.#tags = port.tags
    this.#wire = new Wire(port.byteUs)
    this.#maxFrameBytes = port.maxFrameBytes
    this.#out = out
  }

  /** So many bytes were read after waiting for them, and the frames found in them follow. */
  beginBurst(bytes: number, waitedMs: number): void {
    this.#burstUs = this.#out.clock.nowUs()
    if (!this.#wire.read(bytes, this.#out.clock.monotonicMs(), waitedMs)) return
    this.#out.log.info(
      { port: this.#name },
      'bytes come faster than `baud` could bring them: a USB device or a pseudo-terminal, so event time allows for no wire',
    )
    for (const stream of this.#streams.values()) stream.renewClock()
  }

  frame(bytes: Uint8Array, start: number, end: number): void {
    const message = parseMessage(bytes, start, end)
    if (message.kind === 'descriptor') this.#describe(message)
    else if (message.kind === 'data') this.#take(message, bytes, end - start)
    else this.#refuse(message.why)
  }

  lost(bytes: number): void {
    this.#out.lostBytes(bytes)
  }

  endBurst(): void {
    this.#out.endBurst()
  }

  #stream(number: number): Stream {
    let stream = this.#streams.get(number)
    if (!stream) this.#streams.set(number, (stream = new Stream()))
    return stream
  }

  #describe(descriptor: Descriptor): void {
    this.#out.count('filtered', 1)
    const stream = this.#stream(descriptor.stream)
    stream.describe(descriptor, this.#channelOf(descriptor))
  }

  /** A channel for name and fields: what else a descriptor says goes into the frames' heads. */
  #channelOf({ name, fields }: Descriptor): number {
    const layout = rowLayout(fields)
    const key = JSON.stringify([name, layout, fields.map(({ unit }) => unit)])
    const known = this.#channels.get(key)
    if (known !== undefined) return known
    if (this.#channels.size >= MOST_CHANNELS) return this.#full()
    const channel = this.#out.channel({
      name: `${this.#name} ${name}`,
      input: 0,
      tags: { stream: name, ...this.#tags },
      units: Object.fromEntries(fields.flatMap(({ name, unit }) => (unit ? [[name, unit]] : []))),
      layout,
    })
    this.#channels.set(key, channel)
    return channel
  }

  #saidFull = false

  #full(): number {
    if (!this.#saidFull)
      this.#out.log.error(
        { port: this.#name },
        `cannot take a further stream of ${this.#name}: its device has described ${MOST_CHANNELS}, names and fields ` +
          'counted; what it sends of others is dropped. Let its descriptors stay the same, then restart weir',
      )
    this.#saidFull = true
    return -1
  }

  #take(data: Data, bytes: Uint8Array, messageBytes: number): void {
    const stream = this.#stream(data.stream)
    const { sequence } = stream
    const lostBefore = sequence.lost
    const verdict = sequence.take(data.sequence, data.ticks)
    if (sequence.lost > lostBefore) this.#out.missing(sequence.lost - lostBefore)
    if (verdict === 'reset') stream.renewClock()
    if (verdict === 'repeated') this.#out.count('duplicate', 1)
    else if (stream.descriptor?.description !== data.description) {
      stream.undescribed++
      this.#out.count('undecodable', 1)
    } else this.#handOver(stream, data, bytes, messageBytes)
  }

  #handOver(stream: Stream, data: Data, bytes: Uint8Array, messageBytes: number): void {
    const { rowsStart, rowsEnd } = data
    const rows = stream.rowsOf(rowsEnd - rowsStart)
    if (!rows) {
      this.#refuse('its rows do not fit its descriptor')
      return
    }
    stream.frames++
    const wireUs = (messageBytes + FRAMING_BYTES + Math.floor(messageBytes / 254)) * this.#wire.byteUs
    const { timeUs, stepUs } = stream.place(data, rows, this.#burstUs - wireUs)
    this.#head.setFloat64(ROWS_TIME, timeUs, true)
    this.#head.setFloat64(ROWS_STEP, stepUs, true)
    this.#frame.set(bytes.subarray(rowsStart, rowsEnd), ROWS_HEAD_BYTES)
    const end = ROWS_HEAD_BYTES + rowsEnd - rowsStart
    const { channel } = stream
    const hasRoom = channel >= 0 && end <= this.#maxFrameBytes
    if (!hasRoom || !this.#out.frame(channel, this.#frame, 0, end, 0, 0)) this.#out.count('dropped', 1)
  }

  #refuse(why: string): void {
    this.#out.count('undecodable', 1)
    if (!this.#undecodable++) this.#out.log.warn({ port: this.#name }, `cannot read a message of the bridge: ${why}`)
    this.#lastRefusal = why
  }

  /** Facts for /status: a stream under its name, or its number while it has none. */
  status(): Record<string, unknown> {
    const streams = new Map<string, unknown>()
    for (const [number, stream] of this.#streams) {
      const name = stream.descriptor?.name ?? String(number)
      streams.set(streams.has(name) ? `${name} (${number})` : name, stream.status())
    }
    return {
      streams: Object.fromEntries(streams),
      ...(this.#lastRefusal !== undefined && { refused: this.#undecodable, lastRefusal: this.#lastRefusal }),
    }
  }
}

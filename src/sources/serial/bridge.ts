import { BRIDGE_HEAD_BYTES, BRIDGE_STEP, BRIDGE_TIME } from '../../../assembly/decode/bridge-layout.js'
import { type Data, type Descriptor, MESSAGE_MAX_BYTES, parseMessage } from '../../../firmware-bridge/host/message.js'
import { bridgeLayout } from '../../codecs/bridge.js'
import type { SourceOutput } from '../../model/source.js'
import { BridgeStream } from './bridge-stream.js'
import type { Messages } from './messages.js'

/** Kinds of streams that a port may tell of in its life: a hostile device can't fill the tables. */
const MOST_CHANNELS = 64

/**
 * The gateway's side of firmware-bridge/PROTOCOL.md behind its framing: which streams there are, what was lost or sent
 * twice, and when. What goes on is a frame of its own: event time, step, and the raw rows; so it may be kept and read
 * again without anything that is known here.
 */
export class Bridge implements Messages {
  #arrivalUs = 0
  /** The stream that each number stands for now. */
  readonly #streams = new Map<number, BridgeStream>()
  /** By what rows and names are like; a device that starts again finds its own. */
  readonly #channels = new Map<string, number>()
  #undescribed = 0
  #unreadable = 0
  #unknown = 0
  #saidFull = false
  readonly #frame = new Uint8Array(BRIDGE_HEAD_BYTES + MESSAGE_MAX_BYTES)
  readonly #head = new DataView(this.#frame.buffer)

  constructor(
    private readonly out: SourceOutput,
    private readonly path: string,
    private readonly tags: Record<string, string>,
  ) {}

  arrived(arrivalUs: number): void {
    this.#arrivalUs = arrivalUs
  }

  take(bytes: Uint8Array, start: number, end: number): boolean {
    const message = parseMessage(bytes, start, end)
    if (message.kind === 'data') return this.#data(bytes, message)
    if (message.kind === 'descriptor') this.#describe(message)
    else if (message.reason === 'malformed') this.#unreadable++
    else this.#unknown++
    // A descriptor is to data what a header line is to CSV; what a later version says is not for this one.
    const broken = message.kind === 'refused' && message.reason === 'malformed'
    this.out.count(broken ? 'undecodable' : 'filtered', 1)
    return true
  }

  status(): Record<string, unknown> {
    return {
      streams: [...this.#streams.values()].map((stream) => stream.status()),
      undescribed: this.#undescribed,
      unreadable: this.#unreadable,
      unknown: this.#unknown,
    }
  }

  #describe(descriptor: Descriptor): void {
    const known = this.#streams.get(descriptor.stream)
    if (known?.is(descriptor)) return
    const channel = this.#channel(descriptor)
    this.#streams.set(descriptor.stream, new BridgeStream(descriptor, channel, known))
  }

  /** -1 where there is no room. */
  #channel({ name, fields }: Descriptor): number {
    const layout = bridgeLayout(fields)
    const key = `${name}\n${layout}`
    let channel = this.#channels.get(key)
    if (channel === undefined) {
      channel = -1
      if (this.#channels.size < MOST_CHANNELS) {
        const units = Object.fromEntries(fields.map((field) => [field.name, field.unit]))
        const tags = { ...this.tags, stream: name }
        channel = this.out.channel({ name: `${this.path} ${name}`, input: 0, tags, layout, units })
        this.#channels.set(key, channel)
      } else if (!this.#saidFull) {
        this.#saidFull = true
        this.out.log.warn(
          { path: this.path, stream: name },
          `the device told of more than ${MOST_CHANNELS} kinds of streams: frames of further ones are dropped until a restart; see to its firmware`,
        )
      }
    }
    return channel
  }

  #data(bytes: Uint8Array, data: Data): boolean {
    const stream = this.#streams.get(data.stream)
    if (!stream || stream.descriptor.description !== data.description) {
      this.#undescribed++
      this.out.count('undecodable', 1)
      return true
    }
    const { rowsStart, rowsEnd } = data
    const rows = (rowsEnd - rowsStart) / stream.descriptor.rowBytes
    if (!Number.isInteger(rows) || (rows > 1 && stream.descriptor.periodTicks === 0)) {
      this.#unreadable++
      this.out.count('undecodable', 1)
      return true
    }
    const missing = stream.follow(data)
    if (missing < 0) {
      this.out.count('duplicate', 1)
      return true
    }
    if (missing) this.out.wire('missing', missing)
    const { timeUs, stepUs } = stream.time(data.ticks, rows, this.#arrivalUs)
    if (stream.channel < 0) return false
    this.#head.setFloat64(BRIDGE_TIME, timeUs, true)
    this.#head.setFloat64(BRIDGE_STEP, stepUs, true)
    this.#frame.set(bytes.subarray(rowsStart, rowsEnd), BRIDGE_HEAD_BYTES)
    return this.out.frame(stream.channel, this.#frame, 0, BRIDGE_HEAD_BYTES + rowsEnd - rowsStart, 0, 0)
  }
}

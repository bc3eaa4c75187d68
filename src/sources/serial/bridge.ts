import { BRIDGE_HEAD_BYTES, BRIDGE_STEP, BRIDGE_TIME } from '../../../assembly/decode/bridge-layout.js'
import { type Data, type Descriptor, MESSAGE_MAX_BYTES, parseMessage } from '../../../firmware-bridge/host/message.js'
import { bridgeLayout } from '../../codecs/bridge.js'
import type { SourceOutput } from '../../model/source.js'
import { BridgeStream } from './bridge/stream.js'
import { WireTime } from './bridge/wire-time.js'
import type { Messages } from './messages.js'

/** CRC, delimiter and the first code byte of COBS; a further one comes with every 254 bytes. */
const FRAMING_BYTES = 6
/** Kinds of streams that a port may tell of in its life: a hostile device can't fill the tables. */
const MOST_CHANNELS = 64

/** The gateway's clock was set when it is off by more. */
const STEPPED_US = 400_000

/** What the bridge must know of its port. */
export interface BridgePort {
  path: string
  /** Of every sample. */
  tags: Record<string, string>
  /** How long a byte takes on the wire, µs. */
  byteUs: number
  /** Of what is handed on. */
  maxFrameBytes: number
}

/**
 * The gateway's side of firmware-bridge/PROTOCOL.md behind its framing: which streams there are, what was lost or sent
 * twice, and when. What goes on is a frame of its own: event time, step, and the raw rows; so it may be kept and read
 * again without anything that is known here.
 */
export class Bridge implements Messages {
  #arrivalUs = 0
  /** Wall time less monotonic time, µs. */
  #offsetUs = Number.NaN
  /** The stream that each number stands for now. */
  readonly #streams = new Map<number, BridgeStream>()
  /** By what rows and names are like; a device that starts again finds its own. */
  readonly #channels = new Map<string, number>()
  readonly #wireTime: WireTime
  #unreadable = 0
  #unknown = 0
  #saidFull = false
  readonly #frame = new Uint8Array(BRIDGE_HEAD_BYTES + MESSAGE_MAX_BYTES)
  readonly #head = new DataView(this.#frame.buffer)

  constructor(
    private readonly out: SourceOutput,
    private readonly port: BridgePort,
  ) {
    this.#wireTime = new WireTime(port.byteUs)
  }

  arrived(arrivalUs: number, bytes: number, waitedMs: number): void {
    const { clock, log } = this.out
    this.#arrivalUs = arrivalUs
    const offsetUs = clock.nowUs() - clock.monotonicMs() * 1000
    if (Math.abs(offsetUs - this.#offsetUs) > STEPPED_US)
      for (const stream of this.#streams.values()) stream.renewClock()
    this.#offsetUs = offsetUs
    if (!this.#wireTime.read(bytes, clock.monotonicMs(), waitedMs)) return
    log.info(
      { path: this.port.path },
      'bytes come faster than `baud` could bring them: a USB device or a pseudo-terminal, so event time allows for no wire',
    )
    for (const stream of this.#streams.values()) stream.renewClock()
  }

  take(bytes: Uint8Array, start: number, end: number): boolean {
    const message = parseMessage(bytes, start, end)
    if (message.kind === 'data') return this.#data(bytes, message, end - start)
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
      streams: [...this.#streams.entries()].map(([number, stream]) => ({ ...stream.status(), number })),
      unreadable: this.#unreadable,
      unknown: this.#unknown,
    }
  }

  #describe(descriptor: Descriptor): void {
    let stream = this.#stream(descriptor.stream)
    // Under another name it is another stream.
    if (stream.descriptor && stream.descriptor.name !== descriptor.name)
      this.#streams.set(descriptor.stream, (stream = new BridgeStream()))
    stream.describe(descriptor, stream.is(descriptor) ? stream.channel : this.#channel(descriptor))
  }

  #stream(number: number): BridgeStream {
    let stream = this.#streams.get(number)
    if (!stream) this.#streams.set(number, (stream = new BridgeStream()))
    return stream
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
        const tags = { stream: name, ...this.port.tags }
        channel = this.out.channel({ name: `${this.port.path} ${name}`, input: 0, tags, layout, units })
        this.#channels.set(key, channel)
      } else if (!this.#saidFull) {
        this.#saidFull = true
        this.out.log.warn(
          { path: this.port.path, stream: name },
          `the device told of more than ${MOST_CHANNELS} kinds of streams: frames of further ones are dropped until a restart; see to its firmware`,
        )
      }
    }
    return channel
  }

  #data(bytes: Uint8Array, data: Data, messageBytes: number): boolean {
    const stream = this.#stream(data.stream)
    const { verdict, missing } = stream.follow(data, this.#arrivalUs)
    if (missing) this.out.wire('missing', missing)
    if (verdict === 'repeated') {
      this.out.count('duplicate', 1)
      return true
    }
    if (!stream.describes(data)) {
      this.out.count('undecodable', 1)
      return true
    }
    const { rowsStart, rowsEnd } = data
    const rows = stream.rowsOf(rowsEnd - rowsStart)
    if (!rows) {
      this.#unreadable++
      this.out.count('undecodable', 1)
      return true
    }
    const wireUs = (messageBytes + FRAMING_BYTES + Math.floor(messageBytes / 254)) * this.#wireTime.byteUs
    const { timeUs, stepUs } = stream.place(data, rows, this.#arrivalUs - wireUs)
    const end = BRIDGE_HEAD_BYTES + rowsEnd - rowsStart
    if (stream.channel < 0 || end > this.port.maxFrameBytes) return false
    this.#head.setFloat64(BRIDGE_TIME, timeUs, true)
    this.#head.setFloat64(BRIDGE_STEP, stepUs, true)
    this.#frame.set(bytes.subarray(rowsStart, rowsEnd), BRIDGE_HEAD_BYTES)
    return this.out.frame(stream.channel, this.#frame, 0, end, 0, 0)
  }
}

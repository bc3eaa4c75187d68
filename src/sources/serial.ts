import * as v from 'valibot'
import { escapedBytes } from '../framing/escaped.js'
import { framings } from '../framing/index.js'
import type { Timer } from '../model/clock.js'
import { LinkError, reasonOf } from '../model/errors.js'
import type { Log } from '../model/log.js'
import { duration } from '../model/schema.js'
import type { Source, SourceComponent, SourceContext, SourceOutput } from '../model/source.js'
import { type OpenPort, openPort, type Port } from './serial/binding.js'
import { Gathering } from './serial/gathering.js'
import { type Messages, messagesOf } from './serial/messages.js'
import { PortReader } from './serial/reader.js'
import { Receiver } from './serial/receiver.js'

const says = v.description

export interface SerialOptions {
  path: string
  baud: number
  dataBits: 5 | 6 | 7 | 8
  parity: 'none' | 'even' | 'odd'
  stopBits: 1 | 2
  rtscts: boolean
  /** Absent: left as the system opens the port, which is on. */
  dtr?: boolean
  /** Written once the port is open. */
  onOpen?: Uint8Array
  /** µs without a byte after which the port is opened again. */
  silence?: number
  /** Options of the framing named by its type. */
  frame: { type: string }
}

/** A serial port: frames found by one of the framings, no back-pressure (what finds no room is counted). */
export const serial: SourceComponent<SerialOptions> = {
  type: 'serial',
  summary: 'A serial port, opened again after unplugging',
  options: {
    path: v.pipe(v.string(), v.minLength(1), says('The port; names under /dev/serial/by-id stay the same.')),
    baud: v.optional(v.pipe(v.number(), v.integer(), v.minValue(50), says('Bits a second on the wire.')), 115200),
    dataBits: v.optional(v.pipe(v.picklist([5, 6, 7, 8]), says('Data bits of a byte.')), 8),
    parity: v.optional(v.pipe(v.picklist(['none', 'even', 'odd']), says('Parity bit of a byte.')), 'none'),
    stopBits: v.optional(v.pipe(v.picklist([1, 2]), says('Stop bits of a byte.')), 1),
    rtscts: v.optional(v.pipe(v.boolean(), says('Hardware flow control by RTS and CTS.')), false),
    dtr: v.optional(v.pipe(v.boolean(), says('The DTR line once open. Default: as the system opens the port, on.'))),
    onOpen: v.optional(v.pipe(escapedBytes(1024), says('Written once the port is open, to start the device.'))),
    silence: v.optional(
      v.pipe(duration({ min: '100ms' }), says('Without a byte for so long the port is opened again. Default: never.')),
    ),
    frame: v.optional(
      v.pipe(
        v.variant(
          'type',
          framings.map(({ type, options }) => v.strictObject({ type: v.literal(type), ...options })),
        ),
        says('How frames are found in the bytes.'),
      ),
      { type: framings[0].type },
    ),
  },
  finite: () => false,
  inputs({ frame }, { time, decode, payloadTags, constantTags }) {
    const { codec } = framingOf(frame)
    if (codec) {
      if (time || decode || Object.keys(payloadTags).length)
        return `cannot use \`time\`, \`decode\` or tags of the payload with frames of type ${frame.type}: the device says all that; remove them`
      return [{ time: { kind: 'source' }, decode: { type: codec, options: {} }, payloadTags, constantTags }]
    }
    if (!decode) return 'cannot read the frames: no `decode`; say what is in them, as in `decode: { type: csv, … }`'
    return [{ time: time ?? { kind: 'arrival' }, decode, payloadTags, constantTags }]
  },
  create: (options, context) => new SerialSource(options, context),
}

/** The same source over ports that another opens. */
export const serialThrough = (open: OpenPort): SourceComponent<SerialOptions> => ({
  ...serial,
  create: (options, context) => new SerialSource(options, context, open),
})

const told = new WeakSet<Log>()

/** Says once, however many ports there are, that they are read the slow way. */
function tellSlow(log: Log): void {
  if (told.has(log)) return
  told.add(log)
  log.warn(
    {},
    'serial ports are read by way of serialport, at several times the CPU: this version of it hands out no descriptor; install weir with the version that it names',
  )
}

const framingOf = (frame: SerialOptions['frame']) => framings.find(({ type }) => type === frame.type)!

class SerialSource implements Source {
  readonly #options: SerialOptions
  readonly #context: SourceContext
  readonly #open: OpenPort
  /** How long a byte takes on the wire, µs. */
  readonly #byteUs: number
  /** Kept over outages: what is known of the port does not change by opening it again. */
  #messages: Messages | undefined
  #reader: PortReader | undefined

  constructor(options: SerialOptions, context: SourceContext, open: OpenPort = openPort) {
    this.#options = options
    this.#context = context
    this.#open = open
    const { baud, dataBits, parity, stopBits } = options
    this.#byteUs = ((1 + dataBits + (parity === 'none' ? 0 : 1) + stopBits) * 1e6) / baud
  }

  async run(out: SourceOutput, signal: AbortSignal): Promise<'aborted'> {
    const { path, baud, dataBits, parity, stopBits, rtscts } = this.#options
    if (signal.aborted) return 'aborted'
    const port = await this.#open({ path, baudRate: baud, dataBits, parity, stopBits, rtscts }, out.clock)
    const close = () => void port.close().catch(() => {})
    signal.addEventListener('abort', close, { once: true })
    if (signal.aborted) close()
    try {
      await this.#prepare(port, out)
      if (!port.isDirect) tellSlow(out.log)
      out.link('up', path)
      await this.#read(port, out, signal)
      return 'aborted'
    } finally {
      signal.removeEventListener('abort', close)
      await port.close().catch((error) => out.log.warn({ path, reason: reasonOf(error) }, 'serial port did not close'))
    }
  }

  async #prepare(port: Port, out: SourceOutput): Promise<void> {
    const { path, dtr, onOpen } = this.#options
    if (dtr !== undefined)
      await port.setDtr(dtr).catch((error) => {
        out.log.warn({ path, reason: reasonOf(error) }, 'cannot set DTR on this port; reading it all the same')
      })
    if (onOpen) port.write(onOpen)
  }

  /** Reads until the port is closed; rejects with a LinkError when the device is gone or silent. */
  async #read(port: Port, out: SourceOutput, signal: AbortSignal): Promise<void> {
    const { frame, path } = this.#options
    const { timedByArrival, arrivalErrorUs, maxFrameBytes } = this.#context
    const framing = framingOf(frame)
    const framer = framing.create(frame as never, maxFrameBytes)
    const wire = { path, byteUs: this.#byteUs }
    const receiver = new Receiver(out, (this.#messages ??= messagesOf(framing.codec, wire, this.#context, out)))
    const longestUs = timedByArrival ? arrivalErrorUs : Number.POSITIVE_INFINITY
    const gathering = new Gathering(this.#byteUs, longestUs, out.clock.monotonicMs())
    const end = () => {
      reader.stop()
      void port.close().catch(() => {})
    }
    const silence = new SilenceWatch(out, this.#options.silence, end)
    const reader = new PortReader(port, framer, receiver, gathering, out, () => silence.heard())
    this.#reader = reader
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
    try {
      await reader.run()
    } finally {
      silence.stop()
      signal.removeEventListener('abort', end)
    }
    if (silence.broken)
      throw new LinkError(`cannot hear serial port "${path}": no byte for \`silence\`; it is opened again`)
  }

  status(): Record<string, unknown> {
    return { ...this.#reader?.status(), ...this.#messages?.status?.() }
  }
}

/** Calls `onSilence` when nothing was heard for `silenceUs`; one timer, not one a read. */
class SilenceWatch {
  broken = false
  readonly #out: SourceOutput
  readonly #silenceMs: number
  readonly #onSilence: () => void
  #heardMs: number
  #timer?: Timer

  constructor(out: SourceOutput, silenceUs: number | undefined, onSilence: () => void) {
    this.#out = out
    this.#silenceMs = (silenceUs ?? 0) / 1000
    this.#onSilence = onSilence
    this.#heardMs = out.clock.monotonicMs()
    if (silenceUs) this.#arm(this.#silenceMs)
  }

  heard(): void {
    this.#heardMs = this.#out.clock.monotonicMs()
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #arm(delayMs: number): void {
    this.#timer = this.#out.clock.after(delayMs, () => {
      const leftMs = this.#heardMs + this.#silenceMs - this.#out.clock.monotonicMs()
      if (leftMs > 0) return this.#arm(leftMs)
      this.broken = true
      this.#onSilence()
    })
  }
}

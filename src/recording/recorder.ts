import type { Clock, Timer } from '../model/clock.js'
import { isLive, type Plan } from '../model/plan.js'
import type { ChannelSpec, FrameReason } from '../model/source.js'
import type { TappedFrame, Taps } from '../model/taps.js'
import { version } from '../version.js'
import type { RecordingHeader } from './format.js'
import { withoutConstantTags } from './replayed-source.js'
import { RecordingWriter } from './writer.js'

/** What the reader of a recording has not taken yet; beyond it frames are missed, and counted. */
const QUEUED_BYTES = 8 * 2 ** 20
/** Frames wait at most so long for more. */
const FLUSH_MS = 1000
/** The wall clock was set when it is ahead of the time that has passed by more. */
const STEP_US = 1e6

/** What a recorder needs of a gateway. */
export interface Recorded {
  plan: Plan
  clock: Clock
  tap(taps: Taps): () => void
}

/** Records the live sources of a running gateway, from the time it is made, into a stream of bytes. */
export class Recorder {
  /** The recording; cancelled when nobody reads it any more. */
  readonly stream: ReadableStream<Uint8Array>
  /** Resolves when it has ended, either way. */
  readonly ended: Promise<void>
  readonly #clock: Clock
  readonly #plan: Plan
  readonly #sources: Map<string, number>
  readonly #channels = new Map<ChannelSpec, number>()
  readonly #counts = new Map<string, { source: number; reason: FrameReason | 'lost'; amount: number }>()
  readonly #untap: () => void
  #missed = { frames: 0, bytes: 0 }
  #controller!: ReadableStreamDefaultController<Uint8Array>
  #writer!: RecordingWriter
  #flush: Timer | undefined
  #last: { wallUs: number; ms: number }
  #isOver = false
  #settle!: () => void

  constructor({ plan, clock, tap }: Recorded, queuedBytes = QUEUED_BYTES) {
    this.#clock = clock
    this.#plan = plan
    const live = plan.sources.filter(isLive)
    this.#sources = new Map(live.map(({ name }, index) => [name, index]))
    const startedUs = clock.nowUs()
    this.#last = { wallUs: startedUs, ms: clock.monotonicMs() }
    this.ended = new Promise((resolve) => {
      this.#settle = resolve
    })
    const sources = live.map(({ name, type }) => ({ name, type }))
    const header: RecordingHeader = { weir: version, gateway: plan.gateway, startedUs, sources }
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
          this.#writer = new RecordingWriter(header, (bytes) => controller.enqueue(bytes))
        },
        cancel: () => void this.#over(),
      },
      { highWaterMark: queuedBytes, size: (bytes) => bytes?.byteLength ?? 0 },
    )
    this.#untap = tap({
      frame: (source, channel, frame) => this.#frame(source, channel, frame),
      counted: (source, reason, frames) => this.#count(source, reason, frames),
      lost: (source, bytes) => this.#count(source, 'lost', bytes),
    })
  }

  /** Ends the recording in order; what was recorded can still be read. */
  stop(): void {
    if (!this.#over()) return
    this.#book()
    this.#writer.end(this.#clock.nowUs())
    this.#controller.close()
  }

  #frame(name: string, spec: ChannelSpec, { bytes, start, end, arrivalUs, flags, packetId }: TappedFrame): void {
    const source = this.#sources.get(name)
    if (source === undefined) return
    if ((this.#controller.desiredSize ?? 0) <= 0) {
      this.#missed.frames++
      this.#missed.bytes += end - start
      return
    }
    this.#bookMissed()
    this.#see(arrivalUs)
    let channel = this.#channels.get(spec)
    if (channel === undefined) {
      const plan = this.#plan.sources.find((each) => each.name === name)
      channel = this.#writer.channel(source, plan ? withoutConstantTags(spec, plan) : spec)
      this.#channels.set(spec, channel)
    }
    this.#writer.frame(channel, arrivalUs, flags, packetId, bytes, start, end)
    this.#arm()
  }

  #count(name: string, reason: FrameReason | 'lost', amount: number): void {
    const source = this.#sources.get(name)
    if (source === undefined) return
    const key = `${source} ${reason}`
    const counted = this.#counts.get(key)
    if (counted) counted.amount += amount
    else this.#counts.set(key, { source, reason, amount })
    this.#arm()
  }

  /** Notices that the wall clock was set forward. */
  #see(arrivalUs: number): void {
    const ms = this.#clock.monotonicMs()
    const stepUs = Math.round(arrivalUs - this.#last.wallUs - (ms - this.#last.ms) * 1000)
    if (stepUs > STEP_US) this.#writer.step(stepUs)
    this.#last = { wallUs: arrivalUs, ms }
  }

  #arm(): void {
    this.#flush ??= this.#clock.after(FLUSH_MS, () => {
      this.#flush = undefined
      this.#book()
      this.#writer.flush()
    })
  }

  #book(): void {
    this.#bookMissed()
    for (const { source, reason, amount } of this.#counts.values())
      if (reason === 'lost') this.#writer.lost(source, amount)
      else this.#writer.counted(source, reason, amount)
    this.#counts.clear()
  }

  #bookMissed(): void {
    if (this.#missed.frames === 0) return
    this.#writer.missed(this.#missed.frames, this.#missed.bytes)
    this.#missed = { frames: 0, bytes: 0 }
  }

  /** Nothing more is taken; false when that was so already. */
  #over(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.#flush?.cancel()
    this.#untap()
    this.#settle()
    return true
  }
}

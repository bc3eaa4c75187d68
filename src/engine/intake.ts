import {
  FRAME_ARRIVAL,
  FRAME_BYTES,
  FRAME_CHANNEL,
  FRAME_FLAGS,
  FRAME_PACKET_ID,
  FRAME_PAYLOAD_BYTES,
} from '../../assembly/layout.js'
import type { Program } from '../codecs/program.js'
import type { Region } from '../memory/regions.js'
import type { Clock } from '../model/clock.js'
import { bug } from '../model/errors.js'
import { newFrameLedger, newSampleLedger, newWireCounts, type WireCounts } from '../model/ledger.js'
import type { Log } from '../model/log.js'
import type { SourcePlan } from '../model/plan.js'
import { type ChannelSpec, FRAME_FLAGS as FLAGS, type FrameReason, type SourceOutput } from '../model/source.js'
import type { SourceStatus } from '../model/status.js'
import type { Taps } from '../model/taps.js'
import type { DecodeCounts } from './decoder.js'
import type { EngineMemory, Sizes } from './engine-memory.js'
import type { Identities } from './identities.js'

/** What an intake asks of the engine. */
export interface IntakeHost {
  /** Decodes the intake's block now and empties it. False: not now; `idle` resolves when it is worth asking again. */
  seal(intake: Intake): boolean
  idle(): Promise<void>
  /** A frame lies in a block: there must be a tick. */
  wake(): void
  msToTick(): number
  turn(intake: Intake): Promise<void>
}

/** A source's way in: its open block, its counters, its link. */
export class Intake implements SourceOutput {
  readonly frames = newFrameLedger()
  readonly samples = newSampleLedger()
  lost = 0
  readonly wireCounts = newWireCounts()
  linkState: SourceStatus['link']
  /** Bytes taken so far. */
  taken = 0
  /** Its block is being decoded and waits for workers: nothing may be added, since all of it is emptied together. */
  sealed = false
  /** The source has ended; nothing more will come. */
  over = false
  #used: number
  #blockFrames = 0
  #arrivalUs = Number.NaN
  /** Messages found missing that are not counted yet; below 0: so many came late that were counted. */
  #missing = 0

  constructor(
    readonly index: number,
    readonly plan: SourcePlan,
    readonly clock: Clock,
    readonly log: Log,
    private readonly memory: EngineMemory,
    /** Where its block lies; `sizes.blockBytes` of it are filled before it is sealed, the rest is for one larger frame. */
    readonly block: Region,
    private readonly sizes: Sizes,
    private readonly identities: Identities,
    private readonly programs: readonly Program[],
    private readonly host: IntakeHost,
    private readonly tapping: Taps,
  ) {
    this.#used = block.start
    this.linkState = { state: 'starting', sinceUs: clock.nowUs(), attempts: 0 }
  }

  /** End of the frames in the open block. */
  get blockEnd(): number {
    return this.#used
  }

  get isEmpty(): boolean {
    return this.#used === this.block.start
  }

  channel(spec: ChannelSpec): number {
    return this.identities.channel(this.index, spec, this.programs[spec.input])
  }

  frame(channel: number, bytes: Uint8Array, start: number, end: number, flags: number, packetId: number): boolean {
    const length = end - start
    if (length > this.plan.maxFrameBytes) bug(`source ${this.plan.name} offered a frame of ${length} bytes`)
    if (this.sealed) return false
    const size = FRAME_BYTES + ((length + 7) & ~7)
    if (this.#used + size > this.block.start + this.sizes.blockBytes && !this.isEmpty && !this.host.seal(this))
      return false
    if (Number.isNaN(this.#arrivalUs)) this.#arrivalUs = this.clock.nowUs()
    const { u8, u32, f64 } = this.memory
    const at = this.#used
    u32[(at + FRAME_PAYLOAD_BYTES) >>> 2] = length
    u32[(at + FRAME_CHANNEL) >>> 2] = channel
    f64[(at + FRAME_ARRIVAL) >>> 3] = this.#arrivalUs
    u32[(at + FRAME_FLAGS) >>> 2] = flags
    u32[(at + FRAME_PACKET_ID) >>> 2] = packetId
    const to = at + FRAME_BYTES
    if (length > 96) u8.set(bytes.subarray(start, end), to)
    else for (let i = 0; i < length; i++) u8[to + i] = bytes[start + i]
    this.#used = at + size
    this.taken += length
    if (this.tapping.frame) {
      const { spec } = this.identities.channelOf(channel)
      const arrivalUs = this.#arrivalUs
      this.tapping.frame(this.plan.name, spec, { bytes, start, end, arrivalUs, flags, packetId })
    }
    // The decoder counts the lines of a frame of lines.
    if (!(flags & FLAGS.lines)) {
      this.frames.in++
      this.#blockFrames++
    }
    if (at === this.block.start && !this.plan.finite) this.host.wake()
    return true
  }

  ready(): Promise<void> {
    return this.host.idle()
  }

  endBurst(commit?: () => void): void {
    this.#arrivalUs = Number.NaN
    // Durability `memory`: what is in a block is as safe as it gets.
    commit?.()
  }

  count(reason: FrameReason, frames: number): void {
    this.frames.in += frames
    this.frames[reason] += frames
    this.tapping.counted?.(this.plan.name, reason, frames)
  }

  lostBytes(bytes: number): void {
    this.lost += bytes
    this.tapping.lost?.(this.plan.name, bytes)
  }

  wire(what: keyof WireCounts, count: number): void {
    this.wireCounts[what] += count
  }

  link(state: 'up' | 'down' | 'ended', detail?: string): void {
    const { linkState, clock, plan } = this
    if (state === 'up' && linkState.state !== 'up' && !plan.finite)
      this.log.info({ source: plan.name }, `source "${plan.name}" is up${detail ? `: ${detail}` : ''}`)
    if (linkState.state !== state) linkState.sinceUs = clock.nowUs()
    linkState.state = state
    linkState.detail = detail
  }

  gatherMs(): number {
    return Math.min(this.host.msToTick(), this.plan.maxLatencyUs / 1000)
  }

  turn(): Promise<void> {
    return this.host.turn(this)
  }

  /** The block has been decoded: takes its counts and empties it. */
  decoded(counts: DecodeCounts): void {
    this.frames.in += counts.framesIn
    this.frames.decoded += counts.framesDecoded
    this.frames.undecodable += counts.framesUndecodable
    this.frames.filtered += counts.framesFiltered
    this.samples.decoded += counts.samplesDecoded
    this.samples.invalid += counts.samplesInvalid
    this.samples.filtered += counts.samplesFiltered
    this.samples.rejected += counts.samplesRejected
    // A counter never falls: what came late after all is taken off the next that are missing.
    this.#missing += counts.missing
    if (this.#missing > 0) {
      this.wire('missing', this.#missing)
      this.#missing = 0
    }
    if (this.sizes.poison) this.memory.u8.fill(0xaa, this.block.start, this.#used)
    this.#used = this.block.start
    this.#blockFrames = 0
    this.sealed = false
  }

  /** Frames in the open block, of those already counted `in`. */
  get pending(): number {
    return this.#blockFrames
  }
}

import {
  FRAME_ARRIVAL,
  FRAME_BYTES,
  FRAME_CHANNEL,
  FRAME_FLAGS,
  FRAME_PACKET_ID,
  FRAME_PAYLOAD_BYTES,
  SLACK_BYTES,
} from '../../assembly/layout.js'
import type { Program } from '../codecs/program.js'
import type { Region } from '../memory/regions.js'
import type { Clock } from '../model/clock.js'
import { bug } from '../model/errors.js'
import {
  type FrameLedger,
  newFrameLedger,
  newSampleLedger,
  newWireCounts,
  type SampleLedger,
  type WireCounts,
} from '../model/ledger.js'
import type { Log } from '../model/log.js'
import type { SourcePlan } from '../model/plan.js'
import { type ChannelSpec, FRAME_FLAGS as FLAGS, type FrameReason, type SourceOutput } from '../model/source.js'
import type { SourceStatus } from '../model/status.js'
import type { Taps } from '../model/taps.js'
import type { DecodeCounts } from './decoder.js'
import type { EngineMemory, Sizes } from './engine-memory.js'
import type { Identities } from './identities.js'
import type { LineJournal } from './journal-records.js'

/** What an intake asks of the engine. */
export interface IntakeHost {
  /** Decodes the intake's block now and empties it. False: not now; `idle` resolves when it is worth asking again. */
  seal(intake: Intake): boolean
  idle(): Promise<void>
  /** A frame lies in a block: there must be a tick. */
  wake(): void
  /** These frames of the intake will be known if they come again over another connection. */
  remember(intake: Intake, from: number, end: number): void
  /** Whether the frame at this address came before, over an earlier connection. */
  cameBefore(intake: Intake, frame: number): boolean
  /** Forgets what came over earlier connections. */
  forgetConnections(intake: Intake): void
  msToTick(): number
  turn(intake: Intake): Promise<void>
}

/** What a source counts by itself. */
interface Counted {
  frames: Record<FrameReason, number>
  lostBytes: number
  wire: WireCounts
}

const newCounted = (): Counted => ({
  frames: { undecodable: 0, filtered: 0, retained: 0, duplicate: 0, dropped: 0 },
  lostBytes: 0,
  wire: newWireCounts(),
})

/** What is kept of an intake: its counts as of a batch's edge. */
export interface SavedIntake {
  frames: FrameLedger
  samples: SampleLedger
  lostBytes: number
  wire: WireCounts
  missing: number
  connection: number
  over: boolean
}

/** A source's way in: its open block, its counters, its link. */
export class Intake implements SourceOutput {
  readonly frames = newFrameLedger()
  readonly samples = newSampleLedger()
  lost = 0
  readonly wireCounts = newWireCounts()
  /** Of connections to the outside, the one now; on this one nothing comes twice. */
  connection = 0
  linkState: SourceStatus['link']
  /** Bytes taken so far. */
  taken = 0
  /** Its block is being decoded and waits for workers: nothing may be added, since all of it is emptied together. */
  sealed = false
  /** The source has ended; nothing more will come. */
  over = false
  #used: number
  /** Where the part of the block begins that is not written to the journal yet. */
  #unwritten: number
  #blockFrames = 0
  /** Counted by the source, and not written to the journal yet; what else was counted since the last mark. */
  #counted = newCounted()
  #sinceMark = newCounted()
  #hasCounted = false
  #acknowledges = false
  /** What is taken was taken before, and so is no duplicate. */
  #again = false
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
    private readonly journal?: LineJournal,
  ) {
    this.#used = this.#unwritten = block.start
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

  /** A channel that was made before the start, under this number. */
  channelAgain(spec: ChannelSpec, number: number): number {
    return this.identities.channelAgain(this.index, spec, this.programs[spec.input], number)
  }

  frame(channel: number, bytes: Uint8Array, start: number, end: number, flags: number, packetId: number): boolean {
    const length = end - start
    if (length > this.plan.maxFrameBytes) bug(`source ${this.plan.name} offered a frame of ${length} bytes`)
    const size = FRAME_BYTES + ((length + 7) & ~7)
    if (this.roomFor(size) === 0) return false
    this.journal?.begin(this)
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
    if (flags & FLAGS.dup && packetId !== 0 && !this.#again && this.host.cameBefore(this, at)) {
      this.count('duplicate', 1)
      return true
    }
    this.#used = at + size
    this.taken += length
    if (this.tapping.frame) this.#showFrame(at, length)
    // The decoder counts the lines of a frame of lines.
    if (!(flags & FLAGS.lines)) {
      this.frames.in++
      this.#blockFrames++
    }
    if (at === this.block.start && !this.plan.finite) this.host.wake()
    return true
  }

  roomFor(firstBytes: number): number {
    if (this.sealed || (this.#acknowledges && this.journal?.full)) return 0
    const end = this.block.start + this.sizes.blockBytes
    if (this.#used + firstBytes > end && !this.isEmpty) {
      this.flush()
      if (!this.host.seal(this)) return 0
    }
    // An empty block takes one larger frame.
    return Math.max(end - this.#used, firstBytes)
  }

  takeFrames(bytes: Uint8Array, start: number, end: number): void {
    if (start === end) return
    this.journal?.begin(this)
    if (Number.isNaN(this.#arrivalUs)) this.#arrivalUs = this.clock.nowUs()
    const { u8, u32, f64 } = this.memory
    const from = this.#used
    let last = from + end - start
    if (last + SLACK_BYTES > this.block.end) bug(`source ${this.plan.name} offered ${end - start} bytes without room`)
    u8.set(bytes.subarray(start, end), from)
    let frames = 0
    for (let at = from; at < last; ) {
      const word = at >>> 2
      const length = u32[word + FRAME_PAYLOAD_BYTES / 4]
      const next = at + FRAME_BYTES + ((length + 7) & ~7)
      if (length > this.plan.maxFrameBytes || next > last)
        bug(`source ${this.plan.name} offered a frame of ${length} bytes`)
      f64[(at + FRAME_ARRIVAL) >>> 3] = this.#arrivalUs
      const packetId = u32[word + FRAME_PACKET_ID / 4]
      if (u32[word + FRAME_FLAGS / 4] & FLAGS.dup && packetId !== 0 && this.host.cameBefore(this, at)) {
        this.count('duplicate', 1)
        u8.copyWithin(at, next, last)
        last -= next - at
        continue
      }
      if (this.tapping.frame) this.#showFrame(at, length)
      this.taken += length
      frames++
      at = next
    }
    this.#used = last
    this.frames.in += frames
    this.#blockFrames += frames
    if (from === this.block.start && frames > 0 && !this.plan.finite) this.host.wake()
  }

  #showFrame(at: number, length: number): void {
    const { u8, u32 } = this.memory
    const [channel, flags, packetId] = [FRAME_CHANNEL, FRAME_FLAGS, FRAME_PACKET_ID].map(
      (field) => u32[(at + field) >>> 2],
    )
    const { spec } = this.identities.channelOf(channel)
    const start = at + FRAME_BYTES
    const arrivalUs = this.#arrivalUs
    this.tapping.frame?.(this.plan.name, spec, { bytes: u8, start, end: start + length, arrivalUs, flags, packetId })
  }

  async ready(): Promise<void> {
    await this.host.idle()
    if (this.#acknowledges) await this.journal?.room()
  }

  endBurst(commit?: () => void): void {
    this.#arrivalUs = Number.NaN
    this.flush()
    if (!commit) return
    this.#acknowledges = true
    // Without a journal what is in a block is as safe as it gets.
    if (this.journal) this.journal.whenDurable(commit)
    else commit()
  }

  /** Takes frames as they lay in a block, with the arrivals that they had. */
  async takeAgain(block: Uint8Array): Promise<void> {
    const { u8, u32 } = this.#aligned(block)
    const arrivals = new Float64Array(u8.buffer)
    this.#again = true
    for (let at = 0; at < u8.length; ) {
      const word = at >>> 2
      const bytes = u32[word + FRAME_PAYLOAD_BYTES / 4]
      const from = at + FRAME_BYTES
      this.#arrivalUs = arrivals[(at + FRAME_ARRIVAL) >>> 3]
      const channel = u32[word + FRAME_CHANNEL / 4]
      const flags = u32[word + FRAME_FLAGS / 4]
      const id = u32[word + FRAME_PACKET_ID / 4]
      while (!this.frame(channel, u8, from, from + bytes, flags, id)) await this.ready()
      at = from + ((bytes + 7) & ~7)
    }
    this.#again = false
    this.#arrivalUs = Number.NaN
    this.flush()
  }

  #aligned(block: Uint8Array) {
    const u8 = new Uint8Array(Math.ceil(block.length / 8) * 8)
    u8.set(block)
    return { u8, u32: new Uint32Array(u8.buffer) }
  }

  session(resumed: boolean): void {
    this.flush()
    this.connection++
    if (!resumed) this.host.forgetConnections(this)
    this.journal?.connection({ source: this.index, number: this.connection, resumed })
  }

  count(reason: FrameReason, frames: number): void {
    this.frames.in += frames
    this.frames[reason] += frames
    this.#counted.frames[reason] += frames
    this.#hasCounted = true
    this.tapping.counted?.(this.plan.name, reason, frames)
  }

  /** Counts frames that were taken in a run before and are gone. */
  lose(frames: number): void {
    this.frames.in += frames
    this.frames.lost += frames
  }

  lostBytes(bytes: number): void {
    this.lost += bytes
    this.#counted.lostBytes += bytes
    this.#hasCounted = true
    this.tapping.lost?.(this.plan.name, bytes)
  }

  wire(what: keyof WireCounts, count: number): void {
    this.wireCounts[what] += count
    this.#counted.wire[what] += count
    this.#hasCounted = true
  }

  /** Writes to the journal what was taken and counted since it was last told. */
  flush(): void {
    const from = this.#unwritten
    if (from < this.#used) {
      this.host.remember(this, from, this.#used)
      if (this.journal?.frames(this.index, this.memory.u8.subarray(from, this.#used)) === false)
        this.journal.unwritten++
      this.#unwritten = this.#used
    }
    if (this.#hasCounted) this.#writeCounts()
  }

  #writeCounts(): void {
    const { frames, lostBytes, wire } = this.#counted
    this.journal?.counts({ source: this.index, frames: someOf(frames), lostBytes, wire: someOf(wire) })
    add(this.#sinceMark.frames, frames)
    add(this.#sinceMark.wire, wire)
    this.#sinceMark.lostBytes += lostBytes
    this.#counted = newCounted()
    this.#hasCounted = false
  }

  /** A mark follows, up to which all is known to the journal; nothing more may be taken until the block is decoded. */
  cut(): boolean {
    this.flush()
    this.#sinceMark = newCounted()
    if (this.isEmpty) return false
    this.sealed = true
    return true
  }

  /** What comes next has an arrival of its own: the clock is another. */
  forgetArrival(): void {
    this.#arrivalUs = Number.NaN
  }

  /** Its counts as of the last mark, at the edge of its batch. */
  save(): SavedIntake {
    const frames = { ...this.frames, in: this.frames.in - this.#blockFrames }
    const wire = { ...this.wireCounts }
    let { lost } = this
    for (const since of [this.#counted, this.#sinceMark]) {
      for (const reason of Object.keys(since.frames) as FrameReason[]) {
        frames[reason] -= since.frames[reason]
        frames.in -= since.frames[reason]
      }
      for (const what of Object.keys(since.wire) as (keyof WireCounts)[]) wire[what] -= since.wire[what]
      lost -= since.lostBytes
    }
    const { samples, connection, over } = this
    return { frames, samples: { ...samples }, lostBytes: lost, wire, missing: this.#missing, connection, over }
  }

  load(saved: SavedIntake): void {
    Object.assign(this.frames, saved.frames)
    Object.assign(this.samples, saved.samples)
    Object.assign(this.wireCounts, saved.wire)
    this.lost = saved.lostBytes
    this.#missing = saved.missing
    this.connection = saved.connection
    this.over = saved.over
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
      this.wireCounts.missing += this.#missing
      this.#missing = 0
    }
    if (this.sizes.poison) this.memory.u8.fill(0xaa, this.block.start, this.#used)
    this.#used = this.#unwritten = this.block.start
    this.#blockFrames = 0
    this.sealed = false
  }

  /** Frames in the open block, of those already counted `in`. */
  get pending(): number {
    return this.#blockFrames
  }
}

function add<Key extends string>(to: Record<Key, number>, what: Record<Key, number>): void {
  for (const key of Object.keys(what) as Key[]) to[key] += what[key]
}

/** What is not 0. */
const someOf = <Key extends string>(counts: Record<Key, number>) =>
  Object.fromEntries(Object.entries(counts).filter(([, n]) => n !== 0)) as Partial<Record<Key, number>>

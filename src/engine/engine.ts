import {
  DEVICE_BYTES,
  DEVICE_LAST_ARRIVAL,
  IDS_BYTES,
  SOURCE_AHEAD,
  SOURCE_BYTES,
  SOURCE_EXPECT,
  SOURCE_HIGH,
  SOURCE_LAST_ARRIVAL,
  SOURCE_NOT_BEFORE,
  SOURCE_WAIT,
  SOURCE_WATERMARK,
} from '../../assembly/layout.js'
import type { Timer } from '../model/clock.js'
import { LinkError } from '../model/errors.js'
import type { Log } from '../model/log.js'
import { isLive, type Plan } from '../model/plan.js'
import type { Window } from '../window/window.js'
import { BadFrames } from './bad-frames.js'
import type { Closer } from './closer.js'
import type { Decoder } from './decoder.js'
import type { Derivation } from './derivation.js'
import type { EngineMemory } from './engine-memory.js'
import type { Epochs, SavedEpoch } from './epochs.js'
import type { DeviceEntry, Identities } from './identities.js'
import type { Intake, IntakeHost } from './intake.js'
import type { ClockRecord, LineJournal, MarkRecord, NextPlan } from './journal-records.js'
import { type Reducer, SETTLED } from './reducer.js'
import type { SteadyClock } from './steady-clock.js'
import { Turns } from './turns.js'

/** Where points go, as the engine sees it. */
export interface Outlet {
  /** What was offered belongs to this batch, made at this time; null where the clock is not known to be right. */
  commit(batch: number, nowUs: number | null): void
  /** Points that wait for true time go on before what is committed next: it is known by this. */
  knowTime(clock: ClockRecord): void
  /** Sends what was offered. */
  pump(): void
  full(): boolean
  room(): Promise<void>
}

export interface EngineParts {
  plan: Plan
  clock: SteadyClock
  log: Log
  memory: EngineMemory
  identities: Identities
  decoder: Decoder
  reducer: Reducer
  closer: Closer
  /** Where series are derived from others. */
  derivation?: Derivation | undefined
  outlets: readonly Outlet[]
  /** Windows of live sources that began before it may have been written whole by the run before this one. */
  notBeforeUs: number
  /** Where the line's decisions are written; without it a crash loses what is open. */
  journal?: LineJournal | undefined
  /** Told after every batch, when the ledger must balance. */
  onBatch?: (number: number) => void
  /** An error that no source caused: the engine can't go on. */
  onFailure: (error: unknown) => void
}

/** What is kept of it. */
export interface SavedEngine {
  batches: number
  lastBatchUs: number
  checkedForgetUs: number
  epoch: SavedEpoch
}

/** What is besides about a batch. */
interface Batch {
  /** It was made before, as this tells. */
  replayed?: MarkRecord | undefined
  /** A line of this plan goes on behind it. */
  next?: NextPlan
  /** To be done once all that is due is closed. */
  last?: () => void
  /** Takes notice of a clock that was set. */
  looks?: boolean
}

/** Reads of one tick: a source that fills its buffer is read again before the batch is cut, this often at most. */
const READS_A_TICK = 16
const FORGET_EVERY_US = 60e6

/**
 * The order of things: what is in blocks becomes a batch at the tick (live sources) or at a source's turn (finite
 * ones); a batch is decoded, reduced, and closes the windows that are due. One batch at a time; nothing here is per sample.
 */
export class Engine implements IntakeHost {
  batches = 0
  lastBatchUs = 0
  readonly #p: EngineParts
  readonly #intakes: Intake[] = []
  /** Of derived series, behind those that they derive from; and these. */
  #derived: { intake: Intake; from: Intake[] }[] = []
  #turns = new Turns<Intake>([])
  readonly #badFrames: BadFrames
  #epochs!: Epochs
  #tick: Timer | undefined
  #running: Promise<void> | undefined
  #checkedForgetUs: number
  #stopped = false
  #isAtEdge = true
  #release!: () => void
  readonly #released = new Promise<void>((resolve) => {
    this.#release = resolve
  })

  constructor(parts: EngineParts) {
    this.#p = parts
    this.#badFrames = new BadFrames(parts.log, parts.clock)
    this.#checkedForgetUs = parts.clock.nowUs()
  }

  /** Takes the intakes into service, in the order of the configuration. */
  begin(intakes: readonly Intake[], epochs: Epochs): void {
    const { f64, regions } = this.#p.memory
    for (const intake of intakes) {
      const { plan } = intake
      const at = (regions.sources.start + intake.index * SOURCE_BYTES) >>> 3
      f64[at + SOURCE_HIGH / 8] = Number.NEGATIVE_INFINITY
      f64[at + SOURCE_WATERMARK / 8] = Number.NEGATIVE_INFINITY
      f64[at + SOURCE_WAIT / 8] = plan.waitUs
      f64[at + SOURCE_AHEAD / 8] = plan.finite ? Number.POSITIVE_INFINITY : plan.aheadUs
      f64[at + SOURCE_NOT_BEFORE / 8] = plan.finite ? Number.NEGATIVE_INFINITY : this.#p.notBeforeUs
      f64[at + SOURCE_LAST_ARRIVAL / 8] = Number.NEGATIVE_INFINITY
      f64[at + SOURCE_EXPECT / 8] = plan.expectUs
      this.#intakes.push(intake)
    }
    this.#epochs = epochs
    epochs.begin()
    this.#turns = new Turns(intakes.filter(({ plan }) => plan.finite && !plan.derives))
    this.#derived = intakes.flatMap((intake) => {
      const { derives } = intake.plan
      return derives ? [{ intake, from: intakes.filter(({ plan }) => derives.from.includes(plan.name)) }] : []
    })
  }

  watermarkUs(intake: Intake): number {
    return this.#p.memory.f64[this.#at(intake, SOURCE_WATERMARK)]
  }

  lastArrivalUs(intake: Intake): number {
    return this.#p.memory.f64[this.#at(intake, SOURCE_LAST_ARRIVAL)]
  }

  /** Goes on behind this batch. */
  load(saved: SavedEngine): void {
    this.batches = saved.batches
    this.lastBatchUs = saved.lastBatchUs
    this.#checkedForgetUs = saved.checkedForgetUs
    this.#epochs.load(saved.epoch)
  }

  /** Batches of a run whose state is gone are not numbered again: sinks have points of them. */
  startBehind(batch: number): void {
    this.batches = Math.max(this.batches, batch)
  }

  save(): SavedEngine {
    const { batches, lastBatchUs } = this
    return { batches, lastBatchUs, checkedForgetUs: this.#checkedForgetUs, epoch: this.#epochs.now }
  }

  // ---- for intakes

  remember(intake: Intake, from: number, end: number): void {
    if (isLive(intake.plan)) this.#p.decoder.remember(this.#ids(intake), from, end, intake.connection)
  }

  cameBefore(intake: Intake, frame: number): boolean {
    return this.#p.decoder.cameBefore(this.#ids(intake), frame, intake.connection)
  }

  forgetConnections(intake: Intake): void {
    this.#p.decoder.forgetConnections(this.#ids(intake))
  }

  #ids(intake: Intake): number {
    return this.#p.memory.regions.ids.start + intake.index * IDS_BYTES
  }

  /** Nothing was decoded since the last batch was made. */
  get isAtEdge(): boolean {
    return this.#isAtEdge
  }

  seal(intake: Intake): boolean {
    if (this.#running) return false
    this.#isAtEdge = false
    const decoding = this.#decode(intake)
    if (!decoding) return true
    decoding.catch((error) => this.#p.onFailure(error))
    this.#hold(decoding)
    return false
  }

  async idle(): Promise<void> {
    while (this.#running) await this.#running
  }

  wake(): void {
    if (this.#tick || this.#stopped) return
    this.#tick = this.#p.clock.after(this.msToTick(), () => this.#onTick())
  }

  msToTick(): number {
    const { clock, plan } = this.#p
    const nowUs = clock.nowUs()
    return ((Math.floor(nowUs / plan.batchUs) + 1) * plan.batchUs - nowUs) / 1000
  }

  async turn(intake: Intake): Promise<void> {
    await this.#turns.take(intake)
    await this.#exclusive(() => this.#batch([intake]))
    for (const outlet of this.#p.outlets) if (outlet.full()) await Promise.race([outlet.room(), this.#released])
    this.#turns.pass(intake)
  }

  /** The source has ended: its last batch, then all its windows close. */
  async end(intake: Intake): Promise<void> {
    if (intake.plan.finite) await this.#turns.take(intake)
    await this.#exclusive(() => {
      // Not before: a batch under way would close its windows without its last block.
      intake.over = true
      return this.#batch([intake])
    })
    this.#turns.leave(intake)
  }

  /** Sources are being stopped: nobody waits for a turn or for sinks any more. */
  release(): void {
    this.#turns.release()
    this.#release()
  }

  /** Makes no batch any more: another goes on with its state. */
  retire(): void {
    this.#stopped = true
    this.#tick?.cancel()
    this.#tick = undefined
  }

  /** A last batch of all sources; with `closeAll` every open window is emitted as it stands. */
  async stop(closeAll: boolean): Promise<void> {
    this.retire()
    await this.#exclusive(() => {
      if (closeAll) for (const intake of this.#intakes) intake.over = true
      return this.#batch(this.#intakes)
    })
  }

  // ---- the batch

  /** A batch of all that was taken, besides the tick. */
  async cut(): Promise<void> {
    await this.#exclusive(() => this.#batch(this.#intakes, { looks: true }))
  }

  /** Once what was kept is taken up, and before anything is taken: goes on by the clock as it is now. */
  async goOnFromState(): Promise<void> {
    const { clock, outlets } = this.#p
    const { now } = this.#epochs
    // A step since then is one between two batches.
    if (now.boot === this.#epochs.boot) clock.take(now.offsetUs)
    if (now.isTrue) for (const outlet of outlets) outlet.knowTime(now)
    if (this.#epochs.look()) await this.cut()
  }

  /**
   * The last batch, as a line of another plan goes on: all that these sources and windows on no grid have left open is final.
   * `replayed`: as the journal tells it.
   */
  async finish(
    intakes: readonly Intake[],
    windows: readonly Window[],
    next: NextPlan,
    replayed?: MarkRecord,
  ): Promise<void> {
    const { identities, closer } = this.#p
    const last = () => {
      for (const window of windows) closer.finish(window, identities.devices)
      const gone = new Set(intakes.map(({ index }) => index))
      for (const device of identities.devices) if (device && gone.has(device.sourceIndex)) this.#leave(device)
    }
    await this.#exclusive(() => {
      for (const intake of intakes) intake.over = true
      return this.#batch(this.#intakes, { replayed, next, last })
    })
  }

  /** Makes a batch again as the journal tells it. */
  async replay(mark: MarkRecord): Promise<void> {
    await this.#exclusive(() =>
      this.#batch(
        mark.sources.map((index) => this.#intakes[index]),
        { replayed: mark },
      ),
    )
  }

  #onTick(): void {
    this.#tick = undefined
    // Sources that gathered until now have just been resumed: their bytes arrive in this turn of the event loop.
    let taken = this.#taken()
    let reads = 0
    const afterReads = () => {
      const now = this.#taken()
      if (now - taken >= 32768 && ++reads < READS_A_TICK) {
        taken = now
        setImmediate(afterReads)
        return
      }
      if (this.#stopped) return
      const live = this.#intakes.filter(({ plan }) => isLive(plan))
      this.#exclusive(() => this.#batch(live, { looks: true })).catch((error) => this.#p.onFailure(error))
    }
    setImmediate(afterReads)
  }

  #taken(): number {
    return this.#intakes.reduce((sum, intake) => sum + intake.taken, 0)
  }

  async #exclusive(work: () => Promise<void>): Promise<void> {
    while (this.#running) await this.#running
    // Begins once it is held, so that whoever is called from within finds it running.
    const running = Promise.resolve().then(work)
    this.#hold(running)
    await running
  }

  #hold(running: Promise<void>): void {
    const held = running
      .catch(() => {})
      .then(() => {
        this.#running = undefined
      })
    this.#running = held
  }

  async #batch(intakes: readonly Intake[], { replayed, next, last, looks = false }: Batch = {}): Promise<void> {
    const { reducer, closer, derivation, clock, outlets, journal } = this.#p
    const nowUs = replayed?.nowUs ?? clock.nowUs()
    const number = replayed?.batch ?? this.batches + 1
    // What comes while this batch is made belongs to the next.
    const cut = intakes.filter((intake) => intake.cut())
    // All that was taken so far is in it: from here on the clock may mean something else.
    const turned = replayed ? replayed.clock : looks ? this.#epochs.look() : undefined
    if (!replayed) {
      const sources = intakes.map(({ index }) => index)
      journal?.mark({ batch: number, nowUs, sources, ...(turned && { clock: turned }), ...(next && { next }) })
      if (turned) {
        clock.take(turned.offsetUs)
        for (const intake of this.#intakes) intake.forgetArrival()
      }
    }
    for (const intake of cut) {
      const decoding = this.#decode(intake)
      if (decoding) await decoding
    }
    const reducing = reducer.reduce()
    if (reducing) await reducing
    this.#settle()
    let ended = this.#advance(nowUs)
    ended = (await this.#deriveAll(nowUs)) || ended
    derivation?.pass()
    const watermarkUs = Math.max(
      ...this.#intakes.map((intake) => (intake.over ? Number.NEGATIVE_INFINITY : this.watermarkUs(intake))),
    )
    const ahead = closer.workAhead(watermarkUs, ended)
    if (ahead) await ahead
    closer.close(watermarkUs, nowUs, ended)
    last?.()
    if (nowUs - this.#checkedForgetUs >= FORGET_EVERY_US) this.#forget(nowUs)
    const movedUs = turned ? await this.#turn(turned, nowUs, watermarkUs) : 0
    this.batches = number
    this.#isAtEdge = true
    this.lastBatchUs = nowUs + movedUs
    for (const outlet of outlets) outlet.commit(number, this.#epochs.isTrue ? this.lastBatchUs : null)
    if (replayed) return
    for (const outlet of outlets) outlet.pump()
    this.#p.onBatch?.(number)
    this.goOn()
  }

  /** There must be a tick while anything is under way. */
  goOn(): void {
    const { closer, derivation } = this.#p
    const live = this.#intakes.filter(({ plan }) => isLive(plan))
    const waiting = () => !this.#epochs.isTrue || closer.waiting || (derivation?.waiting ?? 0) > 0
    if (live.some((intake) => !intake.isEmpty) || (live.length > 0 && waiting())) this.wake()
  }

  /** From here on the clock is another; returns how far times of arrival move, µs. */
  async #turn(next: ClockRecord, nowUs: number, watermarkUs: number): Promise<number> {
    const wasTrue = this.#epochs.isTrue
    const derive = async () => {
      await this.#deriveAll(nowUs)
    }
    const movedUs = await this.#epochs.turn(next, nowUs, this.lastBatchUs, watermarkUs, derive)
    this.#checkedForgetUs += movedUs
    for (const { intake } of this.#derived) intake.over = this.watermarkUs(intake) === Number.POSITIVE_INFINITY
    if (next.isTrue && !wasTrue) for (const outlet of this.#p.outlets) outlet.knowTime(next)
    return movedUs
  }

  #decode(intake: Intake): Promise<void> | undefined {
    if (intake.isEmpty) return undefined
    const { decoder } = this.#p
    const done = () => {
      for (const bad of decoder.takeBad()) this.#badFrames.say(intake.plan.name, bad)
      intake.decoded(decoder.takeCounts())
    }
    const failed = (error: unknown) => {
      // A file whose header names nothing wanted: the source's trouble, not the engine's.
      intake.decoded(decoder.takeCounts())
      throw error
    }
    intake.sealed = true
    try {
      const decoding = decoder.decode(intake.block.start, intake.blockEnd)
      if (decoding) return decoding.then(done, failed)
    } catch (error) {
      if (error instanceof LinkError) failed(error)
      throw error
    }
    done()
    return undefined
  }

  /** Moves what `settle` counted into the sources' ledgers. */
  #settle(): void {
    const { f64, regions } = this.#p.memory
    const start = regions.settled.start >>> 3
    for (const intake of this.#intakes) {
      const at = start + intake.index * SETTLED.length
      SETTLED.forEach((fate, i) => {
        intake.samples[fate] += f64[at + i]
      })
      f64.fill(0, at, at + SETTLED.length)
    }
  }

  /** Sets each source's watermark; true when one has just ended. A watermark never falls. */
  #advance(nowUs: number): boolean {
    const { f64 } = this.#p.memory
    let ended = false
    for (const intake of this.#intakes) {
      const { plan } = intake
      if (plan.derives) continue
      const before = this.watermarkUs(intake)
      let watermark = Math.max(before, f64[this.#at(intake, SOURCE_HIGH)] - plan.waitUs)
      if (!plan.finite) {
        if (plan.inputs.every((input) => input.time.kind === 'arrival')) watermark = Math.max(watermark, nowUs)
        else if (nowUs - this.lastArrivalUs(intake) >= plan.idleUs)
          watermark = Math.max(watermark, this.#epochs.silentUntilUs(intake.index, nowUs) - plan.waitUs)
      }
      if (intake.over) watermark = Number.POSITIVE_INFINITY
      ended ||= intake.over && before !== Number.POSITIVE_INFINITY
      f64[this.#at(intake, SOURCE_WATERMARK)] = watermark
    }
    return ended
  }

  async #deriveAll(nowUs: number): Promise<boolean> {
    let ended = false
    for (const { intake, from } of this.#derived) ended = (await this.#derive(intake, from, nowUs)) || ended
    return ended
  }

  /**
   * Makes and reduces what the watermarks of all that it derives from allow; their lowest is its own from then on. True when
   * it has just ended.
   */
  async #derive(intake: Intake, from: readonly Intake[], nowUs: number): Promise<boolean> {
    const { derivation, reducer, memory } = this.#p
    const before = this.watermarkUs(intake)
    // One that goes ends with what there is by now, whatever its inputs do.
    const inputsUs = intake.over ? [Number.POSITIVE_INFINITY] : from.map((input) => this.watermarkUs(input))
    const watermark = Math.max(before, Math.min(...inputsUs))
    for (let full = true; full; ) {
      full = derivation!.make(intake.index, watermark, nowUs)
      const reducing = reducer.reduce()
      if (reducing) await reducing
    }
    derivation!.settle(intake.index, intake.samples)
    this.#settle()
    memory.f64[this.#at(intake, SOURCE_WATERMARK)] = watermark
    intake.over = watermark === Number.POSITIVE_INFINITY
    return intake.over && before !== Number.POSITIVE_INFINITY
  }

  /** Devices of live sources that were silent for `forget` leave the tables, and those of series that nothing is derived for. */
  #forget(nowUs: number): void {
    this.#checkedForgetUs = nowUs
    const { identities, memory, decoder, derivation } = this.#p
    for (const device of identities.devices) {
      // A topic keeps its device; there is nothing to forget where nothing is known of it.
      if (!device || (device.series.size === 0 && device.channels.length > 0)) continue
      const { plan } = this.#intakes[device.sourceIndex]
      const lastUs = memory.f64[(memory.regions.devices.start + device.id * DEVICE_BYTES + DEVICE_LAST_ARRIVAL) >>> 3]
      const isKept = plan.derives && !device.isGroup ? derivation!.isMade(device) : nowUs - lastUs < plan.forgetUs
      if (plan.finite || isKept) continue
      this.#leave(device)
      decoder.reopen()
    }
    identities.tidy()
  }

  /** Nothing is known of a device any more, and its numbers may be another's. */
  #leave(device: DeviceEntry): void {
    const { identities, closer, decoder, derivation } = this.#p
    derivation?.leave(device)
    closer.closeDevice(device.id)
    identities.forget(device)
    decoder.clocks.forget(device.id)
  }

  #at(intake: Intake, field: number): number {
    return (this.#p.memory.regions.sources.start + intake.index * SOURCE_BYTES + field) >>> 3
  }
}

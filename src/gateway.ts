import { bootId } from './disk/boot-id.js'
import { NodeDisk } from './disk/node-disk.js'
import { isSame, isSameLink, otherChanges, whyFixed } from './engine/changes.js'
import { SystemClock } from './engine/clock.js'
import type { Target } from './engine/closer.js'
import { DEFAULT_SIZES, type Sizes } from './engine/engine-memory.js'
import { Home } from './engine/home.js'
import { Inlet } from './engine/inlet.js'
import type { Intake } from './engine/intake.js'
import type { MarkRecord } from './engine/journal-records.js'
import type { Keeper } from './engine/keeper.js'
import { Lane, type SinkOfLane } from './engine/lane.js'
import { Line } from './engine/line.js'
import { replay } from './engine/replay.js'
import { report, stragglers, stragglerText } from './engine/report.js'
import { isSamePlan, type KeptPlan, keptPlan, planOf } from './engine/saved-line.js'
import { SteadyClock } from './engine/steady-clock.js'
import { supervise } from './engine/supervisor.js'
import { Tapping } from './engine/tapping.js'
import { transition } from './engine/transition.js'
import { type Clock, pause } from './model/clock.js'
import type { Components } from './model/components.js'
import type { Disk } from './model/disk.js'
import { bug, ConfigError } from './model/errors.js'
import { exactText, exactValue } from './model/exact-json.js'
import { type Log, silent } from './model/log.js'
import { isLive, type Plan, type SinkPlan, type SourcePlan, type WindowPlan } from './model/plan.js'
import type { Points } from './model/points.js'
import type { SinkComponent } from './model/sink.js'
import type { Source } from './model/source.js'
import type { Status } from './model/status.js'
import type { Taps } from './model/taps.js'
import { linesOf } from './spool/held-points.js'
import { version } from './version.js'

export interface GatewayOptions {
  components: Components
  log?: Log
  clock?: Clock
  /** The time of sinks and workers, where it is not that of the sources. Default: `clock`. */
  outsideClock?: Clock
  /** Where journal, checkpoint and spool are. Default: the file system. */
  disk?: Disk
  /** Sees points as soon as they are due and again when corrected; they are valid only during the call. */
  onPoints?(points: Points): void
  /** Sees points once, when they are final; they are valid only during the call. */
  onFinalPoints?(points: Points): void
  /** Told after every batch. */
  onBatch?(number: number): void
  sizes?: Partial<Sizes>
  /** Estimated work from which on workers take part, ms. */
  handOverMs?: number
  /** The workers' program. Default: the one that runs chunks. */
  worker?: URL
  /** For jitter. */
  random?: () => number
  /** Windows of live sources that began before it are not written, µs since the epoch. Default: the start, where no state is taken up. */
  notBeforeUs?: number
  /** The sources only listen, beside another weir that runs the same configuration; nothing is kept. */
  listenOnly?: boolean
  /** What this boot of the machine is called. Default: as the system says. */
  boot?: string
  /** Nothing is kept on a disk, whatever the plan says. */
  transient?: boolean
}

/** A source, its way in, and how it is ended. */
interface Link {
  plan: SourcePlan
  source: Source
  inlet: Inlet
  abort: AbortController
  running: Promise<unknown>
}

/** How long sources may take to let go when a stop is not graceful, ms. */
const HARD_STOP_MS = 500

/**
 * The whole: sources, the line for the plan now, sinks, and what is kept of it all. Made once; start once, stop once; in
 * between another plan may be loaded.
 */
export class Gateway {
  /** Resolves when every source was finite and has ended and its results are delivered, or after `stop`; rejects when the run failed. */
  readonly finished: Promise<void>
  readonly #options: GatewayOptions
  readonly #clock: Clock
  /** That of lines. */
  readonly #steady: SteadyClock
  readonly #log: Log
  readonly #startedUs: number
  #plan: Plan
  #line: Line
  /** Those to begin with. */
  readonly #sources: [SourcePlan, Source][]
  #links: Link[] = []
  readonly #lanes: Lane[]
  /** Undefined where nothing is kept. */
  readonly #home: Home | undefined
  readonly #tapping = new Tapping()
  readonly #observers: readonly Target[]
  readonly #abort = new AbortController()
  /** Aborted when a stop has waited long enough for sources and sinks. */
  readonly #patience = new AbortController()
  #starting: Promise<void> | undefined
  #loading: Promise<unknown> | undefined
  /** A line is taking up the state of another. */
  #switching = false
  #stopping: Promise<void> | undefined
  #settleFinished!: { resolve: () => void; reject: (error: unknown) => void }
  #ready = false
  readonly #named = new WeakSet<object>()

  /** Throws a StateError where kept state is in use, or can't be used and `onDamage` says refuse. */
  constructor(plan: Plan, options: GatewayOptions) {
    const { log = silent, clock = new SystemClock() } = options
    this.#options = options
    this.#plan = plan
    this.#clock = clock
    this.#steady = new SteadyClock(clock)
    this.#log = log
    this.#startedUs = clock.nowUs()
    this.finished = new Promise((resolve, reject) => {
      this.#settleFinished = { resolve, reject }
    })
    this.finished.catch(() => {})
    this.#observers = this.#observe()
    this.#home = this.#keeps ? new Home(plan, { disk: options.disk ?? new NodeDisk(), clock, log }) : undefined
    this.#lanes = plan.sinks.map((sink) => this.#makeLane(sink))
    this.#sources = plan.sources.flatMap((source) => (source.derives ? [] : [[source, this.#makeSource(source)]]))
    this.#steady.know(this.#keeper?.knownUs ?? Number.NEGATIVE_INFINITY)
    // What was kept is taken up under the plan that it was kept under.
    const kept = this.#keeper?.recovered?.saved.rest.plan
    this.#line = this.#makeLine(kept ? planOf(kept, plan) : plan, this.#steady.nowUs())
  }

  /** What runs now. */
  get plan(): Plan {
    return this.#plan
  }

  /** Takes up what was kept, and starts all sources and sinks; resolves when ready. Links may still be down: they are tried until they work. */
  start(): Promise<void> {
    this.#starting ??= this.#begin()
    return this.#starting
  }

  async #begin(): Promise<void> {
    await this.#recover()
    for (const lane of this.#lanes) lane.pump()
    this.#links = this.#sources.map(([plan, source]) => this.#makeLink(plan, source))
    for (const link of this.#links) this.#run(link)
    Promise.all(this.#links.map(({ running }) => running)).then(
      () => {
        if (this.#line.intakes.every((intake) => intake.plan.finite)) void this.#finish()
      },
      () => {},
    )
    this.#line.engine.goOn()
    this.#ready = true
  }

  /**
   * Goes over to another plan at a batch's edge; resolves with what has changed, in words. Unchanged sources keep their
   * connection, unchanged windows their state; windows that change finish what they have open as they were. All or nothing:
   * rejects with a ConfigError, and nothing has changed, where that can't be done without a restart. While the gateway starts
   * it waits until that is ready.
   */
  async reload(plan: Plan): Promise<readonly string[]> {
    while (this.#loading) await this.#loading.catch(() => {})
    const loading = this.#load(plan)
    this.#loading = loading
    try {
      return await loading
    } finally {
      this.#loading = undefined
    }
  }

  /**
   * Ends all sources and closes the gateway. Graceful: what was read is reduced; open windows are kept for the next start, or
   * emitted where nothing is kept; sinks get most of `stopTimeout` to take what there is. Otherwise, also while a graceful
   * stop is under way: at once.
   */
  stop({ graceful }: { graceful: boolean }): Promise<void> {
    if (!graceful && this.#stopping) this.#patience.abort()
    this.#stopping ??= this.#close(graceful)
    return this.#stopping
  }

  /** From now on `taps` look; the answer ends it. Costs nothing while nobody does. */
  tap(taps: Taps): () => void {
    return this.#tapping.add(taps)
  }

  /** Makes a batch of all that was taken, besides the tick; a clock that was set counts from there on. */
  cut(): Promise<void> {
    return this.#line.engine.cut()
  }

  /** Resolves when no batch is under way. */
  idle(): Promise<void> {
    return this.#line.engine.idle()
  }

  /** Resolves when every sink has room for more. */
  async room(): Promise<void> {
    for (const lane of this.#lanes) if (lane.full()) await lane.room()
  }

  /** The ledger and all else there is to say. */
  status(): Status {
    const { engine, epochs, memory, identities, pool, decoder, derivation, intakes, windows } = this.#line
    return report({
      plan: this.#plan,
      version,
      startedUs: this.#startedUs,
      ready: this.#ready,
      engine,
      epochs,
      memory,
      identities,
      pool,
      clocks: decoder.clocks,
      derivation,
      intakes,
      sources: new Map(this.#links.map(({ plan, source }) => [plan.name, source])),
      windows,
      lanes: this.#lanes,
      home: this.#home,
    })
  }

  /** Runs that end by themselves leave nothing behind. */
  get #keeps(): boolean {
    const { listenOnly, transient } = this.#options
    return !listenOnly && !transient && this.#plan.sources.some(isLive)
  }

  get #keeper(): Keeper | undefined {
    return this.#home?.keeper
  }

  // ---- making

  #observe(): Target[] {
    const { onPoints, onFinalPoints } = this.#options
    const tapping = this.#tapping
    const observers: Target[] = [
      {
        finalOnly: false,
        get idle() {
          return !tapping.points
        },
        offer: (points) => tapping.points?.(points),
      },
    ]
    if (onPoints) this.tap({ points: (points) => onPoints(points) })
    if (onFinalPoints) observers.push({ finalOnly: true, offer: (points) => onFinalPoints(points) })
    return observers
  }

  /** Windows of sources that are new to it are written from `nowUs` on. */
  #makeLine(plan: Plan, nowUs: number): Line {
    const { components, outsideClock = this.#clock, sizes, handOverMs, worker, notBeforeUs = nowUs } = this.#options
    return new Line(plan, {
      components,
      clock: this.#steady,
      boot: this.#options.boot ?? bootId(),
      outsideClock,
      log: this.#log,
      sizes: { ...DEFAULT_SIZES, ...sizes },
      handOverMs,
      worker,
      tapping: this.#tapping,
      targets: (window) => [...this.#targets(window, plan), ...this.#observers],
      outlets: this.#lanes,
      notBeforeUs,
      journal: this.#keeper?.journal,
      onBatch: (number) => {
        this.#nameStragglers(number)
        // The last batch of a line that goes has a mark behind which only the next one goes on.
        if (!this.#switching) this.#keeper?.afterBatch(this.#line, this.#lanes)
        this.#options.onBatch?.(number)
      },
      onFailure: (error) => this.#fail(error),
    })
  }

  /** Sinks of a window, by name: another plan may put another lane in its place. */
  #targets(window: WindowPlan, { sinks }: Plan): Target[] {
    return window.to.flatMap((name) => {
      const sink = sinks.find((one) => one.name === name)
      if (!sink) return []
      const finalOnly = this.#componentOf(sink).finalOnly(sink.options as never)
      return [{ finalOnly, offer: (points) => this.#offer(name, points) }]
    })
  }

  /** Points whose times are not known yet wait. */
  #offer(sink: string, points: Points): void {
    const lane = this.#lanes.find((one) => one.name === sink)
    const { epochs } = this.#line
    if (!lane) return
    if (epochs.isTrue) {
      lane.offer(points)
      return
    }
    const own = linesOf(points, ({ id }) => !epochs.follows(id))
    const untimed = linesOf(points, ({ id }) => epochs.follows(id))
    if (own.lines > 0) lane.offer(own)
    if (untimed.lines > 0) lane.hold(untimed, epochs.now)
  }

  #makeLane(sink: SinkPlan): Lane {
    const { outsideClock: clock = this.#clock, random } = this.#options
    const { bounds, ...outlet } = this.#outletOf(sink)
    return new Lane({
      name: sink.name,
      ...outlet,
      clock,
      log: this.#log,
      ...this.#home?.forLane(sink, bounds),
      ...(random && { random }),
    })
  }

  #outletOf(sink: SinkPlan): SinkOfLane {
    const { components, outsideClock: clock = this.#clock } = this.#options
    const { gateway, durability } = this.#plan
    const { type, name } = sink
    const component = this.#componentOf(sink)
    const made = sink.options as never
    const format = components.formats.find((f) => f.type === component.format(made)) ?? bug('a format is unknown')
    const durable = durability === 'power'
    return {
      type,
      sink: component.create(made, { name, gateway, durable, clock, log: this.#log }),
      format,
      // What goes to stdout is read now or never.
      bounds: this.#home && !component.usesStdout?.(made) ? sink.spool : undefined,
    }
  }

  #componentOf({ type }: SinkPlan): SinkComponent {
    return this.#options.components.sinks.find((one) => one.type === type) ?? bug(`sink type ${type} is unknown`)
  }

  #makeLink(plan: SourcePlan, source = this.#makeSource(plan)): Link {
    const inlet = new Inlet(this.#intakeOf(plan))
    return { plan, source, inlet, abort: new AbortController(), running: Promise.resolve() }
  }

  #makeSource(plan: SourcePlan): Source {
    const { components, listenOnly } = this.#options
    const component = components.sources.find((c) => c.type === plan.type) ?? bug(`source type ${plan.type} is unknown`)
    return component.create(plan.options as never, {
      name: plan.name,
      gateway: this.#plan.gateway,
      stateDir: this.#plan.stateDir,
      maxFrameBytes: plan.maxFrameBytes,
      arrivalErrorUs: plan.arrivalErrorUs,
      timedByArrival: plan.inputs.some((input) => input.time.kind !== 'path'),
      inputs: plan.inputs,
      listenOnly,
    })
  }

  #intakeOf({ name }: SourcePlan): Intake {
    return this.#line.intakes.find(({ plan }) => !plan.derives && plan.name === name) ?? bug(`no intake for ${name}`)
  }

  // ---- running

  #run(link: Link): void {
    const { random } = this.#options
    const options = { clock: this.#clock, log: this.#log, ...(random && { random }) }
    const signal = AbortSignal.any([this.#abort.signal, link.abort.signal])
    link.running = supervise(link.source, link.inlet, signal, options).then(async (outcome) => {
      if (outcome === 'end') await this.#line.engine.end(link.inlet.intake)
    })
    link.running.catch((error) => this.#fail(error))
  }

  async #recover(): Promise<void> {
    const { recovered } = this.#keeper ?? {}
    let frameBytes = 0
    if (recovered) {
      const { saved, records, lostFrames } = recovered
      this.#line.load(
        saved,
        saved.rest.plan.windows.map((_, i) => i),
      )
      frameBytes = await replay(this.#line, records(), async (mark, { plan, nowUs }) => {
        await this.#switch(planOf(exactValue(plan) as KeptPlan, this.#plan), { nowUs, replayed: mark })
        return this.#line
      })
      for (const [source, frames] of lostFrames) this.#line.intakes[source]?.lose(frames)
      // None that is whole by what was lost is overwritten by less.
      if (lostFrames.size > 0) this.#line.closer.notBeforeUs = this.#startedUs
      this.#log.info({ frameBytes, batch: this.#line.engine.batches }, 'the state of the run before is taken up')
    }
    // Where its state is gone, points of other batches may have these numbers.
    if (!recovered && this.#home) this.#line.engine.startBehind(this.#home.lastBatchOfOthers())
    this.#numberBehind()
    if (!this.#line.engine.isAtEdge) {
      // Blocks that were full behind the last mark are decoded: a state is kept at a batch's edge alone.
      this.#keeper?.goOn()
      await this.#line.engine.cut()
    }
    await this.#keeper?.begin(this.#line, this.#lanes, frameBytes)
    await this.#line.engine.goOnFromState()
    const nowUs = this.#steady.nowUs()
    if (!recovered || isSamePlan(transition(this.#line.saved(), this.#plan, nowUs).plan, this.#line.plan)) return
    await this.#line.engine.cut()
    await this.#switch(this.#plan, { nowUs })
    this.#keeper?.saveNext()
  }

  async #load(plan: Plan): Promise<readonly string[]> {
    await this.#starting
    const why = this.#stopping ? 'weir is stopping' : whyFixed(this.#plan, plan)
    if (why) throw noReload(why)
    if (isSame(plan, this.#plan)) return []
    const links = this.#links
    const planOfLink = ({ plan: old }: Link) => plan.sources.find((source) => isSameLink(old, source))
    const gone = links.filter((link) => !planOfLink(link))
    const kept = links.flatMap((link) => {
      const source = planOfLink(link)
      return source ? [{ ...link, plan: source }] : []
    })
    const made = plan.sources.filter(({ derives, name }) => !derives && !kept.some((link) => link.plan.name === name))
    // What may fail comes first.
    const sources = made.map((source) => [source, this.#makeSource(source)] as const)
    const sinks = await this.#changeSinks(plan)
    let changes: readonly string[]
    try {
      for (const { abort } of gone) abort.abort()
      await unless(this.#abort.signal, Promise.all(gone.map(({ running }) => running)))
      for (const { inlet } of kept) inlet.hold()
      this.#links = kept
      if (this.#stopping) throw noReload('weir is stopping')
      await this.#line.engine.cut()
      changes = await this.#switch(plan, { nowUs: this.#steady.nowUs(), lanes: sinks.made })
    } catch (error) {
      this.#links = links
      for (const { inlet } of kept) inlet.attach(inlet.intake)
      for (const link of this.#stopping ? [] : gone) {
        link.abort = new AbortController()
        this.#run(link)
      }
      await Promise.all(sinks.made.map((lane) => lane.close()))
      this.#line.engine.goOn()
      throw error
    }
    changes = [...changes, ...otherChanges(this.#plan, plan)]
    this.#plan = plan
    this.#keeper?.saveNext()
    const begun = sources.map(([source, one]) => this.#makeLink(source, one))
    this.#links = [...kept, ...begun]
    for (const link of this.#stopping ? [] : begun) this.#run(link)
    this.#line.engine.goOn()
    await sinks.change()
    return changes
  }

  /**
   * Another line takes up the state of this one, at a batch's edge: as a mark of the journal tells, or with one of its own.
   * `lanes` are those of sinks that are new. Throws, and nothing has changed, where there is no memory for both.
   */
  async #switch(
    plan: Plan,
    { nowUs, lanes = [], replayed }: { nowUs: number; lanes?: readonly Lane[]; replayed?: MarkRecord },
  ): Promise<readonly string[]> {
    const before = this.#line
    const next = transition(before.saved(), plan, nowUs)
    const line = this.#makeLine(next.plan, nowUs)
    this.#switching = true
    try {
      await before.finish(next, { plan: exactText(keptPlan(plan)), nowUs }, replayed)
      line.load(before.saved(), next.windowOf)
      line.closer.notBeforeUs = before.closer.notBeforeUs
      this.#line = line
      this.#lanes.push(...lanes)
      this.#numberBehind()
      if (line.epochs.isTrue) for (const lane of lanes) lane.knowTime(line.epochs.now)
      for (const link of this.#links) link.inlet.attach(this.#intakeOf(link.plan))
    } catch (error) {
      // There is no way back from here.
      this.#fail(error)
      throw error
    } finally {
      this.#switching = false
    }
    await before.close()
    return next.changes
  }

  /** Sinks have points of batches that may be of another state than is known: none is numbered like them. */
  #numberBehind(): void {
    this.#line.engine.startBehind(Math.max(-1, ...this.#lanes.map(({ batch }) => batch)))
  }

  /**
   * Lanes of sinks that are new to a plan, and how the others follow: what waits for one that changes goes to what it is now;
   * what waits for one that goes stays on the disk. Throws, and nothing has changed, where that can't be.
   */
  async #changeSinks(plan: Plan): Promise<{ made: Lane[]; change(): Promise<void> }> {
    const steps: (() => Promise<void>)[] = []
    const made: Lane[] = []
    try {
      for (const lane of this.#lanes) {
        const old = this.#plan.sinks.find(({ name }) => name === lane.name)
        const sink = plan.sinks.find(({ name }) => name === lane.name)
        if (!sink) steps.push(() => this.#endLane(lane))
        else if (!isSame(old, sink)) {
          const next = this.#outletOf(sink)
          const why = lane.whyFixed(next)
          if (why) throw noReload(`sink ${sink.name}: ${why}`)
          steps.push(() => lane.change(next))
        }
      }
      for (const sink of plan.sinks)
        if (!this.#lanes.some(({ name }) => name === sink.name)) made.push(this.#makeLane(sink))
    } catch (error) {
      await Promise.all(made.map((lane) => lane.close()))
      throw error
    }
    const say = (error: unknown) => this.#log.error({ error }, 'a sink did not let go as it should')
    return {
      made,
      change: async () => {
        for (const step of steps) await step().catch(say)
      },
    }
  }

  /** Ends a sink once what it has is as safe as configured, where the disk lets it. */
  async #endLane(lane: Lane): Promise<void> {
    await Promise.race([lane.whenDurable(this.#line.engine.batches), pause(this.#clock, HARD_STOP_MS)])
    this.#lanes.splice(this.#lanes.indexOf(lane), 1)
    await lane.close()
  }

  async #finish(): Promise<void> {
    await this.stop({ graceful: true }).catch(() => {})
  }

  #fail(error: unknown): void {
    this.#settleFinished.reject(error)
    void this.stop({ graceful: false }).catch(() => {})
  }

  async #close(graceful: boolean): Promise<void> {
    // One that is being loaded waits for sources to end.
    this.#abort.abort()
    await this.#loading?.catch(() => {})
    const { engine, intakes } = this.#line
    // A run that has ended by itself waits for its sinks as long as it takes.
    const ended = intakes.every((intake) => intake.plan.finite && intake.over)
    const { signal } = this.#patience
    const patienceMs = graceful ? this.#plan.stopTimeoutMs * 0.8 : HARD_STOP_MS
    if (!ended) void pause(this.#clock, patienceMs, signal).then(() => this.#patience.abort())
    try {
      engine.release()
      await unless(signal, Promise.allSettled(this.#links.map(({ running }) => running)))
      await engine.stop(graceful && !this.#keeper)
      await this.#keeper?.end(this.#line, this.#lanes)
      if (graceful) await Promise.all(this.#lanes.map((lane) => lane.drain(signal)))
    } catch (error) {
      this.#settleFinished.reject(error)
      throw error
    } finally {
      this.#patience.abort()
      await Promise.all(this.#lanes.map((lane) => lane.close()))
      await this.#line.close()
      this.#home?.close()
    }
    this.#settleFinished.resolve()
  }

  /** Says once of each device that most of its rows come late. */
  #nameStragglers(batch: number): void {
    if (batch % 64 !== 0) return
    for (const straggler of stragglers(this.#line)) {
      if (this.#named.has(straggler.device)) continue
      this.#named.add(straggler.device)
      this.#log.warn({}, stragglerText(straggler))
    }
  }
}

const noReload = (why: string) => new ConfigError([{ path: '', message: `cannot load the configuration anew: ${why}` }])

/** Resolves when it is done, or the signal aborts. */
async function unless(signal: AbortSignal, done: Promise<unknown>): Promise<void> {
  const isOver = new AbortController()
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { signal: isOver.signal })
  })
  await Promise.race([done, aborted])
  isOver.abort()
}

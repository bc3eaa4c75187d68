import { bootId } from './disk/boot-id.js'
import { NodeDisk } from './disk/node-disk.js'
import { SystemClock } from './engine/clock.js'
import type { Target } from './engine/closer.js'
import { DEFAULT_SIZES, type Sizes } from './engine/engine-memory.js'
import { Home } from './engine/home.js'
import { Inlet } from './engine/inlet.js'
import type { Intake } from './engine/intake.js'
import type { Keeper } from './engine/keeper.js'
import { Lane } from './engine/lane.js'
import { Line } from './engine/line.js'
import { replay } from './engine/replay.js'
import { report, stragglers, stragglerText } from './engine/report.js'
import { isSamePlan, planOf } from './engine/saved-line.js'
import { SteadyClock } from './engine/steady-clock.js'
import { supervise } from './engine/supervisor.js'
import { Tapping } from './engine/tapping.js'
import { type Transition, transition } from './engine/transition.js'
import { type Clock, pause } from './model/clock.js'
import type { Components } from './model/components.js'
import type { Disk } from './model/disk.js'
import { bug, ConfigError } from './model/errors.js'
import { type Log, silent } from './model/log.js'
import { isLive, type Plan, type SinkPlan, type SourcePlan, type WindowPlan } from './model/plan.js'
import type { Points } from './model/points.js'
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

/** Keys that a running gateway can't change. */
const FIXED = ['gateway', 'durability', 'stateDir', 'runtimeDir', 'onDamage', 'http'] as const

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
  #loading: Promise<unknown> | undefined
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
    this.#line = this.#makeLine(kept ? planOf(kept, plan) : plan)
  }

  /** Takes up what was kept, and starts all sources and sinks; resolves when ready. Links may still be down: they are tried until they work. */
  async start(): Promise<void> {
    await this.#recover()
    for (const lane of this.#lanes) lane.pump()
    this.#links = this.#sources.map(([plan, source]) => this.#makeLink(plan, source))
    for (const link of this.#links) this.#run(link)
    Promise.all(this.#links.map(({ running }) => running)).then(
      () => {
        if (this.#line.intakes.every((intake) => intake.plan.finite)) void this.#finish()
      },
      (error) => this.#fail(error),
    )
    this.#line.engine.goOn()
    this.#ready = true
  }

  /**
   * Goes over to another plan at a batch's edge; resolves with what has changed, in words. Unchanged sources keep their
   * connection, unchanged windows their state; windows that change finish what they have open as they were. All or nothing:
   * rejects with a ConfigError, and nothing has changed, where that can't be done without a restart.
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

  #makeLine(plan: Plan): Line {
    const { components, outsideClock = this.#clock, sizes, handOverMs } = this.#options
    const { notBeforeUs = this.#steady.nowUs() } = this.#options
    return new Line(plan, {
      components,
      clock: this.#steady,
      boot: this.#options.boot ?? bootId(),
      outsideClock,
      log: this.#log,
      sizes: { ...DEFAULT_SIZES, ...sizes },
      handOverMs,
      tapping: this.#tapping,
      targets: (window) => [...this.#targets(window), ...this.#observers],
      outlets: this.#lanes,
      notBeforeUs,
      journal: this.#keeper?.journal,
      onBatch: (number) => {
        this.#nameStragglers(number)
        this.#keeper?.afterBatch(this.#line, this.#lanes)
        this.#options.onBatch?.(number)
      },
      onFailure: (error) => this.#fail(error),
    })
  }

  /** Sinks of a window, by name: another plan may put another lane in its place. */
  #targets(window: WindowPlan): Target[] {
    return window.to.flatMap((name) => {
      const lane = this.#lanes.find((one) => one.name === name)
      if (!lane) return []
      const { finalOnly } = lane
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
    const { components, outsideClock: clock = this.#clock, random } = this.#options
    const { gateway, durability } = this.#plan
    const component = components.sinks.find((c) => c.type === sink.type) ?? bug(`sink type ${sink.type} is unknown`)
    const made = sink.options as never
    const format = components.formats.find((f) => f.type === component.format(made)) ?? bug('a format is unknown')
    return new Lane({
      name: sink.name,
      type: sink.type,
      sink: component.create(made, {
        name: sink.name,
        gateway,
        durable: durability === 'power',
        clock,
        log: this.#log,
      }),
      format,
      finalOnly: component.finalOnly(made),
      clock,
      log: this.#log,
      // What goes to stdout is read now or never.
      ...(!component.usesStdout?.(made) && this.#home?.forLane(sink)),
      ...(random && { random }),
    })
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
  }

  async #recover(): Promise<void> {
    const { recovered } = this.#keeper ?? {}
    if (recovered) {
      const { saved, records, lostFrames } = recovered
      this.#line.load(
        saved,
        saved.rest.plan.windows.map((_, i) => i),
      )
      const frameBytes = await replay(this.#line, records())
      for (const [source, frames] of lostFrames) this.#line.intakes[source]?.lose(frames)
      // None that is whole by what was lost is overwritten by less.
      if (lostFrames.size > 0) this.#line.closer.notBeforeUs = this.#startedUs
      this.#log.info({ frameBytes, batch: this.#line.engine.batches }, 'the state of the run before is taken up')
      const next = () => transition(this.#line.saved(), this.#plan, this.#clock.nowUs())
      if (!isSamePlan(next().plan, this.#line.plan)) {
        await this.#line.engine.cut()
        await this.#switch(next())
      }
    }
    this.#line.engine.startBehind(Math.max(-1, ...this.#lanes.map(({ batch }) => batch)))
    await this.#keeper?.begin(this.#line, this.#lanes)
    await this.#line.engine.goOnFromState()
  }

  async #load(plan: Plan): Promise<readonly string[]> {
    const refuse = (why: string): never => {
      throw new ConfigError([{ path: '', message: `cannot load the configuration anew: ${why}` }])
    }
    const changed = FIXED.filter((key) => JSON.stringify(plan[key]) !== JSON.stringify(this.#plan[key]))
    if (changed.length > 0) refuse(`${changed.join(', ')} changed, which takes a restart`)
    if ([...plan.sources, ...this.#plan.sources].some(({ finite }) => finite))
      refuse('a source is finite; restart instead')
    if (this.#stopping || !this.#ready) refuse('weir is starting or stopping')
    const isKept = (link: Link) => plan.sources.some((source) => isSame(source, link.plan))
    const gone = this.#links.filter((link) => !isKept(link))
    const kept = this.#links.filter(isKept)
    const made = plan.sources.filter(({ derives, name }) => !derives && !kept.some((link) => link.plan.name === name))
    for (const { abort } of gone) abort.abort()
    await Promise.all(gone.map(({ running }) => running))
    for (const { inlet } of kept) inlet.hold()
    let next: Transition
    try {
      await this.#line.engine.cut()
      next = transition(this.#line.saved(), plan, this.#clock.nowUs())
      await this.#switch(next)
    } catch (error) {
      for (const { inlet } of kept) inlet.attach(inlet.intake)
      for (const link of gone) {
        link.abort = new AbortController()
        this.#run(link)
      }
      this.#line.engine.goOn()
      throw error
    }
    // From here on there is no way back.
    try {
      await this.#switchSinks(plan)
      this.#plan = plan
      await this.#keeper?.begin(this.#line, this.#lanes)
    } catch (error) {
      this.#fail(error)
      throw error
    }
    for (const { plan, inlet } of kept) inlet.attach(this.#intakeOf(plan))
    const links = made.map((source) => this.#makeLink(source))
    for (const link of links) this.#run(link)
    this.#links = [...kept, ...links]
    this.#line.engine.goOn()
    return [
      ...next.changes,
      ...gone.map(({ plan }) => `source ${plan.name}: ended`),
      ...made.map(({ name }) => `source ${name}: started`),
    ]
  }

  /** Another line takes up the state of this one, at a batch's edge. */
  async #switch(next: Transition): Promise<void> {
    const before = this.#line
    // May fail for want of memory, and then nothing has changed.
    const line = this.#makeLine(next.plan)
    if (next.sources.length + next.windows.length > 0) await before.finish(next.sources, next.windows)
    line.load(before.saved(), next.windowOf)
    this.#line = line
    await before.close()
  }

  /** Sinks that changed go, with what waits for them kept where it is kept; the new ones take it up. */
  async #switchSinks(plan: Plan): Promise<void> {
    const old = new Map(this.#plan.sinks.map((sink) => [sink.name, sink]))
    const staying = plan.sinks.filter((sink) => isSame(sink, old.get(sink.name)))
    for (const lane of [...this.#lanes]) {
      if (staying.some(({ name }) => name === lane.name)) continue
      this.#lanes.splice(this.#lanes.indexOf(lane), 1)
      await lane.close()
    }
    for (const sink of plan.sinks) if (!staying.includes(sink)) this.#lanes.push(this.#makeLane(sink))
  }

  async #finish(): Promise<void> {
    await this.stop({ graceful: true }).catch(() => {})
  }

  #fail(error: unknown): void {
    this.#settleFinished.reject(error)
    void this.stop({ graceful: false }).catch(() => {})
  }

  async #close(graceful: boolean): Promise<void> {
    await this.#loading?.catch(() => {})
    const { engine, intakes } = this.#line
    // A run that has ended by itself waits for its sinks as long as it takes.
    const ended = intakes.every((intake) => intake.plan.finite && intake.over)
    const { signal } = this.#patience
    const patienceMs = graceful ? this.#plan.stopTimeoutMs * 0.8 : HARD_STOP_MS
    if (!ended) void pause(this.#clock, patienceMs, signal).then(() => this.#patience.abort())
    try {
      this.#abort.abort()
      engine.release()
      await Promise.race([Promise.allSettled(this.#links.map(({ running }) => running)), aborted(signal)])
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

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

import { join } from 'node:path'
import { compileInput } from './codecs/program.js'
import { SystemClock } from './engine/clock.js'
import { Closer, type Target } from './engine/closer.js'
import { Conditions } from './engine/conditions.js'
import { Decoder } from './engine/decoder.js'
import { Derivation } from './engine/derivation.js'
import { Engine } from './engine/engine.js'
import {
  blockRegions,
  DEFAULT_SIZES,
  engineMemory,
  type Sizes,
  seriesNumbers,
  viewWork,
} from './engine/engine-memory.js'
import { Identities } from './engine/identities.js'
import { Intake } from './engine/intake.js'
import { Lane } from './engine/lane.js'
import { Reducer } from './engine/reducer.js'
import { report, stragglers, stragglerText } from './engine/report.js'
import type { SampleClocks } from './engine/sample-clocks.js'
import { supervise } from './engine/supervisor.js'
import { initTable } from './engine/tables.js'
import { ColumnRows, Tapping } from './engine/tapping.js'
import { MemoryArena } from './memory/arena.js'
import { writeConstants } from './memory/constants.js'
import { instantiateDecode, instantiateKernels } from './memory/modules.js'
import { type Clock, pause } from './model/clock.js'
import type { Components } from './model/components.js'
import { bug } from './model/errors.js'
import { type Log, silent } from './model/log.js'
import type { Plan } from './model/plan.js'
import type { Points } from './model/points.js'
import type { Source } from './model/source.js'
import type { Status } from './model/status.js'
import type { Taps } from './model/taps.js'
import { ChunkPool, HAND_OVER_MS } from './pool/pool.js'
import { version } from './version.js'
import { Window } from './window/window.js'

export interface GatewayOptions {
  components: Components
  log?: Log
  clock?: Clock
  /** The time of sinks and workers, where it is not that of the sources. Default: `clock`. */
  outsideClock?: Clock
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
  /** Windows of live sources that began before it are not written, µs since the epoch. Default: the start. */
  notBeforeUs?: number
  /** The sources only listen, beside another weir that runs the same configuration. */
  listenOnly?: boolean
}

/** How long sources may take to let go when a stop is not graceful, ms. */
const HARD_STOP_MS = 500

/** The whole line, put together in the order data flows. Made once per plan; start once, stop once. */
export class Gateway {
  /** Resolves when every source was finite and has ended and its results are delivered, or after `stop`; rejects when the run failed. */
  readonly finished: Promise<void>
  readonly #plan: Plan
  readonly #clock: Clock
  readonly #log: Log
  readonly #random: (() => number) | undefined
  readonly #memory
  readonly #identities: Identities
  readonly #pool: ChunkPool
  readonly #clocks: SampleClocks
  readonly #windows: readonly Window[]
  readonly #lanes: readonly Lane[]
  readonly #engine: Engine
  readonly #intakes: readonly Intake[]
  /** Of each intake; none of those without frames. */
  readonly #sources: readonly (Source | undefined)[]
  readonly #derivation: Derivation | undefined
  readonly #abort = new AbortController()
  /** Aborted when a stop has waited long enough for sources and sinks. */
  readonly #patience = new AbortController()
  #running: Promise<unknown>[] = []
  #stopping: Promise<void> | undefined
  #settleFinished!: { resolve: () => void; reject: (error: unknown) => void }
  readonly #startedUs: number
  #ready = false
  readonly #named = new WeakSet<object>()
  readonly #tapping = new Tapping()

  constructor(plan: Plan, options: GatewayOptions) {
    const { components, log = silent, clock = new SystemClock(), outsideClock = clock, random } = options
    const sizes = { ...DEFAULT_SIZES, ...options.sizes }
    this.#plan = plan
    this.#clock = clock
    this.#log = log
    this.#random = random
    this.#startedUs = clock.nowUs()
    this.finished = new Promise((resolve, reject) => {
      this.#settleFinished = { resolve, reject }
    })
    this.finished.catch(() => {})

    // Memory, modules, and who is who.
    const memory = (this.#memory = engineMemory(plan, sizes))
    const { regions } = memory
    const arena = new MemoryArena(memory.memory, regions.arena.start, regions.arena.end)
    const decode = instantiateDecode(memory.memory)
    const kernels = instantiateKernels(memory.memory)
    kernels.useSlab(regions.slabHead.start)
    const { scratch, tables } = viewWork(memory)
    kernels.viewScratch(scratch, tables, tables)
    const constants = writeConstants(arena)
    initTable(memory, regions.deviceTable, regions.deviceEntries, regions.deviceKeys)
    initTable(memory, regions.seriesTable, regions.seriesEntries, regions.seriesKeys)

    // Windows, and the columns before them.
    this.#windows = plan.windows.map(
      (window) =>
        new Window(window, arena, {
          plan,
          slab: regions.slabHead.start,
          view: regions.view.start,
          numbers: seriesNumbers(plan),
          registry: components,
          places: kernels.places,
        }),
    )
    const conditions = new Conditions(plan, memory, arena)
    const derives = plan.sources.some((source) => source.derives)
    const derivation = derives ? new Derivation(plan, memory, kernels, () => this.#identities, log) : undefined
    this.#derivation = derivation
    this.#identities = new Identities(plan, memory, arena, decode, (series, input) => {
      conditions.enrol(series, input)
      const { id, field, device } = series
      const groupOf = (by: readonly string[]) => {
        const group = this.#identities.groupOf(series, by)?.id
        if (group !== undefined) for (const window of this.#windows) window.leaveOut(group)
        return group
      }
      for (const window of this.#windows) {
        window.enrol(id, { source: device.source, field, tags: device.tags }, groupOf)
      }
      derivation?.enrol(series)
    })
    this.#pool = new ChunkPool(memory, kernels, {
      workers: plan.workers,
      handOverMs: options.handOverMs ?? HAND_OVER_MS,
      states: components.states,
      clock: outsideClock,
      log,
    })
    const rows = new ColumnRows(memory, this.#identities.series)
    const onRows = () => this.#tapping.samples?.(rows)
    const reducer = new Reducer(memory, kernels, this.#windows, this.#pool, sizes, onRows, (window, from) =>
      closer.emit(window, from),
    )
    const decoder = new Decoder(memory, decode, this.#identities, reducer, constants)
    this.#clocks = decoder.clocks

    // Sinks, and who gets which window's points.
    const targets = new Map<string, Target>()
    this.#lanes = plan.sinks.map((sink) => {
      const component = components.sinks.find((c) => c.type === sink.type) ?? bug(`sink type ${sink.type} is unknown`)
      const made = sink.options as never
      const format = components.formats.find((f) => f.type === component.format(made)) ?? bug('a format is unknown')
      const lane = new Lane({
        name: sink.name,
        type: sink.type,
        sink: component.create(made, { name: sink.name, gateway: plan.gateway, clock: outsideClock, log }),
        format,
        clock: outsideClock,
        log,
        // Finite runs leave nothing behind.
        ...(plan.sources.some((source) => !source.finite) && { rejectedDir: join(plan.stateDir, 'rejected') }),
        ...(random && { random }),
      })
      targets.set(sink.name, { finalOnly: component.finalOnly(made), offer: (points) => lane.offer(points) })
      return lane
    })
    const tapping = this.#tapping
    const observer: Target = {
      finalOnly: false,
      get idle() {
        return !tapping.points
      },
      offer: (points) => tapping.points?.(points),
    }
    if (options.onPoints) this.tap({ points: (points) => options.onPoints?.(points) })
    const { onFinalPoints } = options
    const observers: Target[] = [observer]
    if (onFinalPoints) observers.push({ finalOnly: true, offer: (points) => onFinalPoints(points) })
    const closer = new Closer(
      memory,
      kernels,
      this.#windows,
      {
        device: (id) => this.#identities.devices[id] ?? bug(`device ${id} is gone`),
        field: (id) => this.#identities.series[id]?.field ?? bug(`series ${id} is gone`),
      },
      sizes.outputBytes,
      (window) => [...window.plan.to.map((name) => targets.get(name) ?? bug(`sink ${name} is unknown`)), ...observers],
    )

    // The order of things, and the sources that feed it.
    this.#engine = new Engine({
      plan,
      clock,
      log,
      memory,
      identities: this.#identities,
      decoder,
      reducer,
      closer,
      derivation,
      outlets: this.#lanes,
      notBeforeUs: options.notBeforeUs ?? this.#startedUs,
      onBatch: (number) => {
        this.#nameStragglers(number)
        options.onBatch?.(number)
      },
      onFailure: (error) => this.#fail(error),
    })
    const blocks = blockRegions(plan, regions.blocks, sizes)
    this.#intakes = plan.sources.map((source, i) => {
      const programs = source.inputs.map((input) => compileInput(input, components.codecs, arena))
      return new Intake(
        i,
        source,
        clock,
        log,
        memory,
        blocks[i],
        sizes,
        this.#identities,
        programs,
        this.#engine,
        this.#tapping,
      )
    })
    this.#sources = plan.sources.map((source) => {
      if (source.derives) return undefined
      const component =
        components.sources.find((c) => c.type === source.type) ?? bug(`source type ${source.type} is unknown`)
      return component.create(source.options as never, {
        name: source.name,
        gateway: plan.gateway,
        stateDir: plan.stateDir,
        maxFrameBytes: source.maxFrameBytes,
        arrivalErrorUs: source.arrivalErrorUs,
        timedByArrival: source.inputs.some((input) => input.time.kind !== 'path'),
        inputs: source.inputs,
        listenOnly: options.listenOnly,
      })
    })
  }

  /** Starts all sources and sinks; resolves when ready. Links may still be down: they are tried until they work. */
  async start(): Promise<void> {
    this.#engine.begin(this.#intakes)
    for (const lane of this.#lanes) lane.pump()
    this.#running = this.#intakes.flatMap((intake, i) => {
      const source = this.#sources[i]
      return source ? [this.#run(intake, source)] : []
    })
    Promise.all(this.#running).then(
      () => {
        if (this.#intakes.every((intake) => intake.plan.finite)) void this.#finish()
      },
      (error) => this.#fail(error),
    )
    this.#ready = true
  }

  /**
   * Ends all sources and closes the gateway. Graceful: what was read is reduced, every open window is emitted, and sinks
   * get most of `stopTimeout` to take it. Otherwise, also while a graceful stop is under way: at once.
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

  /** Resolves when no batch is under way. */
  idle(): Promise<void> {
    return this.#engine.idle()
  }

  /** Resolves when every sink has room for more. */
  async room(): Promise<void> {
    for (const lane of this.#lanes) if (lane.full()) await lane.room()
  }

  /** The ledger and all else there is to say. */
  status(): Status {
    return report({
      plan: this.#plan,
      version,
      startedUs: this.#startedUs,
      ready: this.#ready,
      engine: this.#engine,
      memory: this.#memory,
      identities: this.#identities,
      pool: this.#pool,
      clocks: this.#clocks,
      derivation: this.#derivation,
      intakes: this.#intakes,
      sources: this.#sources,
      windows: this.#windows,
      lanes: this.#lanes,
    })
  }

  async #run(intake: Intake, source: Source): Promise<void> {
    const options = { clock: this.#clock, log: this.#log, ...(this.#random && { random: this.#random }) }
    const outcome = await supervise(source, intake, this.#abort.signal, options)
    if (outcome === 'end') await this.#engine.end(intake)
  }

  async #finish(): Promise<void> {
    await this.stop({ graceful: true }).catch(() => {})
  }

  #fail(error: unknown): void {
    this.#settleFinished.reject(error)
    void this.stop({ graceful: false }).catch(() => {})
  }

  async #close(graceful: boolean): Promise<void> {
    // A run that has ended by itself waits for its sinks as long as it takes.
    const ended = this.#intakes.every((intake) => intake.plan.finite && intake.over)
    const { signal } = this.#patience
    const patienceMs = graceful ? this.#plan.stopTimeoutMs * 0.8 : HARD_STOP_MS
    if (!ended) void pause(this.#clock, patienceMs, signal).then(() => this.#patience.abort())
    try {
      this.#abort.abort()
      this.#engine.release()
      await Promise.race([Promise.allSettled(this.#running), aborted(signal)])
      await this.#engine.stop(graceful)
      if (graceful) await Promise.all(this.#lanes.map((lane) => lane.drain(signal)))
    } catch (error) {
      this.#settleFinished.reject(error)
      throw error
    } finally {
      this.#patience.abort()
      await Promise.all(this.#lanes.map((lane) => lane.close()))
      await this.#pool.close()
    }
    this.#settleFinished.resolve()
  }

  /** Says once of each device that most of its rows come late. */
  #nameStragglers(batch: number): void {
    if (batch % 64 !== 0) return
    for (const straggler of stragglers({ memory: this.#memory, identities: this.#identities })) {
      if (this.#named.has(straggler.device)) continue
      this.#named.add(straggler.device)
      this.#log.warn({}, stragglerText(straggler))
    }
  }
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

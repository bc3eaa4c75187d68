import { SLAB_DEVICE_COUNT, SLAB_NEXT } from '../../assembly/layout.js'
import type { Section } from '../checkpoint/changed-pages.js'
import { compileInput, type Program } from '../codecs/program.js'
import { MemoryArena } from '../memory/arena.js'
import { writeConstants } from '../memory/constants.js'
import { instantiateDecode, instantiateKernels, type KernelsModule } from '../memory/modules.js'
import type { Clock } from '../model/clock.js'
import type { Components } from '../model/components.js'
import { bug } from '../model/errors.js'
import type { Log } from '../model/log.js'
import { type Plan, sourceKey, type WindowPlan } from '../model/plan.js'
import { ChunkPool, HAND_OVER_MS } from '../pool/pool.js'
import { Window } from '../window/window.js'
import { Closer, type Target } from './closer.js'
import { Conditions } from './conditions.js'
import { Decoder } from './decoder.js'
import { Derivation } from './derivation.js'
import { Engine, type Outlet } from './engine.js'
import {
  blockRegions,
  dearWindows,
  type EngineMemory,
  engineMemory,
  layAhead,
  type Sizes,
  seriesNumbers,
  viewWork,
} from './engine-memory.js'
import { Epochs } from './epochs.js'
import { Identities, type Naming, type Series } from './identities.js'
import { Intake } from './intake.js'
import type { LineJournal, MarkRecord, NextPlan } from './journal-records.js'
import { Names } from './names.js'
import { Reducer } from './reducer.js'
import { keptPlan, loadMemory, type SavedLine, type SavedRest, sectionsOf } from './saved-line.js'
import type { SteadyClock } from './steady-clock.js'
import { initTable } from './tables.js'
import { ColumnRows, type Tapping } from './tapping.js'

export interface LineParts {
  components: Components
  clock: SteadyClock
  /** The boot of the machine that this process runs in. */
  boot: string
  /** The time of workers. */
  outsideClock: Clock
  log: Log
  sizes: Sizes
  /** Estimated work from which on workers take part, ms. */
  handOverMs?: number | undefined
  worker?: URL | undefined
  tapping: Tapping
  /** Who gets a window's points. */
  targets(window: WindowPlan): Target[]
  outlets: readonly Outlet[]
  notBeforeUs: number
  journal?: LineJournal | undefined
  onBatch(number: number): void
  onFailure(error: unknown): void
}

/** All between sources and sinks for one plan: the memory, and who works in it. Its state can be kept, and taken up by another. */
export class Line {
  readonly memory: EngineMemory
  readonly kernels: KernelsModule
  readonly identities: Identities
  readonly windows: readonly Window[]
  readonly pool: ChunkPool
  readonly decoder: Decoder
  readonly derivation: Derivation | undefined
  readonly closer: Closer
  readonly engine: Engine
  readonly epochs: Epochs
  readonly intakes: readonly Intake[]
  /** What was named, in order, since it was last taken. */
  readonly names = new Names()
  readonly #programs: readonly (readonly Program[])[]

  constructor(
    readonly plan: Plan,
    parts: LineParts,
  ) {
    const { components, clock, log, sizes, tapping, journal } = parts

    // Memory, modules, and who is who.
    const dear = dearWindows(plan, components.kernels)
    const memory = (this.memory = engineMemory(plan, sizes, dear))
    const { regions } = memory
    const arena = new MemoryArena(memory.memory, regions.arena.start, regions.arena.end)
    const decode = instantiateDecode(memory.memory)
    const kernels = (this.kernels = instantiateKernels(memory.memory))
    kernels.useSlab(regions.slabHead.start)
    const { scratch, tables } = viewWork(memory)
    kernels.viewScratch(scratch, tables, tables)
    const constants = writeConstants(arena)
    initTable(memory, regions.deviceTable, regions.deviceEntries, regions.deviceKeys)
    initTable(memory, regions.seriesTable, regions.seriesEntries, regions.seriesKeys)

    // Windows, and the columns before them.
    this.windows = plan.windows.map(
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
    const derivation = derives ? new Derivation(plan, memory, kernels, () => this.identities, log) : undefined
    this.derivation = derivation
    const enrol = (series: Series) => {
      const { id, field, device } = series
      const groupOf = (by: readonly string[]) => {
        const group = this.identities.groupOf(series, by)?.id
        if (group !== undefined) for (const window of this.windows) window.leaveOut(group)
        return group
      }
      for (const window of this.windows) {
        window.enrol(id, { source: device.source, field, tags: device.tags }, groupOf)
      }
      derivation?.enrol(series)
    }
    this.identities = new Identities(plan, memory, arena, decode, enrol, (series, input) =>
      conditions.enrol(series, input),
    )
    this.identities.onNaming = (naming) => this.#named(naming, journal)
    this.pool = new ChunkPool(memory, kernels, {
      workers: plan.workers,
      handOverMs: parts.handOverMs ?? HAND_OVER_MS,
      states: components.states,
      clock: parts.outsideClock,
      log,
      ...(parts.worker && { worker: parts.worker }),
    })
    const rows = new ColumnRows(memory, this.identities.series)
    const reducer = new Reducer(
      memory,
      kernels,
      this.windows,
      this.pool,
      sizes,
      () => tapping.samples?.(rows),
      (window, from) => this.closer.emit(window, from),
    )
    this.decoder = new Decoder(memory, decode, this.identities, reducer, constants)

    // Points, and who gets which window's.
    this.closer = new Closer(
      memory,
      kernels,
      this.windows,
      {
        device: (id) => this.identities.devices[id] ?? bug(`device ${id} is gone`),
        field: (id) => this.identities.series[id]?.field ?? bug(`series ${id} is gone`),
      },
      sizes.outputBytes,
      (window) => parts.targets(window.plan),
      { at: layAhead(memory, plan, dear), windows: dear, pool: this.pool },
    )

    // The order of things, and the ways in.
    this.engine = new Engine({
      plan,
      clock,
      log,
      memory,
      identities: this.identities,
      decoder: this.decoder,
      reducer,
      closer: this.closer,
      derivation,
      outlets: parts.outlets,
      notBeforeUs: parts.notBeforeUs,
      journal,
      onBatch: parts.onBatch,
      onFailure: parts.onFailure,
    })
    this.#programs = plan.sources.map((source) =>
      source.inputs.map((input) => compileInput(input, components.codecs, arena)),
    )
    const blocks = blockRegions(plan, regions.blocks, sizes)
    this.intakes = plan.sources.map(
      (source, i) =>
        new Intake(
          i,
          source,
          clock,
          log,
          memory,
          blocks[i],
          sizes,
          this.identities,
          this.#programs[i],
          this.engine,
          tapping,
          source.finite ? undefined : journal,
        ),
    )
    this.epochs = new Epochs({
      plan,
      clock,
      boot: parts.boot,
      memory,
      identities: this.identities,
      decoder: this.decoder,
      derivation,
      closer: this.closer,
      programs: this.#programs,
      notBeforeUs: parts.notBeforeUs,
      log,
    })
    this.engine.begin(this.intakes, this.epochs)
  }

  // ---- its state

  /** Stretches of its memory that hold state, as of a batch's edge. */
  sections(): Section[] {
    const { memory, plan } = this
    const used = this.#used()
    const { slab, returned } = memory.regions
    this.kernels.markReturned(slab.start, returned.start)
    return [
      ...sectionsOf(memory, plan, used),
      ...this.windows.flatMap((window, i) =>
        window.sections(used).map((s) => ({ ...s, name: `window ${i} ${s.name}` })),
      ),
    ]
  }

  /** The rest of its state, as of a batch's edge. */
  rest(): SavedRest {
    const { ambiguous = 0, refused = 0 } = this.derivation ?? {}
    return {
      plan: keptPlan(this.plan),
      engine: this.engine.save(),
      used: this.#used(),
      intakes: Object.fromEntries(this.intakes.map((intake) => [sourceKey(intake.plan), intake.save()])),
      windows: this.windows.map(({ openPanes, isOpen, lines, corrections, notFinite }) => ({
        openPanes,
        isOpen,
        lines,
        corrections,
        notFinite,
      })),
      derived: { ambiguous, refused },
      clocks: this.decoder.clocks.save(),
    }
  }

  /** Its whole state, to be taken up by another line while this one rests. */
  saved(): SavedLine {
    const sections = new Map(this.sections().map((section) => [section.name, section]))
    return {
      rest: this.rest(),
      namings: this.identities.namings(),
      read: (name, into) => {
        const { start, bytes } = sections.get(name) ?? { start: 0, bytes: 0 }
        into.set(this.memory.u8.subarray(start, start + Math.min(bytes, into.length)))
        return Math.min(bytes, into.length)
      },
    }
  }

  /**
   * Takes up the state of a line before any frame was taken. `windowOf` tells for each window of this plan which one of the
   * kept plan it goes on with.
   */
  load(saved: SavedLine, windowOf: readonly (number | undefined)[]): void {
    const { rest } = saved
    const { memory, plan, identities } = this
    const before = new Map(rest.plan.sources.map((source) => [sourceKey(source), source]))
    const known = identities.restore(saved.namings, (sourceIndex, input) => {
      const source = plan.sources[sourceIndex]
      const old = before.get(sourceKey(source))?.inputs[input]
      return old && JSON.stringify(old) === JSON.stringify(source.inputs[input])
        ? this.#programs[sourceIndex][input]
        : undefined
    })
    loadMemory(memory, plan, saved, identities.devices.length, known)
    this.windows.forEach((window, i) => {
      const from = windowOf[i]
      if (from === undefined) return
      window.load((name, into) => saved.read(`window ${from} ${name}`, into), rest.windows[from])
    })
    if (this.derivation) Object.assign(this.derivation, rest.derived)
    this.decoder.clocks.load(rest.clocks)
    for (const intake of this.intakes) {
      const kept = rest.intakes[sourceKey(intake.plan)]
      if (kept) intake.load(kept)
    }
    this.engine.load(rest.engine)
    this.closer.load()
  }

  /**
   * Its last batch. Ends what none of the line that follows goes on with: sources by key, and windows that lie on no grid, as
   * they stand. `replayed`: as the journal tells it.
   */
  async finish(
    { sources, windows }: { sources: readonly string[]; windows: readonly number[] },
    next: NextPlan,
    replayed?: MarkRecord,
  ): Promise<void> {
    const intakes = this.intakes.filter(({ plan }) => sources.includes(sourceKey(plan)))
    const ended = windows.map((index) => this.windows[index])
    await this.engine.finish(intakes, ended, next, replayed)
  }

  /** Ends its ticks, and lets go of its workers. */
  close(): Promise<void> {
    this.engine.retire()
    return this.pool.close()
  }

  #used(): SavedRest['used'] {
    const { identities, memory } = this
    const { slabHead, slab } = memory.regions
    const { series, channelCount } = identities
    return {
      devices: memory.u32[(slabHead.start + SLAB_DEVICE_COUNT) >>> 2],
      series: series.length,
      channels: channelCount,
      slabBytes: memory.u32[(slabHead.start + SLAB_NEXT) >>> 2] - slab.start,
    }
  }

  #named(naming: Naming, journal: LineJournal | undefined): void {
    this.names.add(naming)
    if (naming.what !== 'channel' || !journal) return
    const { source, number, spec } = naming
    if (this.plan.sources.some((one) => !one.finite && sourceKey(one) === source))
      journal.channel({ source, number, spec })
  }
}

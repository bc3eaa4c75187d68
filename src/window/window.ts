import {
  CARRY_BYTES,
  HISTORY_BYTES,
  HOP_BYTES,
  HOP_FINAL,
  HOP_LAST,
  LIST_BYTES,
  LIST_LENGTH,
  LIST_REDUCTIONS,
  MOST_SLOT_PAGES,
  PACK_ALL,
  PACK_BYTES,
  PACK_MAX,
  PACK_MIN,
  PACK_NONE,
  PACK_SUM,
  PANE_BUCKETS,
  REDUCTION_ARGUMENTS,
  REDUCTION_BYTES,
  REDUCTION_DETREND,
  REDUCTION_FLAGS,
  REDUCTION_KERNEL,
  REDUCTION_RATIO,
  REDUCTION_ROWS,
  REDUCTION_STATE,
  SLOT_MAX_BYTES,
  STATE_ARGUMENTS,
  STATE_BYTES,
  STATE_KIND,
  STATE_PAGE,
  STATE_SLOT_SHIFT,
  WINDOW_ALIAS,
  WINDOW_BYTES,
  WINDOW_CARRY,
  WINDOW_DETREND,
  WINDOW_DETREND_HZ,
  WINDOW_EVERY,
  WINDOW_EXPECT,
  WINDOW_FILL,
  WINDOW_FILL_EXPECTED,
  WINDOW_FROM,
  WINDOW_HISTORY,
  WINDOW_HOLD,
  WINDOW_HOP,
  WINDOW_KIND,
  WINDOW_LANES,
  WINDOW_LATE,
  WINDOW_LATENESS,
  WINDOW_LINEAR,
  WINDOW_LISTS,
  WINDOW_LOST,
  WINDOW_MARK_BYTES,
  WINDOW_MARKS,
  WINDOW_MAX_ROWS,
  WINDOW_MEMBERS,
  WINDOW_NEWEST,
  WINDOW_OFFSET,
  WINDOW_OPEN_PANES,
  WINDOW_PACK_BYTES,
  WINDOW_PACKS,
  WINDOW_PANES,
  WINDOW_PARTS,
  WINDOW_PENDING,
  WINDOW_REJECTED,
  WINDOW_ROWS_STATE,
  WINDOW_SCRATCH,
  WINDOW_SIZE,
  WINDOW_SLAB,
  WINDOW_SLOT_PAGES,
  WINDOW_STATE_LIST,
  WINDOW_STATES,
  WINDOW_UNTIL,
  WINDOW_VIEW,
  WINDOW_ZONE,
  WINDOW_ZONE_LENGTH,
  ZONE_BYTES,
} from '../../assembly/layout.js'
import { lanesOf, markBytes, paneUs } from '../memory/window-memory.js'
import { utcTable } from '../memory/zone.js'
import type { Arena } from '../model/codec.js'
import { bug } from '../model/errors.js'
import { glob } from '../model/glob.js'
import type { Kernel, StateKind } from '../model/kernel.js'
import type { Plan, ReductionPlan, WindowPlan } from '../model/plan.js'
import type { PointField } from '../model/points.js'
import { type Selectable, selects } from '../model/selector.js'

/** What a window needs besides its plan. */
export interface WindowParts {
  plan: Plan
  /** Address of the slab's head. */
  slab: number
  /** Where rows are put in one piece. */
  view: number
  /** Series there may be at once. */
  numbers: number
  registry: { kernels: readonly Kernel[]; states: readonly StateKind[] }
  /** Where each kernel is in the module's table. */
  places: ReadonlyMap<string, number>
}

interface ReductionOutput {
  kernel: Kernel
  suffix: string
}

/** One configured window: its records in shared memory, which series it takes, and how its fields are called. */
export class Window {
  /** Address of its record. */
  readonly address: number
  /** Addresses of its STATE records that rows are reduced into, a pass over the columns each. */
  readonly states: number[] = []
  /** Lines written, and how many of them were corrections. */
  lines = 0
  corrections = 0
  /** Values left out of points since they were NaN or infinite. */
  notFinite = 0
  /** Has windows of no rows: while a value is held, or while a series is expected to speak. */
  readonly fills: boolean
  /** Reductions of each list, in the order of the values `collect` writes. */
  readonly #lists: ReductionOutput[][]
  readonly #fields = new Map<string, PointField[]>()
  readonly #bySeries: ({ list: number; field: string; fields: readonly PointField[] } | undefined)[]
  readonly #selects: (series: Selectable) => boolean
  readonly #fieldOf: ((field: string) => boolean)[]
  readonly #members: number
  readonly #alias: number
  readonly #numbers: number

  constructor(
    readonly plan: WindowPlan,
    private readonly arena: Arena,
    parts: WindowParts,
  ) {
    const { u32, f64 } = arena
    const { registry, places, numbers } = parts
    this.#numbers = numbers
    this.#bySeries = new Array(numbers)
    const kernelOf = (name: string) => registry.kernels.find((k) => k.name === name) ?? bug(`kernel ${name} is unknown`)
    this.#lists = plan.reduce.map((entry) =>
      entry.reductions.map((r) => ({ kernel: kernelOf(r.kernel), suffix: r.suffix })),
    )
    this.#fieldOf = plan.reduce.map((entry) => glob(entry.field))
    this.#selects = selects(plan.of)
    const kernels = this.#lists.flat().map(({ kernel }) => kernel)
    const detrends = (kernel: Kernel) =>
      kernel.detrends === true && plan.detrend !== 'default' && plan.detrend !== 'none'
    const keepsRows = kernels.some((kernel) => kernel.state === 'rows' || detrends(kernel))
    const onGrid = plan.kind === 'tumbling' || plan.kind === 'hopping'
    const carries = onGrid && kernels.some(({ carries }) => carries !== undefined)

    // A state with arguments of its own is there once for each of them.
    const key = (reduction: ReductionPlan) =>
      `${kernelOf(reduction.kernel).state} ${(reduction.stateArguments ?? []).join(' ')}`
    const all = new Map(plan.reduce.flatMap(({ reductions }) => reductions.map((one) => [key(one), one] as const)))
    const states = registry.states.flatMap((state) => {
      const found = [...all].flatMap(([key, one]) =>
        kernelOf(one.kernel).state === state.name ? [{ ...state, key, arguments: one.stateArguments }] : [],
      )
      const rowsOnly = state.name === 'rows' && keepsRows && found.length === 0
      return rowsOnly ? [{ ...state, key: 'rows', arguments: undefined }] : found
    })
    const stateList = arena.alloc(states.length * STATE_BYTES)
    let page = 0
    let rowsState = 0
    states.forEach((state, i) => {
      const record = stateList + i * STATE_BYTES
      u32[(record + STATE_KIND) >>> 2] = state.index
      u32[(record + STATE_PAGE) >>> 2] = page
      u32[(record + STATE_SLOT_SHIFT) >>> 2] = Math.log2(state.slotBytes)
      if (state.arguments) {
        const address = arena.alloc((1 + state.arguments.length) * 8)
        f64.set([state.arguments.length, ...state.arguments], address >>> 3)
        u32[(record + STATE_ARGUMENTS) >>> 2] = address
      }
      page += state.slotBytes / 64
      if (state.name === 'rows') rowsState = record
      else this.states.push(record)
    })
    if (page > MOST_SLOT_PAGES) bug(`window ${plan.name} needs ${page} pages a group`)

    let mostParts = 0
    const lists = arena.alloc(this.#lists.length * LIST_BYTES)
    this.#lists.forEach((list, i) => {
      const reductions = arena.alloc(list.length * REDUCTION_BYTES)
      // A raw sample is a value, too.
      u32[(lists + i * LIST_BYTES + LIST_LENGTH) >>> 2] = plan.kind === 'raw' ? 1 : list.length
      u32[(lists + i * LIST_BYTES + LIST_REDUCTIONS) >>> 2] = reductions
      let part = 0
      list.forEach(({ kernel }, r) => {
        const reduction = plan.reduce[i].reductions[r]
        const args = reduction.arguments
        const address = arena.alloc(Math.max(8, args.length * 8))
        f64.set(args, address >>> 3)
        const record = reductions + r * REDUCTION_BYTES
        const flags =
          (kernel.state === 'rows' ? REDUCTION_ROWS : detrends(kernel) ? REDUCTION_DETREND : 0) |
          (kernel.parts === 'ratio' ? REDUCTION_RATIO : 0)
        u32[(record + REDUCTION_KERNEL) >>> 2] =
          places.get(kernel.name) ?? bug(`the module has no kernel ${kernel.name}`)
        u32[(record + REDUCTION_STATE) >>> 2] = states.findIndex((state) => state.key === key(reduction))
        u32[(record + REDUCTION_ARGUMENTS) >>> 2] = address
        u32[(record + REDUCTION_FLAGS) >>> 2] = flags | (kernel.state === 'rows' ? part++ << 8 : 0)
      })
      mostParts = Math.max(mostParts, part)
    })

    const lanes = plan.kind === 'session' || plan.kind === 'count' ? lanesOf(plan, parts.plan) : 0
    const marks = markBytes(plan, lanes)
    const held = carries && kernels.some(({ carries }) => carries === 'held')
    const expects = plan.quality && (plan.expectUs > 0 || parts.plan.sources.some(({ expectUs }) => expectUs > 0))
    this.fills = held || (carries && expects)
    this.#members = arena.alloc(numbers)
    this.#alias = plan.by ? arena.alloc(numbers * 4) : 0
    const at = (this.address = arena.alloc(WINDOW_BYTES))
    const word = (offset: number, value: number) => {
      u32[(at + offset) >>> 2] = value
    }
    const double = (offset: number, value: number) => {
      f64[(at + offset) >>> 3] = value
    }
    word(WINDOW_SLAB, parts.slab)
    word(WINDOW_MEMBERS, this.#members)
    word(WINDOW_KIND, ['tumbling', 'hopping', 'session', 'count', 'raw'].indexOf(plan.kind))
    double(WINDOW_EVERY, paneUs(plan))
    double(WINDOW_HOP, plan.everyUs)
    double(WINDOW_SIZE, plan.kind === 'count' ? plan.rows : plan.sizeUs)
    double(WINDOW_OFFSET, plan.offsetUs)
    double(WINDOW_LATENESS, plan.latenessUs)
    double(WINDOW_FROM, plan.fromUs ?? Number.NEGATIVE_INFINITY)
    double(WINDOW_UNTIL, plan.untilUs ?? Number.POSITIVE_INFINITY)
    word(WINDOW_PANES, arena.alloc(PANE_BUCKETS * 4))
    word(WINDOW_STATES, states.length)
    word(WINDOW_STATE_LIST, stateList)
    word(WINDOW_LISTS, lists)
    word(WINDOW_SLOT_PAGES, page)
    if (plan.zone) {
      const table = utcTable(plan.zone)
      word(WINDOW_ZONE, arena.alloc(table.byteLength))
      f64.set(table, u32[(at + WINDOW_ZONE) >>> 2] >>> 3)
      word(WINDOW_ZONE_LENGTH, table.byteLength / ZONE_BYTES)
    }
    word(WINDOW_ALIAS, this.#alias)
    word(WINDOW_MARK_BYTES, marks)
    if (marks > 0) word(WINDOW_MARKS, arena.alloc(marks * numbers))
    word(WINDOW_LANES, lanes)
    word(WINDOW_ROWS_STATE, rowsState)
    word(WINDOW_MAX_ROWS, plan.maxRows)
    double(WINDOW_HOLD, plan.holdUs)
    double(WINDOW_EXPECT, plan.expectUs)
    word(WINDOW_LINEAR, plan.between === 'linear' ? 1 : 0)
    const { detrend } = plan
    word(WINDOW_DETREND, typeof detrend === 'object' ? 3 : ['default', 'none', 'mean'].indexOf(detrend))
    double(WINDOW_DETREND_HZ, typeof detrend === 'object' ? detrend.highpassHz : 0)
    if (carries) word(WINDOW_CARRY, arena.alloc(CARRY_BYTES * numbers))
    word(WINDOW_VIEW, parts.view)
    double(WINDOW_FILL, held ? plan.holdUs : 0)
    double(WINDOW_FILL_EXPECTED, expects ? Math.max(...parts.plan.sources.map(({ forgetUs }) => forgetUs)) : 0)
    word(WINDOW_SCRATCH, arena.alloc((states.length + 2) * SLOT_MAX_BYTES + mostParts * 32))
    if (plan.kind === 'hopping') {
      const packs = arena.alloc(states.length * PACK_BYTES)
      let bytes = 0
      states.forEach((state, i) => {
        const { what, size } = packing(state, kernels)
        const record = packs + i * PACK_BYTES
        u32.set([state.index, what, bytes], record >>> 2)
        bytes += size
      })
      word(WINDOW_PACKS, packs)
      word(WINDOW_PACK_BYTES, bytes + mostParts * 16)
      word(WINDOW_PARTS, mostParts)
      word(WINDOW_HISTORY, arena.alloc(HISTORY_BYTES * numbers))
    }
  }

  /**
   * Decides whether this window takes a series; from now on its rows are routed accordingly. With `by`, `groupOf` gives the
   * number of the series that stands for it; where that has no room, the window does not take it.
   */
  enrol(id: number, series: Selectable, groupOf: (by: readonly string[]) => number | undefined): void {
    const { u8, u32 } = this.arena
    const list = this.#selects(series) ? this.#fieldOf.findIndex((matches) => matches(series.field)) : -1
    u8[this.#members + id] = list + 1
    if (!this.plan.by || list < 0) return
    const group = groupOf(this.plan.by)
    if (group === undefined) u8[this.#members + id] = 0
    else {
      u32[(this.#alias >>> 2) + id] = group + 1
      u32[(this.#alias >>> 2) + group] = 0
      u8[this.#members + group] = list + 1
    }
  }

  /** A series that stands for others in some window is not taken by any for itself. */
  leaveOut(id: number): void {
    if (!this.plan.by) this.arena.u8[this.#members + id] = 0
  }

  /** Fields of a point for a series, one per value that `collect` writes for it. */
  fields(list: number, field: string): readonly PointField[] {
    const key = `${list}\0${field}`
    let fields = this.#fields.get(key)
    if (!fields) {
      // Names of series long forgotten go some day, too.
      if (this.#fields.size >= this.#numbers) this.#fields.clear()
      fields =
        this.plan.kind === 'raw'
          ? [{ name: field, of: field, reduction: '', unitOf: (unit) => unit, integer: false, cache: new Map() }]
          : this.#lists[list].map(({ kernel, suffix }) => ({
              name: `${field}_${suffix}`,
              of: field,
              reduction: suffix,
              unitOf: kernel.unit,
              ...(kernel.factor && { factorOf: kernel.factor }),
              integer: kernel.integer,
              cache: new Map(),
            }))
      this.#fields.set(key, fields)
    }
    return fields
  }

  /** The same, found by the series' number: what is looked up for each line. */
  fieldsOfSeries(id: number, list: number, field: string): readonly PointField[] {
    let known = this.#bySeries[id]
    if (known?.field !== field || known.list !== list) {
      known = { list, field, fields: this.fields(list, field) }
      this.#bySeries[id] = known
    }
    return known.fields
  }

  /** Fields of points that a series gives, none where it is not taken. */
  fieldsOf(id: number, field: string): readonly PointField[] {
    const list = this.arena.u8[this.#members + id]
    return list === 0 ? [] : this.fields(list - 1, field)
  }

  /** Counts lines that went out. */
  count(points: { lines: number; corrections: number; notFinite: number }): void {
    this.lines += points.lines
    this.corrections += points.corrections
    this.notFinite += points.notFinite
  }

  /** Stretches of memory that hold its state, of as many devices and series as there are. */
  sections(used: { devices: number; series: number }): { name: string; start: number; bytes: number }[] {
    const { u32 } = this.arena
    const word = (offset: number) => u32[(this.address + offset) >>> 2]
    const marked = this.plan.kind === 'count' ? used.series : used.devices
    const all = [
      { name: 'record', start: this.address, bytes: WINDOW_BYTES },
      { name: 'panes', start: word(WINDOW_PANES), bytes: PANE_BUCKETS * 4 },
      { name: 'marks', start: word(WINDOW_MARKS), bytes: marked * word(WINDOW_MARK_BYTES) },
      { name: 'carry', start: word(WINDOW_CARRY), bytes: used.series * CARRY_BYTES },
      { name: 'history', start: word(WINDOW_HISTORY), bytes: used.series * HISTORY_BYTES },
    ]
    return all.filter(({ start, bytes }) => start !== 0 && bytes > 0)
  }

  /** Takes up the state of a window of the same plan; `read` fills from its section of that name. */
  load(
    read: (section: string, into: Uint8Array) => number,
    counts: { lines: number; corrections: number; notFinite: number },
  ): void {
    const { u8, u32 } = this.arena
    const record = new Uint8Array(WINDOW_BYTES)
    read('record', record)
    const copy = (offset: number, bytes: number) =>
      u8.set(record.subarray(offset, offset + bytes), this.address + offset)
    for (const offset of [WINDOW_OPEN_PANES, WINDOW_NEWEST, WINDOW_PENDING]) copy(offset, 4)
    for (const offset of [WINDOW_LATE, WINDOW_REJECTED, WINDOW_LOST]) copy(offset, 8)
    const { lines, corrections, notFinite } = counts
    Object.assign(this, { lines, corrections, notFinite })
    const into = (name: string, field: number, bytes: number) => {
      const start = u32[(this.address + field) >>> 2]
      if (start !== 0) read(name, u8.subarray(start, start + bytes))
    }
    into('panes', WINDOW_PANES, PANE_BUCKETS * 4)
    into('marks', WINDOW_MARKS, this.#numbers * u32[(this.address + WINDOW_MARK_BYTES) >>> 2])
    into('carry', WINDOW_CARRY, this.#numbers * CARRY_BYTES)
    into('history', WINDOW_HISTORY, this.#numbers * HISTORY_BYTES)
  }

  get openPanes(): number {
    return this.arena.u32[(this.address + WINDOW_OPEN_PANES) >>> 2]
  }

  /** Something it has seen is not final: panes are open, or windows to come hold packed ones. */
  get isOpen(): boolean {
    if (this.openPanes > 0) return true
    if (this.plan.kind !== 'hopping') return false
    const { u32, f64 } = this.arena
    const marks = u32[(this.address + WINDOW_MARKS) >>> 2]
    for (let mark = marks; mark < marks + this.#numbers * HOP_BYTES; mark += HOP_BYTES) {
      const lastUs = f64[(mark + HOP_LAST) >>> 3]
      const nextUs = f64[(mark + HOP_FINAL) >>> 3] + this.plan.everyUs
      if (lastUs !== 0 && nextUs - this.plan.sizeUs < lastUs) return true
    }
    return false
  }

  /** Rows that were late for it, found no page, or belong to a pane that began before the start. */
  get left(): { late: number; rejected: number; lost: number } {
    const { f64 } = this.arena
    return {
      late: f64[(this.address + WINDOW_LATE) >>> 3],
      rejected: f64[(this.address + WINDOW_REJECTED) >>> 3],
      lost: f64[(this.address + WINDOW_LOST) >>> 3],
    }
  }
}

/** What is left of a state in a packed pane: all of it, or the little that the window's kernels read. */
function packing(state: StateKind, kernels: readonly Kernel[]): { what: number; size: number } {
  if (state.name === 'rows') return { what: PACK_NONE, size: 0 }
  const read = kernels.filter((kernel) => kernel.state === state.name).map(({ name }) => name)
  if (state.name !== 'moments' || read.some((name) => !(name in PACKED)))
    return { what: PACK_ALL, size: state.slotBytes }
  const what = read.reduce((bits, name) => bits | PACKED[name], 0)
  return { what, size: (what & PACK_SUM ? 24 : 0) + (what & PACK_MIN ? 8 : 0) + (what & PACK_MAX ? 8 : 0) }
}

/** Kernels of `moments` that need only part of it. */
const PACKED: Record<string, number> = {
  count: PACK_SUM,
  sum: PACK_SUM,
  mean: PACK_SUM,
  min: PACK_MIN,
  max: PACK_MAX,
  range: PACK_MIN | PACK_MAX,
  peak: PACK_MIN | PACK_MAX,
}

import {
  LIST_BYTES,
  LIST_LENGTH,
  LIST_REDUCTIONS,
  PANE_BUCKETS,
  REDUCTION_ARGUMENTS,
  REDUCTION_BYTES,
  REDUCTION_KERNEL,
  REDUCTION_STATE,
  STATE_BYTES,
  STATE_KIND,
  STATE_PAGE,
  STATE_SLOT_SHIFT,
  WINDOW_BYTES,
  WINDOW_EVERY,
  WINDOW_LATE,
  WINDOW_LATENESS,
  WINDOW_LISTS,
  WINDOW_LOST,
  WINDOW_MEMBERS,
  WINDOW_OFFSET,
  WINDOW_OPEN_PANES,
  WINDOW_PANES,
  WINDOW_REJECTED,
  WINDOW_SLAB,
  WINDOW_SLOT_PAGES,
  WINDOW_STATE_LIST,
  WINDOW_STATES,
} from '../../assembly/layout.js'
import type { Arena } from '../model/codec.js'
import { bug } from '../model/errors.js'
import type { Kernel, StateKind } from '../model/kernel.js'
import type { WindowPlan } from '../model/plan.js'
import type { PointField } from '../model/points.js'
import { glob } from './glob.js'
import { type Selectable, selects } from './selector.js'

interface ReductionOutput {
  kernel: Kernel
  suffix: string
}

/** One configured window: its records in shared memory, which series it takes, and how its fields are called. */
export class Window {
  /** Address of its record. */
  readonly address: number
  /** Addresses of its STATE records, a pass over the columns each. */
  readonly states: number[] = []
  /** Lines written, and how many of them were corrections. */
  lines = 0
  corrections = 0
  /** Values left out of points since they were NaN or infinite. */
  notFinite = 0
  /** Reductions of each list, in the order of the values `collect` writes. */
  readonly #lists: ReductionOutput[][]
  readonly #fields = new Map<string, PointField[]>()
  readonly #selects: (series: Selectable) => boolean
  readonly #fieldOf: ((field: string) => boolean)[]
  readonly #members: number

  constructor(
    readonly plan: WindowPlan,
    private readonly arena: Arena,
    slab: number,
    /** Series there may be at once. */
    private readonly mostNames: number,
    registry: { kernels: readonly Kernel[]; states: readonly StateKind[] },
  ) {
    const { u32, f64 } = arena
    const kernelOf = (name: string) => registry.kernels.find((k) => k.name === name) ?? bug(`kernel ${name} is unknown`)
    this.#lists = plan.reduce.map((entry) =>
      entry.reductions.map((r) => ({ kernel: kernelOf(r.kernel), suffix: r.suffix })),
    )
    this.#fieldOf = plan.reduce.map((entry) => glob(entry.field))
    this.#selects = selects(plan.of)

    const needed = new Set(this.#lists.flat().map((r) => r.kernel.state))
    const states = registry.states.filter((state) => needed.has(state.name))
    const stateList = arena.alloc(states.length * STATE_BYTES)
    let page = 0
    states.forEach((state, i) => {
      const record = stateList + i * STATE_BYTES
      u32[(record + STATE_KIND) >>> 2] = state.index
      u32[(record + STATE_PAGE) >>> 2] = page
      u32[(record + STATE_SLOT_SHIFT) >>> 2] = Math.log2(state.slotBytes)
      page += state.slotBytes / 64
      this.states.push(record)
    })

    const lists = arena.alloc(this.#lists.length * LIST_BYTES)
    this.#lists.forEach((list, i) => {
      const reductions = arena.alloc(list.length * REDUCTION_BYTES)
      u32[(lists + i * LIST_BYTES + LIST_LENGTH) >>> 2] = list.length
      u32[(lists + i * LIST_BYTES + LIST_REDUCTIONS) >>> 2] = reductions
      list.forEach(({ kernel }, r) => {
        const args = plan.reduce[i].reductions[r].arguments
        const address = arena.alloc(Math.max(8, args.length * 8))
        f64.set(args, address >>> 3)
        const record = reductions + r * REDUCTION_BYTES
        u32[(record + REDUCTION_KERNEL) >>> 2] = kernel.index
        u32[(record + REDUCTION_STATE) >>> 2] = states.findIndex((state) => state.name === kernel.state)
        u32[(record + REDUCTION_ARGUMENTS) >>> 2] = address
      })
    })

    this.#members = arena.alloc(mostNames)
    const at = (this.address = arena.alloc(WINDOW_BYTES))
    u32[(at + WINDOW_SLAB) >>> 2] = slab
    u32[(at + WINDOW_MEMBERS) >>> 2] = this.#members
    f64[(at + WINDOW_EVERY) >>> 3] = plan.everyUs
    f64[(at + WINDOW_OFFSET) >>> 3] = plan.offsetUs
    f64[(at + WINDOW_LATENESS) >>> 3] = plan.latenessUs
    u32[(at + WINDOW_PANES) >>> 2] = arena.alloc(PANE_BUCKETS * 4)
    u32[(at + WINDOW_STATES) >>> 2] = states.length
    u32[(at + WINDOW_STATE_LIST) >>> 2] = stateList
    u32[(at + WINDOW_LISTS) >>> 2] = lists
    u32[(at + WINDOW_SLOT_PAGES) >>> 2] = page
  }

  /** Whether this window takes a series; from now on its rows are routed accordingly. */
  enrol(id: number, series: Selectable): boolean {
    const list = this.#selects(series) ? this.#fieldOf.findIndex((matches) => matches(series.field)) : -1
    this.arena.u8[this.#members + id] = list + 1
    return list >= 0
  }

  /** Fields of a point for a series, one per value that `collect` writes for it. */
  fields(list: number, field: string): readonly PointField[] {
    const key = `${list}\0${field}`
    let fields = this.#fields.get(key)
    if (!fields) {
      // Names of series long forgotten go some day, too.
      if (this.#fields.size >= this.mostNames) this.#fields.clear()
      fields = this.#lists[list].map(({ kernel, suffix }) => ({
        name: `${field}_${suffix}`,
        of: field,
        reduction: suffix,
        unitOf: kernel.unit,
        integer: kernel.integer,
        cache: new Map(),
      }))
      this.#fields.set(key, fields)
    }
    return fields
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

  get openPanes(): number {
    return this.arena.u32[(this.address + WINDOW_OPEN_PANES) >>> 2]
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

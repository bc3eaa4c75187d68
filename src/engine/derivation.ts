import {
  DERIVED_BYTES,
  DERIVED_INVALID,
  DERIVED_LATE,
  DERIVED_MADE,
  DERIVED_REJECTED,
  PAIR_BYTES,
  PAIR_COUNTS,
  PAIR_FUNCTION,
  PAIR_HOLD,
  PAIR_MADE,
  SIDE_BYTES,
  SIDE_NEXT,
  SIDE_PAIR,
  SIDE_TIME,
  SOURCE_BYTES,
} from '../../assembly/layout.js'
import type { KernelsModule } from '../memory/modules.js'
import type { SampleLedger } from '../model/ledger.js'
import type { Log } from '../model/log.js'
import { DERIVE_FUNCTIONS, DERIVED_SOURCE, type DerivedPlan, type Plan } from '../model/plan.js'
import { type Selectable, selects } from '../window/selector.js'
import type { EngineMemory } from './engine-memory.js'
import type { DeviceEntry, Identities, Series } from './identities.js'
import { Partners, type Tags } from './partners.js'

/** A configured field, and the series that it may be made of. */
interface Rule {
  plan: DerivedPlan
  /** Of its own source. */
  sourceIndex: number
  takes: ((series: Selectable) => boolean)[]
  partners: Partners[]
  /** Tags by which its inputs find each other; undefined: not at all. */
  tagsOf(series: Series): Tags | undefined
  told: boolean
}

interface Pair {
  series: Series
  inputs: readonly [Series, Series]
}

/**
 * Series that are derived from two others (assembly/window/derive.ts): which inputs make a pair, and their records. A pair is
 * made with the later of its inputs, and ends with the first of them that is forgotten.
 */
export class Derivation {
  /** Pairs that would have made a series that another pair makes already, and those that found no room. */
  ambiguous = 0
  refused = 0
  readonly #rules: Rule[]
  readonly #pairs = new Map<Series, Pair>()
  /** Pairs of each input. */
  readonly #of = new Map<Series, Set<Pair>>()
  /** Rows that wait, of each source. */
  readonly #waiting: number[]

  constructor(
    plan: Plan,
    private readonly memory: EngineMemory,
    private readonly kernels: KernelsModule,
    private readonly identities: () => Identities,
    private readonly log: Log,
  ) {
    this.#waiting = plan.sources.map(() => 0)
    const indexOf = ({ source, field }: DerivedPlan['inputs'][number]) =>
      plan.sources.findIndex(({ name, derives }) =>
        derives ? source === DERIVED_SOURCE && derives.series.some((one) => one.field === field) : name === source,
      )
    this.#rules = plan.sources.flatMap(({ derives }, sourceIndex) =>
      (derives?.series ?? []).map((one) => {
        const [a, b] = one.inputs.map(indexOf)
        return {
          plan: one,
          sourceIndex,
          takes: one.inputs.map((input) => selects([input])),
          partners: [new Partners(), new Partners()],
          tagsOf: one.by ? byTags(one.by) : a === b ? byDevice : ownTags,
          told: false,
        }
      }),
    )
  }

  get pairs(): number {
    return this.#pairs.size
  }

  /** Rows of inputs that wait until their sources' time has passed them. */
  get waiting(): number {
    return this.#waiting.reduce((sum, rows) => sum + rows, 0)
  }

  /** Makes the pairs that a new series completes. */
  enrol(series: Series): void {
    const { device, field } = series
    const selectable = { source: device.source, field, tags: device.tags }
    for (const rule of this.#rules)
      rule.takes.forEach((takes, side) => {
        const tags = takes(selectable) ? rule.tagsOf(series) : undefined
        if (!tags) return
        rule.partners[side].add(series, tags)
        for (const other of rule.partners[1 - side].find(tags))
          this.#pair(rule, side === 0 ? series : other, side === 0 ? other : series)
      })
  }

  /** True while a device of derived series has any that is still made. */
  isMade(device: DeviceEntry): boolean {
    return [...device.series.values()].some((series) => this.#pairs.has(series))
  }

  /** Ends the pairs of a device that is about to be forgotten. */
  leave(device: DeviceEntry): void {
    for (const series of device.series.values()) {
      for (const pair of this.#of.get(series) ?? []) this.#end(pair)
      for (const { partners } of this.#rules) for (const side of partners) side.delete(series)
    }
  }

  /**
   * Writes what can be made of one source's series into the columns, up to its watermark. True: the columns are full; reduce
   * them and call again.
   */
  make(sourceIndex: number, watermarkUs: number, nowUs: number): boolean {
    const { regions } = this.memory
    const source = regions.sources.start + sourceIndex * SOURCE_BYTES
    const full = this.kernels.derive(source, regions.columns.start, regions.pairs.start, watermarkUs, nowUs) !== 0
    this.#waiting[sourceIndex] = this.kernels.waiting.value
    return full
  }

  /** Moves what was counted since the last call into the ledger of the source. */
  settle(sourceIndex: number, samples: SampleLedger): void {
    const { f64 } = this.memory
    const at = this.#counts(sourceIndex) >>> 3
    const [made, late, rejected, invalid] = [DERIVED_MADE, DERIVED_LATE, DERIVED_REJECTED, DERIVED_INVALID].map(
      (field) => f64[at + field / 8],
    )
    f64.fill(0, at, at + DERIVED_BYTES / 8)
    samples.decoded += made + late + rejected + invalid
    samples.late += late
    samples.rejected += rejected
    samples.invalid += invalid
  }

  #pair(rule: Rule, a: Series, b: Series): void {
    const { plan, sourceIndex } = rule
    const tags = plan.by ? rule.tagsOf(a)! : [...ownTags(a), ...ownTags(b)]
    const units = [a, b].map(({ device, field }) => device.units.get(field))
    const isSum = plan.function === 'sum' || plan.function === 'difference'
    const unit = plan.unit ?? (isSum && units[0] === units[1] ? units[0] : undefined)
    const series = this.identities().derivedSeries(sourceIndex, Object.fromEntries(tags), plan.field, unit)
    if (!series) {
      this.refused++
      return
    }
    if (this.#pairs.has(series)) {
      this.ambiguous++
      if (rule.told) return
      rule.told = true
      const which = tags.map(([name, value]) => `${name}=${value}`).join(',') || 'its only series'
      this.log.warn(
        {},
        `derived series ${plan.field}: more than one pair of inputs fits ${which}; the first one is taken; choose with \`tags\` or \`by\``,
      )
      return
    }
    const pair: Pair = { series, inputs: [a, b] }
    this.#pairs.set(series, pair)
    this.#write(rule, pair)
  }

  #write({ plan, sourceIndex }: Rule, { series, inputs }: Pair): void {
    const { u8, u32, f64, regions } = this.memory
    const record = regions.pairs.start + series.id * PAIR_BYTES
    u8.fill(0, record, record + PAIR_BYTES)
    u32[(record + PAIR_FUNCTION) >>> 2] = 1 + DERIVE_FUNCTIONS.indexOf(plan.function)
    u32[(record + PAIR_COUNTS) >>> 2] = this.#counts(sourceIndex)
    f64[(record + PAIR_HOLD) >>> 3] = plan.holdUs
    f64[(record + PAIR_MADE) >>> 3] = Number.NEGATIVE_INFINITY
    const pair = this.#pairs.get(series)!
    inputs.forEach((input, i) => {
      const side = record + i * SIDE_BYTES
      const head = (regions.feeds.start + input.id * 4) >>> 2
      u32[(side + SIDE_NEXT) >>> 2] = u32[head]
      u32[(side + SIDE_PAIR) >>> 2] = record
      f64[(side + SIDE_TIME) >>> 3] = Number.NaN
      u32[head] = side
      this.#of.set(input, (this.#of.get(input) ?? new Set()).add(pair))
    })
  }

  #end(pair: Pair): void {
    const { series, inputs } = pair
    const { u32, regions } = this.memory
    const record = regions.pairs.start + series.id * PAIR_BYTES
    for (const input of new Set(inputs)) {
      let link = regions.feeds.start + input.id * 4
      for (let side = u32[link >>> 2]; side !== 0; side = u32[(side + SIDE_NEXT) >>> 2]) {
        if (u32[(side + SIDE_PAIR) >>> 2] === record) u32[link >>> 2] = u32[(side + SIDE_NEXT) >>> 2]
        else link = side + SIDE_NEXT
      }
      const pairs = this.#of.get(input)
      pairs?.delete(pair)
      if (pairs?.size === 0) this.#of.delete(input)
    }
    // Rows wait for a source that speaks, and it was silent for long.
    const left = this.kernels.leavePair(record)
    this.memory.f64[(this.#counts(series.device.sourceIndex) + DERIVED_REJECTED) >>> 3] += left
    this.#pairs.delete(series)
  }

  #counts(sourceIndex: number): number {
    return this.memory.regions.derived.start + sourceIndex * DERIVED_BYTES
  }
}

const ownTags = ({ device }: Series): Tags =>
  device.tags.filter(([name]) => name !== 'gateway' && name !== 'source')

const byDevice = ({ device }: Series): Tags => [['device', String(device.id)]]

const byTags =
  (names: readonly string[]) =>
  (series: Series): Tags | undefined => {
    const tags = ownTags(series).filter(([name]) => names.includes(name))
    return tags.length === names.length ? tags : undefined
  }

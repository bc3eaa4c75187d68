import {
  DERIVED_BYTES,
  DERIVED_INVALID,
  DERIVED_LATE,
  DERIVED_MADE,
  DERIVED_REJECTED,
  PAIR_ALONE,
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
  SOURCE_WATERMARK,
} from '../../assembly/layout.js'
import type { KernelsModule } from '../memory/modules.js'
import type { SampleLedger } from '../model/ledger.js'
import type { Log } from '../model/log.js'
import { DERIVE_FUNCTIONS, DERIVED_SOURCE, type DerivedPlan, type Plan } from '../model/plan.js'
import { type Selectable, selects } from '../model/selector.js'
import { type EngineMemory, seriesNumbers } from './engine-memory.js'
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
  rule: Rule
  series: Series
  inputs: readonly [Series, Series]
}

/** What a series may be: one side of the pairs of a rule. */
interface Role {
  rule: Rule
  side: number
  tags: Tags
}

/**
 * Series that are derived from two others (assembly/window/derive.ts): which inputs make a pair, and their records. A pair is
 * made with the later of its inputs, and ends with the first of them that is forgotten. A series that has no partner
 * yet waits alone, so that it does not matter which of them speaks first.
 */
export class Derivation {
  /** Pairs that would have made a series that another pair makes already, and those that found no room. */
  ambiguous = 0
  refused = 0
  readonly #rules: Rule[]
  readonly #pairs = new Map<Series, Pair>()
  /** Of each input. */
  readonly #inputs = new Map<Series, { roles: Role[]; pairs: Set<Pair> }>()
  /** Series that wait for a partner, in the order of their list in memory. */
  readonly #alone: Series[] = []
  readonly #aloneAt = new Map<Series, number>()
  /** Rows that wait, of each source. */
  readonly #waiting: number[]
  /** Series that there may be: records of series alone lie behind as many of pairs. */
  readonly #numbers: number

  constructor(
    private readonly plan: Plan,
    private readonly memory: EngineMemory,
    private readonly kernels: KernelsModule,
    private readonly identities: () => Identities,
    private readonly log: Log,
  ) {
    this.#waiting = plan.sources.map(() => 0)
    this.#numbers = seriesNumbers(plan)
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

  /** Series that have no partner. */
  get alone(): number {
    return this.#alone.length
  }

  /** Rows of pairs that wait until their sources' time has passed them. */
  get waiting(): number {
    return this.#waiting.reduce((sum, rows) => sum + rows, 0)
  }

  /** Makes the pairs that a new series completes. */
  enrol(series: Series): void {
    const { device, field } = series
    const selectable = { source: device.source, field, tags: device.tags }
    const roles = this.#rules.flatMap((rule) =>
      rule.takes.flatMap((takes, side) => {
        const tags = takes(selectable) ? rule.tagsOf(series) : undefined
        return tags ? [{ rule, side, tags }] : []
      }),
    )
    if (roles.length === 0) return
    this.#inputs.set(series, { roles, pairs: new Set() })
    for (const { rule, side, tags } of roles) {
      rule.partners[side].add(series, tags)
      for (const other of rule.partners[1 - side].find(tags))
        this.#pair(rule, side === 0 ? [series, other] : [other, series])
    }
    this.#waitAlone(series)
  }

  /** True while a device of derived series has any that is still made. */
  isMade(device: DeviceEntry): boolean {
    return [...device.series.values()].some((series) => this.#pairs.has(series))
  }

  /** Ends the pairs of a device that is about to be forgotten. */
  leave(device: DeviceEntry): void {
    for (const series of device.series.values()) {
      const input = this.#inputs.get(series)
      if (!input) continue
      for (const { rule, side } of input.roles) rule.partners[side].delete(series)
      input.roles.length = 0
      for (const pair of input.pairs) this.#end(pair)
      this.#waitAlone(series)
      this.#inputs.delete(series)
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

  /** What was known of the inputs' values is forgotten: times no longer mean what they did. */
  restart(sourceIndex: number): void {
    const { f64, regions } = this.memory
    for (const device of this.identities().devices) {
      if (device?.sourceIndex !== sourceIndex || device.isGroup) continue
      for (const { id } of device.series.values()) {
        const pair = regions.pairs.start + id * PAIR_BYTES
        for (const side of [pair, pair + SIDE_BYTES]) f64[(side + SIDE_TIME) >>> 3] = Number.NaN
        f64[(pair + PAIR_MADE) >>> 3] = Number.NEGATIVE_INFINITY
      }
    }
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

  /** Lets go of the rows of series alone that every source of derived series has passed, but for the last of each. */
  pass(): void {
    const { f64, regions } = this.memory
    const watermarks = this.plan.sources.flatMap(({ derives }, i) =>
      derives ? [f64[(regions.sources.start + i * SOURCE_BYTES + SOURCE_WATERMARK) >>> 3]] : [],
    )
    this.kernels.passAlone(regions.alone.start, this.#alone.length, Math.min(...watermarks))
  }

  #pair(rule: Rule, inputs: Pair['inputs']): void {
    const { plan, sourceIndex } = rule
    const [a, b] = inputs
    const tags = plan.by ? rule.tagsOf(a)! : [...ownTags(a), ...ownTags(b)]
    const units = inputs.map(({ device, field }) => device.units.get(field))
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
      const which = tags.map(([name, value]) => `${name}=${value}`).join(',') || 'no tags'
      this.log.warn(
        {},
        `derived series ${plan.field}: more than one pair of inputs fits ${which}; the first is taken; choose with \`tags\` or \`by\``,
      )
      return
    }
    const pair: Pair = { rule, series, inputs }
    const record = this.#open(this.#recordOf(series), rule, inputs)
    this.#pairs.set(series, pair)
    inputs.forEach((input, side) => {
      const { pairs } = this.#inputs.get(input)!
      const like = pairOf(pairs, rule, side, input)
      pairs.add(pair)
      const to = record + side * SIDE_BYTES
      if (like) this.kernels.copySide(to, this.#recordOf(like.series) + side * SIDE_BYTES, 0)
      // The newer of them is looked at once it has all its pairs.
      if (!this.#aloneAt.has(input)) return
      if (!like) this.kernels.copySide(to, this.#recordAlone(input), this.#lacks(input) ? 0 : 1)
      this.#waitAlone(input)
    })
  }

  #end(pair: Pair): void {
    const { series, inputs } = pair
    const record = this.#recordOf(series)
    this.#pairs.delete(series)
    for (const [side, input] of inputs.entries()) {
      const { pairs } = this.#inputs.get(input)!
      pairs.delete(pair)
      if (this.#waitAlone(input)) this.kernels.copySide(this.#recordAlone(input), record + side * SIDE_BYTES, 1)
    }
    this.#close(record, inputs, series.device.sourceIndex)
  }

  /** True while there is a rule for a series without a pair. */
  #lacks(series: Series): boolean {
    const { roles, pairs } = this.#inputs.get(series)!
    return roles.some(({ rule, side }) => !pairOf(pairs, rule, side, series))
  }

  /** Lets a series wait alone as long as it lacks a pair. True: it does so from now on. */
  #waitAlone(series: Series): boolean {
    const wanted = this.#lacks(series)
    const at = this.#aloneAt.get(series)
    if (wanted === (at !== undefined)) return false
    if (at === undefined) {
      this.#open(this.#recordAlone(series), this.#inputs.get(series)!.roles[0].rule, [series])
      this.#putAlone(series, this.#alone.length)
    } else {
      this.#close(this.#recordAlone(series), [series], undefined)
      this.#aloneAt.delete(series)
      const last = this.#alone.pop()!
      if (last !== series) this.#putAlone(last, at)
    }
    return wanted
  }

  #putAlone(series: Series, at: number): void {
    this.#alone[at] = series
    this.#aloneAt.set(series, at)
    this.memory.u32[(this.memory.regions.alone.start >>> 2) + at] = this.#recordAlone(series)
  }

  /** Writes a record that rows of these inputs go to from now on; one input alone makes nothing. */
  #open(record: number, { plan, sourceIndex }: Rule, inputs: readonly Series[]): number {
    const { u8, u32, f64, regions } = this.memory
    u8.fill(0, record, record + PAIR_BYTES)
    u32[(record + PAIR_FUNCTION) >>> 2] = inputs.length === 1 ? PAIR_ALONE : 1 + DERIVE_FUNCTIONS.indexOf(plan.function)
    u32[(record + PAIR_COUNTS) >>> 2] = this.#counts(sourceIndex)
    f64[(record + PAIR_HOLD) >>> 3] = plan.holdUs
    f64[(record + PAIR_MADE) >>> 3] = Number.NEGATIVE_INFINITY
    inputs.forEach((input, i) => {
      const side = record + i * SIDE_BYTES
      const head = (regions.feeds.start + input.id * 4) >>> 2
      u32[(side + SIDE_NEXT) >>> 2] = u32[head]
      u32[(side + SIDE_PAIR) >>> 2] = record
      f64[(side + SIDE_TIME) >>> 3] = Number.NaN
      u32[head] = side
    })
    return record
  }

  /** Nothing goes to a record any more; rows that wait in one of a pair of this source are counted `rejected`. */
  #close(record: number, inputs: readonly Series[], sourceIndex: number | undefined): void {
    const { u32, f64, regions } = this.memory
    for (const input of new Set(inputs)) {
      let link = regions.feeds.start + input.id * 4
      for (let side = u32[link >>> 2]; side !== 0; side = u32[(side + SIDE_NEXT) >>> 2]) {
        if (u32[(side + SIDE_PAIR) >>> 2] === record) u32[link >>> 2] = u32[(side + SIDE_NEXT) >>> 2]
        else link = side + SIDE_NEXT
      }
    }
    const left = this.kernels.leavePair(record)
    if (sourceIndex !== undefined) f64[(this.#counts(sourceIndex) + DERIVED_REJECTED) >>> 3] += left
  }

  #recordOf({ id }: Series): number {
    return this.memory.regions.pairs.start + id * PAIR_BYTES
  }

  #recordAlone({ id }: Series): number {
    return this.memory.regions.pairs.start + (this.#numbers + id) * PAIR_BYTES
  }

  #counts(sourceIndex: number): number {
    return this.memory.regions.derived.start + sourceIndex * DERIVED_BYTES
  }
}

function pairOf(pairs: Iterable<Pair>, rule: Rule, side: number, input: Series): Pair | undefined {
  for (const pair of pairs) if (pair.rule === rule && pair.inputs[side] === input) return pair
  return undefined
}

const ownTags = ({ device }: Series): Tags => device.tags.filter(([name]) => name !== 'gateway' && name !== 'source')

const byDevice = ({ device }: Series): Tags => [['device', String(device.id)]]

const byTags =
  (names: readonly string[]) =>
  (series: Series): Tags | undefined => {
    const tags = ownTags(series).filter(([name]) => names.includes(name))
    return tags.length === names.length ? tags : undefined
  }

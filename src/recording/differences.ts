import type { Plan } from '../model/plan.js'
import type { Points } from '../model/points.js'
import type { Status } from '../model/status.js'

/** Of the two configurations that are compared: the first or the second. */
export type Which = 0 | 1

export interface CompareOptions {
  /** Values that differ by less than this part of the larger one are equal. */
  tolerance: number
  /** So many differences are kept as examples. */
  examples: number
  /** Lines that wait for the other side's; what does not fit is not compared, and counted. Default half a million. */
  maxHeldLines?: number
}

/** How the values of one field differ. Counts are of values: one field of one line at one time. */
export interface FieldDifference {
  measurement: string
  field: string
  equal: number
  changed: number
  onlyFirst: number
  onlySecond: number
  /** The greatest change, and the greatest as a part of the larger value. */
  greatest: number
  greatestPart: number
}

/** One value that differs; where a side has none, it is absent. */
export interface Example {
  measurement: string
  /** `name=text`, sorted by name. */
  tags: string[]
  timeUs: number
  field: string
  first?: number
  second?: number
}

/** A counter of the ledger that differs. */
export interface LedgerDifference {
  /** As `frames of plant` or `window second`. */
  of: string
  counter: string
  first: number
  second: number
}

export interface Comparison {
  /** True when all final values and the ledgers' outcomes are equal, and all were compared. */
  equal: boolean
  values: { equal: number; changed: number; onlyFirst: number; onlySecond: number; notCompared: number }
  /** Fields with a difference, the most changed first. */
  fields: FieldDifference[]
  examples: Example[]
  ledger: LedgerDifference[]
}

/** Where a line belongs. */
type At = Pick<Example, 'measurement' | 'tags' | 'timeUs'>

/** What one side gave at a key and the other has not given yet. */
interface Held extends At {
  /** Values by field of the first and the second. */
  values: readonly [Map<string, number>, Map<string, number>]
  /** Lines of the first and the second so far. */
  lines: [number, number]
}

/**
 * Compares the final points of two runs as they come. A line is held until the other side gives it too, which is soon
 * where both run side by side; where only one side has a window of that measurement, it isn't held at all.
 */
export class Differences {
  readonly #options: Required<CompareOptions>
  readonly #fields = new Map<string, FieldDifference>()
  readonly #examples: Example[] = []
  readonly #held = new Map<string, Held>()
  /** Windows of each measurement on either side. */
  readonly #windows: readonly [Map<string, number>, Map<string, number>]
  #notCompared = 0

  constructor(plans: readonly [Plan, Plan], options: CompareOptions) {
    this.#options = { maxHeldLines: 500_000, ...options }
    this.#windows = [windowsOf(plans[0]), windowsOf(plans[1])]
  }

  /** Takes final points of one side; they are valid only during the call. */
  offer(which: Which, points: Points): void {
    const { measurement, timeUs, lines, device, firstField, field, value } = points
    for (let line = 0; line < lines; line++) {
      const tags = device[line].tags.map(([name, text]) => `${name}=${text}`)
      const values = new Map<string, number>()
      for (let f = firstField[line]; f < firstField[line + 1]; f++) values.set(field[f].name, value[f])
      this.#line(which, { measurement, tags, timeUs }, values)
    }
  }

  /** What came to light. `statuses` are those of the two runs after their end. */
  finish(statuses: readonly [Status, Status]): Comparison {
    for (const held of this.#held.values()) this.#only(held)
    this.#held.clear()
    const all = [...this.#fields.values()]
    const sum = (key: 'equal' | 'changed' | 'onlyFirst' | 'onlySecond') => all.reduce((n, each) => n + each[key], 0)
    const values = {
      equal: sum('equal'),
      changed: sum('changed'),
      onlyFirst: sum('onlyFirst'),
      onlySecond: sum('onlySecond'),
      notCompared: this.#notCompared,
    }
    const fields = all
      .filter(({ changed, onlyFirst, onlySecond }) => changed + onlyFirst + onlySecond > 0)
      .sort((a, b) => different(b) - different(a) || order(a).localeCompare(order(b)))
    const ledger = ledgerDifferences(statuses)
    const equal = fields.length === 0 && ledger.length === 0 && values.notCompared === 0
    return { equal, values, fields, examples: this.#examples, ledger }
  }

  #line(which: Which, at: At, values: Map<string, number>): void {
    const key = `${at.timeUs}\0${at.measurement}\0${at.tags.join('\0')}`
    const held = this.#held.get(key) ?? { ...at, values: [new Map(), new Map()], lines: [0, 0] }
    const others = held.values[which ? 0 : 1]
    for (const [field, value] of values) {
      const other = others.get(field)
      if (other === undefined) held.values[which].set(field, value)
      else if (which) this.#compare(at, field, other, value)
      else this.#compare(at, field, value, other)
      others.delete(field)
    }
    held.lines[which]++
    // Where several windows write one measurement, there may be more than one line.
    const over = this.#windows.every((windows, side) => held.lines[side] === (windows.get(at.measurement) ?? 0))
    if (over) {
      this.#only(held)
      this.#held.delete(key)
    } else if (this.#held.has(key) || this.#held.size < this.#options.maxHeldLines) this.#held.set(key, held)
    else this.#notCompared += values.size
  }

  #compare(at: At, field: string, first: number, second: number): void {
    const counts = this.#counts(at.measurement, field)
    const change = Math.abs(second - first)
    const part = change === 0 ? 0 : change / Math.max(Math.abs(first), Math.abs(second))
    if (part <= this.#options.tolerance) {
      counts.equal++
      return
    }
    counts.changed++
    counts.greatest = Math.max(counts.greatest, change)
    counts.greatestPart = Math.max(counts.greatestPart, part)
    this.#example(at, field, { first, second })
  }

  /** Counts what only one side has. */
  #only({ values: [first, second], ...at }: Held): void {
    for (const [field, value] of first) {
      this.#counts(at.measurement, field).onlyFirst++
      this.#example(at, field, { first: value })
    }
    for (const [field, value] of second) {
      this.#counts(at.measurement, field).onlySecond++
      this.#example(at, field, { second: value })
    }
  }

  #example({ measurement, tags, timeUs }: At, field: string, values: { first?: number; second?: number }): void {
    if (this.#examples.length < this.#options.examples)
      this.#examples.push({ measurement, tags, timeUs, field, ...values })
  }

  #counts(measurement: string, field: string): FieldDifference {
    const key = `${measurement}\0${field}`
    let counts = this.#fields.get(key)
    if (!counts) {
      const none = { equal: 0, changed: 0, onlyFirst: 0, onlySecond: 0, greatest: 0, greatestPart: 0 }
      counts = { measurement, field, ...none }
      this.#fields.set(key, counts)
    }
    return counts
  }
}

const different = ({ changed, onlyFirst, onlySecond }: FieldDifference) => changed + onlyFirst + onlySecond
const order = ({ measurement, field }: FieldDifference) => `${measurement} ${field}`

function windowsOf(plan: Plan): Map<string, number> {
  const windows = new Map<string, number>()
  for (const { measurement } of plan.windows) windows.set(measurement, (windows.get(measurement) ?? 0) + 1)
  return windows
}

function ledgerDifferences([first, second]: readonly [Status, Status]): LedgerDifference[] {
  const one = countersOf(first)
  const two = countersOf(second)
  return [...new Set([...one.keys(), ...two.keys()])].flatMap((of) => {
    const [a, b] = [one.get(of) ?? {}, two.get(of) ?? {}]
    return [...new Set([...Object.keys(a), ...Object.keys(b)])]
      .map((counter) => ({ of, counter, first: a[counter] ?? 0, second: b[counter] ?? 0 }))
      .filter((difference) => difference.first !== difference.second)
  })
}

function countersOf({ sources, windows }: Status): Map<string, Record<string, number>> {
  return new Map([
    ...sources.flatMap(({ name, frames, samples }): [string, Record<string, number>][] => [
      [`frames of ${name}`, { ...frames }],
      [`samples of ${name}`, { ...samples }],
    ]),
    ...windows.map(({ name, late, rejected, lost, notFinite }): [string, Record<string, number>] => [
      `window ${name}`,
      { late, rejected, lost, notFinite },
    ]),
  ])
}

/** A state kind of `fold` kernels, or the rows themselves: `index` is its place in assembly/state/index.ts. */
export interface StateKind {
  readonly name: 'moments' | 'ends' | 'tails' | 'trend' | 'circle' | 'histogram' | 'ranks' | 'distinct' | 'rows'
  readonly index: number
  /** 64 or 128; sketches and rows keep more in blocks of the slab. */
  readonly slotBytes: number
  /** Estimated ns to add one row of a long run, for the choice of who runs a chunk. */
  readonly costNs: number
  /** False: never reduced in chunks (its run is as cheap as a row, or it takes blocks of the slab). */
  readonly chunked: boolean
}

/**
 * An argument of a reduction: a number within bounds; a comparison such as `>80`, which takes two places, operator and
 * number; or one of some words, whose place in the list is what the kernel gets.
 */
export type KernelArgument =
  | {
      readonly name: string
      readonly unit?: string
      readonly min: number
      readonly max: number
      readonly default?: number
    }
  | { readonly name: string; readonly unit?: string; readonly comparison: true }
  | { readonly name: string; readonly words: readonly string[] }

/** Operators of a comparison; the place here is what the kernel gets. */
export const COMPARISONS = ['>', '>=', '<', '<='] as const

/** What a kernel of the kind `rows` is told of its pane besides the rows, as assembly/rows/view.ts has it. */
export interface PaneView {
  startUs: number
  endUs: number
  /** How long a value holds at most. */
  holdUs: number
  /** Between two samples: a straight line, else the value holds. */
  linear: boolean
  before?: { timeUs: number; value: number }
  after?: { timeUs: number; value: number }
  /** Stretches of rows sampled at a stated rate without a gap. */
  runs: readonly { first: number; rows: number; rateHz: number }[]
  detrend: 'default' | 'none' | 'mean' | { highpassHz: number }
  /** How often the series should speak; 0 = not told. */
  expectUs: number
  late: number
  duplicate: number
}

/**
 * A reduction. The reference is its specification: plain TypeScript over the pane's values and times, in arrival order
 * for folds, in time order for `rows`.
 */
export interface Kernel {
  readonly name: string
  readonly family: 'basic' | 'spread' | 'order' | 'uneven time' | 'signal' | 'angle' | 'quality'
  /** The state it reads; `rows`: the rows in time order. */
  readonly state: StateKind['name']
  readonly summary: string
  /** Formula's source, for docs. */
  readonly source: string
  readonly arguments: readonly KernelArgument[]
  /** How it is written, where it takes arguments: for docs, benchmark and tests, as `band_rms(10,1000)`. */
  readonly example?: string
  /** Takes 1 to this many numbers in ascending order, which belong to the state; each gap between them makes a field. */
  readonly edges?: number
  /** What is wrong with arguments that are right one by one, as `lo must be less than hi`. */
  check?(args: readonly number[]): string | undefined
  /** Counts are integers in the point. */
  readonly integer: boolean
  /** Of kernels over rows: how outcomes of panes add up to a longer window's (assembly/rows/view.ts, `sum` and `ratio`). Absent: they don't. */
  readonly parts?: 'sum' | 'ratio'
  /** Needs the stated rate of sample arrays. */
  readonly signal?: true
  /** Carries the series' last sample before the pane in; with `held` it has a value without rows, too, while one is held. */
  readonly carries?: 'before' | 'held'
  /** Its values may be detrended first where the window says so. */
  readonly detrends?: true
  /** Unit of the outcome from the unit of the field, as `u => u + '²'`. */
  unit(unit: string): string
  /** What the outcome is multiplied by for values of this unit. */
  factor?(unit: string): number
  /** Why a field of this unit ('' = unknown) can't be reduced so, or undefined. */
  accepts?(unit: string): string | undefined
  /** NaN = no value (no field in the point). */
  reference(values: readonly number[], timesUs: readonly number[], args: readonly number[], pane?: PaneView): number
  /** Greatest error allowed against exact arithmetic, as a function of what the reference gets: absolute. */
  tolerance(values: readonly number[], timesUs?: readonly number[], args?: readonly number[], pane?: PaneView): number
}

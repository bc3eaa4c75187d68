/** A state kind: `index` is its place in assembly/state/index.ts. */
export interface StateKind {
  readonly name: 'moments' | 'ends' | 'tails'
  readonly index: number
  /** 64 or 128. */
  readonly slotBytes: number
  /** Estimated ns to add one row of a long run, for the choice of who runs a chunk. */
  readonly costNs: number
  /** False: never reduced in chunks (its run is as cheap as a row). */
  readonly chunked: boolean
}

/** A reduction. The reference is its specification: plain TypeScript over the pane's values and times in arrival order. */
export interface Kernel {
  readonly name: string
  /** Index in assembly/kernels/index.ts. */
  readonly index: number
  readonly state: StateKind['name']
  readonly summary: string
  /** Formula's source, for docs. */
  readonly source: string
  /** Names and bounds of its arguments. */
  readonly arguments: readonly { name: string; min: number; max: number }[]
  /** Counts are integers in the point. */
  readonly integer: boolean
  /** Unit of the outcome from the unit of the field, as `u => u + '²'`. */
  unit(unit: string): string
  /** NaN = no value (no field in the point). */
  reference(values: readonly number[], timesUs: readonly number[], args: readonly number[]): number
  /** Greatest error allowed against exact arithmetic, as a function of the values: absolute. */
  tolerance(values: readonly number[]): number
}

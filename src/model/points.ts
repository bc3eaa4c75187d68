/** A device: a source and a tag set. Its object is made once and kept, so formats may cache on it. */
export interface Device {
  readonly id: number
  readonly source: string
  /** Tags as they go out, sorted by name: gateway, source and its own. No value is empty. */
  readonly tags: readonly (readonly [name: string, value: string])[]
  /** Units of its fields, where they are known: field of a sample, as `temp`, to `°C`. */
  readonly units: ReadonlyMap<string, string>
  /** A format's own cache, such as the escaped tag text. */
  readonly cache: Map<string, string>
}

/** A field of a point, as `temp_mean`. Made once and kept. */
export interface PointField {
  readonly name: string
  /** What it was reduced from, as `temp`, and by what, as `mean` or `quantile_0.99`. */
  readonly of: string
  readonly reduction: string
  /** Its unit from the unit of what it was reduced from. */
  unitOf(unit: string): string
  /** What an outcome is multiplied by for values of a unit; absent: 1. */
  factorOf?(unit: string): number
  /** Counts go out as integers, all else as floats. */
  readonly integer: boolean
  readonly cache: Map<string, string>
}

/**
 * The points of one window's pane, in columns; valid only during the call that hands it over.
 * Line i has the fields [firstField[i], firstField[i + 1]) of `field` and `value`. Every value is finite.
 */
export interface Points {
  readonly window: string
  readonly measurement: string
  /** µs since the epoch: the point's time, equal for all lines. */
  readonly timeUs: number
  readonly startUs: number
  readonly endUs: number
  /** False while late rows may still correct it. */
  readonly final: boolean
  readonly lines: number
  readonly device: readonly Device[]
  /** 1 = this line corrects one emitted before. */
  readonly correction: readonly number[]
  readonly firstField: readonly number[]
  readonly field: readonly PointField[]
  readonly value: readonly number[]
}

/** Points kept: the lowest of each stretch of time. */
const MOST_POINTS = 64
const SHORTEST_US = 1e6
const LONGEST_US = 16e6
/** What is older says nothing of the drift now. */
const OLDEST_US = 2 * 3600e6
/** Before that much is known, delays outweigh any drift. */
const LEAST_SPAN_US = 8e6
/** A clock further off could not drive a UART: the steepest slope. */
export const STEEPEST = 0.02

/**
 * The line below points (x, y) whose y is a straight line plus a delay that is never negative and often small: of all
 * lines below all points the one nearest to them, an edge of their lower convex hull. Memory is bounded: of ever longer
 * stretches of x only the lowest point is kept, up to about 17 minutes back where points are dense. All in µs.
 * S. Moon, P. Skelly, D. Towsley, "Estimation and removal of clock skew from network delay measurements", 1999.
 */
export class LowerEnvelope {
  /** Of the line; dimensionless. */
  slope: number
  readonly #xs = new Float64Array(MOST_POINTS)
  readonly #ys = new Float64Array(MOST_POINTS)
  readonly #hull = new Uint8Array(MOST_POINTS)
  #length = 0
  #stretchUs = SHORTEST_US
  #stretch = 0
  #lastX = Number.NEGATIVE_INFINITY
  /** Of the line at x = 0. */
  #level = 0
  /** From which span on the points' own slope is better than the one given. */
  readonly #trustSpanUs: number

  readonly #steepest: number

  /** `prior` is a slope known before, and the span it was seen over; `steepest` bounds it either way. */
  constructor(prior: { slope: number; spanUs: number } = { slope: 0, spanUs: 0 }, steepest = STEEPEST) {
    this.slope = prior.slope
    this.#steepest = steepest
    this.#trustSpanUs = Math.max(LEAST_SPAN_US, prior.spanUs)
  }

  /** All that it knows, for `load`. */
  save(): number[] {
    const { slope } = this
    const xs = this.#xs.subarray(0, this.#length)
    const ys = this.#ys.subarray(0, this.#length)
    return [
      slope,
      this.#stretchUs,
      this.#stretch,
      this.#lastX,
      this.#level,
      this.#trustSpanUs,
      this.#steepest,
      ...xs,
      ...ys,
    ]
  }

  static load([slope, stretchUs, stretch, lastX, level, trustSpanUs, steepest, ...points]: number[]): LowerEnvelope {
    const made = new LowerEnvelope({ slope, spanUs: trustSpanUs }, steepest)
    made.#stretchUs = stretchUs
    made.#stretch = stretch
    made.#lastX = lastX
    made.#level = level
    made.#length = Math.min(MOST_POINTS, points.length / 2)
    made.#xs.set(points.slice(0, made.#length))
    made.#ys.set(points.slice(made.#length, 2 * made.#length))
    return made
  }

  get isEmpty(): boolean {
    return this.#length === 0
  }

  /** From the first point to the last, µs. */
  get spanUs(): number {
    return this.#length ? this.#xs[this.#length - 1] - this.#xs[0] : 0
  }

  /** The line's y. */
  at(x: number): number {
    return this.#level + this.slope * x
  }

  /** A further point; one that lies before the last x is passed over. */
  add(x: number, y: number): void {
    if (x < this.#lastX) return
    this.#lastX = x
    const last = this.#length - 1
    const stretch = Math.floor(x / this.#stretchUs)
    if (this.#length && stretch === this.#stretch) {
      // Compared along the line, so that drift within a stretch does not choose.
      if (y - this.slope * x >= this.#ys[last] - this.slope * this.#xs[last]) return
      this.#xs[last] = x
      this.#ys[last] = y
    } else {
      this.#makeRoom(x)
      this.#xs[this.#length] = x
      this.#ys[this.#length++] = y
      this.#stretch = Math.floor(x / this.#stretchUs)
    }
    this.#fit()
  }

  #makeRoom(x: number): void {
    let gone = 0
    while (gone < this.#length && this.#xs[gone] < x - OLDEST_US) gone++
    if (this.#length === MOST_POINTS && !gone) {
      if (this.#stretchUs < LONGEST_US) this.#lengthen()
      else gone = 1
    }
    if (!gone) return
    this.#xs.copyWithin(0, gone, this.#length)
    this.#ys.copyWithin(0, gone, this.#length)
    this.#length -= gone
  }

  /** Stretches twice as long, of each the lower point; where points are rarer than stretches the oldest goes. */
  #lengthen(): void {
    this.#stretchUs *= 2
    let kept = 0
    for (let i = 1; i < this.#length; i++) {
      const same = Math.floor(this.#xs[i] / this.#stretchUs) === Math.floor(this.#xs[kept] / this.#stretchUs)
      const isLower = this.#ys[i] - this.slope * this.#xs[i] < this.#ys[kept] - this.slope * this.#xs[kept]
      if (!same) kept++
      else if (!isLower) continue
      this.#xs[kept] = this.#xs[i]
      this.#ys[kept] = this.#ys[i]
    }
    this.#length = kept + 1
    if (this.#length < MOST_POINTS) return
    this.#xs.copyWithin(0, 1)
    this.#ys.copyWithin(0, 1)
    this.#length--
  }

  #fit(): void {
    if (this.spanUs >= this.#trustSpanUs)
      this.slope = Math.max(-this.#steepest, Math.min(this.#steepest, this.#edgeSlope()))
    this.#level = Number.POSITIVE_INFINITY
    for (let i = 0; i < this.#length; i++) this.#level = Math.min(this.#level, this.#ys[i] - this.slope * this.#xs[i])
  }

  /** Slope of the hull's edge over the mean x: the line through it has the least sum of distances to the points. */
  #edgeSlope(): number {
    let corners = 0
    let sum = 0
    for (let i = 0; i < this.#length; i++) {
      while (corners > 1 && !this.#turnsLeft(this.#hull[corners - 2], this.#hull[corners - 1], i)) corners--
      this.#hull[corners++] = i
      sum += this.#xs[i]
    }
    const mean = sum / this.#length
    let edge = 1
    while (edge < corners - 1 && this.#xs[this.#hull[edge]] < mean) edge++
    const [from, to] = [this.#hull[edge - 1], this.#hull[edge]]
    return (this.#ys[to] - this.#ys[from]) / (this.#xs[to] - this.#xs[from])
  }

  #turnsLeft(a: number, b: number, c: number): boolean {
    return (
      (this.#xs[b] - this.#xs[a]) * (this.#ys[c] - this.#ys[a]) >
      (this.#ys[b] - this.#ys[a]) * (this.#xs[c] - this.#xs[a])
    )
  }
}

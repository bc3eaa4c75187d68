/** Longest that blocks get, device µs, and how many are kept: 32 of 16 s look back some eight minutes. */
const BLOCK_MAX_US = 16e6
const BLOCK_MIN_US = 1e6
const BLOCKS = 32
/** A slope is believed from so long a span on, and within so much; a ceramic resonator may be 0.5 % off. */
const SPAN_MIN_US = 10e6
const SLOPE_MAX = 0.02
/** Further off than this is no jitter: somebody's clock was set. */
const STEP_US = 1e6
/** Corrections come in at this share of the time that passes, or within about so long where there is much to correct. */
const SLEW = 0.005
const SETTLE_US = 5e6

interface Low {
  /** Device time, µs, and how far the arrival was behind it. */
  u: number
  d: number
}

/**
 * From a device's sample clock to the gateway's time. An arrival is never too early and often too late, so the truth runs
 * along the lower edge of arrival minus device time: the edge of the lower convex hull that spans the mean, as in S. Moon,
 * P. Skelly, D. Towsley, Estimation and removal of clock skew, INFOCOM 1999, over the lowest of each stretch of time.
 * The least delay on the way stays in it, since nothing tells of it. Times never run backwards between two resets, and what
 * is learned comes in gently. Memory is bounded; nothing but what is handed in decides.
 */
export class SampleClock {
  /** Times the clock was begun anew since one of the two had been set. */
  steps = 0
  #lows: Low[] = []
  #block: Low | undefined
  #blockUs = BLOCK_MIN_US
  /** The lower edge: offset at device time 0, and slope. */
  #offset = 0
  #slope = 0
  /** What is added to device time now; it follows the edge. */
  #applied = Number.NaN
  #lastU = 0

  /** How much faster than it says the gateway's clock finds the device's: 1e-6 is a ppm; positive = the device is slow. */
  get drift(): number {
    return this.#slope
  }

  /** The gateway's time of device time `u`, by what was heard so far; NaN before that. */
  at(u: number): number {
    return u + this.#applied + this.#slope * (u - this.#lastU)
  }

  /** What was complete at device time `u` (µs since any beginning, never less than before) arrived at `arrivalUs`. */
  heard(u: number, arrivalUs: number): void {
    const d = arrivalUs - u
    if (Number.isNaN(this.#applied)) this.#begin(u, d)
    else if (arrivalUs < this.at(u) - STEP_US) this.#step(u, d)
    this.#note(u, d)
    const target = this.#offset + this.#slope * u
    const drifted = this.at(u) - u
    const most = Math.max(SLEW, Math.abs(target - drifted) / SETTLE_US) * (u - this.#lastU)
    this.#applied = Math.min(drifted + most, Math.max(drifted - most, target))
    this.#lastU = u
  }

  #begin(u: number, d: number): void {
    this.#lows = []
    this.#block = undefined
    this.#blockUs = BLOCK_MIN_US
    this.#slope = 0
    this.#offset = this.#applied = d
    this.#lastU = u
  }

  #step(u: number, d: number): void {
    this.steps++
    this.#begin(u, d)
  }

  #note(u: number, d: number): void {
    const block = this.#block
    const start = Math.floor(u / this.#blockUs)
    if (block && Math.floor(block.u / this.#blockUs) === start) {
      if (d - this.#slope * (u - block.u) >= block.d) return
      this.#block = { u, d }
    } else {
      if (block) this.#keep(block)
      this.#block = { u, d }
      // A whole stretch far behind is no delay.
      if (block && block.d - (this.#offset + this.#slope * block.u) > STEP_US) {
        this.#step(u, d)
        return
      }
    }
    // Behind by more than any delay: not before it is known whether that stays so.
    if (this.#block.d - (this.#offset + this.#slope * u) <= STEP_US) this.#fit()
  }

  #keep(low: Low): void {
    this.#lows.push(low)
    if (this.#lows.length < BLOCKS) return
    if (this.#blockUs >= BLOCK_MAX_US) this.#lows.shift()
    else {
      // Longer stretches, half as many.
      this.#lows = this.#lows.flatMap((one, i, all) =>
        i % 2 ? [] : [all[i + 1] && all[i + 1].d - this.#slope * (all[i + 1].u - one.u) < one.d ? all[i + 1] : one],
      )
      this.#blockUs *= 2
    }
  }

  #fit(): void {
    const lows = [...this.#lows, this.#block!]
    const span = lows[lows.length - 1].u - lows[0].u
    if (span >= SPAN_MIN_US) {
      const mean = lows.reduce((sum, { u }) => sum + u, 0) / lows.length
      const hull = lowerHull(lows)
      const right = hull.findIndex(({ u }) => u > mean)
      const [from, to] = [hull[right - 1], hull[right]]
      this.#slope = Math.min(SLOPE_MAX, Math.max(-SLOPE_MAX, (to.d - from.d) / (to.u - from.u)))
    }
    // The line under all of them; where the slope was bounded or is not known, too.
    this.#offset = Math.min(...lows.map(({ u, d }) => d - this.#slope * u))
  }
}

/** The lower convex hull of points in the order of u (A. Andrew's chain). */
function lowerHull(points: readonly Low[]): Low[] {
  const hull: Low[] = []
  for (const point of points) {
    while (hull.length > 1) {
      const [a, b] = hull.slice(-2)
      if ((b.d - a.d) * (point.u - a.u) < (point.d - a.d) * (b.u - a.u)) break
      hull.pop()
    }
    hull.push(point)
  }
  return hull
}

import type { Clock, Timer } from '../model/clock.js'

/** The wall clock has stepped when it is so far from where it should be, µs. */
export const STEP_US = 500_000

/**
 * The clock of a line: wall time that does not step but where it is told to, between two batches. Until then it goes on as
 * before, so that all rows of a batch have their arrival by the same reckoning.
 */
export class SteadyClock implements Clock {
  /** Wall time less monotonic time, µs, as the line reckons. */
  offsetUs: number
  readonly #clock: Clock
  #knownUs = Number.NEGATIVE_INFINITY
  #isTrue = false

  constructor(clock: Clock) {
    this.#clock = clock
    this.offsetUs = this.measuredUs()
  }

  nowUs(): number {
    const wallUs = this.#clock.nowUs()
    const steadyUs = this.monotonicMs() * 1000 + this.offsetUs
    return Math.abs(wallUs - steadyUs) <= STEP_US ? wallUs : Math.floor(steadyUs)
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs()
  }

  after(delayMs: number, f: () => void): Timer {
    return this.#clock.after(delayMs, f)
  }

  /** What the offset is now. */
  measuredUs(): number {
    return Math.round(this.#clock.nowUs() - this.monotonicMs() * 1000)
  }

  /** This time has passed for certain. */
  know(us: number): void {
    this.#knownUs = Math.max(this.#knownUs, us)
  }

  /** Goes on by the wall clock as it is. Who set it knows better than what was seen before. */
  take(offsetUs: number): void {
    if (Math.abs(offsetUs - this.offsetUs) > STEP_US) this.#knownUs = Number.NEGATIVE_INFINITY
    this.offsetUs = offsetUs
  }

  /** Whether the wall clock is known to be right; once it is, it stays so. */
  get isRight(): boolean {
    this.#isTrue ||= this.#clock.isTrue?.(this.#knownUs) ?? true
    return this.#isTrue
  }
}

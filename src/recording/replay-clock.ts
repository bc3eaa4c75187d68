import type { Clock, Timer } from '../model/clock.js'

interface Due {
  atUs: number
  f: () => void
}

/**
 * The time of a recording: it moves only when told, and stands still while anything works, so that what timers do
 * depends on the recording alone. Wall and monotonic time move together unless the wall clock is set.
 */
export class ReplayClock implements Clock {
  /** µs since the start. */
  #us = 0
  #wallUs: number
  /** Sorted by time, latest first, so that the next is at the end; of equal times the first asked for is nearer the end. */
  readonly #due: Due[] = []

  constructor(wallUs: number) {
    this.#wallUs = wallUs
  }

  nowUs(): number {
    return this.#wallUs
  }

  monotonicMs(): number {
    return this.#us / 1000
  }

  after(delayMs: number, f: () => void): Timer {
    // Whole µs, never early; what a division by 1000 has lost does not make one more.
    const due = { atUs: this.#us + Math.ceil(Math.max(0, delayMs) * 1000 - 1e-3), f }
    let at = this.#due.length
    while (at > 0 && this.#due[at - 1].atUs <= due.atUs) at--
    this.#due.splice(at, 0, due)
    return {
      cancel: () => {
        const index = this.#due.indexOf(due)
        if (index >= 0) this.#due.splice(index, 1)
      },
    }
  }

  /** When the next timer is due, by the wall clock as it stands; infinite when there is none. */
  get nextUs(): number {
    const next = this.#due.at(-1)
    return next ? this.#wallUs + Math.max(0, next.atUs - this.#us) : Number.POSITIVE_INFINITY
  }

  /** Moves ahead to the next timer and runs it. */
  runNext(): void {
    const next = this.#due.pop()
    if (!next) return
    this.moveTo(this.#wallUs + Math.max(0, next.atUs - this.#us))
    next.f()
  }

  /** Moves ahead without running anything; a time behind sets the wall clock alone. */
  moveTo(wallUs: number): void {
    this.#us += Math.max(0, wallUs - this.#wallUs)
    this.#wallUs = wallUs
  }

  /** Sets the wall clock forward while no time passes. */
  step(us: number): void {
    this.#wallUs += us
  }
}

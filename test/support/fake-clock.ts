import { setImmediate as nextLoop } from 'node:timers/promises'
import type { Clock, Timer } from '../../src/model/clock.js'

interface Due {
  atMs: number
  f: () => void
}

const START_US = 1_704_067_200_000_000

/** A clock that moves only when told. Wall and monotonic time move together unless `stepWall` is called. */
export class FakeClock implements Clock {
  #ms: number
  #wallUs: number
  #isTrue = true
  readonly #due = new Set<Due>()

  /** Starts at `wallUs` (2024-01-01T00:00:00Z unless given), where monotonic time is 0 unless given: a machine that booted then. */
  constructor(wallUs = START_US, ms = (wallUs - START_US) / 1000) {
    this.#wallUs = wallUs
    this.#ms = ms
  }

  isTrue(): boolean {
    return this.#isTrue
  }

  /** From now on the wall clock is known to be right, or is not. */
  setTrue(isTrue: boolean): void {
    this.#isTrue = isTrue
  }

  nowUs(): number {
    return this.#wallUs
  }

  monotonicMs(): number {
    return this.#ms
  }

  after(delayMs: number, f: () => void): Timer {
    const due: Due = { atMs: this.#ms + Math.max(0, delayMs), f }
    this.#due.add(due)
    return { cancel: () => this.#due.delete(due) }
  }

  /** Timers not run yet. */
  get waiting(): number {
    return this.#due.size
  }

  /** Sets the wall clock as an operator or NTP would; monotonic time and timers stay. */
  stepWall(wallUs: number): void {
    this.#wallUs = wallUs
  }

  /** Moves `ms` ahead, running what falls due at its own time, earliest first, and letting promises settle in between. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#ms + ms
    await settle()
    for (let next = this.#next(endMs); next; next = this.#next(endMs)) {
      this.#due.delete(next)
      this.#move(next.atMs)
      next.f()
      await settle()
    }
    this.#move(endMs)
  }

  #next(endMs: number): Due | undefined {
    let first: Due | undefined
    for (const due of this.#due) if (due.atMs <= endMs && (!first || due.atMs < first.atMs)) first = due
    return first
  }

  #move(ms: number): void {
    this.#wallUs += Math.round((ms - this.#ms) * 1000)
    this.#ms = ms
  }
}

/** Lets promise chains and what is ready in the event loop run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await nextLoop()
}

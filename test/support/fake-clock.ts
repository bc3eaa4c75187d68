import { setImmediate as nextLoop } from 'node:timers/promises'
import type { Clock, Timer } from '../../src/model/clock.js'

interface Due {
  atMs: number
  f: () => void
}

/** A clock that moves only when told. Wall and monotonic time move together unless `stepWall` is called. */
export class FakeClock implements Clock {
  #ms = 0
  #wallUs: number
  readonly #due = new Set<Due>()

  /** Starts at `wallUs` (2024-01-01T00:00:00Z unless given) with monotonic time 0. */
  constructor(wallUs = 1_704_067_200_000_000) {
    this.#wallUs = wallUs
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

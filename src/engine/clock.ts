import { TrueTime } from '../disk/true-time.js'
import type { Clock, Timer } from '../model/clock.js'

interface Due {
  atMs: number
  f: () => void
  cancelled: boolean
}

/** Longest delay that Node takes; what is due later is armed again then. */
const LONGEST_MS = 2 ** 31 - 1

/** The real clock. One timer, armed for the earliest of whatever is due; none while nothing is. */
export class SystemClock implements Clock {
  /** Sorted by time, latest first, so that the next is at the end. */
  readonly #due: Due[] = []
  #timer: NodeJS.Timeout | undefined
  /** From the boot to where `performance.now` begins. */
  readonly #originMs = Number(process.hrtime.bigint()) / 1e6 - performance.now()
  readonly #trueTime = new TrueTime()
  #armedMs = Number.POSITIVE_INFINITY
  #isRunning = false

  nowUs(): number {
    return Date.now() * 1000
  }

  monotonicMs(): number {
    return this.#originMs + performance.now()
  }

  isTrue(knownUs: number): boolean {
    return this.#trueTime.isKnown(this.nowUs(), knownUs)
  }

  after(delayMs: number, f: () => void): Timer {
    const due = { atMs: this.monotonicMs() + Math.max(0, delayMs), f, cancelled: false }
    let at = this.#due.length
    while (at > 0 && this.#due[at - 1].atMs <= due.atMs) at--
    this.#due.splice(at, 0, due)
    this.#arm()
    return {
      cancel: () => {
        if (due.cancelled) return
        due.cancelled = true
        const index = this.#due.indexOf(due)
        if (index >= 0) this.#due.splice(index, 1)
        if (this.#due.length === 0) this.#disarm()
      },
    }
  }

  #arm(): void {
    const next = this.#due.at(-1)
    // While it runs what is due, that is still in the list: armed for that, it would wake for nothing.
    if (next === undefined || next.atMs >= this.#armedMs || this.#isRunning) return
    this.#disarm()
    this.#armedMs = next.atMs
    const delayMs = Math.ceil(next.atMs - this.monotonicMs())
    this.#timer = setTimeout(() => this.#run(), Math.min(Math.max(0, delayMs), LONGEST_MS))
  }

  #disarm(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#armedMs = Number.POSITIVE_INFINITY
  }

  #run(): void {
    this.#disarm()
    this.#isRunning = true
    // Half a millisecond early is on time: another wake-up would cost more than it is worth.
    const nowMs = this.monotonicMs() + 0.5
    try {
      for (let next = this.#due.at(-1); next && next.atMs <= nowMs; next = this.#due.at(-1)) {
        this.#due.pop()
        next.cancelled = true
        next.f()
      }
    } finally {
      this.#isRunning = false
      this.#arm()
    }
  }
}

import type { Clock, Timer } from '../model/clock.js'

/** Characters that may wait for a reader, and how often it is served: together the most that a reader can cost. */
const MOST_WAITING = 1 << 20
const SERVE_MS = 100

/**
 * Lines that wait for one reader. What comes when they are too many is counted and not kept, and the count is told as a
 * line of its own where it is missing.
 */
export class Backlog {
  #text = ''
  #unseen = 0
  #timer: Timer | undefined
  #served: (() => void) | undefined

  constructor(private readonly clock: Clock) {}

  /** Whatever is added now is counted alone. */
  get full(): boolean {
    return this.#unseen > 0
  }

  /** Adds a line, which holds no line end. */
  add(line: string): void {
    if (this.full || this.#text.length + line.length > MOST_WAITING) return void this.miss(1)
    this.#text += `${line}\n`
    this.#arm()
  }

  /** Counts what is not shown. */
  miss(count: number): void {
    this.#unseen += count
    this.#arm()
  }

  /** Resolves with what waits, once something does; a little later, so that many lines are one piece. */
  async take(): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#served = resolve
      if (this.#text || this.full) this.#arm()
    })
    const text = this.full ? `${this.#text}{"unseen":${this.#unseen}}\n` : this.#text
    this.#text = ''
    this.#unseen = 0
    return text
  }

  /** The reader is gone. */
  close(): void {
    this.#timer?.cancel()
    this.#served?.()
  }

  #arm(): void {
    if (!this.#served || this.#timer) return
    this.#timer = this.clock.after(SERVE_MS, () => {
      this.#timer = undefined
      this.#served?.()
      this.#served = undefined
    })
  }
}

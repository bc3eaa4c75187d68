import type { Timer } from '../../model/clock.js'
import type { SourceOutput } from '../../model/source.js'

/** The tick as a promise, there only while lines wait for it: a promise that is raced keeps what it was raced with. */
export class Tick {
  due?: Promise<'due'>
  readonly #out: SourceOutput
  #timer?: Timer

  constructor(out: SourceOutput) {
    this.#out = out
  }

  arm(): void {
    if (this.#timer) return
    this.due = new Promise((resolve) => {
      this.#timer = this.#out.clock.after(this.#out.gatherMs(), () => resolve('due'))
    })
  }

  disarm(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.due = undefined
  }
}

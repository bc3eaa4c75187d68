import { type DemoMessage, messagesOf, pumpLine, TICK_MS } from './machines.js'
import { notesBetween, plightAt } from './story.js'

/** What all machines say in one tick. */
export interface Step {
  /** In the order they are sent; those held back until now come last. */
  messages: readonly DemoMessage[]
  /** The pump's. */
  line: string
  /** What the simulation did, in words. */
  notes: readonly string[]
}

/** The machines and their story, tick by tick; the same start and pace give the same steps. */
export class Simulation {
  readonly #startMs: number
  readonly #pace: number
  readonly #held: DemoMessage[] = []
  #tick = 0

  /** Begins at `startMs` of the wall clock; the story runs `pace` times as fast as that. */
  constructor(startMs: number, pace: number) {
    this.#startMs = startMs
    this.#pace = pace
  }

  /** When the next step is over and what was measured in it can be sent, ms of the wall clock. */
  get dueMs(): number {
    return this.#startMs + (this.#tick + 1) * TICK_MS
  }

  /** The next step. */
  step(): Step {
    const elapsedMs = this.#tick * TICK_MS
    const plight = plightAt(elapsedMs, this.#pace)
    const spoken = messagesOf(this.#tick, this.#startMs + elapsedMs, plight)
    const messages = spoken.filter(({ held }) => !held)
    this.#held.push(...spoken.filter(({ held }) => held))
    if (!plight.weakRadio) messages.push(...this.#held.splice(0))
    const line = pumpLine(this.#tick++)
    return { messages, line, notes: notesBetween(elapsedMs - TICK_MS, elapsedMs, this.#pace) }
  }
}

import type { Status } from '../model/status.js'

/** What flows, a second. */
export interface Rates {
  messages: number
  samples: number
  points: number
  /** Share of one core, 0 to 1 and above. */
  cpu: number
}

interface Snapshot extends Rates {
  atMs: number
}

/** Rates over the last few seconds, from counters looked at now and then. */
export class RateMeter {
  readonly #spanMs: number
  #snapshots: Snapshot[] = []

  /** Looks back `spanMs`. */
  constructor(spanMs = 5000) {
    this.#spanMs = spanMs
  }

  /** Looks at the counters: monotonic ms, and the process's CPU time in µs. */
  look(status: Status, nowMs: number, cpuUs: number): Rates {
    const now: Snapshot = {
      atMs: nowMs,
      messages: status.sources.reduce((sum, { frames }) => sum + frames.in, 0),
      samples: status.sources.reduce((sum, { samples }) => sum + samples.decoded, 0),
      points: status.sinks.reduce((sum, { points }) => sum + points.emitted, 0),
      cpu: cpuUs / 1000,
    }
    this.#snapshots = [...this.#snapshots.filter(({ atMs }) => nowMs - atMs <= this.#spanMs), now]
    const first = this.#snapshots[0]
    const elapsedMs = now.atMs - first.atMs
    const rate = (key: keyof Rates, perMs: number) =>
      elapsedMs > 0 ? ((now[key] - first[key]) / elapsedMs) * perMs : 0
    return {
      messages: rate('messages', 1000),
      samples: rate('samples', 1000),
      points: rate('points', 1000),
      cpu: rate('cpu', 1),
    }
  }
}

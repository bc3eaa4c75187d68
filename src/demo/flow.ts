import type { Status } from '../model/status.js'

/** What flows; as counts since the start, or a second. */
export interface Flow {
  messages: number
  samples: number
  points: number
  /** Seconds of CPU; a second: share of one core, 0 to 1 and above. */
  cpu: number
}

/** The counts of all sources and sinks, and the process's CPU time in µs. */
export function flowOf({ sources, sinks }: Status, cpuUs: number): Flow {
  return {
    messages: sources.reduce((sum, { frames }) => sum + frames.in, 0),
    samples: sources.reduce((sum, { samples }) => sum + samples.decoded, 0),
    points: sinks.reduce((sum, { points }) => sum + points.emitted, 0),
    cpu: cpuUs / 1e6,
  }
}

import type { Clock } from './clock.js'
import type { Components } from './components.js'
import type { Log } from './log.js'
import type { Plan } from './plan.js'
import type { Points } from './points.js'
import type { Status } from './status.js'

/** What runs a plan, as those see it who start one. */
export interface Engine {
  /** Resolves when ready. */
  start(): Promise<void>
  /** Resolves when it has ended, of itself or stopped, and everything is delivered; rejects when it fails. */
  readonly finished: Promise<void>
  /** Graceful: what arrived is delivered within the plan's `stopTimeoutMs`. */
  stop(options: { graceful: boolean }): Promise<void>
  status(): Status
}

export interface EngineOptions {
  components: Components
  log: Log
  clock?: Clock
  /** Called with the points of every pane as they go to the sinks. */
  onPoints?(points: Points): void
}

/** Makes an engine for a plan. */
export type EngineFactory = (plan: Plan, options: EngineOptions) => Engine

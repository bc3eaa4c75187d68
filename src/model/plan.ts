// What a configuration means, checked and with every default in place. The YAML file and the StreamingContext both
// end here, and the engine reads nothing else.

export type TimeUnit = 's' | 'ms' | 'us' | 'ns' | 'iso'

/** Where a sample's time comes from. */
export type TimePlan =
  | { kind: 'arrival' }
  /** The source tells it with each frame, by a clock of the device's. */
  | { kind: 'source' }
  | {
      kind: 'path'
      path: string
      unit: TimeUnit
      /** IANA name for times without an offset; without it such a row is invalid. */
      zone?: string
      /** What to do with a row that has no time. */
      missing: 'arrival' | 'reject'
      /** Samples a second when the payload holds arrays and one time. */
      rateHz?: number
      /** Where the payload tells it instead. */
      ratePath?: string
    }
  | {
      /** By counting samples: the sensor's own clock, fitted to arrivals. */
      kind: 'clock'
      /** Nominal samples a second. */
      rateHz: number
      /** Where the payload tells the number of its first sample. */
      counterPath?: string
    }

/** Whether arrival may stand for a sample's time. */
export const mayUseArrival = (time: TimePlan): boolean =>
  time.kind === 'arrival' || time.kind === 'clock' || (time.kind === 'path' && time.missing === 'arrival')

/** How payloads of one topic, port or file are read. */
export interface InputPlan {
  time: TimePlan
  /** Codec's name and its own options, parsed by its schema. */
  decode: { type: string; options: unknown }
  /** Tags taken from the payload: tag name → path. */
  payloadTags: Record<string, string>
  /** Tags with a fixed value; the source adds them to the tags of its channels. */
  constantTags: Record<string, string>
}

export interface SourcePlan {
  name: string
  type: string
  /** The component's own options, parsed by its schema. */
  options: unknown
  /** The source says which of these a channel uses, by index. */
  inputs: InputPlan[]
  finite: boolean
  /** Units of fields as the user wrote them; they go before those that the sender tells. */
  units: Record<string, string>
  waitUs: number
  idleUs: number
  aheadUs: number
  forgetUs: number
  maxLatencyUs: number
  arrivalErrorUs: number
  maxFrameBytes: number
}

/** Which series a window takes: globs with `*` and `?`; what is absent matches all. */
export interface Selector {
  source?: string
  field?: string
  tags?: Record<string, string>
}

/** A reduction as written and resolved, as `quantile(0.99)`. */
export interface ReductionPlan {
  /** Kernel's name in the registry. */
  kernel: string
  arguments: number[]
  /** What follows `<field>_` in the point's field name. */
  suffix: string
}

export interface WindowPlan {
  name: string
  measurement: string
  of: Selector[]
  everyUs: number
  offsetUs: number
  latenessUs: number
  /** First match wins; a field that none matches is not taken. */
  reduce: { field: string; reductions: ReductionPlan[] }[]
  /** Sinks by name. */
  to: string[]
}

export interface SinkPlan {
  name: string
  type: string
  options: unknown
}

export interface HttpPlan {
  host: string
  port: number
  token?: string
  /** Further names of this machine that a Host header may give. */
  hosts?: string[]
}

export interface Plan {
  gateway: string
  batchUs: number
  workers: number
  maxMemoryBytes: number
  maxSeries: number
  stopTimeoutMs: number
  stateDir: string
  http?: HttpPlan
  sources: SourcePlan[]
  windows: WindowPlan[]
  sinks: SinkPlan[]
}

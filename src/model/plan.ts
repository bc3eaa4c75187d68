// What a configuration means, checked and with every default in place. The YAML file and the StreamingContext both
// end here, and the engine reads nothing else.

import { crc32 } from 'node:zlib'

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

/** Whether a sample's time is the gateway's own, and nobody else's. */
export const followsWall = (time: TimePlan): boolean => time.kind !== 'path'

/** Raw values to true ones, for fields that match the glob. */
export interface CalibrationPlan {
  field: string
  /** value × scale + offset, or [raw, value] in rising order of raw, linear in between; at least two. */
  by: { scale: number; offset: number } | { table: readonly (readonly [number, number])[]; clip: boolean }
  /** Unit of the outcome; it goes before all others. */
  unit?: string
}

/** True values, both ends included; others are filtered. */
export interface ValidPlan {
  field: string
  min: number
  max: number
}

/** Values that differ from the last one kept by less than the band are filtered, unless it is as far away in event time as said. */
export interface DeadbandPlan {
  field: string
  band: number
  everyUs?: number
}

/** What is done to samples before windows see them, in this order; in each list the first that matches the field wins. */
export interface ConditionsPlan {
  calibrate: readonly CalibrationPlan[]
  valid: readonly ValidPlan[]
  deadband: readonly DeadbandPlan[]
}

/** Where messages carry their own number, and where it begins anew; without a modulus it never does. */
export interface SequencePlan {
  path: string
  modulus?: number
}

/** How payloads of one topic, port or file are read. */
export interface InputPlan {
  time: TimePlan
  /** Codec's name and its own options, parsed by its schema. */
  decode: { type: string; options: unknown }
  /** Tags taken from the payload: tag name → path. */
  payloadTags: Record<string, string>
  /** Tags with a fixed value; the source adds them to the tags of its channels. */
  constantTags: Record<string, string>
  /** Absent: values are taken as they are. */
  conditions?: ConditionsPlan
  /** Absent: messages that come again are not recognised. */
  sequence?: SequencePlan
}

/** What a derived value is of its two inputs, a and b: a + b, a - b, a × b, a ÷ b. */
export const DERIVE_FUNCTIONS = ['sum', 'difference', 'product', 'ratio'] as const
export type DeriveFunction = (typeof DERIVE_FUNCTIONS)[number]

/** The source that derived series belong to. */
export const DERIVED_SOURCE = 'derived'

/** Series of a source and a field, and of these tags where they are told (globs). */
export interface DerivedInput {
  source: string
  field: string
  tags?: Record<string, string>
}

/** A field that is derived from two others, device by device. */
export interface DerivedPlan {
  field: string
  function: DeriveFunction
  inputs: readonly [DerivedInput, DerivedInput]
  /** Tags in which two series must agree to make one, and which stay. Absent: series of one device; of two sources those that agree in every tag that both have. */
  by?: readonly string[]
  /** How old the value of an input may be. */
  holdUs: number
  unit?: string
}

/** What a source without frames makes its samples of. */
export interface DerivesPlan {
  /** Sources with frames by name; the lowest of their watermarks is its own. */
  from: readonly string[]
  series: readonly DerivedPlan[]
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
  /** How often a series should speak; 0 = not told. */
  expectUs: number
  waitUs: number
  idleUs: number
  aheadUs: number
  forgetUs: number
  maxLatencyUs: number
  arrivalErrorUs: number
  maxFrameBytes: number
  /** Present: it has no frames, and all are called DERIVED_SOURCE. They stand behind those that they derive from. */
  derives?: DerivesPlan
}

/** Whether a source has frames that come as time goes on. */
export const isLive = ({ finite, derives }: SourcePlan): boolean => !finite && !derives

/** What a source is called over configurations: sets of derived series by how they are derived. */
export const sourceKey = ({ name, derives }: Pick<SourcePlan, 'name' | 'derives'>): string =>
  derives ? `${name} ${crc32(JSON.stringify(derives)).toString(16)}` : name

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
  /** Arguments of the state it reads, as the edges of a histogram; states with other ones are others. */
  stateArguments?: number[]
  /** What follows `<field>_` in the point's field name. */
  suffix: string
}

export interface WindowPlan {
  name: string
  measurement: string
  of: Selector[]
  kind: 'tumbling' | 'hopping' | 'session' | 'count' | 'raw'
  /** From one window to the next; 0 where they lie on no grid. */
  everyUs: number
  /** Length; of a session the gap that ends it. */
  sizeUs: number
  /** Count windows: rows of a series. */
  rows: number
  offsetUs: number
  /** IANA name: windows begin by the clocks there. */
  zone?: string
  latenessUs: number
  stamp: 'start' | 'end'
  /** How long a value holds at most where there is none after it. */
  holdUs: number
  /** What is between two samples. */
  between: 'step' | 'linear'
  /** Points tell how many samples they rest on, and more of that kind. */
  quality: boolean
  /** How often a series should speak; 0 = not told. */
  expectUs: number
  detrend: 'default' | 'none' | 'mean' | { highpassHz: number }
  /** Rows kept of a series and pane, where a reduction needs them. */
  maxRows: number
  /** Tags that stay; series that differ in others alone are one. */
  by?: string[]
  /** Tag that says the unit of a line's values; then a device's values are a line for each unit. */
  unitTag?: string
  /** First match wins; a field that none matches is not taken. */
  reduce: { field: string; reductions: ReductionPlan[] }[]
  /** Sinks by name. */
  to: string[]
  /** Follows another under the same name: windows that begin before it are that one's. */
  fromUs?: number
  /** Finishes what is open, under an older configuration: windows that begin at it or later are not its own. */
  untilUs?: number
}

export interface SinkPlan {
  name: string
  type: string
  options: unknown
  /** Bounds of the points that wait for it on a disk; absent: they wait in memory. `minFree` is a part of the disk. */
  spool?: { maxBytes: number; maxAgeUs: number; minFree: number }
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
  durability: 'memory' | 'process' | 'power'
  /** Directory for what outlives a restart. */
  stateDir: string
  /** Directory for what outlives the process, and with `process` need not outlive power. */
  runtimeDir: string
  /** How often the state of the windows is kept. */
  checkpointUs: number
  /** What to do with kept state that can't be read. */
  onDamage: 'setAside' | 'refuse'
  http?: HttpPlan
  sources: SourcePlan[]
  windows: WindowPlan[]
  sinks: SinkPlan[]
}

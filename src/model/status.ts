import type { FrameLedger, PointLedger, SampleLedger, WireCounts } from './ledger.js'

/** What `/status` answers and `weir run` prints at its end, as of the last batch edge. Plain JSON; times in µs since the epoch. */
export interface Status {
  version: string
  gateway: string
  startedUs: number
  ready: boolean
  /** Batches so far and when the last one was cut. */
  batch: { number: number; atUs: number }
  series: number
  maxSeries: number
  devices: number
  memory: { slabBytes: number; slabFreeBytes: number }
  pool: {
    workers: number
    tasks: number
    chunks: number
    inline: number
    /** Series of due panes that were computed with workers. */
    ahead: number
    /** Measured; null = not yet. */
    roundTripMs: number | null
    aheadNs: number | null
    sharedNs: number | null
  }
  sources: SourceStatus[]
  windows: WindowStatus[]
  sinks: SinkStatus[]
  clock: ClockStatus
  /** What is kept over a crash; null where nothing is. */
  kept: KeptStatus | null
  /** What needs a person, in words with the remedy. */
  alarms: string[]
}

/** The wall clock. */
export interface ClockStatus {
  /** It is known to be right; until then points timed by arrival wait. */
  isTrue: boolean
  /** How often it was set while weir looked, and the last time: when, by the clock as it was set, and by how much. */
  steps: number
  lastStepAtUs: number | null
  lastStepUs: number | null
}

/** Journal and checkpoint. */
export interface KeptStatus {
  durability: 'memory' | 'process' | 'power'
  journalBytes: number
  /** The batch up to which the state is kept, 0 before the first, and when that was. */
  checkpointBatch: number
  checkpointAtUs: number | null
  checkpointBytes: number
  /** How long the last checkpoint held the line up, and the longest one, ms. */
  pauseMs: number
  longestPauseMs: number
  /** Written to stateDir since the start: spools, and what of journal and checkpoint is there. */
  stateDirBytes: number
  /** Frames that the journal could not take. */
  unwrittenFrames: number
  /** Damaged files moved away. */
  setAside: number
  /** How long taking up what was kept took, ms, and bytes of frames read again; null after a start with nothing. */
  recovery: { ms: number; frameBytes: number } | null
}

export interface SourceStatus {
  name: string
  type: string
  link: { state: 'starting' | 'up' | 'down' | 'ended'; sinceUs: number; attempts: number; detail?: string }
  frames: FrameLedger
  samples: SampleLedger
  lostBytes: number
  wire: WireCounts
  /** Null before the first sample. */
  watermarkUs: number | null
  lastArrivalUs: number | null
  /** Arrival minus event time, ms: the median over its devices; null before the first sample. */
  skewMs: number | null
  /** Facts of the component's own. */
  details: Record<string, unknown>
}

export interface WindowStatus {
  name: string
  openPanes: number
  /** Lines written so far, and how many of them were corrections. */
  lines: number
  corrections: number
  /** Rows late for this window, whatever other windows did with them. */
  late: number
  rejected: number
  lost: number
  /** Values left out of points since they were NaN or infinite. */
  notFinite: number
  /** Units of its fields where they are known, such as temp_mean: °C; several where devices differ. */
  units: Record<string, string[]>
}

export interface SinkStatus {
  name: string
  type: string
  state: 'starting' | 'up' | 'down' | 'closed'
  sinceUs: number
  points: PointLedger
  /** In memory: all that waits where nothing is spooled, else what the disk refused. */
  queuedBytes: number
  /** Points that wait for true time, among those spooled. */
  untimed: number
  /** On disk, acknowledged parts of segments among them. */
  spoolBytes: number
  /** When the oldest point that waits was emitted; null where none does. */
  oldestUs: number | null
  /** Points of an outage are sent beside those of now. */
  backlog: boolean
  /** Why points can't be spooled; they wait in memory meanwhile. */
  spoolFailing?: string
  detail?: string
}

import { SHAPES_BYTES } from '../../assembly/decode/json-layout.js'
import {
  AHEAD_BYTES,
  AHEAD_ENTRIES,
  AHEAD_ENTRY_BYTES,
  AHEAD_LIST,
  AHEAD_SEAT_BYTES,
  AHEAD_SEAT_COUNT,
  AHEAD_SEATS,
  AHEAD_SHIFT,
  AHEAD_SLAB,
  CHANNEL_BYTES,
  CHUNK_BYTES,
  CHUNK_MIN_ROWS,
  CLOCK_BYTES,
  COLUMNS_BYTES,
  CONDITION_BYTES,
  DECODE_BYTES,
  DERIVED_BYTES,
  DEVICE_BYTES,
  ENTRY_BYTES,
  ENTRY_OF_VALUES,
  FRAME_BYTES,
  IDS_BYTES,
  LINE_BYTES,
  PAGE_BYTES,
  PAIR_BYTES,
  POOL_BYTES,
  RUN_BYTES,
  SCRATCH_BYTES,
  SERIES_BYTES,
  SLAB_BYTES,
  SLACK_BYTES,
  SLOT_MAX_BYTES,
  SOURCE_BYTES,
  TABLE_BYTES,
} from '../../assembly/layout.js'
import { Memory, type Region } from '../memory/regions.js'
import { windowArenaBytes } from '../memory/window-memory.js'
import type { Kernel } from '../model/kernel.js'
import type { Plan, WindowPlan } from '../model/plan.js'
import { ruleBytes } from './conditions.js'
import { SETTLED } from './reducer.js'

/** How the engine cuts its work; tests make it small. */
export interface Sizes {
  /** An open block is sealed and decoded once it holds this much. */
  blockBytes: number
  /** Samples in the columns before they are reduced. */
  rows: number
  /** Bytes of lines taken from one pane at a time, unless one line alone is longer. */
  outputBytes: number
  /** Fills what its last holder has let go with 0xAA, so that a use after it shows. */
  poison: boolean
}

export const DEFAULT_SIZES: Sizes = { blockBytes: 65536, rows: 65536, outputBytes: 1 << 20, poison: false }

export type RegionName =
  | 'slabHead'
  | 'slab'
  | 'returned'
  | 'registers'
  | 'columns'
  | 'columnData'
  | 'chunks'
  | 'pool'
  | 'scratch'
  | 'output'
  | 'sources'
  | 'settled'
  | 'view'
  | 'devices'
  | 'series'
  | 'conditions'
  | 'feeds'
  | 'pairs'
  | 'alone'
  | 'derived'
  | 'groupSource'
  | 'deviceTable'
  | 'deviceEntries'
  | 'deviceKeys'
  | 'seriesTable'
  | 'seriesEntries'
  | 'seriesKeys'
  | 'channels'
  | 'blocks'
  | 'arena'
  | 'ids'
  | 'hashes'
  | 'ahead'

export type EngineMemory = Memory<RegionName>

/** Series numbers there may be: they are given out in groups of 64 that belong to one source. */
export function seriesNumbers(plan: Plan): number {
  return (Math.ceil(plan.maxSeries / 64) + plan.sources.length) * 64
}

/** Bytes of one source's block: sealed at `blockBytes`, larger only for one larger frame. */
function blockBytes(plan: Plan, index: number, sizes: Sizes): number {
  const frame = FRAME_BYTES + plan.sources[index].maxFrameBytes + 8
  return Math.ceil((Math.max(sizes.blockBytes, frame) + SLACK_BYTES) / 64) * 64
}

/** Where each source's block lies. */
export function blockRegions(plan: Plan, all: Region, sizes: Sizes): Region[] {
  let start = all.start
  return plan.sources.map((_, i) => {
    const region = { start, end: start + blockBytes(plan, i, sizes) }
    start = region.end
    return region
  })
}

/** Entries of an open-addressing table for `keys` keys: at most half full. */
export const tableEntries = (keys: number): number => 2 ** Math.ceil(Math.log2(Math.max(16, keys * 2)))

/** Frames of counted samples in the columns before they are reduced: few samples a frame cost a call more. */
export const clockRecords = (sizes: Sizes): number => Math.ceil(sizes.rows / 8)

/** Bytes of a key on average; a table wants room for its longest besides. */
const KEY_BYTES = 96

/** Bytes of a device's line when every series is its. */
function longestLine(plan: Plan): number {
  const reductions = plan.windows.flatMap((window) => window.reduce.map((entry) => entry.reductions.length))
  return LINE_BYTES + plan.maxSeries * (8 + 8 * Math.max(0, ...reductions))
}

/** Bytes that kernels over rows work in: the rows of a pane in one piece, scratch, and tables of their own. */
const VIEW_SCRATCH_BYTES = 1 << 20
const VIEW_TABLES_BYTES = 1 << 17

function viewBytes(plan: Plan): number {
  const mostRows = Math.max(1, ...plan.windows.map(({ maxRows }) => maxRows))
  return mostRows * 32 + VIEW_SCRATCH_BYTES + VIEW_TABLES_BYTES
}

/** What lies behind the rows in `view`. */
export function viewWork({ regions }: EngineMemory): { scratch: number; tables: number } {
  const tables = regions.view.end - VIEW_TABLES_BYTES
  return { scratch: tables - VIEW_SCRATCH_BYTES, tables }
}

/** Windows whose panes are worked ahead by the pool: those that make spectra or filter, where there are workers. */
export function dearWindows(plan: Plan, kernels: readonly Kernel[]): WindowPlan[] {
  const dear = new Set(
    kernels.flatMap(({ name, family, state }) => (family === 'signal' && state === 'rows' ? [name] : [])),
  )
  return plan.windows.filter(
    ({ kind, reduce }) =>
      plan.workers > 0 &&
      kind === 'tumbling' &&
      reduce.some(({ reductions }) => reductions.some(({ kernel }) => dear.has(kernel))),
  )
}

/** Where the work ahead lies: entries (twice as many as series, a power of two), their list, and a seat a worker. */
function aheadLayout(plan: Plan, dear: readonly WindowPlan[]) {
  const entries = tableEntries(seriesNumbers(plan))
  const most = Math.max(0, ...dear.flatMap(({ reduce }) => reduce.map(({ reductions }) => reductions.length)))
  const entryBytes = ENTRY_OF_VALUES + most * 8
  const mostRows = Math.max(0, ...dear.map(({ maxRows }) => maxRows))
  const seatBytes = SLOT_MAX_BYTES + VIEW_TABLES_BYTES + VIEW_SCRATCH_BYTES + Math.ceil((mostRows * 32) / 64) * 64
  const list = AHEAD_BYTES + entries * entryBytes
  const seats = list + entries * 2
  return { entries, entryBytes, seatBytes, list, seats, bytes: seats + plan.workers * seatBytes }
}

/** Makes the region ready for these windows; returns its address, 0 where there are none. */
export function layAhead(memory: EngineMemory, plan: Plan, dear: readonly WindowPlan[]): number {
  if (dear.length === 0) return 0
  const { entries, entryBytes, seatBytes, list, seats } = aheadLayout(plan, dear)
  const { start } = memory.regions.ahead
  const word = (offset: number, value: number) => {
    memory.u32[(start + offset) >>> 2] = value
  }
  word(AHEAD_SLAB, memory.regions.slabHead.start)
  word(AHEAD_SHIFT, 32 - Math.log2(entries))
  word(AHEAD_ENTRY_BYTES, entryBytes)
  word(AHEAD_LIST, start + list)
  word(AHEAD_ENTRIES, start + AHEAD_BYTES)
  word(AHEAD_SEATS, start + seats)
  word(AHEAD_SEAT_BYTES, seatBytes)
  word(AHEAD_SEAT_COUNT, plan.workers)
  return start
}

/** Bytes of the hashes by which a checkpoint knows changed pages: of all that may hold state, several times over, and of one list. */
function hashBytes(plan: Plan, numbers: number): number {
  const windows = plan.windows.reduce((sum, window) => sum + windowArenaBytes(window, plan, numbers), 0)
  const bytes =
    plan.maxMemoryBytes + plan.maxSeries * DEVICE_BYTES + numbers * (CONDITION_BYTES + 2 * PAIR_BYTES) + windows
  return Math.ceil((bytes + plan.sources.length * IDS_BYTES) / PAGE_BYTES) * 32 + (1 << 16)
}

/**
 * Lays the engine's memory out for a plan. Every region's owner is the ingest thread but for columns (workers read), chunks,
 * pool and, while series of `dear` windows are worked ahead, slab and arena (workers read) and `ahead`.
 */
export function engineMemory(plan: Plan, sizes: Sizes, dear: readonly WindowPlan[] = []): EngineMemory {
  const numbers = seriesNumbers(plan)
  const passes = plan.windows.length * 3
  const entries = tableEntries(plan.maxSeries)
  const rules = ruleBytes(plan)
  const derives = plan.sources.some((source) => source.derives)
  const blocks = plan.sources.reduce((sum, _, i) => sum + blockBytes(plan, i, sizes), 0)
  return new Memory<RegionName>({
    // First, and so at the same addresses whatever the plan: what is kept of it is full of them.
    slabHead: SLAB_BYTES,
    slab: Math.floor(plan.maxMemoryBytes / PAGE_BYTES) * PAGE_BYTES,
    // A bit a page of the slab.
    returned: Math.ceil(plan.maxMemoryBytes / PAGE_BYTES / 256) * 32,
    registers: DECODE_BYTES,
    columns: COLUMNS_BYTES,
    columnData: sizes.rows * (4 + 8 + 8 + 8 + 1 + 4 + RUN_BYTES) + clockRecords(sizes) * CLOCK_BYTES + 9 * 64,
    chunks: (Math.ceil(sizes.rows / CHUNK_MIN_ROWS) + 1) * passes * CHUNK_BYTES,
    pool: POOL_BYTES,
    scratch: SCRATCH_BYTES,
    output: Math.max(sizes.outputBytes, longestLine(plan)),
    sources: plan.sources.length * SOURCE_BYTES,
    settled: plan.sources.length * SETTLED.length * 8,
    view: viewBytes(plan),
    devices: plan.maxSeries * DEVICE_BYTES,
    series: numbers * SERIES_BYTES,
    // Nothing where no source conditions its samples.
    conditions: rules > 0 ? numbers * CONDITION_BYTES : 0,
    // Nothing where no series is derived.
    feeds: derives ? numbers * 4 : 0,
    pairs: derives ? numbers * 2 * PAIR_BYTES : 0,
    alone: derives ? numbers * 4 : 0,
    derived: derives ? plan.sources.length * DERIVED_BYTES : 0,
    groupSource: numbers / 16,
    deviceTable: TABLE_BYTES,
    deviceEntries: entries * ENTRY_BYTES,
    deviceKeys: 65536 + plan.maxSeries * KEY_BYTES,
    seriesTable: TABLE_BYTES,
    seriesEntries: entries * ENTRY_BYTES,
    seriesKeys: 65536 + plan.maxSeries * KEY_BYTES,
    channels: plan.maxSeries * CHANNEL_BYTES,
    blocks,
    arena:
      (4 << 20) +
      plan.sources.reduce((inputs, source) => inputs + source.inputs.length, 0) * (SHAPES_BYTES + SLACK_BYTES) +
      rules +
      plan.maxSeries * 128 +
      plan.windows.reduce((sum, w) => sum + windowArenaBytes(w, plan, numbers), 0),
    ids: plan.sources.length * IDS_BYTES,
    hashes: plan.durability === 'memory' ? 0 : hashBytes(plan, numbers),
    // Nothing where no pane is worked ahead.
    ahead: dear.length > 0 ? aheadLayout(plan, dear).bytes : 0,
  })
}

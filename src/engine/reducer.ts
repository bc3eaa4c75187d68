import {
  COLUMNS_CAPACITY,
  COLUMNS_CLOCK_CAPACITY,
  COLUMNS_CLOCK_LIST,
  COLUMNS_FATE,
  COLUMNS_HORIZON,
  COLUMNS_ROWS,
  COLUMNS_RUN_CAPACITY,
  COLUMNS_RUN_LIST,
  COLUMNS_RUNS,
  COLUMNS_SERIES,
  COLUMNS_SLOT,
  COLUMNS_TIME,
  COLUMNS_VALUE,
  PAGE_BYTES,
  RUN_BYTES,
  SLAB_DEVICES,
  SLAB_FREE_PAGES,
  SLAB_GROUP_SOURCE,
  SLAB_NEXT,
  SLAB_SERIES,
  SOURCE_BYTES,
} from '../../assembly/layout.js'
import type { KernelsModule } from '../memory/modules.js'
import type { ChunkPool } from '../pool/pool.js'
import type { Window } from '../window/window.js'
import { clockRecords, type EngineMemory, type Sizes } from './engine-memory.js'

/** Fates of samples that end in the columns, per source, in the order in which `settle` writes them. */
export const SETTLED = [
  'reduced',
  'late',
  'rejected',
  'future',
  'lost',
  'unmatched',
  'filtered',
  'duplicate',
  'invalid',
] as const

/**
 * Columns into windows. Owns the columns: lays them out, and when asked reduces and empties them.
 * A reduction that waits for workers is a promise; until it settles nobody may touch columns or windows.
 */
export class Reducer {
  readonly #columns: number
  readonly #firstSource: number

  constructor(
    private readonly memory: EngineMemory,
    private readonly kernels: KernelsModule,
    private readonly windows: readonly Window[],
    private readonly pool: ChunkPool,
    private readonly sizes: Sizes,
    /** Told when the columns' rows are settled, and before they are emptied. */
    private readonly onRows: () => void,
    /** Takes what a window of rows counted out, or of raw rows, has to say at once: rows up to `rows` are in it. */
    private readonly emit: (window: Window, from: number) => void,
  ) {
    const { rows } = sizes
    const { u32, regions } = memory
    const c = (this.#columns = regions.columns.start)
    this.#firstSource = regions.sources.start
    let at = regions.columnData.start
    const column = (offset: number, bytes: number) => {
      u32[(c + offset) >>> 2] = at
      at = Math.ceil((at + rows * bytes) / 64) * 64
    }
    u32[(c + COLUMNS_CAPACITY) >>> 2] = rows
    u32[(c + COLUMNS_RUN_CAPACITY) >>> 2] = rows
    column(COLUMNS_TIME, 8)
    column(COLUMNS_VALUE, 8)
    column(COLUMNS_HORIZON, 8)
    column(COLUMNS_RUN_LIST, RUN_BYTES)
    column(COLUMNS_SERIES, 4)
    column(COLUMNS_SLOT, 4)
    column(COLUMNS_FATE, 1)
    u32[(c + COLUMNS_CLOCK_LIST) >>> 2] = at
    u32[(c + COLUMNS_CLOCK_CAPACITY) >>> 2] = clockRecords(sizes)

    const slab = regions.slabHead.start
    u32[(slab + SLAB_NEXT) >>> 2] = regions.slab.start
    u32[(slab + SLAB_FREE_PAGES) >>> 2] = (regions.slab.end - regions.slab.start) / PAGE_BYTES
    u32[(slab + SLAB_DEVICES) >>> 2] = regions.devices.start
    u32[(slab + SLAB_SERIES) >>> 2] = regions.series.start
    u32[(slab + SLAB_GROUP_SOURCE) >>> 2] = regions.groupSource.start
  }

  /** Rows in the columns. */
  get rows(): number {
    return this.memory.u32[(this.#columns + COLUMNS_ROWS) >>> 2]
  }

  /** Takes all rows into the windows and empties the columns. A promise only when workers take part. */
  reduce(): Promise<void> | undefined {
    if (this.rows === 0) return undefined
    const { kernels, memory } = this
    const slab = memory.regions.slabHead.start
    const chunks = memory.regions.chunks.start
    kernels.admit(this.#columns, slab)
    const { conditions } = memory.regions
    if (conditions.end > conditions.start) kernels.condition(this.#columns, conditions.start)
    const { feeds } = memory.regions
    if (feeds.end > feeds.start) kernels.feed(this.#columns, feeds.start)
    let end = chunks
    const { rows } = this
    for (const window of this.windows) {
      const { kind } = window.plan
      // Chunks are merged last of all; sessions and counted rows may be over before.
      const chunked = kind === 'tumbling' || kind === 'hopping'
      for (let from = 0; from < rows; ) {
        const to = kernels.route(window.address, this.#columns, from)
        for (const state of window.states) {
          const after = kernels.reduce(state, this.#columns, from, to, chunked ? end : 0)
          if (chunked) end = after
        }
        if (kind === 'count' || kind === 'raw') this.emit(window, from)
        else if (to < rows && !kernels.joinLanes(window.address)) this.emit(window, from)
        from = to
      }
    }
    kernels.settle(this.#columns, slab, memory.regions.settled.start, this.#firstSource, SOURCE_BYTES)
    this.onRows()
    const running = end > chunks ? this.pool.run(chunks, end) : undefined
    if (running) return running.then(() => this.#finish(chunks, end))
    this.#finish(chunks, end)
    return undefined
  }

  #finish(chunks: number, end: number): void {
    this.kernels.mergeChunks(chunks, end)
    const { u8, regions } = this.memory
    if (this.sizes.poison) u8.fill(0xaa, regions.columnData.start, regions.columnData.end)
    this.memory.u32[(this.#columns + COLUMNS_ROWS) >>> 2] = 0
    this.memory.u32[(this.#columns + COLUMNS_RUNS) >>> 2] = 0
  }
}

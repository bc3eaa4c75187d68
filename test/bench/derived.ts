import * as layout from '../../assembly/layout.js'
import { MemoryArena } from '../../src/memory/arena.js'
import { instantiateKernels } from '../../src/memory/modules.js'
import type { Bench } from './main.js'

const ROWS = 65_536
const ROUNDS = 15
const PAIRS = [1, 100, 1000, 10_000]
const SLAB_PAGES = 16_384

/** What a derived series costs a row of its inputs: to take it, to wait sorted, and to be made. */
export async function run(): Promise<Bench> {
  return {
    title: 'Derived series: ns a row of their inputs, pairs in turn',
    rows: PAIRS.map((pairs) => ({ pairs: pairs.toLocaleString('en'), ...nsARow(pairs) })),
    notes: [
      `The best of ${ROUNDS} rounds of ${ROWS.toLocaleString('en')} rows, in order of time, a device a pair; "none" are rows that nothing is derived of.`,
    ],
  }
}

function nsARow(pairs: number): Record<string, number> {
  const pages = 1024 + SLAB_PAGES / 16
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const arena = new MemoryArena(memory, 4096, 1024 * 65_536)
  const { u32, f64 } = arena
  const kernels = instantiateKernels(memory)
  const slab = arena.alloc(layout.SLAB_BYTES)
  // Series: the derived ones first, then two inputs of each.
  const devices = arena.alloc(pairs * layout.DEVICE_BYTES)
  const series = arena.alloc(pairs * layout.SERIES_BYTES)
  const source = arena.alloc(layout.SOURCE_BYTES)
  const counts = arena.alloc(layout.DERIVED_BYTES)
  const feeds = arena.alloc(pairs * 3 * 4)
  const records = arena.alloc(pairs * layout.PAIR_BYTES)
  u32[(slab + layout.SLAB_NEXT) >>> 2] = 1024 * 65_536
  u32[(slab + layout.SLAB_FREE_PAGES) >>> 2] = SLAB_PAGES
  u32[(slab + layout.SLAB_DEVICES) >>> 2] = devices
  u32[(slab + layout.SLAB_SERIES) >>> 2] = series
  u32[(slab + layout.SLAB_DEVICE_COUNT) >>> 2] = pairs
  kernels.useSlab(slab)
  for (let i = 0; i < pairs; i++) {
    u32[(devices + i * layout.DEVICE_BYTES + layout.DEVICE_SOURCE) >>> 2] = source
    u32[(devices + i * layout.DEVICE_BYTES + layout.DEVICE_FIRST_SERIES) >>> 2] = i
    u32[(series + i * layout.SERIES_BYTES + layout.SERIES_NEXT) >>> 2] = layout.NONE
    const pair = records + i * layout.PAIR_BYTES
    u32[(pair + layout.PAIR_FUNCTION) >>> 2] = 3
    u32[(pair + layout.PAIR_COUNTS) >>> 2] = counts
    f64[(pair + layout.PAIR_HOLD) >>> 3] = 60e6
    f64[(pair + layout.PAIR_MADE) >>> 3] = Number.NEGATIVE_INFINITY
    for (const [side, at] of [pair, pair + layout.SIDE_BYTES].entries()) {
      u32[(at + layout.SIDE_PAIR) >>> 2] = pair
      f64[(at + layout.SIDE_TIME) >>> 3] = Number.NaN
      u32[(feeds >>> 2) + pairs + i * 2 + side] = at
    }
  }
  const columns = arena.alloc(layout.COLUMNS_BYTES)
  const column = (offset: number, bytes: number) => (u32[(columns + offset) >>> 2] = arena.alloc(ROWS * bytes))
  u32[(columns + layout.COLUMNS_CAPACITY) >>> 2] = ROWS
  const ids = column(layout.COLUMNS_SERIES, 4)
  const times = column(layout.COLUMNS_TIME, 8)
  const values = column(layout.COLUMNS_VALUE, 8)
  column(layout.COLUMNS_HORIZON, 8)
  const fates = column(layout.COLUMNS_FATE, 1)
  const best = { none: Number.POSITIVE_INFINITY, take: Number.POSITIVE_INFINITY, make: Number.POSITIVE_INFINITY }
  const time = (what: keyof typeof best, work: () => void) => {
    const from = process.hrtime.bigint()
    work()
    best[what] = Math.min(best[what], Number(process.hrtime.bigint() - from) / ROWS)
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const isInput of [false, true]) {
      u32[(columns + layout.COLUMNS_ROWS) >>> 2] = ROWS
      arena.u8.fill(0, fates, fates + ROWS)
      for (let i = 0; i < ROWS; i++) {
        u32[(ids >>> 2) + i] = isInput ? pairs + (i % (pairs * 2)) : i % pairs
        f64[(times >>> 3) + i] = (round * ROWS + i) * 1000
        f64[(values >>> 3) + i] = i
      }
      time(isInput ? 'take' : 'none', () => kernels.feed(columns, feeds))
    }
    u32[(columns + layout.COLUMNS_ROWS) >>> 2] = 0
    time('make', () => void kernels.derive(source, columns, records, Number.POSITIVE_INFINITY, 0))
  }
  return best
}

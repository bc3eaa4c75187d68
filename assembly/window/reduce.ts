// Rows into slots: one by one, as a run, or as chunks that whoever is free reduces and this thread merges.
import {
  CHUNK_ARGUMENTS,
  CHUNK_BYTES,
  CHUNK_DONE,
  CHUNK_MAX_ROWS,
  CHUNK_MIN_ROWS,
  CHUNK_PARTIAL,
  CHUNK_ROWS,
  CHUNK_SLOT,
  CHUNK_STATE,
  CHUNK_TIME,
  CHUNK_VALUE,
  COLUMNS_SLOT,
  COLUMNS_TIME,
  COLUMNS_VALUE,
  GROUP_PAGES,
  POOL_CHUNKS,
  POOL_LIST,
  POOL_NEXT,
  RUN_MIN_ROWS,
  SLOT_MAX_BYTES,
  STATE_ARGUMENTS,
  STATE_KIND,
  STATE_PAGE,
} from '../layout'
import { addRow, addRun, CIRCLE, DISTINCT, ENDS, HISTOGRAM, MOMENTS, merge, RANKS, TAILS, TREND } from '../state/index'

// Inlined with a constant `kind`, so that the dispatch is outside the loop.
@inline function reduceKind(kind: u32, state: usize, columns: usize, from: u32, rows: u32, chunk: usize): usize {
  const slots: usize = load<u32>(columns, COLUMNS_SLOT)
  const times: usize = load<u32>(columns, COLUMNS_TIME)
  const values: usize = load<u32>(columns, COLUMNS_VALUE)
  const page = load<u32>(state, STATE_PAGE)
  // As src/reduce/states.ts has it; known when this is compiled, it costs nothing a row.
  const shift: u32 = kind == TAILS || kind == TREND || kind == HISTOGRAM ? 7 : 6
  const pageAt = GROUP_PAGES + (page << 2)
  const args: usize = load<u32>(state, STATE_ARGUMENTS)
  let i = from
  while (i < rows) {
    const handle = load<u32>(slots + (<usize>i << 2))
    if (handle == 0) {
      i++
      continue
    }
    // As `slotOf` has it.
    const within = <usize>handle & (shift == 7 ? 31 : 63)
    const half: usize = shift == 7 ? (<usize>handle & 32) >> 3 : 0
    const slot = <usize>load<u32>((<usize>handle & ~63) + pageAt + half) + (within << shift)
    let n: u32 = 1
    // Only where the row that would make it a run is of the same slot, it is worth to look at those between.
    if (i + RUN_MIN_ROWS <= rows && load<u32>(slots + (<usize>i << 2), (RUN_MIN_ROWS - 1) << 2) == handle) {
      while (i + n < rows && load<u32>(slots + (<usize>(i + n) << 2)) == handle) n++
    }
    const next = i + n
    if (n < RUN_MIN_ROWS) {
      addRow(kind, slot, load<f64>(times + (<usize>i << 3)), load<f64>(values + (<usize>i << 3)), args)
      i++
      continue
    }
    if (n < CHUNK_MIN_ROWS || kind == ENDS || kind >= RANKS || chunk == 0) {
      addRun(kind, slot, times + (<usize>i << 3), values + (<usize>i << 3), n, args)
    } else {
      // Pieces of nearly equal length, so that no worker is left with a crumb.
      const pieces = (n + CHUNK_MAX_ROWS - 1) / CHUNK_MAX_ROWS
      for (let k: u32 = 0; k < pieces; k++) {
        const length = (next - i) / (pieces - k)
        store<u32>(chunk, kind, CHUNK_STATE)
        store<u32>(chunk, <u32>(values + (<usize>i << 3)), CHUNK_VALUE)
        store<u32>(chunk, <u32>(times + (<usize>i << 3)), CHUNK_TIME)
        store<u32>(chunk, length, CHUNK_ROWS)
        store<u32>(chunk, <u32>slot, CHUNK_SLOT)
        store<u32>(chunk, <u32>args, CHUNK_ARGUMENTS)
        store<u32>(chunk, 0, CHUNK_DONE)
        chunk += CHUNK_BYTES
        i += length
      }
    }
    i = next
  }
  return chunk
}

/// Reduces the rows [from, rows) that `route` gave slots into one state of its window. Long stretches become chunks, written from
/// `chunk` on (room for rows / CHUNK_MIN_ROWS of them); returns the address behind the last. With `chunk` 0 none become chunks.
export function reduce(state: usize, columns: usize, from: u32, rows: u32, chunk: usize): usize {
  switch (load<u32>(state, STATE_KIND)) {
    case MOMENTS:
      return reduceKind(MOMENTS, state, columns, from, rows, chunk)
    case ENDS:
      return reduceKind(ENDS, state, columns, from, rows, chunk)
    case TAILS:
      return reduceKind(TAILS, state, columns, from, rows, chunk)
    case TREND:
      return reduceKind(TREND, state, columns, from, rows, chunk)
    case CIRCLE:
      return reduceKind(CIRCLE, state, columns, from, rows, chunk)
    case HISTOGRAM:
      return reduceKind(HISTOGRAM, state, columns, from, rows, chunk)
    case RANKS:
      return reduceKind(RANKS, state, columns, from, rows, chunk)
    case DISTINCT:
      return reduceKind(DISTINCT, state, columns, from, rows, chunk)
    default:
      return chunk // rows: `route` has kept them
  }
}

function runChunk(chunk: usize): void {
  const partial = chunk + CHUNK_PARTIAL
  memory.fill(partial, 0, SLOT_MAX_BYTES)
  addRun(
    load<u32>(chunk, CHUNK_STATE),
    partial,
    load<u32>(chunk, CHUNK_TIME),
    load<u32>(chunk, CHUNK_VALUE),
    load<u32>(chunk, CHUNK_ROWS),
    load<u32>(chunk, CHUNK_ARGUMENTS),
  )
  atomic.store<u32>(chunk + CHUNK_DONE, 1)
}

/// Claims chunks of the pool's list until none is left; called by workers and the ingest thread alike.
export function runChunks(pool: usize): u32 {
  const list: usize = atomic.load<u32>(pool + POOL_LIST)
  const length = atomic.load<u32>(pool + POOL_CHUNKS)
  let mine: u32 = 0
  for (let i = atomic.add<u32>(pool + POOL_NEXT, 1); i < length; i = atomic.add<u32>(pool + POOL_NEXT, 1)) {
    runChunk(list + <usize>i * CHUNK_BYTES)
    mine++
  }
  return mine
}

/// Merges all partials into their slots, in chunk order; a chunk whose worker died is run again first.
export function mergeChunks(list: usize, end: usize): void {
  for (let chunk = list; chunk < end; chunk += CHUNK_BYTES) {
    if (!atomic.load<u32>(chunk + CHUNK_DONE)) runChunk(chunk)
    merge(load<u32>(chunk, CHUNK_STATE), load<u32>(chunk, CHUNK_SLOT), chunk + CHUNK_PARTIAL)
  }
}

// Work ahead: what kernels read from the rows of a due pane, computed series by series by whoever claims them, workers and
// the ingest thread alike. `addSeries` finds the values here; what is not here, or not complete, it computes itself.
import {
  AHEAD_COUNT,
  AHEAD_ENTRIES,
  AHEAD_ENTRY_BYTES,
  AHEAD_LIST,
  AHEAD_ROWS,
  AHEAD_SEATS,
  AHEAD_SEAT_BYTES,
  AHEAD_SEAT_COUNT,
  AHEAD_SHIFT,
  AHEAD_SLAB,
  ENTRY_OF_DONE,
  ENTRY_OF_HANDLE,
  ENTRY_OF_PANE,
  ENTRY_OF_SERIES,
  ENTRY_OF_START,
  ENTRY_OF_VALUES,
  ENTRY_OF_WINDOW,
  GROUP_BYTES,
  GROUP_DIRTY,
  GROUP_USED,
  LIST_LENGTH,
  LIST_REDUCTIONS,
  PAGE_BYTES,
  PANE_DIRECTORY,
  PANE_END,
  PANE_START,
  POOL_AHEAD,
  POOL_CHUNKS,
  POOL_LIST,
  POOL_NEXT,
  POOL_SEAT,
  REDUCTION_ARGUMENTS,
  REDUCTION_BYTES,
  REDUCTION_DETREND,
  REDUCTION_FLAGS,
  REDUCTION_KERNEL,
  REDUCTION_ROWS,
  REDUCTION_STATE,
  ROWS_COUNT,
  SLOT_MAX_BYTES,
  SOURCE_WATERMARK,
  STATE_BYTES,
  STATE_KIND,
  WINDOW_LATENESS,
  WINDOW_MEMBERS,
  WINDOW_STATE_LIST,
} from '../layout'
import { SCRATCH_BYTES_AHEAD, setOwn, setScratch, TABLES_BYTES } from '../rows/view'
import { forgetSpectra } from '../signal/spectrum'
import { RANKS } from '../state/index'
import { deviceNumber } from './admit'
import { call } from './call'
import { lead, sourceOf } from './collect'
import { detrendedSlot, listOf, viewRows } from './line'
import { handleOf, isUsed, rowsSlot } from './pane'
import { slab, useSlab } from './slab'

/// The AHEAD record in use; 0 = nothing is worked ahead.
let ahead: usize = 0

/// Reads the rows alone, and takes nothing of the slab.
@inline export function isAhead(flags: u32, state: usize): bool {
  return (flags & REDUCTION_ROWS) != 0 || ((flags & REDUCTION_DETREND) != 0 && load<u32>(state, STATE_KIND) < RANKS)
}

/// The entry of a handle, or the free one where it would be.
function place(handle: usize): usize {
  const shift = load<u32>(ahead, AHEAD_SHIFT)
  const bytes: usize = load<u32>(ahead, AHEAD_ENTRY_BYTES)
  const entries: usize = load<u32>(ahead, AHEAD_ENTRIES)
  const mask = (<u32>1 << (32 - shift)) - 1
  let i = (<u32>handle * 0x9e3779b1) >> shift
  let entry = entries + <usize>i * bytes
  for (let held = load<u32>(entry, ENTRY_OF_HANDLE); held != 0 && held != <u32>handle; held = load<u32>(entry, ENTRY_OF_HANDLE)) {
    i = (i + 1) & mask
    entry = entries + <usize>i * bytes
  }
  return entry
}

/// Values of a series of a pane, one a reduction, those that `isAhead` complete; 0 = they are not here.
export function findAhead(window: usize, handle: usize, start: f64): usize {
  if (ahead == 0) return 0
  const entry = place(handle)
  const is = load<u32>(entry, ENTRY_OF_HANDLE) == <u32>handle && load<u32>(entry, ENTRY_OF_WINDOW) == <u32>window
  if (!is || load<f64>(entry, ENTRY_OF_START) != start || !atomic.load<u32>(entry + ENTRY_OF_DONE)) return 0
  return entry + ENTRY_OF_VALUES
}

/// Lists the series of a pane of which `collect` would write lines, or with `sweep` whose lines that would write.
export function listAhead(record: usize, window: usize, pane: usize, sweep: bool): void {
  ahead = record
  const members: usize = load<u32>(window, WINDOW_MEMBERS)
  const list: usize = load<u32>(record, AHEAD_LIST)
  const room = <u32>1 << (31 - load<u32>(record, AHEAD_SHIFT))
  const end = load<f64>(pane, PANE_END)
  const due = end + load<f64>(window, WINDOW_LATENESS)
  for (let at = pane + PANE_DIRECTORY; at < pane + PAGE_BYTES; at += 4) {
    const page: usize = load<u32>(at)
    if (page == 0) continue
    const base = <u32>((at - pane - PANE_DIRECTORY) >> 2) << 12
    for (let g: u32 = 0; g < 64; g++) {
      const group = page + <usize>g * GROUP_BYTES
      let left = sweep ? load<u64>(group, GROUP_USED) : load<u64>(group, GROUP_DIRTY)
      if (left == 0 || (!sweep && end > load<f64>(sourceOf(base + (g << 6)), SOURCE_WATERMARK))) continue
      for (; left != 0; left &= left - 1) {
        const id = base + (g << 6) + <u32>ctz(left)
        if (load<u8>(members + id) == 0 || !isUsed(group, id)) continue
        if (sweep && lead(deviceNumber(slab, id)) < due) continue
        const handle = handleOf(pane, id)
        const rows = load<u32>(rowsSlot(window, handle), ROWS_COUNT)
        const entry = place(handle)
        const count = load<u32>(record, AHEAD_COUNT)
        if (rows == 0 || load<u32>(entry, ENTRY_OF_HANDLE) != 0) continue
        if (count == room) return
        store<u32>(entry, <u32>window, ENTRY_OF_WINDOW)
        store<u32>(entry, <u32>pane, ENTRY_OF_PANE)
        store<u32>(entry, id, ENTRY_OF_SERIES)
        store<u32>(entry, <u32>handle, ENTRY_OF_HANDLE)
        store<f64>(entry, load<f64>(pane, PANE_START), ENTRY_OF_START)
        store<u32>(entry, 0, ENTRY_OF_DONE)
        store<u32>(list + (<usize>count << 2), <u32>entry)
        store<u32>(record, count + 1, AHEAD_COUNT)
        store<u32>(record, load<u32>(record, AHEAD_ROWS) + rows, AHEAD_ROWS)
      }
    }
  }
}

/// Panes change from here on: nothing is worked ahead any more.
export function forgetAhead(record: usize): void {
  const list: usize = load<u32>(record, AHEAD_LIST)
  const count = load<u32>(record, AHEAD_COUNT)
  for (let i: u32 = 0; i < count; i++) store<u32>(load<u32>(list + (<usize>i << 2)), 0, ENTRY_OF_HANDLE)
  store<u32>(record, 0, AHEAD_COUNT)
  store<u32>(record, 0, AHEAD_ROWS)
  ahead = 0
}

/// A worker's place to work in for as long as the pool's list is worked on; false: there is none for it.
export function takeSeat(pool: usize): bool {
  const record: usize = atomic.load<u32>(pool + POOL_AHEAD)
  if (record == 0) return true
  const seat = atomic.add<u32>(pool + POOL_SEAT, 1)
  if (seat >= load<u32>(record, AHEAD_SEAT_COUNT)) return false
  const slot = <usize>load<u32>(record, AHEAD_SEATS) + <usize>seat * <usize>load<u32>(record, AHEAD_SEAT_BYTES)
  const tables = slot + SLOT_MAX_BYTES
  const scratch = tables + TABLES_BYTES
  useSlab(load<u32>(record, AHEAD_SLAB))
  setScratch(scratch, scratch + SCRATCH_BYTES_AHEAD, tables)
  setOwn(slot, scratch + SCRATCH_BYTES_AHEAD)
  // Another may have sat here, whose views had the same numbers.
  forgetSpectra()
  return true
}

function work(entry: usize): u32 {
  const window: usize = load<u32>(entry, ENTRY_OF_WINDOW)
  const pane: usize = load<u32>(entry, ENTRY_OF_PANE)
  const id = load<u32>(entry, ENTRY_OF_SERIES)
  const handle: usize = load<u32>(entry, ENTRY_OF_HANDLE)
  const list = listOf(window, id)
  const states: usize = load<u32>(window, WINDOW_STATE_LIST)
  const first: usize = load<u32>(list, LIST_REDUCTIONS)
  const last = first + <usize>load<u32>(list, LIST_LENGTH) * REDUCTION_BYTES
  let value = entry + ENTRY_OF_VALUES
  viewRows(window, pane, id, handle, load<f64>(pane, PANE_START), load<f64>(pane, PANE_END))
  for (let reduction = first; reduction < last; reduction += REDUCTION_BYTES) {
    const flags = load<u32>(reduction, REDUCTION_FLAGS)
    const state = states + <usize>load<u32>(reduction, REDUCTION_STATE) * STATE_BYTES
    if (isAhead(flags, state)) {
      const slot = flags & REDUCTION_DETREND ? detrendedSlot(window, load<u32>(state, STATE_KIND)) : 0
      store<f64>(value, call(load<u32>(reduction, REDUCTION_KERNEL), slot, load<u32>(reduction, REDUCTION_ARGUMENTS)))
    }
    value += 8
  }
  atomic.store<u32>(entry + ENTRY_OF_DONE, 1)
  return load<u32>(rowsSlot(window, handle), ROWS_COUNT)
}

/// Claims series of the pool's list until none is left; returns their rows.
export function runAhead(pool: usize): u32 {
  const list: usize = atomic.load<u32>(pool + POOL_LIST)
  const length = atomic.load<u32>(pool + POOL_CHUNKS)
  let rows: u32 = 0
  for (let i = atomic.add<u32>(pool + POOL_NEXT, 1); i < length; i = atomic.add<u32>(pool + POOL_NEXT, 1)) {
    rows += work(load<u32>(list + (<usize>i << 2)))
  }
  return rows
}

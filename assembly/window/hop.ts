// Hopping windows. Rows go into panes as long as the hop (or a common divisor of hop and size); a window is added up from
// the panes it holds: packed ones (history.ts) that nothing changes any more, then open ones. For each device it is kept up
// to which end its windows are written; a late row moves that back. A window is late or not as its pane is, so that
// windows that share a pane agree about it.
import {
  DEVICE_FIRST_SERIES,
  DEVICE_SOURCE,
  GROUP_BYTES,
  GROUP_USED,
  HOP_DUE,
  HOP_FINAL,
  HOP_LAST,
  HOP_TOP,
  LIST_LENGTH,
  LIST_REDUCTIONS,
  NONE,
  PAGE_BYTES,
  PANE_DIRECTORY,
  PANE_EARLIER,
  PANE_END,
  PANE_LATER,
  PANE_START,
  REDUCTION_ARGUMENTS,
  REDUCTION_BYTES,
  REDUCTION_FLAGS,
  REDUCTION_KERNEL,
  REDUCTION_RATIO,
  REDUCTION_ROWS,
  REDUCTION_STATE,
  SERIES_BYTES,
  SERIES_NEXT,
  SLAB_DEVICE_COUNT,
  SLAB_SERIES,
  SLOT_MAX_BYTES,
  SOURCE_AHEAD,
  SOURCE_NOT_BEFORE,
  SOURCE_WATERMARK,
  STATE_BYTES,
  STATE_KIND,
  WINDOW_CARRY,
  WINDOW_FROM,
  WINDOW_HOP,
  WINDOW_LATENESS,
  WINDOW_MEMBERS,
  WINDOW_NEWEST,
  WINDOW_OFFSET,
  WINDOW_PARTS,
  WINDOW_REJECTED,
  WINDOW_SCRATCH,
  WINDOW_SIZE,
  WINDOW_STATES,
  WINDOW_STATE_LIST,
  WINDOW_UNTIL,
} from '../layout'
import { partA, partB } from '../rows/view'
import { merge, release, ROWS } from '../state/index'
import { deviceRecord } from './admit'
import { call } from './call'
import { lead } from './collect'
import { viewLast } from './edges'
import { freeSeries } from './free'
import { addPacked, dropPacked, pack, packedFrom, packedTo } from './history'
import { beginLine, beginSeries, endLine, listOf, openLines, viewRows, viewSlot } from './line'
import { closePane, floorTo, handleOf, stateSlot } from './pane'
import { marksOf } from './session'
import { slab } from './slab'

/// Whether windows are still to come of what was seen so far.
export let hopsOpen: bool = false

/// The end of the first window that holds a pane with this end.
@inline function firstEnd(window: usize, paneEnd: f64): f64 {
  return -floorTo(-paneEnd, load<f64>(window, WINDOW_HOP), -load<f64>(window, WINDOW_OFFSET))
}

/// After a row came into a pane of a device.
export function noteHop(window: usize, device: u32, paneEnd: f64): void {
  const mark = marksOf(window, device)
  const last = load<f64>(mark, HOP_LAST)
  const before = firstEnd(window, paneEnd) - load<f64>(window, WINDOW_HOP)
  if (last == 0) {
    store<f64>(mark, before, HOP_DUE)
    store<f64>(mark, -Infinity, HOP_TOP)
    store<f64>(mark, before, HOP_FINAL)
    store<f64>(mark, paneEnd, HOP_LAST)
    return
  }
  // Past windows that hold nothing it goes on at once.
  const empty = load<f64>(window, WINDOW_SIZE) - load<f64>(window, WINDOW_HOP) + last
  if (before < load<f64>(mark, HOP_DUE) || load<f64>(mark, HOP_DUE) >= empty) store<f64>(mark, before, HOP_DUE)
  if (before < load<f64>(mark, HOP_FINAL) || load<f64>(mark, HOP_FINAL) >= empty) store<f64>(mark, before, HOP_FINAL)
  if (paneEnd > last) store<f64>(mark, paneEnd, HOP_LAST)
}

/// The next window of a device that is to be written (final: is final); Infinity = none yet.
function nextEnd(window: usize, device: u32, final: bool): f64 {
  const mark = marksOf(window, device)
  const last = load<f64>(mark, HOP_LAST)
  if (last == 0) return Infinity
  const end = (final ? load<f64>(mark, HOP_FINAL) : load<f64>(mark, HOP_DUE)) + load<f64>(window, WINDOW_HOP)
  if (end - load<f64>(window, WINDOW_SIZE) >= last) return Infinity
  hopsOpen = true
  const source: usize = load<u32>(deviceRecord(slab, device), DEVICE_SOURCE)
  let limit = final ? lead(device) - load<f64>(window, WINDOW_LATENESS) : load<f64>(source, SOURCE_WATERMARK)
  // Of a live source that ends, windows are written up to the one that its last row would have completed, or was written before.
  if (limit == Infinity && load<f64>(source, SOURCE_AHEAD) < Infinity) {
    limit = Math.max(firstEnd(window, last), load<f64>(mark, HOP_TOP))
  }
  return end <= limit ? end : Infinity
}

/// Writes the windows that are due, or with `final` those that are final (with `emit`; without, they only end), in the order
/// of their ends. Returns true when there was no room for all: take these, call again.
export function collectHops(window: usize, final: bool, emit: bool, out: usize, limit: usize): bool {
  openLines(out, limit)
  hopsOpen = false
  const devices = load<u32>(slab, SLAB_DEVICE_COUNT)
  while (true) {
    let end = Infinity
    for (let device: u32 = 0; device < devices; device++) {
      const next = nextEnd(window, device, final)
      if (next < end) end = next
    }
    if (end == Infinity) return false
    for (let device: u32 = 0; device < devices; device++) {
      if (nextEnd(window, device, final) != end) continue
      if (final) {
        if (!finish(window, device, end, emit)) return true
      } else {
        if (!writeLine(window, device, end)) return true
        const mark = marksOf(window, device)
        store<f64>(mark, end, HOP_DUE)
        if (end > load<f64>(mark, HOP_TOP)) store<f64>(mark, end, HOP_TOP)
      }
    }
    if (final) closeEmpty(window, end)
  }
}

/// Ends a device: with `emit` all windows that hold rows are written first.
export function closeHops(window: usize, device: u32, emit: bool, out: usize, limit: usize): bool {
  openLines(out, limit)
  const mark = marksOf(window, device)
  const last = load<f64>(mark, HOP_LAST)
  if (last == 0) return false
  const hop = load<f64>(window, WINDOW_HOP)
  for (let end = load<f64>(mark, HOP_FINAL) + hop; end - load<f64>(window, WINDOW_SIZE) < last; end += hop) {
    if (!finish(window, device, end, emit)) return true
  }
  const seriesList: usize = load<u32>(slab, SLAB_SERIES)
  let id = load<u32>(deviceRecord(slab, device), DEVICE_FIRST_SERIES)
  for (; id != NONE; id = load<u32>(seriesList + <usize>id * SERIES_BYTES, SERIES_NEXT)) dropPacked(window, id, Infinity)
  memory.fill(mark, 0, 32)
  closeEmpty(window, Infinity)
  return false
}

/// A window of a device is final: its panes are packed, it is written, and what no window needs any more goes.
function finish(window: usize, device: u32, end: f64, emit: bool): bool {
  const seriesList: usize = load<u32>(slab, SLAB_SERIES)
  const members: usize = load<u32>(window, WINDOW_MEMBERS)
  const first = load<u32>(deviceRecord(slab, device), DEVICE_FIRST_SERIES)
  for (let pane = oldestSince(window, -Infinity); pane != 0 && load<f64>(pane, PANE_END) <= end; pane = load<u32>(pane, PANE_LATER)) {
    for (let id = first; id != NONE; id = load<u32>(seriesList + <usize>id * SERIES_BYTES, SERIES_NEXT)) {
      const handle: usize = load<u8>(members + id) == 0 ? 0 : handleOf(pane, id)
      if (handle == 0) continue
      packPane(window, pane, id, handle)
      freeSeries(window, pane, id)
    }
  }
  if (emit && !writeLine(window, device, end)) return false
  const hop = load<f64>(window, WINDOW_HOP)
  store<f64>(marksOf(window, device), end, HOP_FINAL)
  for (let id = first; id != NONE; id = load<u32>(seriesList + <usize>id * SERIES_BYTES, SERIES_NEXT)) {
    if (load<u8>(members + id) != 0) dropPacked(window, id, end + hop - load<f64>(window, WINDOW_SIZE))
  }
  return true
}

/// The first open pane that begins at `start` or later.
function oldestSince(window: usize, start: f64): usize {
  let found: usize = 0
  for (let pane: usize = load<u32>(window, WINDOW_NEWEST); pane != 0; pane = load<u32>(pane, PANE_EARLIER)) {
    if (load<f64>(pane, PANE_START) < start) break
    found = pane
  }
  return found
}

function closeEmpty(window: usize, end: f64): void {
  for (let pane = oldestSince(window, -Infinity); pane != 0 && load<f64>(pane, PANE_END) <= end; ) {
    const next: usize = load<u32>(pane, PANE_LATER)
    if (isEmpty(pane)) closePane(window, pane)
    pane = next
  }
}

function isEmpty(pane: usize): bool {
  for (let at = pane + PANE_DIRECTORY; at < pane + PAGE_BYTES; at += 4) {
    const page: usize = load<u32>(at)
    if (page == 0) continue
    for (let group = page; group < page + PAGE_BYTES; group += GROUP_BYTES) {
      if (load<u64>(group, GROUP_USED) != 0) return false
    }
  }
  return true
}

// Memory to work in, see WINDOW_SCRATCH.
@inline function sums(window: usize): usize {
  return <usize>load<u32>(window, WINDOW_SCRATCH) + 2 * SLOT_MAX_BYTES
}

@inline function parts(window: usize): usize {
  return sums(window) + <usize>load<u32>(window, WINDOW_STATES) * SLOT_MAX_BYTES
}

/// Adds what kernels over rows leave of a pane to `to`.
function addParts(window: usize, pane: usize, id: u32, handle: usize, to: usize): void {
  viewRows(window, pane, id, handle, load<f64>(pane, PANE_START), load<f64>(pane, PANE_END))
  addViewed(window, id, to)
}

/// Panes that are not there, as one without rows; behind others what they hand on is held.
function addAbsent(window: usize, id: u32, start: f64, end: f64, behind: bool, to: usize): void {
  viewSlot(window, id, 0, start, end)
  if (behind && load<u32>(window, WINDOW_CARRY) != 0) viewLast(window, id, start)
  addViewed(window, id, to)
}

function addViewed(window: usize, id: u32, to: usize): void {
  const list = listOf(window, id)
  const first: usize = load<u32>(list, LIST_REDUCTIONS)
  const last = first + <usize>load<u32>(list, LIST_LENGTH) * REDUCTION_BYTES
  for (let reduction = first; reduction < last; reduction += REDUCTION_BYTES) {
    const flags = load<u32>(reduction, REDUCTION_FLAGS)
    if (!(flags & REDUCTION_ROWS)) continue
    call(load<u32>(reduction, REDUCTION_KERNEL), 0, load<u32>(reduction, REDUCTION_ARGUMENTS))
    const at = to + (<usize>(flags >> 8) << 4)
    store<f64>(at, load<f64>(at) + partA)
    store<f64>(at, load<f64>(at, 8) + partB, 8)
  }
}

function packPane(window: usize, pane: usize, id: u32, handle: usize): void {
  const partBytes = <usize>load<u32>(window, WINDOW_PARTS) << 4
  const own = parts(window) + partBytes
  memory.fill(own, 0, partBytes)
  if (partBytes != 0) addParts(window, pane, id, handle, own)
  if (!pack(window, id, load<f64>(pane, PANE_START), handle, own, load<u32>(window, WINDOW_SCRATCH))) {
    store<f64>(window, load<f64>(window, WINDOW_REJECTED) + 1, WINDOW_REJECTED)
  }
}

/// Writes a device's line of the window that ends at `end`; one that began before the start, or holds nothing, is none. False: no room.
function writeLine(window: usize, device: u32, end: f64): bool {
  const start = end - load<f64>(window, WINDOW_SIZE)
  const record = deviceRecord(slab, device)
  if (start < load<f64>(load<u32>(record, DEVICE_SOURCE), SOURCE_NOT_BEFORE)) return true
  if (start < load<f64>(window, WINDOW_FROM) || start >= load<f64>(window, WINDOW_UNTIL)) return true
  const seriesList: usize = load<u32>(slab, SLAB_SERIES)
  const members: usize = load<u32>(window, WINDOW_MEMBERS)
  const oldest = oldestSince(window, start)
  if (!beginLine()) return false
  let id = load<u32>(record, DEVICE_FIRST_SERIES)
  for (; id != NONE; id = load<u32>(seriesList + <usize>id * SERIES_BYTES, SERIES_NEXT)) {
    if (load<u8>(members + id) != 0 && !addHopping(window, id, oldest, start, end)) return false
  }
  endLine(device, start, end, end <= load<f64>(marksOf(window, device), HOP_TOP))
  return true
}

function addHopping(window: usize, id: u32, oldest: usize, start: f64, end: f64): bool {
  const into = sums(window)
  const partSums = parts(window)
  const partBytes = <usize>load<u32>(window, WINDOW_PARTS) << 4
  const states: usize = load<u32>(window, WINDOW_STATE_LIST)
  const statesEnd = states + <usize>load<u32>(window, WINDOW_STATES) * STATE_BYTES
  memory.fill(into, 0, partSums + partBytes - into)
  let found = addPacked(window, id, start, end, into, partSums, load<u32>(window, WINDOW_SCRATCH))
  let from = found ? packedFrom : start
  let to = found ? packedTo : end
  for (let pane = oldest; pane != 0 && load<f64>(pane, PANE_END) <= end; pane = load<u32>(pane, PANE_LATER)) {
    const handle = handleOf(pane, id)
    if (handle == 0) continue
    if (!found) from = load<f64>(pane, PANE_START)
    to = load<f64>(pane, PANE_END)
    found = true
    let sum = into
    for (let state = states; state < statesEnd; state += STATE_BYTES, sum += SLOT_MAX_BYTES) {
      const kind = load<u32>(state, STATE_KIND)
      if (kind != ROWS) merge(kind, sum, stateSlot(handle, state))
    }
    if (partBytes != 0) addParts(window, pane, id, handle, partSums)
  }
  if (found && partBytes != 0) {
    if (from > start) addAbsent(window, id, start, from, false, partSums)
    if (to < end) addAbsent(window, id, to, end, true, partSums)
  }
  let fits = true
  if (found) fits = writeValues(window, id, into, partSums)
  let sum = into
  for (let state = states; state < statesEnd; state += STATE_BYTES, sum += SLOT_MAX_BYTES) {
    release(load<u32>(state, STATE_KIND), sum, SLOT_MAX_BYTES)
  }
  return fits
}

function writeValues(window: usize, id: u32, into: usize, partSums: usize): bool {
  let value = beginSeries(window, id)
  if (value == 0) return false
  const list = listOf(window, id)
  const first: usize = load<u32>(list, LIST_REDUCTIONS)
  const last = first + <usize>load<u32>(list, LIST_LENGTH) * REDUCTION_BYTES
  for (let reduction = first; reduction < last; reduction += REDUCTION_BYTES) {
    const flags = load<u32>(reduction, REDUCTION_FLAGS)
    if (flags & REDUCTION_ROWS) {
      const at = partSums + (<usize>(flags >> 8) << 4)
      const a = load<f64>(at)
      const b = load<f64>(at, 8)
      store<f64>(value, !(b > 0) ? NaN : flags & REDUCTION_RATIO ? a / b : a)
    } else {
      const slot = into + <usize>load<u32>(reduction, REDUCTION_STATE) * SLOT_MAX_BYTES
      store<f64>(value, call(load<u32>(reduction, REDUCTION_KERNEL), slot, load<u32>(reduction, REDUCTION_ARGUMENTS)))
    }
    value += 8
  }
  return true
}

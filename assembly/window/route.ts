// Routing: each row of the columns to its slot in one window, or to the reason why not.
import {
  COLUMNS_FATE,
  COLUMNS_HORIZON,
  COLUMNS_ROWS,
  COLUMNS_RUNS,
  COLUMNS_RUN_LIST,
  COLUMNS_SERIES,
  COLUMNS_SLOT,
  COLUMNS_TIME,
  COLUMNS_VALUE,
  COUNT_FULL,
  COUNT_LANE,
  COUNT_ROWS,
  COUNT_TIMES,
  DEVICE_HIGH,
  DEVICE_LAST_ARRIVAL,
  DEVICE_LATE,
  DEVICE_SOURCE,
  FATE_DUPLICATE,
  FATE_FILTERED,
  FATE_FUTURE,
  FATE_INVALID,
  FATE_LATE,
  FATE_LOST,
  FATE_REDUCED,
  FATE_REJECTED,
  GROUP_DIRTY,
  GROUP_USED,
  KIND_COUNT,
  KIND_HOPPING,
  KIND_SESSION,
  PANE_DIRTY,
  PANE_WITNESS,
  ROWS_COUNT,
  ROWS_DUPLICATE,
  ROWS_LATE,
  RUN_BYTES,
  RUN_FIRST,
  RUN_RATE,
  RUN_ROWS,
  SOURCE_NOT_BEFORE,
  SOURCE_WAIT,
  WINDOW_ALIAS,
  WINDOW_CARRY,
  WINDOW_FROM,
  WINDOW_KIND,
  WINDOW_LANES,
  WINDOW_LATE,
  WINDOW_LATENESS,
  WINDOW_LOST,
  WINDOW_MARKS,
  WINDOW_MARK_BYTES,
  WINDOW_MAX_ROWS,
  WINDOW_MEMBERS,
  WINDOW_PENDING,
  WINDOW_REJECTED,
  WINDOW_ROWS_STATE,
  WINDOW_SIZE,
  WINDOW_UNTIL,
} from '../layout'
import { addRow } from '../rows/store'
import { deviceNumber, deviceOf } from './admit'
import { noteEdges } from './edges'
import { noteHop } from './hop'
import { findBounds, findPane, handleOf, openLane, openPane, paneFrom, paneTo, rowsSlot, takeGroup } from './pane'
import { sessionLane } from './session'
import { slab } from './slab'

@inline function count(at: usize, field: usize): void {
  store<f64>(at + field, load<f64>(at + field) + 1)
}

// Registers of one call.
let window: usize = 0
let run: usize = 0
let runEnd: usize = 0

/// The rate of the run that row `i` belongs to, Hz; 0 = it has none. Rows are asked for in ascending order.
@inline function rateAt(i: u32): f64 {
  while (run < runEnd && i >= load<u32>(run, RUN_FIRST) + load<u32>(run, RUN_ROWS)) run += RUN_BYTES
  return run < runEnd && i >= load<u32>(run, RUN_FIRST) ? load<f64>(run, RUN_RATE) : 0
}

/// Marks a series of a pane as used and changed; its handle, or 0 when the slab is full.
export function touch(owner: usize, pane: usize, id: u32): usize {
  const group = takeGroup(owner, pane, id)
  if (group == 0) return 0
  const bit = <u64>1 << <u64>(id & 63)
  const used = load<u64>(group, GROUP_USED)
  if (!(used & bit)) {
    store<u64>(group, used | bit, GROUP_USED)
    store<u32>(pane, 0, PANE_WITNESS)
  }
  store<u64>(group, load<u64>(group, GROUP_DIRTY) | bit, GROUP_DIRTY)
  store<u32>(pane, 1, PANE_DIRTY)
  return group | <usize>(id & 63)
}

/// Keeps a row of a window that keeps rows; its slot, or 0 where there is no room.
@inline function keep(handle: usize, i: u32, time: f64, value: f64): usize {
  const slot = rowsSlot(window, handle)
  if (load<u32>(slot, ROWS_COUNT) >= load<u32>(window, WINDOW_MAX_ROWS)) return 0
  return addRow(slot, time, value, rateAt(i)) ? slot : 0
}

/// Writes a slot handle per row from `from` on into the SLOT column, 0 for rows this window does not take, and adds to
/// their fates. Returns the row it stopped at: the columns' end, or the first that has to wait until the rows before it
/// are reduced: then `joinLanes` has to be called, or what the window has to say at once taken.
export function route(ofWindow: usize, columns: usize, from: u32): u32 {
  window = ofWindow
  const rows = load<u32>(columns, COLUMNS_ROWS)
  const series: usize = load<u32>(columns, COLUMNS_SERIES)
  const times: usize = load<u32>(columns, COLUMNS_TIME)
  const values: usize = load<u32>(columns, COLUMNS_VALUE)
  const horizons: usize = load<u32>(columns, COLUMNS_HORIZON)
  const fates: usize = load<u32>(columns, COLUMNS_FATE)
  const slots: usize = load<u32>(columns, COLUMNS_SLOT)
  const members: usize = load<u32>(window, WINDOW_MEMBERS)
  const alias: usize = load<u32>(window, WINDOW_ALIAS)
  const kind = load<u32>(window, WINDOW_KIND)
  const lateness = load<f64>(window, WINDOW_LATENESS)
  const keepsRows = load<u32>(window, WINDOW_ROWS_STATE) != 0
  const carries = load<u32>(window, WINDOW_CARRY) != 0
  const first = load<f64>(window, WINDOW_FROM)
  // Windows that overlap need panes as far as the last of them reaches.
  const until = load<f64>(window, WINDOW_UNTIL) + (kind == KIND_HOPPING ? load<f64>(window, WINDOW_SIZE) : 0)
  run = load<u32>(columns, COLUMNS_RUN_LIST)
  runEnd = run + <usize>load<u32>(columns, COLUMNS_RUNS) * RUN_BYTES
  let start: f64 = 1
  let end: f64 = 0
  let pane: usize = 0
  let lastSeries: u32 = 0xffffffff
  let lastGroup: usize = 0
  for (let i = from; i < rows; i++) {
    let id = load<u32>(series + (<usize>i << 2))
    const wide = <usize>i << 3
    let handle: usize = 0
    const before: u32 = load<u8>(fates + i)
    if (load<u8>(members + id) != 0 && !(before & (FATE_FUTURE | FATE_FILTERED | FATE_INVALID))) {
      const time = load<f64>(times + wide)
      let horizon = load<f64>(horizons + wide)
      let fate = FATE_REDUCED
      if (alias != 0) {
        const other = load<u32>(alias + (<usize>id << 2))
        if (other != 0) {
          horizon = lead(other - 1, id, time, (before & FATE_DUPLICATE) != 0)
          id = other - 1
        }
      }
      if (kind <= KIND_HOPPING) {
        if (!(time >= start && time < end)) {
          findBounds(window, time)
          start = paneFrom
          end = paneTo
          pane = findPane(window, start)
          lastSeries = 0xffffffff
        }
        if (start >= until) fate = 0
        else if (before & FATE_DUPLICATE) {
          noteDuplicate(pane, id, keepsRows)
          fate = 0
        } else if (end + lateness <= horizon) {
          fate = FATE_LATE
        } else if (id == lastSeries && !keepsRows) {
          handle = lastGroup | <usize>(id & 63)
        } else if (kind != KIND_HOPPING && (start < first || start < load<f64>(load<u32>(deviceOf(slab, id), DEVICE_SOURCE), SOURCE_NOT_BEFORE))) {
          fate = FATE_LOST
        } else {
          if (pane == 0) pane = openPane(window, start, end)
          handle = pane == 0 ? 0 : touch(window, pane, id)
          if (handle != 0 && keepsRows) {
            const slot = keep(handle, i, time, load<f64>(values + wide))
            if (slot == 0) handle = 0
            else {
              if (end <= horizon) store<u32>(slot, load<u32>(slot, ROWS_LATE) + 1, ROWS_LATE)
              if (carries) noteEdges(window, pane, id, slot, time)
            }
          }
          if (handle == 0) fate = FATE_REJECTED
          else {
            lastSeries = id
            lastGroup = handle & ~63
            if (kind == KIND_HOPPING) noteHop(window, deviceNumber(slab, id), end)
          }
        }
      } else if (before & FATE_DUPLICATE) {
        fate = 0
      } else if (kind == KIND_SESSION) {
        const lane = sessionLane(window, deviceNumber(slab, id), time, horizon)
        if (lane == JOIN) return i
        if (lane == TOO_LATE) fate = FATE_LATE
        else {
          pane = lane == NO_LANE ? 0 : openLane(window, lane)
          handle = pane == 0 ? 0 : touch(window, pane, id)
          if (handle != 0 && keepsRows && !keep(handle, i, time, load<f64>(values + wide))) handle = 0
          if (handle == 0) fate = FATE_REJECTED
        }
      } else if (kind == KIND_COUNT) {
        const mark = <usize>load<u32>(window, WINDOW_MARKS) + <usize>id * <usize>load<u32>(window, WINDOW_MARK_BYTES)
        const lanes = load<u32>(window, WINDOW_LANES)
        if (load<u32>(mark, COUNT_FULL) == lanes) return i
        const lane = load<u32>(mark, COUNT_LANE)
        pane = openLane(window, lane)
        handle = pane == 0 ? 0 : touch(window, pane, id)
        if (handle != 0 && keepsRows && !keep(handle, i, time, load<f64>(values + wide))) handle = 0
        if (handle == 0) fate = FATE_REJECTED
        else countRow(mark, lane, lanes, time)
      } else handle = 1 // raw: the rows themselves go out
      if (fate != 0) settleFate(fates + i, before, fate, id)
    }
    store<u32>(slots + (<usize>i << 2), <u32>handle)
  }
  return rows
}

export const JOIN: u32 = 0xffffffff
export const TOO_LATE: u32 = 0xfffffffe
export const NO_LANE: u32 = 0xfffffffd

@inline function settleFate(at: usize, before: u32, fate: u32, id: u32): void {
  store<u8>(at, before | fate)
  if (fate == FATE_REDUCED) return
  if (fate == FATE_LATE) {
    if (!(before & FATE_LATE)) count(deviceOf(slab, id), DEVICE_LATE)
    count(window, WINDOW_LATE)
  } else if (fate == FATE_LOST) count(window, WINDOW_LOST)
  else count(window, WINDOW_REJECTED)
}

/// The lateness horizon of the series that stands for several: its own highest time before, less `wait`. Moves that time.
function lead(id: u32, own: u32, time: f64, isDuplicate: bool): f64 {
  const device = deviceOf(slab, id)
  const source: usize = load<u32>(device, DEVICE_SOURCE)
  const high = load<f64>(device, DEVICE_HIGH)
  store<f64>(device, load<f64>(deviceOf(slab, own), DEVICE_LAST_ARRIVAL), DEVICE_LAST_ARRIVAL)
  // Capped as its own device is, which this row has moved already.
  const seen = Math.min(time, load<f64>(deviceOf(slab, own), DEVICE_HIGH))
  if (!isDuplicate && seen > high) store<f64>(device, seen, DEVICE_HIGH)
  return high - load<f64>(source, SOURCE_WAIT)
}

/// A repeated row counts where its window is open and has rows of the series.
function noteDuplicate(pane: usize, id: u32, keepsRows: bool): void {
  if (pane == 0 || !keepsRows) return
  const handle = handleOf(pane, id)
  if (handle == 0) return
  const group = handle & ~63
  const slot = rowsSlot(window, handle)
  store<u32>(slot, load<u32>(slot, ROWS_DUPLICATE) + 1, ROWS_DUPLICATE)
  store<u64>(group, load<u64>(group, GROUP_DIRTY) | (<u64>1 << <u64>(id & 63)), GROUP_DIRTY)
  store<u32>(pane, 1, PANE_DIRTY)
}

/// A row into the lane being filled: with the last the next lane is.
function countRow(mark: usize, lane: u32, lanes: u32, time: f64): void {
  const times = mark + COUNT_TIMES + (<usize>lane << 4)
  const n = load<u32>(mark, COUNT_ROWS) + 1
  if (n == 1 || time < load<f64>(times)) store<f64>(times, time)
  if (n == 1 || time > load<f64>(times, 8)) store<f64>(times, time, 8)
  if (<f64>n < load<f64>(window, WINDOW_SIZE)) {
    store<u32>(mark, n, COUNT_ROWS)
    return
  }
  store<u32>(mark, 0, COUNT_ROWS)
  store<u32>(mark, load<u32>(mark, COUNT_FULL) + 1, COUNT_FULL)
  store<u32>(window, load<u32>(window, WINDOW_PENDING) + 1, WINDOW_PENDING)
  store<u32>(mark, lane + 1 == lanes ? 0 : lane + 1, COUNT_LANE)
}

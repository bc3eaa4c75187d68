// The lines of windows that are no panes: sessions that are over, rows counted out, and raw rows. Each is written once.
import {
  COLUMNS_ROWS,
  COLUMNS_SERIES,
  COLUMNS_SLOT,
  COLUMNS_TIME,
  COLUMNS_VALUE,
  COUNT_FULL,
  COUNT_LANE,
  COUNT_ROWS,
  COUNT_TIMES,
  DEVICE_FIRST_SERIES,
  DEVICE_LAST_ARRIVAL,
  DEVICE_SOURCE,
  NONE,
  SERIES_BYTES,
  SERIES_NEXT,
  SESSION_LANES,
  SESSION_TIMES,
  SLAB_DEVICE_COUNT,
  SLAB_SERIES,
  SOURCE_AHEAD,
  SOURCE_NOT_BEFORE,
  SOURCE_WAIT,
  SOURCE_WATERMARK,
  WINDOW_FROM,
  WINDOW_LANES,
  WINDOW_LATENESS,
  WINDOW_MEMBERS,
  WINDOW_OPEN_PANES,
  WINDOW_PENDING,
  WINDOW_SIZE,
} from '../layout'
import { deviceNumber, deviceRecord } from './admit'
import { lead } from './collect'
import { freeDevice, freeSeries } from './free'
import { addSeries, beginLine, beginSeries, endLine, openLines } from './line'
import { handleOf, laneOf } from './pane'
import { marksOf, overBy, overDevice } from './session'
import { slab } from './slab'

function sessionLine(window: usize, lane: u32, device: u32, start: f64, end: f64): bool {
  const pane = laneOf(window, lane)
  const seriesList: usize = load<u32>(slab, SLAB_SERIES)
  const members: usize = load<u32>(window, WINDOW_MEMBERS)
  if (!beginLine()) return false
  let id = load<u32>(deviceRecord(slab, device), DEVICE_FIRST_SERIES)
  for (; id != NONE; id = load<u32>(seriesList + <usize>id * SERIES_BYTES, SERIES_NEXT)) {
    if (load<u8>(members + id) == 0) continue
    const handle = handleOf(pane, id)
    if (handle != 0 && !addSeries(window, pane, id, handle, start, end)) return false
  }
  endLine(device, start, end, false)
  return true
}

/// Whether a session that ends here is over: by its device's time, or by the clock once the device is silent.
function isOver(window: usize, device: u32, end: f64, now: f64): bool {
  const record = deviceRecord(slab, device)
  const source: usize = load<u32>(record, DEVICE_SOURCE)
  const lateness = load<f64>(window, WINDOW_LATENESS)
  if (lead(device) >= end + lateness) return true
  if (load<f64>(source, SOURCE_AHEAD) == Infinity) return false
  const silent = now - load<f64>(record, DEVICE_LAST_ARRIVAL)
  return silent >= load<f64>(window, WINDOW_SIZE) + lateness + load<f64>(source, SOURCE_WAIT)
}

/// Writes a session, unless it began before the start, and ends it. False: no room.
function endSession(window: usize, lane: u32, device: u32, from: f64, to: f64, emit: bool): bool {
  const source: usize = load<u32>(deviceRecord(slab, device), DEVICE_SOURCE)
  if (emit && from >= Math.max(load<f64>(source, SOURCE_NOT_BEFORE), load<f64>(window, WINDOW_FROM)) && !sessionLine(window, lane, device, from, to)) return false
  freeDevice(window, laneOf(window, lane), device)
  const mark = marksOf(window, device)
  store<u32>(mark, load<u32>(mark, SESSION_LANES) & ~(1 << lane), SESSION_LANES)
  return true
}

/// Writes and ends the sessions of `device`, or of all where it is NONE, that are over (with `all`: every one). Returns true when there was no room for all: take these, call again.
export function collectSessions(window: usize, device: u32, now: f64, all: bool, emit: bool, out: usize, end: usize): bool {
  openLines(out, end)
  const gap = load<f64>(window, WINDOW_SIZE)
  const last = device == NONE ? load<u32>(slab, SLAB_DEVICE_COUNT) : device + 1
  let open: u32 = 0
  for (let number: u32 = device == NONE ? 0 : device; number < last; number++) {
    const mark = marksOf(window, number)
    for (let left = load<u32>(mark, SESSION_LANES); left != 0; left &= left - 1) {
      const lane = <u32>ctz(left)
      const times = mark + SESSION_TIMES + (<usize>lane << 4)
      const from = load<f64>(times)
      const to = load<f64>(times, 8) + gap
      if (!all && !isOver(window, number, to, now)) {
        open++
        continue
      }
      if (!endSession(window, lane, number, from, to, emit)) return true
    }
  }
  if (device == NONE) store<u32>(window, open, WINDOW_OPEN_PANES)
  return false
}

/// Writes and ends the sessions of a device with no free lane that are over by its own data, in the middle of a batch.
/// Returns true when there was no room for all: take these, call again.
export function collectOver(window: usize, out: usize, end: usize): bool {
  openLines(out, end)
  const mark = marksOf(window, overDevice)
  for (let left = load<u32>(mark, SESSION_LANES); left != 0; left &= left - 1) {
    const lane = <u32>ctz(left)
    const times = mark + SESSION_TIMES + (<usize>lane << 4)
    const from = load<f64>(times)
    const to = load<f64>(times, 8) + load<f64>(window, WINDOW_SIZE)
    if (to + load<f64>(window, WINDOW_LATENESS) > overBy) continue
    if (!endSession(window, lane, overDevice, from, to, true)) return true
  }
  return false
}

/// Writes and ends what `device`, or every one where it is NONE, has counted out; with `all` also what is being
/// filled, of every device whose source is over.
/// Returns true when there was no room for all: take these, call again.
export function collectCounts(window: usize, device: u32, all: bool, emit: bool, out: usize, end: usize): bool {
  openLines(out, end)
  if (!all && load<u32>(window, WINDOW_PENDING) == 0) return false
  const seriesList: usize = load<u32>(slab, SLAB_SERIES)
  const lanes = load<u32>(window, WINDOW_LANES)
  const members: usize = load<u32>(window, WINDOW_MEMBERS)
  const last = device == NONE ? load<u32>(slab, SLAB_DEVICE_COUNT) : device + 1
  for (let number: u32 = device == NONE ? 0 : device; number < last; number++) {
    let id = load<u32>(deviceRecord(slab, number), DEVICE_FIRST_SERIES)
    if (id == NONE) continue
    const flush = all && (device != NONE || load<f64>(load<u32>(deviceRecord(slab, number), DEVICE_SOURCE), SOURCE_WATERMARK) == Infinity)
    for (; id != NONE; id = load<u32>(seriesList + <usize>id * SERIES_BYTES, SERIES_NEXT)) {
      if (load<u8>(members + id) == 0) continue
      const mark = marksOf(window, id)
      for (;;) {
        const full = load<u32>(mark, COUNT_FULL)
        const rows = load<u32>(mark, COUNT_ROWS)
        if (full == 0 && !(flush && rows != 0)) break
        const lane = (load<u32>(mark, COUNT_LANE) + lanes - full) % lanes
        const pane = laneOf(window, lane)
        const times = mark + COUNT_TIMES + (<usize>lane << 4)
        const from = load<f64>(times)
        const to = load<f64>(times, 8)
        if (emit) {
          if (!beginLine() || !addSeries(window, pane, id, handleOf(pane, id), from, to)) return true
          endLine(number, from, to, false)
        }
        freeSeries(window, pane, id)
        if (full == 0) {
          store<u32>(mark, 0, COUNT_ROWS)
          break
        }
        store<u32>(mark, full - 1, COUNT_FULL)
        store<u32>(window, load<u32>(window, WINDOW_PENDING) - 1, WINDOW_PENDING)
      }
    }
  }
  return false
}

/// The row that `collectRaw` goes on with.
export let rawNext: u32 = 0

/// Writes the rows from `from` on that `route` took; neighbours of one device and time are a line. Returns true when there
/// was no room for all: take these, call again with `rawNext`.
export function collectRaw(window: usize, columns: usize, from: u32, out: usize, end: usize): bool {
  openLines(out, end)
  const rows = load<u32>(columns, COLUMNS_ROWS)
  const series: usize = load<u32>(columns, COLUMNS_SERIES)
  const times: usize = load<u32>(columns, COLUMNS_TIME)
  const values: usize = load<u32>(columns, COLUMNS_VALUE)
  const slots: usize = load<u32>(columns, COLUMNS_SLOT)
  let i = from
  while (i < rows) {
    rawNext = i
    if (load<u32>(slots + (<usize>i << 2)) == 0) {
      i++
      continue
    }
    const time = load<f64>(times + (<usize>i << 3))
    const device = deviceNumber(slab, load<u32>(series + (<usize>i << 2)))
    if (!beginLine()) return true
    let before: u32 = 0
    for (; i < rows; i++) {
      const id = load<u32>(series + (<usize>i << 2))
      if (load<u32>(slots + (<usize>i << 2)) == 0 || load<f64>(times + (<usize>i << 3)) != time) break
      // Ascending numbers, so that no field is in a line twice.
      if (deviceNumber(slab, id) != device || (i != rawNext && id <= before)) break
      before = id
      const value = beginSeries(window, id)
      if (value == 0) return true
      store<f64>(value, load<f64>(values + (<usize>i << 3)))
    }
    endLine(device, time, time, false)
  }
  rawNext = rows
  return false
}

// What a pane owes to its neighbours in time: the last sample before it, the first behind it, and windows without rows while
// a value is held. Open panes hang together in time order; of closed ones the last sample is kept (CARRY).
import {
  CARRY_BYTES,
  CARRY_FILLED,
  CARRY_TIME,
  CARRY_USED,
  CARRY_VALUE,
  DEVICE_BYTES,
  DEVICE_FIRST_SERIES,
  DEVICE_SOURCE,
  GROUP_DIRTY,
  KIND_HOPPING,
  NONE,
  PANE_DIRTY,
  PANE_EARLIER,
  PANE_END,
  PANE_LATER,
  PANE_START,
  ROWS_COUNT,
  SERIES_BYTES,
  SERIES_NEXT,
  SLAB_DEVICES,
  SLAB_DEVICE_COUNT,
  SLAB_SERIES,
  SOURCE_HIGH,
  SOURCE_NOT_BEFORE,
  SOURCE_WATERMARK,
  WINDOW_CARRY,
  WINDOW_FILL,
  WINDOW_FILL_EXPECTED,
  WINDOW_FROM,
  WINDOW_KIND,
  WINDOW_LINEAR,
  WINDOW_MEMBERS,
  WINDOW_NEWEST,
  WINDOW_UNTIL,
} from '../layout'
import { firstTimeIn, firstValueIn, lastTimeIn, lastValueIn } from '../rows/store'
import { setAfter, setBefore } from '../rows/view'
import { deviceNumber } from './admit'
import { noteHop } from './hop'
import { expectOf } from './line'
import { findBounds, findPane, handleOf, openPane, paneFrom, paneTo, rowsSlot } from './pane'
import { touch } from './route'
import { slab } from './slab'

@inline export function carryOf(window: usize, id: u32): usize {
  return <usize>load<u32>(window, WINDOW_CARRY) + <usize>id * CARRY_BYTES
}

/// The rows of a series in an open pane, 0 = it has none.
function rowsIn(window: usize, pane: usize, id: u32): usize {
  const handle = handleOf(pane, id)
  const slot: usize = handle == 0 ? 0 : rowsSlot(window, handle)
  return slot == 0 || load<u32>(slot, ROWS_COUNT) == 0 ? 0 : slot
}

/// The rows of a series in the last open pane that begins before a time and has some, from `pane` on backwards; 0 = none has.
function rowsBefore(window: usize, pane: usize, id: u32, time: f64): usize {
  for (; pane != 0; pane = load<u32>(pane, PANE_EARLIER)) {
    const slot: usize = load<f64>(pane, PANE_START) < time ? rowsIn(window, pane, id) : 0
    if (slot != 0) return slot
  }
  return 0
}

/// Puts a pane's neighbours into view.
export function viewEdges(window: usize, pane: usize, id: u32): void {
  viewBefore(window, load<u32>(pane, PANE_EARLIER), id, load<f64>(pane, PANE_START))
  for (let at: usize = load<u32>(pane, PANE_LATER); at != 0; at = load<u32>(at, PANE_LATER)) {
    const slot = rowsIn(window, at, id)
    if (slot != 0) return setAfter(firstTimeIn(slot), firstValueIn(slot))
  }
}

/// Puts a series' last sample before a time into view as the one before the pane.
export function viewLast(window: usize, id: u32, time: f64): void {
  viewBefore(window, load<u32>(window, WINDOW_NEWEST), id, time)
}

function viewBefore(window: usize, from: usize, id: u32, time: f64): void {
  const slot = rowsBefore(window, from, id, time)
  if (slot != 0) return setBefore(lastTimeIn(slot), lastValueIn(slot))
  const carry = carryOf(window, id)
  const known = load<u32>(carry, CARRY_USED) != 0 && load<f64>(carry, CARRY_TIME) < time
  if (known) setBefore(load<f64>(carry, CARRY_TIME), load<f64>(carry, CARRY_VALUE))
}

function dirty(pane: usize, handle: usize): void {
  const group = handle & ~63
  store<u64>(group, load<u64>(group, GROUP_DIRTY) | (<u64>1 << <u64>(handle & 63)), GROUP_DIRTY)
  store<u32>(pane, 1, PANE_DIRTY)
}

/// After a row came into a pane: where it changes what later (or, between straight lines, earlier) panes see of it, those
/// are to be written again. Panes without rows in between are too.
export function noteEdges(window: usize, pane: usize, id: u32, slot: usize, time: f64): void {
  const carry = carryOf(window, id)
  const end = load<f64>(pane, PANE_END)
  if (load<f64>(carry, CARRY_FILLED) > end) store<f64>(carry, end, CARRY_FILLED)
  const later: usize = load<u32>(pane, PANE_LATER)
  if (later != 0 && time == lastTimeIn(slot)) {
    for (let at = later; at != 0; at = load<u32>(at, PANE_LATER)) {
      const handle = handleOf(at, id)
      if (handle == 0) continue
      dirty(at, handle)
      if (rowsIn(window, at, id) != 0) break
    }
  }
  if (!load<u32>(window, WINDOW_LINEAR) || time != firstTimeIn(slot)) return
  for (let at: usize = load<u32>(pane, PANE_EARLIER); at != 0; at = load<u32>(at, PANE_EARLIER)) {
    const handle = handleOf(at, id)
    if (handle == 0) continue
    dirty(at, handle)
    if (load<u32>(window, WINDOW_KIND) == KIND_HOPPING) noteHop(window, deviceNumber(slab, id), load<f64>(at, PANE_END))
    if (rowsIn(window, at, id) != 0) break
  }
}

/// Before a series leaves a pane: its last sample is carried on.
export function carryOn(window: usize, slot: usize, id: u32): void {
  if (load<u32>(slot, ROWS_COUNT) == 0) return
  const time = lastTimeIn(slot)
  const carry = carryOf(window, id)
  if (load<u32>(carry, CARRY_USED) != 0 && time < load<f64>(carry, CARRY_TIME)) return
  store<f64>(carry, time, CARRY_TIME)
  store<f64>(carry, lastValueIn(slot), CARRY_VALUE)
  store<u32>(carry, 1, CARRY_USED)
}

/// Opens the panes without rows that series still have something to say in, up to their sources' watermarks. Returns
/// whether some series will have more to say as time goes on.
export function fill(window: usize): bool {
  const members: usize = load<u32>(window, WINDOW_MEMBERS)
  const seriesList: usize = load<u32>(slab, SLAB_SERIES)
  const devices: usize = load<u32>(slab, SLAB_DEVICES)
  const devicesEnd = devices + <usize>load<u32>(slab, SLAB_DEVICE_COUNT) * DEVICE_BYTES
  let more = false
  for (let device = devices; device < devicesEnd; device += DEVICE_BYTES) {
    let id = load<u32>(device, DEVICE_FIRST_SERIES)
    if (id == NONE) continue
    const source: usize = load<u32>(device, DEVICE_SOURCE)
    // Of a source that is over nothing is said behind its last sample.
    let watermark = load<f64>(source, SOURCE_WATERMARK)
    if (watermark == Infinity) watermark = load<f64>(source, SOURCE_HIGH)
    for (; id != NONE; id = load<u32>(seriesList + <usize>id * SERIES_BYTES, SERIES_NEXT)) {
      if (load<u8>(members + id) == 0) continue
      const expected = expectOf(window, id) > 0 ? load<f64>(window, WINDOW_FILL_EXPECTED) : 0
      const hold = Math.max(expected, load<f64>(window, WINDOW_FILL))
      if (hold > 0 && fillSeries(window, id, watermark, Math.max(load<f64>(source, SOURCE_NOT_BEFORE), load<f64>(window, WINDOW_FROM)), hold)) more = true
    }
  }
  return more
}

function fillSeries(window: usize, id: u32, watermark: f64, notBefore: f64, hold: f64): bool {
  const carry = carryOf(window, id)
  let at = load<f64>(carry, CARRY_FILLED)
  if (at != 0) {
    findBounds(window, at)
    if (paneTo > watermark) return true
  }
  // From the first pane that has rows of it, or is known to be filled.
  let pane: usize = 0
  for (let open: usize = load<u32>(window, WINDOW_NEWEST); open != 0; open = load<u32>(open, PANE_EARLIER)) {
    if (load<f64>(open, PANE_START) < at) break
    if (rowsIn(window, open, id) != 0) pane = open
  }
  if (at == 0 && load<u32>(carry, CARRY_USED) != 0) {
    findBounds(window, load<f64>(carry, CARRY_TIME))
    at = paneTo
  }
  if (at == 0) {
    if (pane == 0) return false
    at = load<f64>(pane, PANE_END)
  }
  // The last sample before `at`.
  let last = load<u32>(carry, CARRY_USED) != 0 ? load<f64>(carry, CARRY_TIME) : -Infinity
  const earlier = rowsBefore(window, load<u32>(window, WINDOW_NEWEST), id, at)
  if (earlier != 0 && lastTimeIn(earlier) > last) last = lastTimeIn(earlier)
  while (true) {
    findBounds(window, at)
    const start = paneFrom
    const end = paneTo
    if (end > watermark) {
      store<f64>(carry, at, CARRY_FILLED)
      return last + hold > start || pane != 0
    }
    const open = findPane(window, start)
    const slot: usize = open == 0 ? 0 : rowsIn(window, open, id)
    if (slot != 0) last = lastTimeIn(slot)
    else if (last + hold > start) {
      const made = open != 0 ? open : start < notBefore || start >= load<f64>(window, WINDOW_UNTIL) ? 0 : openPane(window, start, end)
      if (made != 0 && handleOf(made, id) == 0) {
        touch(window, made, id)
        if (load<u32>(window, WINDOW_KIND) == KIND_HOPPING) noteHop(window, deviceNumber(slab, id), end)
      }
    } else {
      // Silent for longer than anything holds: on to its next rows.
      let next: usize = 0
      for (let later: usize = load<u32>(window, WINDOW_NEWEST); later != 0; later = load<u32>(later, PANE_EARLIER)) {
        if (load<f64>(later, PANE_START) < end) break
        if (rowsIn(window, later, id) != 0) next = later
      }
      if (next == 0) {
        store<f64>(carry, at, CARRY_FILLED)
        return false
      }
      at = load<f64>(next, PANE_START)
      continue
    }
    at = end
  }
}

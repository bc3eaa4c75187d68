// The end of a series in a pane: what its slots hold goes back.
import {
  CARRY_BYTES,
  DEVICE_BYTES,
  DEVICE_FIRST_SERIES,
  GROUP_DIRTY,
  GROUP_EMITTED,
  GROUP_USED,
  KIND_COUNT,
  NONE,
  SERIES_BYTES,
  SERIES_NEXT,
  SLAB_DEVICES,
  SLAB_SERIES,
  STATE_BYTES,
  STATE_KIND,
  STATE_PAGE,
  STATE_SLOT_SHIFT,
  WINDOW_CARRY,
  WINDOW_KIND,
  WINDOW_MARK_BYTES,
  WINDOW_MARKS,
  WINDOW_ROWS_STATE,
  WINDOW_STATE_LIST,
  WINDOW_STATES,
} from '../layout'
import { release } from '../state/index'
import { carryOf, carryOn } from './edges'
import { emptyGroup, findGroup, isUsed, slotOf } from './pane'
import { slab } from './slab'

function clearSlots(window: usize, handle: usize): void {
  const end = <usize>load<u32>(window, WINDOW_STATE_LIST) + <usize>load<u32>(window, WINDOW_STATES) * STATE_BYTES
  for (let state: usize = load<u32>(window, WINDOW_STATE_LIST); state < end; state += STATE_BYTES) {
    const shift = load<u32>(state, STATE_SLOT_SHIFT)
    release(load<u32>(state, STATE_KIND), slotOf(handle, load<u32>(state, STATE_PAGE), shift), <usize>1 << shift)
  }
}

/// Clears a series out of a pane; its last sample is carried on where the window does so.
export function freeSeries(window: usize, pane: usize, id: u32): void {
  const group = findGroup(pane, id)
  if (group == 0 || !isUsed(group, id)) return
  const handle = group | <usize>(id & 63)
  if (load<u32>(window, WINDOW_CARRY) != 0) {
    const state: usize = load<u32>(window, WINDOW_ROWS_STATE)
    carryOn(window, slotOf(handle, load<u32>(state, STATE_PAGE), load<u32>(state, STATE_SLOT_SHIFT)), id)
  }
  const keep = ~(<u64>1 << <u64>(id & 63))
  const used = load<u64>(group, GROUP_USED) & keep
  store<u64>(group, used, GROUP_USED)
  store<u64>(group, load<u64>(group, GROUP_DIRTY) & keep, GROUP_DIRTY)
  store<u64>(group, load<u64>(group, GROUP_EMITTED) & keep, GROUP_EMITTED)
  clearSlots(window, handle)
  if (used == 0) emptyGroup(window, group)
}

/// A device is forgotten: what a window keeps of it and its series from pane to pane goes. Its panes must have been closed.
export function forgetDevice(window: usize, device: u32): void {
  const seriesList: usize = load<u32>(slab, SLAB_SERIES)
  const bytes: usize = load<u32>(window, WINDOW_MARK_BYTES)
  const marks: usize = load<u32>(window, WINDOW_MARKS)
  const counts = load<u32>(window, WINDOW_KIND) == KIND_COUNT
  if (bytes != 0 && !counts) memory.fill(marks + <usize>device * bytes, 0, bytes)
  let id = load<u32>(<usize>load<u32>(slab, SLAB_DEVICES) + <usize>device * DEVICE_BYTES, DEVICE_FIRST_SERIES)
  for (; id != NONE; id = load<u32>(seriesList + <usize>id * SERIES_BYTES, SERIES_NEXT)) {
    if (load<u32>(window, WINDOW_CARRY) != 0) memory.fill(carryOf(window, id), 0, CARRY_BYTES)
    if (counts) memory.fill(marks + <usize>id * bytes, 0, bytes)
  }
}

/// Clears a device's series out of a pane.
export function freeDevice(window: usize, pane: usize, device: u32): void {
  const seriesList: usize = load<u32>(slab, SLAB_SERIES)
  let id = load<u32>(<usize>load<u32>(slab, SLAB_DEVICES) + <usize>device * DEVICE_BYTES, DEVICE_FIRST_SERIES)
  for (; id != NONE; id = load<u32>(seriesList + <usize>id * SERIES_BYTES, SERIES_NEXT)) freeSeries(window, pane, id)
}

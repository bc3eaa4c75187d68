// The end of a series in a pane: what its slots hold goes back.
import {
  CARRY_BYTES,
  DEVICE_FIRST_SERIES,
  GROUP_DIRTY,
  GROUP_EMITTED,
  GROUP_USED,
  KIND_COUNT,
  NONE,
  SERIES_BYTES,
  SERIES_NEXT,
  SLAB_SERIES,
  STATE_BYTES,
  STATE_KIND,
  STATE_SLOT_SHIFT,
  WINDOW_CARRY,
  WINDOW_KIND,
  WINDOW_MARKS,
  WINDOW_MARK_BYTES,
  WINDOW_STATES,
  WINDOW_STATE_LIST,
} from '../layout'
import { release } from '../state/index'
import { deviceRecord } from './admit'
import { carryOf, carryOn } from './edges'
import { emptyGroup, handleOf, rowsSlot, stateSlot } from './pane'
import { slab } from './slab'

function clearSlots(window: usize, handle: usize): void {
  const end = <usize>load<u32>(window, WINDOW_STATE_LIST) + <usize>load<u32>(window, WINDOW_STATES) * STATE_BYTES
  for (let state: usize = load<u32>(window, WINDOW_STATE_LIST); state < end; state += STATE_BYTES) {
    const shift = load<u32>(state, STATE_SLOT_SHIFT)
    release(load<u32>(state, STATE_KIND), stateSlot(handle, state), <usize>1 << shift)
  }
}

/// Clears a series out of a pane; its last sample is carried on where the window does so.
export function freeSeries(window: usize, pane: usize, id: u32): void {
  const handle = handleOf(pane, id)
  if (handle == 0) return
  const group = handle & ~63
  if (load<u32>(window, WINDOW_CARRY) != 0) carryOn(window, rowsSlot(window, handle), id)
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
  let id = load<u32>(deviceRecord(slab, device), DEVICE_FIRST_SERIES)
  for (; id != NONE; id = load<u32>(seriesList + <usize>id * SERIES_BYTES, SERIES_NEXT)) {
    if (load<u32>(window, WINDOW_CARRY) != 0) memory.fill(carryOf(window, id), 0, CARRY_BYTES)
    if (counts) memory.fill(marks + <usize>id * bytes, 0, bytes)
  }
}

/// Clears a device's series out of a pane.
export function freeDevice(window: usize, pane: usize, device: u32): void {
  const seriesList: usize = load<u32>(slab, SLAB_SERIES)
  let id = load<u32>(deviceRecord(slab, device), DEVICE_FIRST_SERIES)
  for (; id != NONE; id = load<u32>(seriesList + <usize>id * SERIES_BYTES, SERIES_NEXT)) freeSeries(window, pane, id)
}

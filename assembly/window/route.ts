// Routing: each row of the columns to its slot in one window, or to the reason why not.
import {
  COLUMNS_FATE,
  COLUMNS_HORIZON,
  COLUMNS_ROWS,
  COLUMNS_SERIES,
  COLUMNS_SLOT,
  COLUMNS_TIME,
  DEVICE_LATE,
  DEVICE_SOURCE,
  FATE_LATE,
  FATE_LOST,
  FATE_OUT,
  FATE_REDUCED,
  FATE_REJECTED,
  GROUP_DIRTY,
  GROUP_USED,
  PANE_DIRTY,
  PANE_WITNESS,
  SOURCE_NOT_BEFORE,
  WINDOW_EVERY,
  WINDOW_LATE,
  WINDOW_LATENESS,
  WINDOW_LOST,
  WINDOW_MEMBERS,
  WINDOW_REJECTED,
  WINDOW_SLAB,
} from '../layout'
import { deviceOf } from './admit'
import { findPane, openPane, paneStart, takeGroup } from './pane'

@inline function count(at: usize, field: usize): void {
  store<f64>(at + field, load<f64>(at + field) + 1)
}

/// Writes a slot handle per row into the SLOT column, 0 for rows this window does not take, and adds to their fates.
export function route(window: usize, columns: usize): void {
  const rows = load<u32>(columns, COLUMNS_ROWS)
  const series: usize = load<u32>(columns, COLUMNS_SERIES)
  const times: usize = load<u32>(columns, COLUMNS_TIME)
  const horizons: usize = load<u32>(columns, COLUMNS_HORIZON)
  const fates: usize = load<u32>(columns, COLUMNS_FATE)
  const slots: usize = load<u32>(columns, COLUMNS_SLOT)
  const members: usize = load<u32>(window, WINDOW_MEMBERS)
  const slab: usize = load<u32>(window, WINDOW_SLAB)
  const lateness = load<f64>(window, WINDOW_LATENESS)
  const every = load<f64>(window, WINDOW_EVERY)
  let start: f64 = 1
  let end: f64 = 0
  let pane: usize = 0
  let lastSeries: u32 = 0xffffffff
  let lastGroup: usize = 0
  for (let i: u32 = 0; i < rows; i++) {
    const id = load<u32>(series + (<usize>i << 2))
    const wide = <usize>i << 3
    let handle: usize = 0
    if (load<u8>(members + id) != 0 && !(load<u8>(fates + i) & FATE_OUT)) {
      const time = load<f64>(times + wide)
      if (!(time >= start && time < end)) {
        start = paneStart(window, time)
        end = start + every
        pane = findPane(window, start)
        lastSeries = 0xffffffff
      }
      if (end + lateness <= load<f64>(horizons + wide)) {
        const fate = load<u8>(fates + i)
        if (!(fate & FATE_LATE)) count(deviceOf(slab, id), DEVICE_LATE)
        store<u8>(fates + i, fate | FATE_LATE)
        count(window, WINDOW_LATE)
      } else if (id == lastSeries) {
        handle = lastGroup | <usize>(id & 63)
      } else if (start < load<f64>(load<u32>(deviceOf(slab, id), DEVICE_SOURCE), SOURCE_NOT_BEFORE)) {
        store<u8>(fates + i, load<u8>(fates + i) | FATE_LOST)
        count(window, WINDOW_LOST)
      } else {
        if (pane == 0) pane = openPane(window, start)
        const group: usize = pane == 0 ? 0 : takeGroup(window, pane, id)
        if (group == 0) {
          store<u8>(fates + i, load<u8>(fates + i) | FATE_REJECTED)
          count(window, WINDOW_REJECTED)
        } else {
          const bit = <u64>1 << <u64>(id & 63)
          const used = load<u64>(group, GROUP_USED)
          if (!(used & bit)) {
            store<u64>(group, used | bit, GROUP_USED)
            store<u32>(pane, 0, PANE_WITNESS)
          }
          store<u64>(group, load<u64>(group, GROUP_DIRTY) | bit, GROUP_DIRTY)
          store<u32>(pane, 1, PANE_DIRTY)
          handle = group | <usize>(id & 63)
          lastSeries = id
          lastGroup = group
        }
      }
      if (handle != 0) store<u8>(fates + i, load<u8>(fates + i) | FATE_REDUCED)
    }
    store<u32>(slots + (<usize>i << 2), <u32>handle)
  }
}

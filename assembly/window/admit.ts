// Admission: what time it is for each row's device and source, decided once, before any window sees the row.
import {
  COLUMNS_FATE,
  COLUMNS_HORIZON,
  COLUMNS_ROWS,
  COLUMNS_SERIES,
  COLUMNS_TIME,
  DEVICE_BYTES,
  DEVICE_HIGH,
  DEVICE_LAST_ARRIVAL,
  DEVICE_ROWS,
  DEVICE_SKEW,
  DEVICE_SKEWS,
  DEVICE_SOURCE,
  FATE_DUPLICATE,
  FATE_FILTERED,
  FATE_FUTURE,
  FATE_INVALID,
  SERIES_BYTES,
  SERIES_DEVICE,
  SETTLED_BYTES,
  SKEW_RING,
  SLAB_DEVICES,
  SLAB_SERIES,
  SOURCE_AHEAD,
  SOURCE_HIGH,
  SOURCE_LAST_ARRIVAL,
  SOURCE_ROWS,
  SOURCE_SLACK,
  SOURCE_WAIT,
} from '../layout'

/// The record of a device by its number.
@inline export function deviceRecord(slab: usize, number: u32): usize {
  return <usize>load<u32>(slab, SLAB_DEVICES) + <usize>number * DEVICE_BYTES
}

/// The record of the device a series belongs to.
@inline export function deviceOf(slab: usize, series: u32): usize {
  return deviceRecord(slab, deviceNumber(slab, series))
}

/// The number of the device a series belongs to.
@inline export function deviceNumber(slab: usize, series: u32): u32 {
  return load<u32>(<usize>load<u32>(slab, SLAB_SERIES) + <usize>series * SERIES_BYTES, SERIES_DEVICE)
}

/// Marks rows of messages that came again and rows too far ahead, turns each row's arrival into its lateness horizon (the device's highest event time before
/// this row, less `wait`) and moves the highest event times of device and source.
export function admit(columns: usize, slab: usize): void {
  const rows = load<u32>(columns, COLUMNS_ROWS)
  const series: usize = load<u32>(columns, COLUMNS_SERIES)
  const times: usize = load<u32>(columns, COLUMNS_TIME)
  const horizons: usize = load<u32>(columns, COLUMNS_HORIZON)
  const fates: usize = load<u32>(columns, COLUMNS_FATE)
  for (let i: u32 = 0; i < rows; i++) {
    const wide = <usize>i << 3
    const device = deviceOf(slab, load<u32>(series + (<usize>i << 2)))
    const source: usize = load<u32>(device, DEVICE_SOURCE)
    const time = load<f64>(times + wide)
    const arrival = load<f64>(horizons + wide)
    if (arrival != arrival) {
      store<u8>(fates + i, FATE_DUPLICATE)
      continue
    }
    const ahead = load<f64>(source, SOURCE_AHEAD)
    const latest = arrival + load<f64>(source, SOURCE_SLACK)
    if (time > latest + ahead) {
      store<u8>(fates + i, FATE_FUTURE)
      continue
    }
    store<u8>(fates + i, 0)
    const high = load<f64>(device, DEVICE_HIGH)
    store<f64>(horizons + wide, high - load<f64>(source, SOURCE_WAIT))
    const live = ahead < Infinity
    const seen = live && latest < time ? latest : time
    if (seen > high) {
      store<f64>(device, seen, DEVICE_HIGH)
      if (seen > load<f64>(source, SOURCE_HIGH)) store<f64>(source, seen, SOURCE_HIGH)
    }
    store<f64>(device, load<f64>(device, DEVICE_ROWS) + 1, DEVICE_ROWS)
    store<f64>(source, load<f64>(source, SOURCE_ROWS) + 1, SOURCE_ROWS)
    if (live) {
      store<f64>(device, arrival, DEVICE_LAST_ARRIVAL)
      store<f64>(source, arrival, SOURCE_LAST_ARRIVAL)
      const n = load<u32>(device, DEVICE_SKEWS)
      store<f32>(device + (<usize>(n & (SKEW_RING - 1)) << 2), <f32>((arrival - time) * 1e-3), DEVICE_SKEW)
      store<u32>(device, n + 1, DEVICE_SKEWS)
    }
  }
}

// Fates counted by `settle`, f64 each.
const REDUCED: usize = 0
const LATE: usize = 8
const REJECTED: usize = 16
const FUTURE: usize = 24
const LOST: usize = 32
const UNMATCHED: usize = 40
const FILTERED: usize = 48
const DUPLICATE: usize = 56
const INVALID: usize = 64

/// After all windows: adds each row to the one fate it ends in, in its source's counts at `counts` + SOURCE's index.
/// `firstSource` is the address of the first source record; records lie `stride` apart.
export function settle(columns: usize, slab: usize, counts: usize, firstSource: usize, stride: u32): void {
  const rows = load<u32>(columns, COLUMNS_ROWS)
  const series: usize = load<u32>(columns, COLUMNS_SERIES)
  const fates: usize = load<u32>(columns, COLUMNS_FATE)
  for (let i: u32 = 0; i < rows; i++) {
    const source: usize = load<u32>(deviceOf(slab, load<u32>(series + (<usize>i << 2))), DEVICE_SOURCE)
    const fate = load<u8>(fates + i)
    let at = counts + (source - firstSource) / stride * SETTLED_BYTES
    if (fate & 1) at += REDUCED
    else if (fate & 4) at += REJECTED
    else if (fate & 2) at += LATE
    else if (fate & 16) at += LOST
    else if (fate & FATE_DUPLICATE) at += DUPLICATE
    else if (fate & FATE_FUTURE) at += FUTURE
    else if (fate & FATE_INVALID) at += INVALID
    else if (fate & FATE_FILTERED) at += FILTERED
    else at += UNMATCHED
    store<f64>(at, load<f64>(at) + 1)
  }
}

// Derived series: values of two series, aligned in event time, become one of a third. Rows of inputs wait, sorted, until
// nothing in order can come before them; then the third's rows go into the columns like any others.
import {
  COLUMNS_CAPACITY,
  COLUMNS_FATE,
  COLUMNS_HORIZON,
  COLUMNS_ROWS,
  COLUMNS_SERIES,
  COLUMNS_TIME,
  COLUMNS_VALUE,
  DERIVED_INVALID,
  DERIVED_LATE,
  DERIVED_MADE,
  DERIVED_REJECTED,
  DEVICE_BYTES,
  DEVICE_FIRST_SERIES,
  DEVICE_SOURCE,
  FATE_REDUCED,
  NONE,
  PAIR_ALONE,
  PAIR_BYTES,
  PAIR_COUNTS,
  PAIR_FUNCTION,
  PAIR_HOLD,
  PAIR_MADE,
  ROWS_COUNT,
  ROWS_HEAD,
  SERIES_BYTES,
  SERIES_NEXT,
  SIDE_BYTES,
  SIDE_NEXT,
  SIDE_PAIR,
  SIDE_TAKEN,
  SIDE_TIME,
  SIDE_VALUE,
  SLAB_DEVICE_COUNT,
  SLAB_DEVICES,
  SLAB_SERIES,
} from '../layout'
import { addRow, BLOCK_NEXT, BLOCK_ROWS, dropRows, release, timeOf, valueOf } from '../rows/store'
import { slab } from './slab'

@inline function count(counts: usize, field: usize, n: f64): void {
  store<f64>(counts + field, load<f64>(counts + field) + n)
}

/// Copies the admitted rows of series that others are derived from to where they wait. `feeds` is u32[series]: the address of
/// a side of a PAIR, 0 = nothing is derived from it. A row that a pair took counts as reduced.
export function feed(columns: usize, feeds: usize): void {
  const rows = load<u32>(columns, COLUMNS_ROWS)
  const series: usize = load<u32>(columns, COLUMNS_SERIES)
  const times: usize = load<u32>(columns, COLUMNS_TIME)
  const values: usize = load<u32>(columns, COLUMNS_VALUE)
  const fates: usize = load<u32>(columns, COLUMNS_FATE)
  for (let i: u32 = 0; i < rows; i++) {
    let side: usize = load<u32>(feeds + (<usize>load<u32>(series + (<usize>i << 2)) << 2))
    if (side == 0 || load<u8>(fates + i) != 0) continue
    const time = load<f64>(times + (<usize>i << 3))
    const value = load<f64>(values + (<usize>i << 3))
    for (; side != 0; side = load<u32>(side, SIDE_NEXT)) {
      const pair: usize = load<u32>(side, SIDE_PAIR)
      const counts: usize = load<u32>(pair, PAIR_COUNTS)
      if (time <= load<f64>(pair, PAIR_MADE)) count(counts, DERIVED_LATE, 1)
      else if (!addRow(side, time, value, 0)) count(counts, DERIVED_REJECTED, 1)
      else if (load<u32>(pair, PAIR_FUNCTION) != PAIR_ALONE) store<u8>(fates + i, FATE_REDUCED)
    }
  }
}

/// Rows that still wait for a source's derived series after `derive`.
export let waiting: u32 = 0

/// Appends to the columns what can be made for one source of derived series: all rows before `watermark`, a device after the
/// other, each in order of time. `pairs` are the PAIR records, by series. True: the columns are full; reduce them, call again.
export function derive(source: usize, columns: usize, pairs: usize, watermark: f64, arrival: f64): bool {
  const devices: usize = load<u32>(slab, SLAB_DEVICES)
  const end = devices + <usize>load<u32>(slab, SLAB_DEVICE_COUNT) * DEVICE_BYTES
  const capacity = load<u32>(columns, COLUMNS_CAPACITY)
  waiting = 0
  for (let device = devices; device < end; device += DEVICE_BYTES) {
    if (<usize>load<u32>(device, DEVICE_SOURCE) != source) continue
    for (;;) {
      const id = earliest(device, pairs, watermark)
      if (id == NONE) break
      if (load<u32>(columns, COLUMNS_ROWS) == capacity) {
        dropTaken(device, pairs)
        return true
      }
      step(pairs + <usize>id * PAIR_BYTES, id, columns, arrival)
    }
    dropTaken(device, pairs)
  }
  return false
}

@inline function seriesBehind(id: u32): u32 {
  return load<u32>(<usize>load<u32>(slab, SLAB_SERIES) + <usize>id * SERIES_BYTES, SERIES_NEXT)
}

/// The series of a device whose pair has the earliest row before `watermark`, NONE = no row is.
function earliest(device: usize, pairs: usize, watermark: f64): u32 {
  let found: u32 = NONE
  let time = watermark
  for (let id = load<u32>(device, DEVICE_FIRST_SERIES); id != NONE; id = seriesBehind(id)) {
    const pair = pairs + <usize>id * PAIR_BYTES
    if (load<u32>(pair, PAIR_FUNCTION) == 0) continue
    const next = Math.min(nextTime(pair), nextTime(pair + SIDE_BYTES))
    if (next < time) {
      found = id
      time = next
    }
  }
  return found
}

/// Gives back what the rows taken of a device's pairs held, and adds up those that wait.
function dropTaken(device: usize, pairs: usize): void {
  for (let id = load<u32>(device, DEVICE_FIRST_SERIES); id != NONE; id = seriesBehind(id)) {
    const pair = pairs + <usize>id * PAIR_BYTES
    if (load<u32>(pair, PAIR_FUNCTION) == 0) continue
    for (let side = pair; side <= pair + SIDE_BYTES; side += SIDE_BYTES) {
      dropRows(side, load<u32>(side, SIDE_TAKEN))
      store<u32>(side, 0, SIDE_TAKEN)
      waiting += load<u32>(side, ROWS_COUNT)
    }
  }
}

@inline function nextTime(side: usize): f64 {
  const block: usize = load<u32>(side, ROWS_HEAD)
  return block == 0 ? Infinity : timeOf(block, load<u32>(side, SIDE_TAKEN))
}

/// Takes the rows of a pair's earliest time; where both values are known then, they make a row.
function step(pair: usize, id: u32, columns: usize, arrival: f64): void {
  const b = pair + SIDE_BYTES
  const time = Math.min(nextTime(pair), nextTime(b))
  takeRows(pair, time)
  takeRows(b, time)
  store<f64>(pair, time, PAIR_MADE)
  const hold = load<f64>(pair, PAIR_HOLD)
  // Not so where one is NaN: there was no value yet.
  if (!(time - load<f64>(pair, SIDE_TIME) <= hold && time - load<f64>(b, SIDE_TIME) <= hold)) return
  const counts: usize = load<u32>(pair, PAIR_COUNTS)
  const value = outcome(load<u32>(pair, PAIR_FUNCTION), load<f64>(pair, SIDE_VALUE), load<f64>(b, SIDE_VALUE))
  if (value - value != 0) return count(counts, DERIVED_INVALID, 1)
  const row = <usize>load<u32>(columns, COLUMNS_ROWS)
  store<u32>(<usize>load<u32>(columns, COLUMNS_SERIES) + (row << 2), id)
  store<f64>(<usize>load<u32>(columns, COLUMNS_TIME) + (row << 3), time)
  store<f64>(<usize>load<u32>(columns, COLUMNS_VALUE) + (row << 3), value)
  store<f64>(<usize>load<u32>(columns, COLUMNS_HORIZON) + (row << 3), arrival)
  store<u32>(columns, <u32>row + 1, COLUMNS_ROWS)
  count(counts, DERIVED_MADE, 1)
}

/// Takes a side's rows of one time; the last to arrive is its value.
function takeRows(side: usize, time: f64): void {
  while (nextTime(side) == time) {
    const block: usize = load<u32>(side, ROWS_HEAD)
    const row = load<u32>(side, SIDE_TAKEN)
    // Not what came too late for a series that waits alone.
    if (!(time < load<f64>(side, SIDE_TIME))) {
      store<f64>(side, time, SIDE_TIME)
      store<f64>(side, valueOf(block, row), SIDE_VALUE)
    }
    if (row + 1 == load<u32>(block, BLOCK_ROWS)) {
      dropRows(side, row + 1)
      store<u32>(side, 0, SIDE_TAKEN)
    } else store<u32>(side, row + 1, SIDE_TAKEN)
  }
}

@inline function outcome(what: u32, a: f64, b: f64): f64 {
  if (what == 1) return a + b
  if (what == 2) return a - b
  return what == 3 ? a * b : a / b
}

/// Of series that wait for a partner (`list`: addresses of their records) only the last value before `watermark` is kept, and
/// what is later.
export function passAlone(list: usize, n: u32, watermark: f64): void {
  for (let i: u32 = 0; i < n; i++) {
    const side: usize = load<u32>(list + (<usize>i << 2))
    for (let time = nextTime(side); time < watermark; time = nextTime(side)) takeRows(side, time)
    dropRows(side, load<u32>(side, SIDE_TAKEN))
    store<u32>(side, 0, SIDE_TAKEN)
  }
}

/// Copies the rows and the last value of a side to an empty one, of a pair or of a series alone; what lies before that value
/// can't be made any more. With `move` the rows are gone from where they were.
export function copySide(to: usize, from: usize, move: bool): void {
  const pair: usize = load<u32>(to, SIDE_PAIR)
  const last = load<f64>(from, SIDE_TIME)
  store<f64>(to, last, SIDE_TIME)
  store<f64>(to, load<f64>(from, SIDE_VALUE), SIDE_VALUE)
  if (last > load<f64>(pair, PAIR_MADE) && load<u32>(pair, PAIR_FUNCTION) != PAIR_ALONE) store<f64>(pair, last, PAIR_MADE)
  if (move) {
    memory.copy(to, from, SIDE_NEXT)
    memory.fill(from, 0, SIDE_NEXT)
    return
  }
  for (let block: usize = load<u32>(from, ROWS_HEAD); block != 0; block = load<u32>(block, BLOCK_NEXT)) {
    const rows = load<u32>(block, BLOCK_ROWS)
    for (let row: u32 = 0; row < rows; row++) {
      if (!addRow(to, timeOf(block, row), valueOf(block, row), 0)) count(load<u32>(pair, PAIR_COUNTS), DERIVED_REJECTED, 1)
    }
  }
}

/// Ends a pair; returns how many rows waited in it. Nothing may lead to its sides any more.
export function leavePair(pair: usize): u32 {
  const b = pair + SIDE_BYTES
  const rows = load<u32>(pair, ROWS_COUNT) + load<u32>(b, ROWS_COUNT)
  release(pair)
  release(b)
  memory.fill(pair, 0, PAIR_BYTES)
  return rows
}

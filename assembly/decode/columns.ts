// The columns as the decoder fills them: frame by frame, each whole or not at all. A frame that is larger than empty
// columns is handed over in pieces: what earlier calls handed over is passed, what finds no room is parsed but not kept.
import {
  COLUMNS_CAPACITY,
  COLUMNS_HORIZON,
  COLUMNS_ROWS,
  COLUMNS_RUN_CAPACITY,
  COLUMNS_RUN_LIST,
  COLUMNS_RUNS,
  COLUMNS_SERIES,
  COLUMNS_TIME,
  COLUMNS_VALUE,
  RUN_BYTES,
  RUN_FIRST,
  RUN_RATE,
  RUN_ROWS,
  RUN_START,
} from '../layout'

/// Arrival of the current frame, µs.
export let arrival: f64 = 0
/// Whether the current frame has more rows than the columns, empty at its start, took.
export let overflow: bool = false
/// Rows of the current frame, wherever they went.
export let frameRows: u32 = 0

let columns: usize = 0
let rows: u32 = 0
let capacity: u32 = 0
let series: usize = 0
let times: usize = 0
let values: usize = 0
let horizons: usize = 0
let runs: u32 = 0
let runCapacity: u32 = 0
let runList: usize = 0
let firstRow: u32 = 0
let firstRun: u32 = 0
let skip: u32 = 0
let run: usize = 0
let horizon: f64 = 0

export function openColumns(address: usize): void {
  columns = address
  rows = load<u32>(address, COLUMNS_ROWS)
  capacity = load<u32>(address, COLUMNS_CAPACITY)
  series = load<u32>(address, COLUMNS_SERIES)
  times = load<u32>(address, COLUMNS_TIME)
  values = load<u32>(address, COLUMNS_VALUE)
  horizons = load<u32>(address, COLUMNS_HORIZON)
  runs = load<u32>(address, COLUMNS_RUNS)
  runCapacity = load<u32>(address, COLUMNS_RUN_CAPACITY)
  runList = load<u32>(address, COLUMNS_RUN_LIST)
}

export function closeColumns(): void {
  store<u32>(columns, rows, COLUMNS_ROWS)
  store<u32>(columns, runs, COLUMNS_RUNS)
}

/// A frame starts; `handedOver` of its rows went out in earlier calls.
export function beginFrameRows(handedOver: u32): void {
  firstRow = rows
  firstRun = runs
  skip = handedOver
  frameRows = 0
  overflow = false
  run = 0
}

/// Takes back every row of the current frame.
export function takeBack(): void {
  rows = firstRow
  runs = firstRun
}

/// Rows of the current frame that are in the columns.
@inline export function keptRows(): u32 {
  return rows - firstRow
}

/// A row of the current frame. False: no room, and the frame has to wait for empty columns.
@inline export function append(id: u32, timeUs: f64, value: f64): bool {
  if (++frameRows <= skip || overflow) return true
  if (rows == capacity) return full()
  const at = <usize>rows
  store<u32>(series + (at << 2), id)
  store<f64>(times + (at << 3), timeUs)
  store<f64>(values + (at << 3), value)
  store<f64>(horizons + (at << 3), horizon)
  rows++
  return true
}

function full(): bool {
  if (firstRow > 0) return false
  overflow = true
  return true
}

/// The next `appendToRun` starts a run.
export function endRun(): void {
  run = 0
}

/// A row that continues the current run, or starts one.
export function appendToRun(id: u32, timeUs: f64, value: f64, rateHz: f64): bool {
  if (!run && runs == runCapacity && frameRows >= skip && !overflow && !full()) return false
  const at = rows
  if (!append(id, timeUs, value)) return false
  if (rows == at) return true
  if (!run) {
    run = runList + <usize>runs * RUN_BYTES
    runs++
    store<u32>(run, at, RUN_FIRST)
    store<u32>(run, 0, RUN_ROWS)
    store<f64>(run, timeUs, RUN_START)
    store<f64>(run, rateHz, RUN_RATE)
  }
  store<u32>(run, load<u32>(run, RUN_ROWS) + 1, RUN_ROWS)
  return true
}

/// The current frame's arrival.
export function setArrival(us: f64): void {
  arrival = us
  horizon = us
}

/// Whether the rows that follow are of a message that came before.
export function setDuplicate(duplicate: bool): void {
  horizon = duplicate ? NaN : arrival
}

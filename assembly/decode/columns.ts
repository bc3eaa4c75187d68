// The columns as the decoder fills them: frame by frame, each whole or not at all. A frame that is larger than empty
// columns is handed over in pieces: what earlier calls handed over is passed, what finds no room is parsed but not kept.
import {
  CLOCK_ARRIVAL,
  CLOCK_BYTES,
  CLOCK_CHANNEL,
  CLOCK_COUNTER,
  CLOCK_DEVICE,
  CLOCK_FIRST,
  CLOCK_FRAME,
  CLOCK_ORDINAL,
  CLOCK_ROWS,
  CLOCK_RUN,
  CLOCK_SAMPLES,
  COLUMNS_CAPACITY,
  COLUMNS_CLOCK_CAPACITY,
  COLUMNS_CLOCK_LIST,
  COLUMNS_CLOCKS,
  COLUMNS_HORIZON,
  COLUMNS_ROWS,
  COLUMNS_RUN_CAPACITY,
  COLUMNS_RUN_LIST,
  COLUMNS_RUNS,
  COLUMNS_SERIES,
  COLUMNS_TIME,
  COLUMNS_VALUE,
  REJECTED,
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
let clocks: u32 = 0
let clockCapacity: u32 = 0
let clockList: usize = 0
let firstClock: u32 = 0
let clock: usize = 0
let frame: usize = 0
let ordinal: u32 = 0

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
  clocks = load<u32>(address, COLUMNS_CLOCKS)
  clockCapacity = load<u32>(address, COLUMNS_CLOCK_CAPACITY)
  clockList = load<u32>(address, COLUMNS_CLOCK_LIST)
}

export function closeColumns(): void {
  store<u32>(columns, rows, COLUMNS_ROWS)
  store<u32>(columns, runs, COLUMNS_RUNS)
  store<u32>(columns, clocks, COLUMNS_CLOCKS)
}

/// A frame starts, at `address`; `handedOver` of its rows went out in earlier calls.
export function beginFrameRows(handedOver: u32, address: usize): void {
  frame = address
  ordinal = 0
  firstClock = clocks
  clock = 0
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
  clocks = firstClock
  clock = 0
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

/// Rows of samples (16 bytes each: u32 field, f64 value at 8) that stand from `at` to `end`, as far as the list knows the
/// series of their fields and all find room; the address of the first that it left.
@inline export function appendKnown(at: usize, end: usize, seriesList: usize, timeUs: f64): usize {
  const first = at
  if (skip || overflow || <u32>((end - at) >> 4) > capacity - rows) return at
  let s = series + (<usize>rows << 2)
  let t = times + (<usize>rows << 3)
  const toValue = values - times
  const toHorizon = horizons - times
  const until = horizon
  for (; at < end; at += 16) {
    const id = load<u32>(seriesList + (<usize>load<u32>(at) << 2))
    if (id >= REJECTED) break
    store<u32>(s, id)
    store<f64>(t, timeUs)
    store<f64>(t + toValue, load<f64>(at, 8))
    store<f64>(t + toHorizon, until)
    s += 4
    t += 8
  }
  const count = <u32>((at - first) >> 4)
  rows += count
  frameRows += count
  return at
}

/// Takes back so many rows that were appended last.
export function takeBackRows(count: u32): void {
  rows -= count
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

/// Whether rows of the current frame can go into the columns by `appendRun`: it is not handed over in pieces, and they find room.
@inline export function hasRoom(count: u32): bool {
  return !skip && !overflow && count <= capacity - rows && runs < runCapacity
}

/// So many rows as a run of their own, for which there is room. The address where their values are to be written.
export function appendRun(id: u32, count: u32, startUs: f64, rateHz: f64): usize {
  const at = <usize>rows
  for (let i: u32 = 0; i < count; i++) {
    store<u32>(series + ((at + i) << 2), id)
    store<f64>(times + ((at + i) << 3), startUs + (<f64>i * 1e6) / rateHz)
    store<f64>(horizons + ((at + i) << 3), horizon)
  }
  const record = runList + <usize>runs * RUN_BYTES
  store<u32>(record, rows, RUN_FIRST)
  store<u32>(record, count, RUN_ROWS)
  store<f64>(record, startUs, RUN_START)
  store<f64>(record, rateHz, RUN_RATE)
  runs++
  rows += count
  frameRows += count
  run = 0
  return values + (at << 3)
}

/// The rows that follow in this frame are timed by a device's sample clock. False: no room, and the frame has to wait.
export function beginClock(device: u32, channel: u32, counter: f64): bool {
  const number = ordinal++
  if (overflow) return true
  if (clocks == clockCapacity) return full()
  clock = clockList + <usize>clocks * CLOCK_BYTES
  store<u32>(clock, rows, CLOCK_FIRST)
  store<u32>(clock, runs, CLOCK_RUN)
  store<u32>(clock, device, CLOCK_DEVICE)
  store<u32>(clock, channel, CLOCK_CHANNEL)
  store<u32>(clock, <u32>frame, CLOCK_FRAME)
  store<u32>(clock, number, CLOCK_ORDINAL)
  store<f64>(clock, counter, CLOCK_COUNTER)
  store<f64>(clock, arrival, CLOCK_ARRIVAL)
  clocks++
  return true
}

/// No more of them follow; the clock goes on by so many samples. What an earlier piece of the frame told is not told again.
export function endClock(samples: u32): void {
  if (!clock) return
  const count = rows - load<u32>(clock, CLOCK_FIRST)
  store<u32>(clock, count, CLOCK_ROWS)
  store<u32>(clock, samples, CLOCK_SAMPLES)
  if (!count && skip) clocks--
  clock = 0
}

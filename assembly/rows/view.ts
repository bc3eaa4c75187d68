// The rows of one series in one pane as kernels of the kind `rows` see them: in time order, in one piece, with what lies
// around them. Filled anew before such kernels are called (rows/gather.ts); they read it and never write the rows.

/// Rows, their times (µs, ascending; equal ones in order of arrival) and values: f64[count] each.
export let count: u32 = 0
export let times: usize = 0
export let values: usize = 0
/// The pane, µs: [start, end).
export let start: f64 = 0
export let end: f64 = 0
/// How long a value holds at most, µs.
export let hold: f64 = 0
/// Between two samples: false = a value holds until the next, true = a straight line.
export let linear: bool = false
/// The series' last sample before the pane, and the first behind it; the time is NaN where there is none (yet).
export let beforeTime: f64 = NaN
export let beforeValue: f64 = NaN
export let afterTime: f64 = NaN
export let afterValue: f64 = NaN
/// Stretches sampled at a stated rate without a gap: VIEW_RUN records in time order. Rows outside them have no rate.
export let runs: usize = 0
export let runCount: u32 = 0
/// What is asked to be taken off the values first: DETREND_*, and the corner of a high-pass in Hz.
export let detrend: u32 = 0
export let detrendHz: f64 = 0
/// How often the series should speak, µs; 0 = not told.
export let expect: f64 = 0
/// Counts of the pane: rows that came after its end, and rows taken for repeated.
export let late: f64 = 0
export let duplicate: f64 = 0
/// Another number for each view: what a kernel keeps of one (a spectrum) may serve the next.
export let serial: u32 = 0
/// Set once, by who owns the slab: free bytes, undefined content, 16-aligned, SCRATCH_MIN or more, which sketches work in, too;
/// and TABLES_BYTES that nobody else uses, zero at first.
export let scratch: usize = 0
export let scratchEnd: usize = 0
export let tables: usize = 0
/// Set by workers: a slot of their own to work in, and where their rows are put in one piece; 0 = the window's.
export let ownSlot: usize = 0
export let ownRows: usize = 0

/// What kernels that can be added up from pane to pane leave behind besides their outcome: see `sum` and `ratio`.
export let partA: f64 = 0
export let partB: f64 = 0

export const VIEW_RUN_BYTES: usize = 16
export const VIEW_RUN_FIRST: usize = 0 // u32: first row
export const VIEW_RUN_ROWS: usize = 4 // u32
export const VIEW_RUN_RATE: usize = 8 // f64: Hz

export const DETREND_DEFAULT: u32 = 0
export const DETREND_NONE: u32 = 1
export const DETREND_MEAN: u32 = 2
export const DETREND_HIGHPASS: u32 = 3

export const SCRATCH_MIN: usize = 524288
export const TABLES_BYTES: usize = 131072
/// Scratch of a worker.
export const SCRATCH_BYTES_AHEAD: usize = 1048576

/// An outcome that adds up over panes. NaN where `known` is false: nothing to add.
export function sum(a: f64, known: bool): f64 {
  partA = known ? a : 0
  partB = known ? 1 : 0
  return known ? a : NaN
}

/// An outcome that is a ratio of two that add up; NaN where the divisor is 0.
export function ratio(a: f64, b: f64): f64 {
  partA = a
  partB = b
  return b > 0 ? a / b : NaN
}

export function setRows(n: u32, timeColumn: usize, valueColumn: usize): void {
  count = n
  times = timeColumn
  values = valueColumn
  serial++
}

export function setRuns(list: usize, length: u32): void {
  runs = list
  runCount = length
}

export function setPane(from: f64, to: f64): void {
  start = from
  end = to
}

export function setRules(holdUs: f64, isLinear: bool, expectUs: f64, detrendMode: u32, cornerHz: f64): void {
  hold = holdUs
  linear = isLinear
  expect = expectUs
  detrend = detrendMode
  detrendHz = cornerHz
}

export function setBefore(timeUs: f64, value: f64): void {
  beforeTime = timeUs
  beforeValue = value
}

export function setAfter(timeUs: f64, value: f64): void {
  afterTime = timeUs
  afterValue = value
}

export function setCounts(lateRows: f64, duplicates: f64): void {
  late = lateRows
  duplicate = duplicates
}

export function setScratch(address: usize, addressEnd: usize, tablesAddress: usize): void {
  scratch = address
  scratchEnd = addressEnd
  tables = tablesAddress
}

export function setOwn(slot: usize, rows: usize): void {
  ownSlot = slot
  ownRows = rows
}

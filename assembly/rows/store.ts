// Rows of one series in one pane, sorted in as they arrive: a list of blocks in time order. A block holds rows with times
// of their own, or a run: a start, a rate and values. Rows of one time keep the order in which they arrived.
import { ROWS_COUNT, ROWS_CURSOR, ROWS_HEAD, ROWS_TAIL } from '../layout'
import { BLOCK_LARGE, BLOCK_MEDIUM, BLOCK_SMALL, returnBlock, takeBlock } from '../window/blocks'

export const BLOCK_NEXT: usize = 0 // u32
const BYTES: usize = 4 // u32: as taken
export const BLOCK_ROWS: usize = 8 // u32
export const BLOCK_RATE: usize = 16 // f64: Hz; 0 = each row has its own time
export const BLOCK_START: usize = 24 // f64: time of a run's first row
export const BLOCK_DATA: usize = 32

/// Time of a block's row.
@inline export function timeOf(block: usize, row: u32): f64 {
  const rate = load<f64>(block, BLOCK_RATE)
  if (rate == 0) return load<f64>(block + (<usize>row << 4), BLOCK_DATA)
  return load<f64>(block, BLOCK_START) + (<f64>row * 1e6) / rate
}

@inline export function valueOf(block: usize, row: u32): f64 {
  if (load<f64>(block, BLOCK_RATE) == 0) return load<f64>(block + (<usize>row << 4), BLOCK_DATA + 8)
  return load<f64>(block + (<usize>row << 3), BLOCK_DATA)
}

/// Time and value of the first and of the last row of a slot that has some.
@inline export function firstTimeIn(slot: usize): f64 {
  return timeOf(load<u32>(slot, ROWS_HEAD), 0)
}

@inline export function firstValueIn(slot: usize): f64 {
  return valueOf(load<u32>(slot, ROWS_HEAD), 0)
}

@inline export function lastTimeIn(slot: usize): f64 {
  return lastTime(load<u32>(slot, ROWS_TAIL))
}

@inline export function lastValueIn(slot: usize): f64 {
  const block: usize = load<u32>(slot, ROWS_TAIL)
  return valueOf(block, load<u32>(block, BLOCK_ROWS) - 1)
}

@inline function lastTime(block: usize): f64 {
  return timeOf(block, load<u32>(block, BLOCK_ROWS) - 1)
}

@inline function isFull(block: usize): bool {
  const size: usize = load<f64>(block, BLOCK_RATE) == 0 ? 16 : 8
  return BLOCK_DATA + <usize>(load<u32>(block, BLOCK_ROWS) + 1) * size > <usize>load<u32>(block, BYTES)
}

/// Whether a row of this rate at this time goes on a run without a gap: within half a step of where it should be.
@inline function goesOn(block: usize, time: f64, rate: f64): bool {
  if (load<f64>(block, BLOCK_RATE) != rate) return false
  return Math.abs(time - timeOf(block, load<u32>(block, BLOCK_ROWS))) * rate <= 5e5
}

/// Adds a row; `rate` > 0: it was sampled at this rate. False: the slab is full.
export function addRow(slot: usize, time: f64, value: f64, rate: f64): bool {
  const tail: usize = load<u32>(slot, ROWS_TAIL)
  let block: usize = tail
  if (tail != 0 && time < lastTime(tail)) block = blockBefore(slot, time)
  else if (tail != 0 && !isFull(tail) && (rate == 0 ? load<f64>(tail, BLOCK_RATE) == 0 : goesOn(tail, time, rate))) {
    append(tail, time, value)
    count(slot)
    return true
  }
  const head: usize = load<u32>(slot, ROWS_HEAD)
  // Before all others: at the front of the first block where it is of this kind.
  if (block == 0 && head != 0 && rate == 0 && load<f64>(head, BLOCK_RATE) == 0) block = head
  if (block == 0 || time >= lastTime(block)) {
    const next: usize = block == 0 ? head : load<u32>(block, BLOCK_NEXT)
    const fits = block != 0 && !isFull(block) && (rate == 0 ? load<f64>(block, BLOCK_RATE) == 0 : goesOn(block, time, rate))
    if (!fits) {
      block = insertBlock(slot, block, next, rate, time)
      if (block == 0) return false
    }
    append(block, time, value)
  } else {
    if (load<f64>(block, BLOCK_RATE) != 0) {
      // Among the rows of a run: it is cut in two, and what lies between has no rate.
      if (!split(slot, block, firstAfter(block, time))) return false
      block = insertBlock(slot, block, load<u32>(block, BLOCK_NEXT), 0, time)
      if (block == 0) return false
      append(block, time, value)
    } else {
      if (isFull(block)) {
        if (!split(slot, block, load<u32>(block, BLOCK_ROWS) >> 1)) return false
        if (time >= load<f64>(load<u32>(block, BLOCK_NEXT), BLOCK_DATA)) block = load<u32>(block, BLOCK_NEXT)
      }
      const at = firstAfter(block, time)
      const row = block + BLOCK_DATA + (<usize>at << 4)
      memory.copy(row + 16, row, <usize>(load<u32>(block, BLOCK_ROWS) - at) << 4)
      store<f64>(row, time)
      store<f64>(row, value, 8)
      store<u32>(block, load<u32>(block, BLOCK_ROWS) + 1, BLOCK_ROWS)
    }
  }
  store<u32>(slot, <u32>block, ROWS_CURSOR)
  count(slot)
  return true
}

@inline function count(slot: usize): void {
  store<u32>(slot, load<u32>(slot, ROWS_COUNT) + 1, ROWS_COUNT)
}

@inline function append(block: usize, time: f64, value: f64): void {
  const rows = load<u32>(block, BLOCK_ROWS)
  if (load<f64>(block, BLOCK_RATE) == 0) {
    store<f64>(block + (<usize>rows << 4), time, BLOCK_DATA)
    store<f64>(block + (<usize>rows << 4), value, BLOCK_DATA + 8)
  } else store<f64>(block + (<usize>rows << 3), value, BLOCK_DATA)
  store<u32>(block, rows + 1, BLOCK_ROWS)
}

/// The last block that begins at or before a time, 0 = none does.
function blockBefore(slot: usize, time: f64): usize {
  let block: usize = load<u32>(slot, ROWS_CURSOR)
  if (block == 0 || timeOf(block, 0) > time) block = load<u32>(slot, ROWS_HEAD)
  let found: usize = 0
  for (; block != 0 && timeOf(block, 0) <= time; block = load<u32>(block, BLOCK_NEXT)) found = block
  return found
}

/// The first row of a block later than a time.
function firstAfter(block: usize, time: f64): u32 {
  let low: u32 = 0
  let high = load<u32>(block, BLOCK_ROWS)
  while (low < high) {
    const middle = (low + high) >> 1
    if (timeOf(block, middle) <= time) low = middle + 1
    else high = middle
  }
  return low
}

/// An empty block behind `before` (0 = at the head); 0 when the slab is full. At the end the larger the more rows there are.
function insertBlock(slot: usize, before: usize, next: usize, rate: f64, time: f64): usize {
  const rows = load<u32>(slot, ROWS_COUNT)
  const bytes = rows < 13 || next != 0 ? BLOCK_SMALL : rows < 74 ? BLOCK_MEDIUM : BLOCK_LARGE
  const block = takeBlock(bytes)
  if (block == 0) return 0
  store<u32>(block, bytes, BYTES)
  store<f64>(block, rate, BLOCK_RATE)
  store<f64>(block, time, BLOCK_START)
  store<u32>(block, <u32>next, BLOCK_NEXT)
  if (before == 0) store<u32>(slot, <u32>block, ROWS_HEAD)
  else store<u32>(before, <u32>block, BLOCK_NEXT)
  if (next == 0) store<u32>(slot, <u32>block, ROWS_TAIL)
  return block
}

/// Moves the rows from `at` on into a block of their own behind it; where there are none, nothing is moved.
function split(slot: usize, block: usize, at: u32): bool {
  const rows = load<u32>(block, BLOCK_ROWS)
  if (at >= rows) return true
  const rate = load<f64>(block, BLOCK_RATE)
  const second = takeBlock(load<u32>(block, BYTES))
  if (second == 0) return false
  store<u32>(second, load<u32>(block, BYTES), BYTES)
  store<f64>(second, rate, BLOCK_RATE)
  store<f64>(second, timeOf(block, at), BLOCK_START)
  store<u32>(second, load<u32>(block, BLOCK_NEXT), BLOCK_NEXT)
  store<u32>(second, rows - at, BLOCK_ROWS)
  const shift: usize = rate == 0 ? 4 : 3
  memory.copy(second + BLOCK_DATA, block + BLOCK_DATA + (<usize>at << shift), <usize>(rows - at) << shift)
  store<u32>(block, at, BLOCK_ROWS)
  if (load<u32>(block, BLOCK_NEXT) == 0) store<u32>(slot, <u32>second, ROWS_TAIL)
  store<u32>(block, <u32>second, BLOCK_NEXT)
  return true
}

/// Takes the first rows out, no more of them than its first block holds; none of them may be of a run.
export function dropRows(slot: usize, rows: u32): void {
  if (rows == 0) return
  const block: usize = load<u32>(slot, ROWS_HEAD)
  const left = load<u32>(block, BLOCK_ROWS) - rows
  store<u32>(slot, load<u32>(slot, ROWS_COUNT) - rows, ROWS_COUNT)
  if (left > 0) {
    store<u32>(block, left, BLOCK_ROWS)
    memory.copy(block + BLOCK_DATA, block + BLOCK_DATA + (<usize>rows << 4), <usize>left << 4)
    return
  }
  const next = load<u32>(block, BLOCK_NEXT)
  store<u32>(slot, next, ROWS_HEAD)
  if (next == 0) store<u32>(slot, 0, ROWS_TAIL)
  if (load<u32>(slot, ROWS_CURSOR) == <u32>block) store<u32>(slot, 0, ROWS_CURSOR)
  returnBlock(block, load<u32>(block, BYTES))
}

/// Gives all blocks back.
export function release(slot: usize): void {
  let block: usize = load<u32>(slot, ROWS_HEAD)
  while (block != 0) {
    const next: usize = load<u32>(block, BLOCK_NEXT)
    returnBlock(block, load<u32>(block, BYTES))
    block = next
  }
}

/// Moves the rows of `from`, which stays empty, into `into`. False: the slab is full; what was moved is gone from `from`.
export function moveRows(into: usize, from: usize): bool {
  for (let block: usize = load<u32>(from, ROWS_HEAD); block != 0; block = load<u32>(block, BLOCK_NEXT)) {
    const rate = load<f64>(block, BLOCK_RATE)
    const rows = load<u32>(block, BLOCK_ROWS)
    for (let row: u32 = 0; row < rows; row++) {
      if (!addRow(into, timeOf(block, row), valueOf(block, row), rate)) return false
    }
  }
  return true
}

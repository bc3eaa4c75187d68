// The order of values in at most 4 KiB: a slot and four medium blocks. Entries in ascending order; each is a value and a
// count. A point: so many rows of exactly this value. A spread: so many rows above the entry before, up to this value.
// While all are points, quantiles are exact: room for 300 of them. Then neighbours are joined, the upper value staying,
// so that the rows up to every value that stays are still counted exactly; the first and the last always stay.
//
// New values wait behind the entries, sorted in batches. One that falls into a spread splits it, and only there the
// counts become guesses: the mean of what even spacing and what equal shares would give. What keeps guesses from adding
// up is in `thin`: values just made out of a spread go first (so a spread that stays below the limit is whole again), and
// where values now crowd ("hot": batches after batches into one gap would split the same guess again and again), nothing
// that is new is joined, so that the guess stays as small as it was.

import { scratch } from '../rows/view'
import { BLOCK_MEDIUM, BLOCK_SMALL, returnBlock, takeBlock } from '../window/blocks'
import {
  COUNT,
  ENTRY_BYTES,
  FLAGS,
  join,
  joined,
  LIST_A,
  LIST_B,
  LIST_JOINED,
  limit,
  points,
  setLimit,
  SPREAD,
  thin,
  VALUE,
  VALUES,
  WORK,
  scale,
} from './ranks-lists'
import { sorted } from './sorted'

const ROWS: usize = 0 // f64: all rows, waiting ones too
const LENGTH: usize = 8 // u32: entries
const WAITING: usize = 12 // u32: values that wait
const LIMIT: usize = 16 // u32: most rows of a spread so far, 0 = all entries are points
const SIZE: usize = 20 // u32: bytes of the blocks, 0 = the slot's own INSIDE_BYTES
const SHIFT: usize = 24 // u32: a count of 1 stands for 2^this rows
const BLOCKS: usize = 32 // u32[4]: addresses; the same place holds the entries while there is no block
const INSIDE_BYTES: u32 = 32
const LARGEST: u32 = 4 * BLOCK_MEDIUM

// In the blocks entries take 12 bytes from the front (f64 value, u32 count with SPREAD and SOFT above it), waiting values 8 from the
// end. 84 entries or 126 values fill a medium block exactly, so none is cut by a block's end.
const STORED_BYTES: u32 = 12
const BLOCK_ENTRIES: u32 = 84
const STORED_COUNT: u32 = 0x3fffffff

/// Values of a run that are sorted at once.
const BATCH: u32 = 1024

export function addRow(slot: usize, time: f64, value: f64): void {
  const waiting = load<u32>(slot, WAITING)
  if (load<u32>(slot, LENGTH) * STORED_BYTES + (waiting + 1) * 8 > areaBytes(slot)) {
    takeIn(slot, 0, 0)
    return addRow(slot, time, value)
  }
  store<f64>(waitingAt(slot, waiting), value)
  store<u32>(slot, waiting + 1, WAITING)
  store<f64>(slot, load<f64>(slot, ROWS) + 1, ROWS)
}

export function addRun(slot: usize, times: usize, values: usize, rows: u32): void {
  while (rows > 0) {
    const batch = min(rows, BATCH)
    store<f64>(slot, load<f64>(slot, ROWS) + <f64>batch, ROWS)
    takeIn(slot, values, batch)
    values += <usize>batch << 3
    rows -= batch
  }
}

export function merge(into: usize, from: usize): void {
  const rows = load<f64>(from, ROWS)
  if (rows == 0) return
  if (load<f64>(into, ROWS) > 0) takeIn(into, 0, 0)
  const total = load<f64>(into, ROWS) + rows
  // What waits in `from` is joined with its entries in scratch, which become the second list.
  const length = view(from)
  memory.copy(LIST_B(), LIST_JOINED(), <usize>length * ENTRY_BYTES)
  const most = max(load<u32>(into, LIMIT), load<u32>(from, LIMIT))
  const own = load<u32>(into, SHIFT)
  const other = load<u32>(from, SHIFT)
  const shift = max(own, other)
  let ownLength = unpack(into)
  ownLength = scale(LIST_A(), ownLength, shift - own)
  const otherLength = scale(LIST_B(), length, shift - other)
  store<u32>(into, shift, SHIFT)
  store<u32>(into, most, LIMIT)
  setLimit(most)
  join(ownLength, otherLength, scaled(total - rows, shift), scaled(rows, shift))
  store<f64>(into, total, ROWS)
  settle(into, scaled(rows, shift))
}

export function release(slot: usize): void {
  const size = load<u32>(slot, SIZE)
  if (size == BLOCK_SMALL) returnBlock(load<u32>(slot, BLOCKS), BLOCK_SMALL)
  else for (let at: u32 = 0; at < size; at += BLOCK_MEDIUM) returnBlock(blockOf(slot, at), BLOCK_MEDIUM)
}

/// The value below which a share q of the rows lies, between two rows on the line through them (NumPy's default). NaN
/// without rows; and between the extremes where the slab was full before there was a block: they alone are known.
export function quantile(slot: usize, q: f64): f64 {
  if (load<f64>(slot, ROWS) == 0) return NaN
  if (load<u32>(slot, SIZE) == 0 && load<u32>(slot, LIMIT) > 0 && q > 0 && q < 1) return NaN
  const length = view(slot)
  const place = q * (<f64>rowsOf(LIST_JOINED(), length) - 1)
  const whole = Math.floor(place)
  const below = rowAt(length, whole)
  if (place == whole) return below
  const above = rowAt(length, whole + 1)
  return between(below, above, place - whole)
}

/// The row with so many rows before it.
function rowAt(length: u32, place: f64): f64 {
  let before: f64 = 0
  let lower: f64 = 0
  const end = LIST_JOINED() + <usize>length * ENTRY_BYTES
  for (let entry = LIST_JOINED(); entry < end; entry += ENTRY_BYTES) {
    const value = load<f64>(entry, VALUE)
    const count = <f64>load<u32>(entry, COUNT)
    if (place < before + count) {
      if (!(load<u32>(entry, FLAGS) & SPREAD)) return value
      const share = (place - before + 1) / count
      return share == 1 ? value : between(lower, value, share)
    }
    before += count
    lower = value
  }
  return lower
}

@inline function between(lower: f64, upper: f64, share: f64): f64 {
  const width = upper - lower
  return width < Infinity ? lower + width * share : lower * (1 - share) + upper * share
}

/// All that the slot holds as the joined list, the waiting values among it; the slot stays as it is. Returns its length.
function view(slot: usize): u32 {
  joinWith(slot, 0, 0)
  return joined
}

/// Takes waiting values and those of a run, already counted as rows, into the entries.
function takeIn(slot: usize, values: usize, rows: u32): void {
  const count = joinWith(slot, values, rows)
  if (count != 0) settle(slot, scaled(<f64>count, load<u32>(slot, SHIFT)))
}

/// Joins entries with the waiting values and those of a run; returns how many values.
function joinWith(slot: usize, values: usize, rows: u32): u32 {
  const waiting = load<u32>(slot, WAITING)
  for (let i: u32 = 0; i < waiting; i++) store<f64>(VALUES() + (<usize>i << 3), load<f64>(waitingAt(slot, i)))
  memory.copy(VALUES() + (<usize>waiting << 3), values, <usize>rows << 3)
  const count = waiting + rows
  const shift = load<u32>(slot, SHIFT)
  const added = scaled(<f64>count, shift)
  setLimit(load<u32>(slot, LIMIT))
  const length = scale(LIST_B(), points(sorted(VALUES(), count, WORK()), count), shift)
  join(unpack(slot), length, scaled(load<f64>(slot, ROWS), shift) - added, added)
  return count
}

/// Rows as counts.
@inline function scaled(rows: f64, shift: u32): f64 {
  return rows / <f64>(<u64>1 << shift)
}

/// Writes the joined list back, in the size it wants or as thin as there is room for. `added` rows of it are new.
function settle(slot: usize, added: f64): void {
  store<u32>(slot, 0, WAITING)
  while (roomFor(areaBytes(slot)) < joined && enlarge(slot)) {}
  const room = roomFor(areaBytes(slot))
  const rows = scaled(load<f64>(slot, ROWS), load<u32>(slot, SHIFT))
  let length = joined
  if (length > room || limit > 0) {
    setLimit(max(limit, 1))
    length = thin(room, added, rows)
  }
  // Counts must leave room for the flags.
  if (rows > <f64>(STORED_COUNT >> 1)) {
    length = scale(LIST_JOINED(), length, 1)
    setLimit((limit + 1) >> 1)
    store<u32>(slot, load<u32>(slot, SHIFT) + 1, SHIFT)
  }
  store<u32>(slot, limit, LIMIT)
  pack(slot, length)
}

/// Entries that an area of this size takes with some room left for waiting values.
function roomFor(bytes: u32): u32 {
  if (bytes == INSIDE_BYTES) return 2
  if (bytes == BLOCK_SMALL) return 14
  return (bytes - (bytes == BLOCK_MEDIUM ? 240 : 432)) / STORED_BYTES
}

/// The next larger size; false where there is none, or the slab is full.
function enlarge(slot: usize): bool {
  const size = load<u32>(slot, SIZE)
  if (size == LARGEST) return false
  const small = size == 0
  const block = takeBlock(small ? BLOCK_SMALL : BLOCK_MEDIUM)
  if (block == 0) return false
  if (size == BLOCK_SMALL) returnBlock(load<u32>(slot, BLOCKS), BLOCK_SMALL)
  const last = small || size == BLOCK_SMALL ? 0 : size / BLOCK_MEDIUM
  store<u32>(slot + (<usize>last << 2), <u32>block, BLOCKS)
  store<u32>(slot, small ? BLOCK_SMALL : (last + 1) * BLOCK_MEDIUM, SIZE)
  return true
}

@inline function areaBytes(slot: usize): u32 {
  const size = load<u32>(slot, SIZE)
  return size == 0 ? INSIDE_BYTES : size
}

/// The block that holds the area's byte `at`.
@inline function blockOf(slot: usize, at: u32): usize {
  return load<u32>(slot + (<usize>(at / BLOCK_MEDIUM) << 2), BLOCKS)
}

@inline function address(slot: usize, at: u32): usize {
  const size = load<u32>(slot, SIZE)
  if (size == 0) return slot + BLOCKS + at
  return blockOf(slot, at) + at % BLOCK_MEDIUM
}

@inline function waitingAt(slot: usize, i: u32): usize {
  return address(slot, areaBytes(slot) - (i + 1) * 8)
}

/// Entries into the first list; returns how many.
function unpack(slot: usize): u32 {
  const length = load<u32>(slot, LENGTH)
  let to = LIST_A()
  for (let first: u32 = 0; first < length; first += BLOCK_ENTRIES) {
    let from = address(slot, first * STORED_BYTES)
    for (const end = to + <usize>(min(length - first, BLOCK_ENTRIES) * ENTRY_BYTES); to < end; to += ENTRY_BYTES) {
      const stored = load<u32>(from, 8)
      store<f64>(to, load<f64>(from), VALUE)
      store<u32>(to, stored & STORED_COUNT, COUNT)
      store<u32>(to, stored >> 30, FLAGS)
      from += STORED_BYTES
    }
  }
  return length
}

function pack(slot: usize, length: u32): void {
  let from = LIST_JOINED()
  for (let first: u32 = 0; first < length; first += BLOCK_ENTRIES) {
    let to = address(slot, first * STORED_BYTES)
    for (const end = from + <usize>(min(length - first, BLOCK_ENTRIES) * ENTRY_BYTES); from < end; from += ENTRY_BYTES) {
      store<f64>(to, load<f64>(from, VALUE))
      store<u32>(to, load<u32>(from, COUNT) | (load<u32>(from, FLAGS) << 30), 8)
      to += STORED_BYTES
    }
  }
  store<u32>(slot, length, LENGTH)
}

function rowsOf(list: usize, length: u32): u64 {
  let rows: u64 = 0
  const end = list + <usize>length * ENTRY_BYTES
  for (let entry = list; entry < end; entry += ENTRY_BYTES) rows += load<u32>(entry, COUNT)
  return rows
}

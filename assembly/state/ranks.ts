// Ranks of values in at most 4 KiB: a slot and a block. Up to 300 different values it is exact; then it keeps boundaries v, each
// with p rows that lie at it and g rows that lie somewhere between the boundary before and it. Counts up to a boundary that
// was there when its rows came are exact; only where a new boundary cuts between two are the rows there shared by how far
// it cuts. Boundaries that are needed least are dropped: those around which the fewest rows are. Least and greatest
// value are always boundaries.
// After M. Greenwald, S. Khanna, Space-efficient online computation of quantile summaries, SIGMOD 2001, whose bands the
// even share of rows between boundaries replaces.
import { BLOCK_LARGE, BLOCK_MEDIUM, BLOCK_SMALL, returnBlock, takeBlock } from '../window/blocks'
import { scratch } from '../rows/view'
import { sorted } from './sorted'

export const COUNT: usize = 0 // f64: rows
export const MIN: usize = 8
export const MAX: usize = 16
const BLOCK: usize = 24 // u32: address, 0 = none
const BYTES: usize = 28 // u32
const BOUNDARIES: usize = 32 // u32
const BUFFERED: usize = 36 // u32: values that wait in the block's end
const SPREAD: usize = 40 // u32: 1 = rows lie between boundaries, too
const MOST: usize = 48 // f64: rows around a boundary that was dropped, at most so far

/// Values of a run that are sorted at a time.
const PIECE_ROWS: u32 = 1024

// Scratch: the outcome of a merge as three columns, and values being sorted twice.
const MOST_BOUNDARIES: usize = 2048
@inline function outV(): usize {
  return scratch
}
@inline function outP(): usize {
  return scratch + MOST_BOUNDARIES * 8
}
@inline function outG(): usize {
  return scratch + MOST_BOUNDARIES * 12
}
@inline function piece(): usize {
  return scratch + MOST_BOUNDARIES * 16
}

// A block: values, p, and once rows lie between them g, each a column; then the buffer.
@inline function capacity(bytes: u32, spread: bool): u32 {
  if (bytes == BLOCK_LARGE) return spread ? 192 : 300
  if (bytes == BLOCK_MEDIUM) return spread ? 48 : 60
  return spread ? 9 : 12
}

@inline function room(bytes: u32, spread: bool): u32 {
  return (bytes - capacity(bytes, spread) * (spread ? 16 : 12)) >> 3
}

@inline function buffer(block: usize, bytes: u32, spread: bool): usize {
  return block + <usize>(bytes - (room(bytes, spread) << 3))
}

export function addRow(slot: usize, time: f64, value: f64): void {
  const count = load<f64>(slot, COUNT)
  if (count == 0 || value < load<f64>(slot, MIN)) store<f64>(slot, value, MIN)
  if (count == 0 || value > load<f64>(slot, MAX)) store<f64>(slot, value, MAX)
  store<f64>(slot, count + 1, COUNT)
  let block: usize = load<u32>(slot, BLOCK)
  if (block == 0) {
    block = takeBlock(BLOCK_SMALL)
    if (block == 0) return
    store<u32>(slot, <u32>block, BLOCK)
    store<u32>(slot, BLOCK_SMALL, BYTES)
  }
  const bytes = load<u32>(slot, BYTES)
  const spread = load<u32>(slot, SPREAD) != 0
  const n = load<u32>(slot, BUFFERED)
  store<f64>(buffer(block, bytes, spread) + (<usize>n << 3), value)
  store<u32>(slot, n + 1, BUFFERED)
  if (n + 1 == room(bytes, spread)) flush(slot)
}

export function addRun(slot: usize, times: usize, values: usize, rows: u32): void {
  while (rows > 0) {
    const n = min(rows, PIECE_ROWS)
    if (n < 32) {
      for (let i: u32 = 0; i < n; i++) addRow(slot, 0, load<f64>(values + (<usize>i << 3)))
    } else {
      if (load<u32>(slot, BLOCK) == 0) addRow(slot, 0, load<f64>(values))
      const done: u32 = load<f64>(slot, COUNT) == 1 && load<u32>(slot, BUFFERED) == 1 ? 1 : 0
      flush(slot)
      addSorted(slot, sorted(values + (<usize>done << 3), n - done, piece()), n - done)
    }
    values += <usize>n << 3
    rows -= n
  }
}

/// Adds sorted values.
function addSorted(slot: usize, values: usize, n: u32): void {
  const least = load<f64>(values)
  const greatest = load<f64>(values + (<usize>(n - 1) << 3))
  const count = load<f64>(slot, COUNT)
  if (count == 0 || least < load<f64>(slot, MIN)) store<f64>(slot, least, MIN)
  if (count == 0 || greatest > load<f64>(slot, MAX)) store<f64>(slot, greatest, MAX)
  store<f64>(slot, count + <f64>n, COUNT)
  if (load<u32>(slot, BLOCK) != 0) place(slot, withValues(slot, values, n))
}

export function merge(into: usize, from: usize): void {
  const count = load<f64>(from, COUNT)
  if (count == 0) return
  const before = load<f64>(into, COUNT)
  if (before == 0 || load<f64>(from, MIN) < load<f64>(into, MIN)) store<f64>(into, load<f64>(from, MIN), MIN)
  if (before == 0 || load<f64>(from, MAX) > load<f64>(into, MAX)) store<f64>(into, load<f64>(from, MAX), MAX)
  store<f64>(into, before + count, COUNT)
  const other: usize = load<u32>(from, BLOCK)
  if (other == 0) return
  if (load<u32>(into, BLOCK) == 0) {
    const block = takeBlock(BLOCK_SMALL)
    if (block == 0) return
    store<u32>(into, <u32>block, BLOCK)
    store<u32>(into, BLOCK_SMALL, BYTES)
  }
  flush(into)
  const bytes = load<u32>(from, BYTES)
  const spread = load<u32>(from, SPREAD) != 0
  if (spread) store<u32>(into, respread(into), SPREAD)
  if (load<f64>(from, MOST) > load<f64>(into, MOST)) store<f64>(into, load<f64>(from, MOST), MOST)
  const n = load<u32>(from, BOUNDARIES)
  if (n != 0) place(into, withBoundaries(into, other, n, capacity(bytes, spread), spread))
  const waiting = load<u32>(from, BUFFERED)
  if (waiting != 0) place(into, withValues(into, sorted(buffer(other, bytes, spread), waiting, piece()), waiting))
}

/// Gives the block back.
export function release(slot: usize): void {
  const block: usize = load<u32>(slot, BLOCK)
  if (block != 0) returnBlock(block, load<u32>(slot, BYTES))
}

/// The value at a quantile, between two rows by their distance (as numpy.quantile); NaN without rows. Changes nothing.
export function quantile(slot: usize, q: f64): f64 {
  const count = load<f64>(slot, COUNT)
  if (count == 0) return NaN
  if (q <= 0 || count == 1) return load<f64>(slot, MIN)
  if (q >= 1) return load<f64>(slot, MAX)
  const block: usize = load<u32>(slot, BLOCK)
  if (block == 0) return NaN
  const waiting = load<u32>(slot, BUFFERED)
  const values = buffer(block, load<u32>(slot, BYTES), load<u32>(slot, SPREAD) != 0)
  const n = withValues(slot, sorted(values, waiting, piece()), waiting)
  // What was lost while there was no room is missing at the end.
  let rows: f64 = 0
  for (let i: usize = 0; i < n; i++) rows += <f64>load<u32>(outP() + (i << 2)) + <f64>load<u32>(outG() + (i << 2))
  const rank = q * (rows - 1)
  const below = Math.floor(rank)
  const low = valueAt(n, below)
  const part = rank - below
  if (part == 0) return low
  const high = valueAt(n, below + 1)
  return low + (high - low) * part
}

/// The value of a rank in the outcome of a merge; rows between two boundaries lie at even distances.
function valueAt(n: u32, rank: f64): f64 {
  let before: f64 = 0
  for (let i: usize = 0; i < n; i++) {
    const g = <f64>load<u32>(outG() + (i << 2))
    const v = load<f64>(outV() + (i << 3))
    if (rank < before + g) {
      const last = load<f64>(outV() + ((i - 1) << 3))
      return last + (v - last) * ((rank - before + 0.5) / g)
    }
    before += g + <f64>load<u32>(outP() + (i << 2))
    if (rank < before) return v
  }
  return load<f64>(outV() + (<usize>(n - 1) << 3))
}

function flush(slot: usize): void {
  const waiting = load<u32>(slot, BUFFERED)
  if (waiting == 0) return
  const values = buffer(load<u32>(slot, BLOCK), load<u32>(slot, BYTES), load<u32>(slot, SPREAD) != 0)
  const n = withValues(slot, sorted(values, waiting, piece()), waiting)
  store<u32>(slot, 0, BUFFERED)
  place(slot, n)
}

/// Writes the slot's boundaries and sorted values, together in order, to the outcome; returns how many there are.
function withValues(slot: usize, values: usize, count: u32): u32 {
  const spread = load<u32>(slot, SPREAD) != 0
  const block: usize = load<u32>(slot, BLOCK)
  const cap = <usize>capacity(load<u32>(slot, BYTES), spread)
  const pColumn = block + (cap << 3)
  const gColumn = pColumn + (cap << 2)
  const own = load<u32>(slot, BOUNDARIES)
  const toV = outV()
  const toP = outP()
  const toG = outG()
  const end = values + (<usize>count << 3)
  let n: usize = 0
  let last: f64 = 0
  for (let i: usize = 0; i < own; i++) {
    const v = load<f64>(block + (i << 3))
    let p = load<u32>(pColumn + (i << 2))
    let g: u32 = spread ? load<u32>(gColumn + (i << 2)) : 0
    while (values < end && load<f64>(values) <= v) {
      const x = load<f64>(values)
      let same: u32 = 1
      values += 8
      while (values < end && load<f64>(values) == x) {
        same++
        values += 8
      }
      if (x == v) {
        p += same
        break
      }
      let below: u32 = 0
      if (g != 0) {
        below = share(g, last, x, v)
        g -= below
      }
      store<f64>(toV + (n << 3), x)
      store<u32>(toP + (n << 2), same)
      store<u32>(toG + (n << 2), below)
      n++
      last = x
    }
    store<f64>(toV + (n << 3), v)
    store<u32>(toP + (n << 2), p)
    store<u32>(toG + (n << 2), g)
    n++
    last = v
  }
  while (values < end) {
    const x = load<f64>(values)
    let same: u32 = 1
    values += 8
    while (values < end && load<f64>(values) == x) {
      same++
      values += 8
    }
    store<f64>(toV + (n << 3), x)
    store<u32>(toP + (n << 2), same)
    store<u32>(toG + (n << 2), 0)
    n++
  }
  return <u32>n
}

/// Of g rows between `last` and `v` those that lie below x, by how far x is.
@inline function share(g: u32, last: f64, x: f64, v: f64): u32 {
  const part = (x - last) / (v - last)
  return part >= 0 && part <= 1 ? <u32>(<f64>g * part + 0.5) : g >> 1
}

/// The same with the boundaries of another block.
function withBoundaries(slot: usize, other: usize, count: u32, otherCap: usize, otherSpread: bool): u32 {
  const spread = load<u32>(slot, SPREAD) != 0
  const block: usize = load<u32>(slot, BLOCK)
  const cap = <usize>capacity(load<u32>(slot, BYTES), spread)
  const own = load<u32>(slot, BOUNDARIES)
  let i: usize = 0
  let j: usize = 0
  let n: usize = 0
  let last: f64 = 0
  let ga: u32 = spread && own != 0 ? load<u32>(block + cap * 12) : 0
  let gb: u32 = otherSpread ? load<u32>(other + otherCap * 12) : 0
  while (i < own || j < count) {
    const a = i < own ? load<f64>(block + (i << 3)) : Infinity
    const b = j < count ? load<f64>(other + (j << 3)) : Infinity
    const x = a < b ? a : b
    let p: u32 = 0
    let g: u32 = 0
    if (a == x) {
      p += load<u32>(block + (cap << 3) + (i << 2))
      g += ga
      i++
      ga = spread && i < own ? load<u32>(block + cap * 12 + (i << 2)) : 0
    } else if (ga != 0) {
      const below = share(ga, last, x, a)
      ga -= below
      g += below
    }
    if (b == x) {
      p += load<u32>(other + (otherCap << 3) + (j << 2))
      g += gb
      j++
      gb = otherSpread && j < count ? load<u32>(other + otherCap * 12 + (j << 2)) : 0
    } else if (gb != 0) {
      const below = share(gb, last, x, b)
      gb -= below
      g += below
    }
    store<f64>(outV() + (n << 3), x)
    store<u32>(outP() + (n << 2), p)
    store<u32>(outG() + (n << 2), g)
    n++
    last = x
  }
  return <u32>n
}

/// Rows will lie between boundaries from now on: makes room for g. Returns 1.
function respread(slot: usize): u32 {
  if (load<u32>(slot, SPREAD) != 0) return 1
  const n = load<u32>(slot, BOUNDARIES)
  const block: usize = load<u32>(slot, BLOCK)
  const bytes = load<u32>(slot, BYTES)
  const cap = <usize>capacity(bytes, false)
  memory.copy(outV(), block, <usize>n << 3)
  memory.copy(outP(), block + (cap << 3), <usize>n << 2)
  memory.fill(outG(), 0, <usize>n << 2)
  store<u32>(slot, 1, SPREAD)
  place(slot, n)
  return 1
}

/// Takes the outcome of a merge into the slot: into a larger block where it does not fit, or by dropping boundaries.
function place(slot: usize, n: u32): void {
  let bytes = load<u32>(slot, BYTES)
  while (n > capacity(bytes, load<u32>(slot, SPREAD) != 0) && bytes != BLOCK_LARGE) {
    const larger = bytes == BLOCK_SMALL ? BLOCK_MEDIUM : BLOCK_LARGE
    const block = takeBlock(larger)
    if (block == 0) break
    returnBlock(load<u32>(slot, BLOCK), bytes)
    store<u32>(slot, <u32>block, BLOCK)
    store<u32>(slot, larger, BYTES)
    bytes = larger
  }
  let spread = load<u32>(slot, SPREAD) != 0
  if (n > capacity(bytes, spread)) {
    if (!spread) store<u32>(slot, 1, SPREAD)
    spread = true
    n = compress(slot, n, capacity(bytes, true))
  }
  const block: usize = load<u32>(slot, BLOCK)
  const cap = <usize>capacity(bytes, spread)
  memory.copy(block, outV(), <usize>n << 3)
  memory.copy(block + (cap << 3), outP(), <usize>n << 2)
  if (spread) memory.copy(block + cap * 12, outG(), <usize>n << 2)
  store<u32>(slot, n, BOUNDARIES)
}

/// Drops boundaries of the outcome until `most` are left: one whose rows, with those to both sides, are few.
function compress(slot: usize, n: u32, most: u32): u32 {
  const v = outV()
  const p = outP()
  const g = outG()
  const total = load<f64>(slot, COUNT)
  const near = total * 0.1
  const far = total * 0.025
  let limit = Math.max(load<f64>(slot, MOST), load<f64>(slot, COUNT) / <f64>most)
  while (true) {
    const slope = (limit * 10) / total
    let to: usize = 1
    let carried: u32 = 0
    let behind = <f64>load<u32>(p)
    const last = <usize>n - 1
    for (let i: usize = 1; i < last; i++) {
      const before = load<u32>(g + (i << 2)) + carried
      const all = before + load<u32>(p + (i << 2))
      // Tails are cut finer: rows lie less evenly there.
      const whole = behind + <f64>all
      const edge = whole < total - whole ? whole : total - whole
      const bound = edge >= near ? limit : edge < far ? limit * 0.25 : edge * slope
      if (<f64>(all + load<u32>(g + (i << 2), 4)) <= bound) {
        carried = all
        continue
      }
      behind = whole
      store<f64>(v + (to << 3), load<f64>(v + (i << 3)))
      store<u32>(p + (to << 2), load<u32>(p + (i << 2)))
      store<u32>(g + (to << 2), before)
      carried = 0
      to++
    }
    store<f64>(v + (to << 3), load<f64>(v + (last << 3)))
    store<u32>(p + (to << 2), load<u32>(p + (last << 2)))
    store<u32>(g + (to << 2), load<u32>(g + (last << 2)) + carried)
    n = <u32>to + 1
    if (n <= most) break
    limit = limit * 1.125 + 1
  }
  store<f64>(slot, limit, MOST)
  return n
}

// Lists of entries in scratch, where `ranks` sorts, joins and thins them: two that are joined, and the joined one.

import { scratchEnd } from '../rows/view'

export const ENTRY_BYTES: u32 = 16
export const VALUE: usize = 0 // f64
export const COUNT: usize = 8 // u32
export const FLAGS: usize = 12 // u32
/// The rows lie above the entry before, up to this value; else all are of this value.
export const SPREAD: u32 = 1
/// The value was made out of a spread: where it stands in the order is a guess.
export const SOFT: u32 = 2
// Only in the joined list: not in the first list; where values crowd; the open end below a point.
const NEW: u32 = 4
const HOT: u32 = 8
const OPEN: u32 = 16

/// Values crowd in a gap when so many new ones are in it, and this many times as many as its share of rows foretells.
const HOT_ROWS: u32 = 10
const HOT_EQUAL_ROWS: u32 = 4
const HOT_RATIO: f64 = 4
/// Where they crowd, neighbours are joined up to this share of the new rows only, and no more than so many are kept apart.
const HOT_SHARE: f64 = 128
const HOT_ENTRIES: u32 = 3 // a third of all

// At the end of the scratch: what other kernels keep of a view lies at its beginning.
@inline export function VALUES(): usize { return scratchEnd - 0x28000 }
@inline export function WORK(): usize { return scratchEnd - 0x24000 }
@inline export function LIST_A(): usize { return scratchEnd - 0x1c000 }
@inline export function LIST_B(): usize { return scratchEnd - 0x1a000 }
@inline export function LIST_JOINED(): usize { return scratchEnd - 0x12000 }

/// Entries of the joined list.
export let joined: u32 = 0
/// Most rows that a spread may have.
export let limit: u32 = 0

export function setLimit(rows: u32): void {
  limit = rows
}

/// Makes points of sorted values, as the second list; returns how many.
export function points(sorted: usize, count: u32): u32 {
  let to = LIST_B() - ENTRY_BYTES
  let last = NaN
  const end = sorted + (<usize>count << 3)
  for (; sorted < end; sorted += 8) {
    const value = load<f64>(sorted)
    if (value == last) {
      store<u32>(to, load<u32>(to, COUNT) + 1, COUNT)
      continue
    }
    to += ENTRY_BYTES
    put(to, value, 1, 0)
    last = value
  }
  return <u32>(to + ENTRY_BYTES - LIST_B()) / ENTRY_BYTES
}

/// Divides counts by 2^shift, carrying what is left over from one entry to the next; empty ones fall out, but not the
/// first and the last. Returns how many are left.
export function scale(list: usize, length: u32, shift: u32): u32 {
  if (shift == 0) return length
  let to = list
  let sum: u64 = 0
  const last = list + <usize>(length - 1) * ENTRY_BYTES
  for (let from = list; from <= last; from += ENTRY_BYTES) {
    const before = sum >> shift
    sum += load<u32>(from, COUNT)
    let count = <u32>((sum >> shift) - before)
    if (count == 0 && (from == list || from == last)) count = 1
    if (count == 0) continue
    put(to, load<f64>(from, VALUE), count, load<u32>(from, FLAGS))
    to += ENTRY_BYTES
  }
  return <u32>(to - list) / ENTRY_BYTES
}

@inline function put(entry: usize, value: f64, count: u32, flags: u32): void {
  store<f64>(entry, value, VALUE)
  store<u32>(entry, count, COUNT)
  store<u32>(entry, flags, FLAGS)
}

// A list on its way through `join`: the entry it stands at, how much of that entry's spread is left above the last value,
// that value, how many values of the other list are still to come in the spread (-1: not looked at), and what was found.
let entryA: usize = 0
let endA: usize = 0
let leftA: u32 = 0
let lowA: f64 = 0
let comingA: i32 = -1
let hotA: u32 = 0
let softA: u32 = 0
let entryB: usize = 0
let endB: usize = 0
let leftB: u32 = 0
let lowB: f64 = 0
let comingB: i32 = -1
let softB: u32 = 0

/// Joins both lists, of so many entries and rows, into the third. The second is what is new to the first.
export function join(lengthA: u32, lengthB: u32, totalA: f64, totalB: f64): void {
  let to = LIST_JOINED()
  entryA = LIST_A()
  entryB = LIST_B()
  endA = entryA + <usize>lengthA * ENTRY_BYTES
  endB = entryB + <usize>lengthB * ENTRY_BYTES
  leftA = load<u32>(entryA, COUNT)
  leftB = load<u32>(entryB, COUNT)
  lowA = lowB = -Infinity
  comingA = comingB = -1
  hotA = softA = softB = 0
  for (;;) {
    // Entries that nothing of the other list touches stay as they are.
    if (comingA < 0 && (entryB >= endB || !(load<u32>(entryB, FLAGS) & SPREAD))) {
      const next = entryB < endB ? load<f64>(entryB, VALUE) : Infinity
      for (; entryA < endA && load<f64>(entryA, VALUE) < next; entryA += ENTRY_BYTES) {
        v128.store(to, v128.load(entryA))
        lowA = load<f64>(entryA, VALUE)
        to += ENTRY_BYTES
      }
      leftA = load<u32>(entryA, COUNT)
    }
    if (entryA >= endA && entryB >= endB) break
    const a = entryA < endA ? load<f64>(entryA, VALUE) : Infinity
    const b = entryB < endB ? load<f64>(entryB, VALUE) : Infinity
    const inA = a <= b
    const inB = b <= a
    const value = inA ? a : b
    let open: u32 = 0
    let equal: u32 = 0
    let flags: u32 = inA ? 0 : NEW
    if (inA) {
      const own = load<u32>(entryA, FLAGS)
      if (own & SPREAD) open += leftA
      else equal += leftA
      flags |= (own & SOFT) | hotA
    } else if (entryA < endA) {
      if (comingA < 0) lookAhead(totalA, totalB)
      if (load<u32>(entryA, FLAGS) & SPREAD) {
        const part = partOf(leftA, value, lowA, a, comingA--)
        leftA -= part
        open += part
        lowA = value
        flags |= softA
      }
      flags |= hotA
    }
    if (inB) {
      const own = load<u32>(entryB, FLAGS)
      if (own & SPREAD) open += leftB
      else {
        equal += leftB
        const before = <f64>(inA ? load<u32>(entryA, COUNT) : 0)
        if (leftB >= HOT_EQUAL_ROWS && <f64>leftB * totalA >= HOT_RATIO * totalB * before) flags |= HOT
      }
      flags |= own & SOFT
    } else if (entryB < endB && load<u32>(entryB, FLAGS) & SPREAD) {
      if (comingB < 0) {
        comingB = <i32>inA
        for (let at = entryA + ENTRY_BYTES; at < endA && load<f64>(at, VALUE) < b; at += ENTRY_BYTES) comingB++
        softB = isSoft(load<u32>(entryB, COUNT))
      }
      const part = partOf(leftB, value, lowB, b, comingB--)
      leftB -= part
      open += part
      lowB = value
      flags |= softB
    }
    if (inA) {
      lowA = value
      entryA += ENTRY_BYTES
      leftA = load<u32>(entryA, COUNT)
      comingA = -1
      hotA = 0
    }
    if (inB) {
      lowB = value
      entryB += ENTRY_BYTES
      leftB = load<u32>(entryB, COUNT)
      comingB = -1
    }
    if (open > 0 && equal > 0) {
      put(to, below(value), open, SPREAD | NEW | OPEN | (flags & (HOT | SOFT)))
      to += ENTRY_BYTES
      open = 0
    }
    if (open + equal > 0) {
      put(to, value, open + equal, equal > 0 ? flags : flags | SPREAD)
      to += ENTRY_BYTES
    }
  }
  joined = <u32>(to - LIST_JOINED()) / ENTRY_BYTES
}

/// Values of the second list below the first one's entry, and whether they crowd.
function lookAhead(totalA: f64, totalB: f64): void {
  const value = load<f64>(entryA, VALUE)
  let rows: u32 = 0
  comingA = 0
  for (let at = entryB; at < endB && load<f64>(at, VALUE) < value; at += ENTRY_BYTES) {
    comingA++
    rows += load<u32>(at, COUNT)
  }
  const spread = load<u32>(entryA, FLAGS) & SPREAD ? load<u32>(entryA, COUNT) : 0
  const inside = entryA > LIST_A()
  hotA = inside && rows >= HOT_ROWS && <f64>rows * totalA >= HOT_RATIO * totalB * <f64>spread ? HOT : 0
  softA = isSoft(spread)
}

@inline function isSoft(spread: u32): u32 {
  return spread << 3 >= limit ? SOFT : 0
}

/// How many of a spread's rows up to `upper` lie below a value in it: the mean of what even spacing gives, and what equal
/// shares between it and the values still to come.
function partOf(rows: u32, value: f64, lower: f64, upper: f64, coming: i32): u32 {
  const even = (value * 0.5 - lower * 0.5) / (upper * 0.5 - lower * 0.5)
  const equal = 1 / <f64>(coming + 1)
  const part = <u32>(<f64>rows * (even + equal) * 0.5 + 0.5)
  return min(part, rows - 1) // one row is `upper` itself
}

/// The next double below.
function below(value: f64): f64 {
  if (value == 0) return -5e-324
  const bits = reinterpret<i64>(value)
  return reinterpret<f64>(value > 0 ? bits - 1 : bits + 1)
}

/// Joins neighbours in the joined list until no more than `room` are left, raising the limit as far as it takes. `added`
/// of its `rows` are new. Returns how many are left.
export function thin(room: u32, added: f64, rows: f64): u32 {
  let hot = added / HOT_SHARE
  while (joined > room && hotEntries() > room / HOT_ENTRIES && hot < rows) {
    hot = hot * 1.5 + 1
    sweep(0, hot, true)
  }
  while (joined > room) {
    sweep(<f64>limit, hot, true)
    if (joined > room) sweep(<f64>limit * 0.8, hot, false)
    if (joined <= room) break
    limit = <u32>(<f64>limit * 1.1) + 1
    if (<f64>limit > rows) hot = Infinity // a tiny room
  }
  return joined
}

function hotEntries(): u32 {
  let count: u32 = 0
  const end = LIST_JOINED() + <usize>joined * ENTRY_BYTES
  for (let entry = LIST_JOINED(); entry < end; entry += ENTRY_BYTES) count += <u32>((load<u32>(entry, FLAGS) & HOT) != 0)
  return count
}

/// Joins each entry with the one above where both have few rows; with `newOnly` those alone that say less than the one
/// above: new ones, and guesses below what is no guess. The first stays, and its value with it; so does the last.
function sweep(most: f64, mostHot: f64, newOnly: bool): void {
  if (joined < 3) return
  const end = LIST_JOINED() + <usize>joined * ENTRY_BYTES
  let to = LIST_JOINED() + ENTRY_BYTES
  let value = load<f64>(to, VALUE)
  let count = load<u32>(to, COUNT)
  let flags = load<u32>(to, FLAGS)
  for (let from = to + ENTRY_BYTES; from < end; from += ENTRY_BYTES) {
    const upper = load<u32>(from, FLAGS)
    const sum = count + load<u32>(from, COUNT)
    const both = <f64>sum
    const joins =
      flags & OPEN
        ? both <= most || both <= mostHot
        : (flags | upper) & HOT
          ? both <= mostHot
          : both <= most && (!newOnly || flags & NEW || (flags & SOFT && !(upper & SOFT)))
    if (joins) {
      count = sum
      flags = upper | SPREAD
    } else {
      put(to, value, count, flags)
      to += ENTRY_BYTES
      count = load<u32>(from, COUNT)
      flags = upper
    }
    value = load<f64>(from, VALUE)
  }
  put(to, value, count, flags)
  joined = <u32>(to + ENTRY_BYTES - LIST_JOINED()) / ENTRY_BYTES
}

// How many different values there are: a set of them while they are few, then HyperLogLog registers.
// P. Flajolet et al., HyperLogLog, AofA 2007; read as in O. Ertl, New cardinality estimation algorithms for HyperLogLog
// sketches, arXiv:1702.01284, algorithm 6, which needs no correction for few or many.
import { scratch } from '../rows/view'
import { BLOCK_LARGE, BLOCK_MEDIUM, BLOCK_SMALL, returnBlock, takeBlock } from '../window/blocks'

export const COUNT: usize = 0 // f64: rows
const BLOCK: usize = 8 // u32: address, 0 = none
const BYTES: usize = 12 // u32
const VALUES: usize = 16 // u32: different values in the set, zero aside
const ZERO: usize = 20 // u32: 1 = zero is among them
const BITS: usize = 24 // u32: registers are 2^BITS, a byte each; 0 = it is a set still

// A set is doubles by open addressing, an empty place is 0; so zero itself is kept apart.
@inline function places(bytes: u32): u32 {
  return bytes >> 3
}

@inline function mostIn(bytes: u32): u32 {
  return (places(bytes) * 25) >> 5
}

@inline function registerBits(bytes: u32): u32 {
  return bytes == BLOCK_LARGE ? 12 : bytes == BLOCK_MEDIUM ? 9 : 7
}

/// All 64 bits of a double mixed into all of the outcome (D. Stafford's variant 13 of MurmurHash3's finalizer).
@inline function hash(bits: u64): u64 {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb
  return bits ^ (bits >> 31)
}

export function addRow(slot: usize, time: f64, value: f64): void {
  store<f64>(slot, load<f64>(slot, COUNT) + 1, COUNT)
  add(slot, value)
}

export function addRun(slot: usize, times: usize, values: usize, rows: u32): void {
  store<f64>(slot, load<f64>(slot, COUNT) + <f64>rows, COUNT)
  for (let i: u32 = 0; i < rows; i++) add(slot, load<f64>(values + (<usize>i << 3)))
}

function add(slot: usize, value: f64): void {
  if (load<u32>(slot, BLOCK) == 0 && !grow(slot)) return
  const bits = reinterpret<u64>(value)
  if (load<u32>(slot, BITS) != 0) return register(slot, value == 0 ? 0 : bits)
  if (value == 0) {
    store<u32>(slot, 1, ZERO)
    return
  }
  while (true) {
    const bytes = load<u32>(slot, BYTES)
    const place = find(load<u32>(slot, BLOCK), bytes, bits)
    if (load<u64>(place) == bits) return
    const n = load<u32>(slot, VALUES)
    if (n < mostIn(bytes)) {
      store<u64>(place, bits)
      store<u32>(slot, n + 1, VALUES)
      return
    }
    if (bytes == BLOCK_LARGE || !grow(slot)) {
      makeRegisters(slot)
      return register(slot, bits)
    }
  }
}

/// Where a value is in a set, or belongs.
function find(block: usize, bytes: u32, bits: u64): usize {
  const n = places(bytes)
  let i = <u32>(((hash(bits) >> 32) * <u64>n) >> 32)
  while (true) {
    const place = block + (<usize>i << 3)
    const there = load<u64>(place)
    if (there == bits || there == 0) return place
    if (++i == n) i = 0
  }
}

/// A block of the next size for a set; false: there is none.
function grow(slot: usize): bool {
  const before = load<u32>(slot, BYTES)
  const bytes = before == 0 ? BLOCK_SMALL : before == BLOCK_SMALL ? BLOCK_MEDIUM : BLOCK_LARGE
  const block = takeBlock(bytes)
  if (block == 0) return false
  const old: usize = load<u32>(slot, BLOCK)
  for (let at = old; at < old + before; at += 8) {
    const bits = load<u64>(at)
    if (bits != 0) store<u64>(find(block, bytes, bits), bits)
  }
  if (old != 0) returnBlock(old, before)
  store<u32>(slot, <u32>block, BLOCK)
  store<u32>(slot, bytes, BYTES)
  return true
}

/// A set becomes registers in the same block.
function makeRegisters(slot: usize): void {
  const block: usize = load<u32>(slot, BLOCK)
  const bytes: usize = load<u32>(slot, BYTES)
  memory.copy(scratch, block, bytes)
  memory.fill(block, 0, bytes)
  store<u32>(slot, registerBits(<u32>bytes), BITS)
  for (let at = scratch; at < scratch + bytes; at += 8) {
    const bits = load<u64>(at)
    if (bits != 0) register(slot, bits)
  }
  if (load<u32>(slot, ZERO) != 0) register(slot, 0)
}

@inline function register(slot: usize, bits: u64): void {
  const p = load<u32>(slot, BITS)
  const h = hash(bits)
  const at = <usize>load<u32>(slot, BLOCK) + <usize>(h >> (64 - p))
  const rank = <u32>clz((h << p) | (<u64>1 << (p - 1))) + 1
  if (rank > <u32>load<u8>(at)) store<u8>(at, rank)
}

export function merge(into: usize, from: usize): void {
  const count = load<f64>(from, COUNT)
  if (count == 0) return
  store<f64>(into, load<f64>(into, COUNT) + count, COUNT)
  const block: usize = load<u32>(from, BLOCK)
  if (block == 0) return
  const p = load<u32>(from, BITS)
  if (p == 0) {
    const end = block + load<u32>(from, BYTES)
    for (let at = block; at < end; at += 8) if (load<u64>(at) != 0) add(into, load<f64>(at))
    if (load<u32>(from, ZERO) != 0) add(into, 0)
    return
  }
  while (load<u32>(into, BYTES) < load<u32>(from, BYTES) && load<u32>(into, BITS) == 0) if (!grow(into)) break
  if (load<u32>(into, BLOCK) == 0) return
  if (load<u32>(into, BITS) == 0) makeRegisters(into)
  if (load<u32>(into, BITS) > p) fold(into, p)
  const own = load<u32>(into, BITS)
  const to: usize = load<u32>(into, BLOCK)
  for (let i: u32 = 0; i < 1 << p; i++) raise(to, i, <u32>load<u8>(block + i), p, own)
}

/// Takes a register of 2^p into one of fewer, 2^own: bits of its number become the first of what is counted.
@inline function raise(to: usize, number: u32, rank: u32, p: u32, own: u32): void {
  if (rank == 0) return
  const more = p - own
  const rest = number & ((1 << more) - 1)
  const seen = more == 0 ? rank : rest == 0 ? rank + more : more - (31 - <u32>clz(rest))
  const at = to + (number >> more)
  if (seen > <u32>load<u8>(at)) store<u8>(at, seen)
}

function fold(slot: usize, p: u32): void {
  const block: usize = load<u32>(slot, BLOCK)
  const before = load<u32>(slot, BITS)
  memory.copy(scratch, block, <usize>1 << before)
  memory.fill(block, 0, <usize>1 << before)
  for (let i: u32 = 0; i < 1 << before; i++) raise(block, i, <u32>load<u8>(scratch + i), before, p)
  store<u32>(slot, p, BITS)
}

/// Gives the block back.
export function release(slot: usize): void {
  const block: usize = load<u32>(slot, BLOCK)
  if (block != 0) returnBlock(block, load<u32>(slot, BYTES))
}

/// The number of different values; NaN without rows.
export function estimate(slot: usize): f64 {
  if (load<f64>(slot, COUNT) == 0) return NaN
  if (load<u32>(slot, BLOCK) == 0) return NaN
  const p = load<u32>(slot, BITS)
  if (p == 0) return <f64>(load<u32>(slot, VALUES) + load<u32>(slot, ZERO))
  const q = 64 - p
  const m = <f64>(1 << p)
  const counts = scratch
  memory.fill(counts, 0, 66 * 4)
  const block: usize = load<u32>(slot, BLOCK)
  for (let i: usize = 0; i < <usize>1 << p; i++) {
    const at = counts + (<usize>load<u8>(block + i) << 2)
    store<u32>(at, load<u32>(at) + 1)
  }
  let z = m * tau(1 - <f64>load<u32>(counts + (<usize>(q + 1) << 2)) / m)
  for (let k = q; k >= 1; k--) z = 0.5 * (z + <f64>load<u32>(counts + (<usize>k << 2)))
  z += m * sigma(<f64>load<u32>(counts) / m)
  return Math.floor((0.7213475204444817 * m * m) / z + 0.5)
}

function sigma(x: f64): f64 {
  if (x == 1) return Infinity
  let y: f64 = 1
  let z = x
  while (true) {
    x *= x
    const before = z
    z += x * y
    y += y
    if (z == before) return z
  }
}

function tau(x: f64): f64 {
  if (x == 0 || x == 1) return 0
  let y: f64 = 1
  let z = 1 - x
  while (true) {
    x = Math.sqrt(x)
    const before = z
    y *= 0.5
    z -= (1 - x) * (1 - x) * y
    if (z == before) return z / 3
  }
}

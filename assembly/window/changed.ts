// Which pages of a stretch of memory have changed since they were last looked at, by a 64-bit hash of each: that a changed page
// passes for the same one has a chance of about 2^-64, for contents that nobody chooses by it. Each step of a lane is one to one,
// so a change stays in its state until another undoes it, as neighbouring slots that change alike may: then it is in the sum of
// the states, and in another that turns at each step, which says where it was.
import { PAGE_BYTES } from '../layout'

const K0: u64 = 0x9e3779b97f4a7c15
const K1: u64 = 0xc2b2ae3d27d4eb4f

@inline function mix(h: u64, word: u64): u64 {
  return rotl((h ^ word) * K0, 29) * K1
}

@inline function turn(x: v128, by: i32): v128 {
  return v128.or(i64x2.shl(x, by), i64x2.shr_u(x, 64 - by))
}

// An odd multiple of a rotation: there is no vector multiplication of 64 bits.
@inline function step(h: v128, word: v128): v128 {
  const turned = turn(v128.xor(h, word), 29)
  return i64x2.add(turned, i64x2.shl(turned, 15))
}

/// The hash of the bytes in [at, end), a multiple of 32.
export function hashOf(at: usize, end: usize): u64 {
  let a = i64x2.splat(K0)
  let b = i64x2.splat(K1)
  let c = i64x2.splat(K0 ^ K1)
  let d = i64x2.splat(~K0)
  let sumA = a
  let turnedA = a
  let sumB = b
  let turnedB = b
  let sumC = c
  let turnedC = c
  let sumD = d
  let turnedD = d
  for (; at + 64 <= end; at += 64) {
    a = step(a, v128.load(at))
    b = step(b, v128.load(at, 16))
    c = step(c, v128.load(at, 32))
    d = step(d, v128.load(at, 48))
    sumA = i64x2.add(sumA, a)
    turnedA = v128.xor(turn(turnedA, 23), a)
    sumB = i64x2.add(sumB, b)
    turnedB = v128.xor(turn(turnedB, 23), b)
    sumC = i64x2.add(sumC, c)
    turnedC = v128.xor(turn(turnedC, 23), c)
    sumD = i64x2.add(sumD, d)
    turnedD = v128.xor(turn(turnedD, 23), d)
  }
  if (at < end) {
    a = step(a, v128.load(at))
    b = step(b, v128.load(at, 16))
  }
  const states = lanes(lanes(lanes(lanes(K1, a), b), c), d)
  const sums = lanes(lanes(lanes(lanes(K0, sumA), sumB), sumC), sumD)
  const turned = lanes(lanes(lanes(lanes(K0, turnedA), turnedB), turnedC), turnedD)
  const h = mix(mix(states, sums), turned)
  return h ^ (h >> 32)
}

@inline function lanes(h: u64, v: v128): u64 {
  return mix(mix(h, i64x2.extract_lane(v, 0)), i64x2.extract_lane(v, 1))
}

/// Looks at the pages that begin at `start` (the last may be shorter; all lengths are multiples of 32). `hashes` has a u64 a page,
/// 0 = never looked at; the numbers of changed pages are written to `out`, u32 each. Returns how many. Pages whose bit in `empty` is
/// set hold nothing and are not looked at; `empty` 0 = there are none.
export function changedPages(start: usize, bytes: usize, hashes: usize, out: usize, empty: usize): u32 {
  const end = start + bytes
  let found: u32 = 0
  let page: u32 = 0
  for (let at = start; at < end; at += PAGE_BYTES, page++) {
    const known = hashes + (<usize>page << 3)
    if (empty != 0 && (load<u8>(empty + (page >> 3)) >> <u8>(page & 7)) & 1) {
      store<u64>(known, 0)
      continue
    }
    let h = hashOf(at, min(at + PAGE_BYTES, end))
    if (h == 0) h = 1
    if (load<u64>(known) == h) continue
    store<u64>(known, h)
    store<u32>(out + (<usize>found << 2), page)
    found++
  }
  return found
}

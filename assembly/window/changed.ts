// Which pages of a stretch of memory have changed since they were last looked at, by a 64-bit hash of each: that a changed page
// passes for the same one has a chance of 2^-64 a page, about, for contents that nobody chooses by it.
import { PAGE_BYTES } from '../layout'

const K0: u64 = 0x9e3779b97f4a7c15
const K1: u64 = 0xc2b2ae3d27d4eb4f

@inline function mix(h: u64, word: u64): u64 {
  return rotl((h ^ word) * K0, 29) * K1
}

// One to one in `h` for each word, so that one changed word always shows: an odd multiple of a rotation. There is no vector
// multiplication of 64 bits.
@inline function step(h: v128, at: usize): v128 {
  const x = v128.xor(h, v128.load(at))
  const turned = v128.or(i64x2.shl(x, 29), i64x2.shr_u(x, 35))
  return i64x2.add(turned, i64x2.shl(turned, 15))
}

/// The hash of the bytes in [at, end), a multiple of 32.
export function hashOf(at: usize, end: usize): u64 {
  let a = i64x2.splat(K0)
  let b = i64x2.splat(K1)
  let c = i64x2.splat(K0 ^ K1)
  let d = i64x2.splat(~K0)
  for (; at + 64 <= end; at += 64) {
    a = step(a, at)
    b = step(b, at + 16)
    c = step(c, at + 32)
    d = step(d, at + 48)
  }
  if (at < end) {
    a = step(a, at)
    b = step(b, at + 16)
  }
  let h = mix(K1, i64x2.extract_lane(a, 0))
  h = mix(h, i64x2.extract_lane(a, 1))
  h = mix(h, i64x2.extract_lane(b, 0))
  h = mix(h, i64x2.extract_lane(b, 1))
  h = mix(h, i64x2.extract_lane(c, 0))
  h = mix(h, i64x2.extract_lane(c, 1))
  h = mix(h, i64x2.extract_lane(d, 0))
  h = mix(h, i64x2.extract_lane(d, 1))
  return h ^ (h >> 32)
}

/// Looks at the pages that begin at `start` (the last may be shorter; all lengths are multiples of 32). `hashes` has a u64 a page,
/// 0 = never looked at; the numbers of changed pages are written to `out`, u32 each. Returns how many.
export function changedPages(start: usize, bytes: usize, hashes: usize, out: usize): u32 {
  const end = start + bytes
  let found: u32 = 0
  let page: u32 = 0
  for (let at = start; at < end; at += PAGE_BYTES, page++) {
    let h = hashOf(at, min(at + PAGE_BYTES, end))
    if (h == 0) h = 1
    const known = hashes + (<usize>page << 3)
    if (load<u64>(known) == h) continue
    store<u64>(known, h)
    store<u32>(out + (<usize>found << 2), page)
    found++
  }
  return found
}

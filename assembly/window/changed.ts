// Which pages of a stretch of memory have changed since they were last looked at, by a 64-bit hash of each: that a changed page
// passes for the same one has a chance of 2^-64 a page, about, for contents that nobody chooses by it.
import { PAGE_BYTES } from '../layout'

const K0: u64 = 0x9e3779b97f4a7c15
const K1: u64 = 0xc2b2ae3d27d4eb4f
const K2: u64 = 0x165667b19e3779f9
const K3: u64 = 0x27d4eb2f165667c5

@inline function mix(h: u64, word: u64, k: u64): u64 {
  return rotl(h ^ word, 29) * k
}

// Every step maps the state one to one, so that one changed word always shows; four lanes, since a multiplication takes three
// cycles.
/// The hash of the bytes in [at, end), a multiple of 32.
export function hashOf(at: usize, end: usize): u64 {
  let a = K0
  let b = K1
  let c = K2
  let d = K3
  for (; at < end; at += 32) {
    a = mix(a, load<u64>(at), K0)
    b = mix(b, load<u64>(at, 8), K1)
    c = mix(c, load<u64>(at, 16), K0)
    d = mix(d, load<u64>(at, 24), K1)
  }
  const h = mix(mix(mix(mix(K2, a, K0), b, K1), c, K0), d, K1)
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

// The shortest decimal that reads back as a double, and of those the nearest: R. Giulietti, "The Schubfach way to render
// doubles", 2020. Both bounds come from one product, to which they are equally near.
import { LEAST_TEN } from './layout'

// What `shortest` found: digits × 10^power, at most 17 digits.
export let digits: u64 = 0
export let power: i32 = 0

/// For a positive, finite double. `powers` is the table of `layout.ts`.
export function shortest(value: f64, powers: usize): void {
  const bits = reinterpret<u64>(value)
  const fraction = bits & 0xf_ffff_ffff_ffff
  const exponent = <i32>(bits >> 52)
  const isNormal = exponent != 0
  const c = isNormal ? fraction | 0x10_0000_0000_0000 : fraction
  const q = isNormal ? exponent - 1075 : -1074
  // The double below a power of two is half as far away.
  const isUneven = fraction == 0 && exponent > 1

  // value = 4c × 2^(q-2), and its bounds lie 2 beside 4c. All are scaled by 10^-k, with k of the longest decimal that may be needed.
  const k = (q * 1262611 - (isUneven ? 524031 : 0)) >> 22
  const shift = <u64>(q + ((k * -1741647) >> 19) + 1)
  const at = powers + (<usize>(-LEAST_TEN - k) << 4)
  const high = load<u64>(at)
  const low = load<u64>(at, 8)
  const scaled = c << (shift + 2)
  const p0 = low * scaled
  const y = high * scaled
  const p1 = y + highWord(low, scaled)
  const p2 = highWord(high, scaled) + <u64>(p1 < y)

  const up = shift + 1
  const u0 = low << up
  const u1 = (high << up) | (low >> (64 - up))
  const above0 = p0 + u0
  const above1 = p1 + u1
  const carried1 = above1 + <u64>(above0 < p0)
  const above2 = p2 + (high >> (64 - up)) + <u64>(above1 < p1) + <u64>(carried1 < above1)

  const down = isUneven ? shift : up
  const d0 = low << down
  const d1 = (high << down) | (low >> (64 - down))
  const below1 = p1 - d1
  const borrowed1 = below1 - <u64>(p0 < d0)
  const below2 = p2 - (high >> (64 - down)) - <u64>(p1 < d1) - <u64>(below1 < <u64>(p0 < d0))

  // Bounds belong to it where c is even.
  const odd = c & 1
  const middle = sticky(p2, p1)
  const least = sticky(below2, borrowed1) + odd
  const most = sticky(above2, carried1) - odd

  const s = middle >> 2
  power = k
  if (s >= 10) {
    const tenth = s / 10
    const from = tenth * 40
    const isAbove = from + 40 <= most
    if (least <= from != isAbove) {
      power = k + 1
      digits = tenth + <u64>isAbove
      return
    }
  }
  const from = s << 2
  const isAbove = from + 4 <= most
  if (least <= from != isAbove) digits = s + <u64>isAbove
  else digits = s + <u64>(middle > from + 2 || (middle == from + 2 && (s & 1) != 0))
}

// Whole part, made odd where something follows it. The table is rounded up, so the last bit says nothing.
@inline function sticky(whole: u64, rest: u64): u64 {
  return whole | <u64>(rest > 1)
}

@inline function highWord(a: u64, b: u64): u64 {
  const a0 = a & 0xffff_ffff
  const a1 = a >> 32
  const b0 = b & 0xffff_ffff
  const b1 = b >> 32
  const x = a1 * b0 + ((a0 * b0) >> 32)
  const y = a0 * b1 + (x & 0xffff_ffff)
  return a1 * b1 + (x >> 32) + (y >> 32)
}

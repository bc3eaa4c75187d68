// Sorting without branches: fours by a network, then merges of twice the length each time. Doubles are sorted as integers
// of the same order, which the engine selects without a branch, as it does not doubles.

/// An integer that is in order among others as its double is (of the zeros the negative one is less), and back.
@inline function ordered(bits: i64): i64 {
  return bits ^ ((bits >> 63) & 0x7fffffffffffffff)
}

/// Sorts a copy of so many doubles; the answer is their address, within 16 × count bytes from `work` on.
export function sorted(values: usize, count: u32, work: usize): usize {
  const bytes = <usize>count << 3
  const end = work + bytes
  for (let at: usize = 0; at < bytes; at += 8) store<i64>(work + at, ordered(load<i64>(values + at)))
  let at = work
  for (; at + 32 <= end; at += 32) sortFour(at)
  for (let i = at + 8; i < end; i += 8) {
    const x = load<i64>(i)
    let j = i
    for (; j > at && load<i64>(j - 8) > x; j -= 8) store<i64>(j, load<i64>(j - 8))
    store<i64>(j, x)
  }
  let from = work
  let to = end
  for (let width: usize = 32; width < bytes; width <<= 1) {
    for (let start: usize = 0; start < bytes; start += width << 1) {
      const middle = start + width < bytes ? start + width : bytes
      const stop = middle + width < bytes ? middle + width : bytes
      mergeTwo(from + start, from + middle, from + middle, from + stop, to + start)
    }
    const other = from
    from = to
    to = other
  }
  for (let at: usize = 0; at < bytes; at += 8) store<i64>(from + at, ordered(load<i64>(from + at)))
  return from
}

@inline function sortFour(at: usize): void {
  const a = load<i64>(at)
  const b = load<i64>(at, 8)
  const c = load<i64>(at, 16)
  const d = load<i64>(at, 24)
  const ab = a < b
  const cd = c < d
  const lowAb = select<i64>(a, b, ab)
  const highAb = select<i64>(b, a, ab)
  const lowCd = select<i64>(c, d, cd)
  const highCd = select<i64>(d, c, cd)
  const low = lowAb < lowCd
  const high = highAb < highCd
  const inner = select<i64>(lowCd, lowAb, low)
  const other = select<i64>(highAb, highCd, high)
  const last = inner < other
  store<i64>(at, select<i64>(lowAb, lowCd, low))
  store<i64>(at, select<i64>(inner, other, last), 8)
  store<i64>(at, select<i64>(other, inner, last), 16)
  store<i64>(at, select<i64>(highCd, highAb, high), 24)
}

@inline function mergeTwo(a: usize, aEnd: usize, b: usize, bEnd: usize, to: usize): void {
  while (a < aEnd && b < bEnd) {
    const x = load<i64>(a)
    const y = load<i64>(b)
    const less = y < x
    store<i64>(to, select<i64>(y, x, less))
    const step = <usize>less << 3
    b += step
    a += 8 - step
    to += 8
  }
  if (a < aEnd) memory.copy(to, a, aEnd - a)
  else if (b < bEnd) memory.copy(to, b, bEnd - b)
}

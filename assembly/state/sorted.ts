// Sorting without branches: fours by a network, then merges of twice the length each time.

/// Sorts a copy of so many doubles; the answer is their address, within 16 × count bytes from `work` on.
export function sorted(values: usize, count: u32, work: usize): usize {
  const bytes = <usize>count << 3
  memory.copy(work, values, bytes)
  const end = work + bytes
  let at = work
  for (; at + 32 <= end; at += 32) sortFour(at)
  for (let i = at + 8; i < end; i += 8) {
    const x = load<f64>(i)
    let j = i
    for (; j > at && load<f64>(j - 8) > x; j -= 8) store<f64>(j, load<f64>(j - 8))
    store<f64>(j, x)
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
  return from
}

@inline function order(a: usize, b: usize): void {
  const x = load<f64>(a)
  const y = load<f64>(b)
  const less = y < x
  store<f64>(a, select<f64>(y, x, less))
  store<f64>(b, select<f64>(x, y, less))
}

@inline function sortFour(at: usize): void {
  order(at, at + 8)
  order(at + 16, at + 24)
  order(at, at + 16)
  order(at + 8, at + 24)
  order(at + 8, at + 16)
}

@inline function mergeTwo(a: usize, aEnd: usize, b: usize, bEnd: usize, to: usize): void {
  while (a < aEnd && b < bEnd) {
    const x = load<f64>(a)
    const y = load<f64>(b)
    const less = y < x
    store<f64>(to, select<f64>(y, x, less))
    const step = <usize>less << 3
    b += step
    a += 8 - step
    to += 8
  }
  if (a < aEnd) memory.copy(to, a, aEnd - a)
  else if (b < bEnd) memory.copy(to, b, bEnd - b)
}

// Count, first and second moments, extremes: one cache line for ten kernels.
//
// K is one of the first values to arrive, and the sums are of differences from it, so a large mean costs no digits
// (variance is right at a mean of 1e9 standard deviations). K may be an outlier, too, so at 64, 4096, … rows it moves to
// their mean, rounded to the power of two below their deviation, so that differences keep few digits where the values do. Thus
// K is always within half a deviation of the mean of m of the n rows with n < 64·m, and then Σ(x−K)² ≤ 145 · Σ(x−mean)²:
// squares may be rounded and the variance keeps twelve digits. Sums are pairs (value, what rounding took), and so are differences and
// every change of K. Inside a block of a run arithmetic is plain, about the median of three of its values. Even if that
// is an outlier, it is one of the values, so Σ(x−K)² ≤ rows · Σ(x−mean)².
// Values beyond 1e300 may overflow the sums; sum, mean, variance and rms are then NaN or infinite, min and max are right.

import { begin, divide, high, low, middle, plus, raise, sumError } from './exact'

export const COUNT: usize = 0
export const K: usize = 8
export const SUM: usize = 16 // Σ(x−K)
const SQUARES: usize = 24 // Σ(x−K)²
export const SUM_LOW: usize = 32 // what rounding took from Σ(x−K)
const SQUARES_LOW: usize = 40
export const MIN: usize = 48
export const MAX: usize = 56

/// Rows of a run added up about one K before they join the slot.
const BLOCK_ROWS: u32 = 2048

// @ts-ignore: decorator
@inline
export function addRow(slot: usize, time: f64, value: f64): void {
  const count = load<f64>(slot, COUNT) + 1
  store<f64>(slot, count, COUNT)
  const x = f64x2.splat(value)
  if (count == 1) {
    store<f64>(slot, value, K)
    v128.store(slot, x, MIN)
    return
  }
  const k = load<f64>(slot, K)
  const d = value - k
  add(slot, both(d, d * d), both(sumError(value, -k, d), 0))
  const extremes = v128.load(slot, MIN)
  v128.store(slot, v128.shuffle<f64>(f64x2.pmin(extremes, x), f64x2.pmax(extremes, x), 0, 3), MIN)
  if (isStep(count)) recentre(slot)
}

export function addRun(slot: usize, times: usize, values: usize, rows: u32): void {
  while (rows > 0) {
    const block = min(rows, BLOCK_ROWS)
    addBlock(slot, values, block)
    values += <usize>block << 3
    rows -= block
  }
}

export function merge(into: usize, from: usize): void {
  const count = load<f64>(from, COUNT)
  if (count == 0) return
  if (load<f64>(into, COUNT) == 0) return memory.copy(into, from, 64)
  join(
    into,
    count,
    load<f64>(from, K),
    load<f64>(from, SUM),
    load<f64>(from, SUM_LOW),
    load<f64>(from, SQUARES),
    load<f64>(from, SQUARES_LOW),
    load<f64>(from, MIN),
    load<f64>(from, MAX),
  )
}

/// Mean: K + Σ(x−K)/n, so that equal values give themselves. NaN without rows.
export function mean(slot: usize): f64 {
  const k = load<f64>(slot, K)
  offset(slot)
  const sum = k + high
  return sum + (sumError(k, high, sum) + low)
}

/// Sum of the values; zero without rows.
export function total(slot: usize): f64 {
  begin(load<f64>(slot, COUNT))
  raise(load<f64>(slot, K), 0)
  plus(1, load<f64>(slot, SUM), load<f64>(slot, SUM_LOW))
  return high + low
}

/// Σ(x−mean)²; NaN without rows.
export function deviation(slot: usize): f64 {
  offset(slot)
  const h = -high
  const e = -low
  begin(load<f64>(slot, COUNT))
  raise(h, e)
  plus(2, load<f64>(slot, SUM), load<f64>(slot, SUM_LOW))
  raise(h, e)
  plus(1, load<f64>(slot, SQUARES), load<f64>(slot, SQUARES_LOW))
  const outcome = high + low
  return outcome < 0 ? 0 : outcome // squares of differences under 1e-160 vanish
}

/// Greatest magnitude among the values.
export function peak(slot: usize): f64 {
  const min = Math.abs(load<f64>(slot, MIN))
  const max = Math.abs(load<f64>(slot, MAX))
  return min > max ? min : max
}

/// Root of the mean square, as √(variance + mean²): nothing cancels. NaN without rows.
export function rms(slot: usize): f64 {
  const m = mean(slot)
  return Math.sqrt(deviation(slot) / load<f64>(slot, COUNT) + m * m)
}

/// register = Σ(x−K)/n
function offset(slot: usize): void {
  begin(0)
  plus(1, load<f64>(slot, SUM), load<f64>(slot, SUM_LOW))
  divide(load<f64>(slot, COUNT))
}

/// Adds what has been summed about k, and extremes.
function join(slot: usize, n: f64, k: f64, s: f64, sc: f64, q: f64, qc: f64, min: f64, max: f64): void {
  const before = load<f64>(slot, COUNT)
  shift(slot, n, k, s, sc, q, qc)
  const least = load<f64>(slot, MIN)
  store<f64>(slot, min < least ? min : least, MIN)
  const greatest = load<f64>(slot, MAX)
  store<f64>(slot, max > greatest ? max : greatest, MAX)
  if (stepOf(before + n) != stepOf(before)) recentre(slot)
}

/// Adds sums about k: Σ(x−K) = s + n·h and Σ(x−K)² = q + h·(2·s + n·h) with h = k − K.
function shift(slot: usize, n: f64, k: f64, s: f64, sc: f64, q: f64, qc: f64): void {
  const to = load<f64>(slot, K)
  const h = k - to
  const e = sumError(k, -to, h)
  begin(n)
  raise(h, e)
  const moved = high
  const movedLow = low
  plus(2, s, sc)
  raise(h, e)
  add(slot, both(s, q), both(sc, qc))
  add(slot, both(moved, high), both(movedLow, low))
  store<f64>(slot, load<f64>(slot, COUNT) + n, COUNT)
}

/// The power of 64 that a count is at or above; it changes where `isStep` says so.
// @ts-ignore: decorator
@inline
function stepOf(count: f64): u64 {
  return count < 1 ? 0 : ((reinterpret<u64>(count) >> 52) - 1023) / 6
}

/// 64, 4096, 262144 …: an exponent that 6 divides, and no bit behind it. Counts stay below 2^53.
// @ts-ignore: decorator
@inline
function isStep(count: f64): bool {
  const bits = reinterpret<u64>(count)
  return (bits & 0xfffffffffffff) == 0 && ((bits >> 52) - 1023) % 6 == 0
}

/// Moves K to the mean, exactly.
function recentre(slot: usize): void {
  const n = load<f64>(slot, COUNT)
  const k = load<f64>(slot, K)
  const s = load<f64>(slot, SUM)
  const sc = load<f64>(slot, SUM_LOW)
  const q = load<f64>(slot, SQUARES)
  const qc = load<f64>(slot, SQUARES_LOW)
  // The power of two at or below the standard deviation; 0 where all are equal, infinite or NaN where sums left the range.
  const step = reinterpret<f64>(reinterpret<u64>(Math.sqrt(deviation(slot) / n)) & 0x7ff0000000000000)
  offset(slot)
  const centre = Math.floor((k + high) / step + 0.5) * step
  if (!(step > 0 && Math.abs(centre) < Infinity)) return
  store<f64>(slot, 0, COUNT)
  store<f64>(slot, centre, K)
  v128.store(slot, f64x2.splat(0), SUM)
  v128.store(slot, f64x2.splat(0), SUM_LOW)
  shift(slot, n, k, s, sc, q, qc)
}

// @ts-ignore: decorator
@inline
function both(a: f64, b: f64): v128 {
  return f64x2.replace_lane(f64x2.splat(a), 1, b)
}

/// Adds pairs to the pairs (Σ(x−K), what rounding took) and (Σ(x−K)², what rounding took).
// @ts-ignore: decorator
@inline
function add(slot: usize, added: v128, low: v128): void {
  const before = v128.load(slot, SUM)
  const after = f64x2.add(before, added)
  v128.store(slot, after, SUM)
  v128.store(slot, f64x2.add(v128.load(slot, SUM_LOW), f64x2.add(lost(before, added, after), low)), SUM_LOW)
}

/// Sums a block about one of its values: plain within 64 rows, keeping the rounding errors from one 64 to the next.
function addBlock(slot: usize, values: usize, rows: u32): void {
  const zero = f64x2.splat(0)
  const centre = middle(values, rows)
  const k = f64x2.splat(centre)
  let s = zero
  let sc = zero
  let q = zero
  let qc = zero
  let least = k
  let greatest = k
  const end = values + (<usize>rows << 3)
  const whole = values + (<usize>(rows & ~63) << 3)
  while (values < whole) {
    const stop = values + 512
    let s0 = zero
    let s1 = zero
    let q0 = zero
    let q1 = zero
    do {
      const x = v128.load(values)
      const y = v128.load(values, 16)
      const dx = f64x2.sub(x, k)
      const dy = f64x2.sub(y, k)
      s0 = f64x2.add(s0, dx)
      s1 = f64x2.add(s1, dy)
      q0 = f64x2.add(q0, f64x2.mul(dx, dx))
      q1 = f64x2.add(q1, f64x2.mul(dy, dy))
      least = f64x2.pmin(least, f64x2.pmin(x, y))
      greatest = f64x2.pmax(greatest, f64x2.pmax(x, y))
      values += 32
    } while (values < stop)
    s0 = f64x2.add(s0, s1)
    const sum = f64x2.add(s, s0)
    sc = f64x2.add(sc, lost(s, s0, sum))
    s = sum
    q0 = f64x2.add(q0, q1)
    const squares = f64x2.add(q, q0)
    qc = f64x2.add(qc, lost(q, q0, squares))
    q = squares
  }
  let rest: f64 = 0
  let restSquares: f64 = 0
  for (; values < end; values += 8) {
    const x = v128.load64_splat(values)
    const d = load<f64>(values) - centre
    rest += d
    restSquares += d * d
    least = f64x2.pmin(least, x)
    greatest = f64x2.pmax(greatest, x)
  }
  const sA = f64x2.extract_lane(s, 0)
  const sB = f64x2.extract_lane(s, 1)
  const qA = f64x2.extract_lane(q, 0)
  const qB = f64x2.extract_lane(q, 1)
  const pair = sA + sB
  const sum = pair + rest
  const pairSquares = qA + qB
  const squares = pairSquares + restSquares
  const minA = f64x2.extract_lane(least, 0)
  const minB = f64x2.extract_lane(least, 1)
  const maxA = f64x2.extract_lane(greatest, 0)
  const maxB = f64x2.extract_lane(greatest, 1)
  if (load<f64>(slot, COUNT) == 0) {
    store<f64>(slot, centre, K)
    store<f64>(slot, centre, MIN)
    store<f64>(slot, centre, MAX)
  }
  join(
    slot,
    rows,
    centre,
    sum,
    sumError(pair, rest, sum) + sumError(sA, sB, pair) + f64x2.extract_lane(sc, 0) + f64x2.extract_lane(sc, 1),
    squares,
    sumError(pairSquares, restSquares, squares) +
      sumError(qA, qB, pairSquares) +
      f64x2.extract_lane(qc, 0) +
      f64x2.extract_lane(qc, 1),
    minB < minA ? minB : minA,
    maxB > maxA ? maxB : maxA,
  )
}

/// `sumError` of two lanes.
// @ts-ignore: decorator
@inline
function lost(a: v128, b: v128, sum: v128): v128 {
  const v = f64x2.sub(sum, a)
  return f64x2.add(f64x2.sub(a, f64x2.sub(sum, v)), f64x2.sub(b, v))
}

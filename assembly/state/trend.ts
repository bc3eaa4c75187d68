// Sums for a straight line through the rows: of u = t−T, its square, d = x−K and u·d, T and K being one of the first times
// (µs) and values to arrive. As in `moments`, sums are pairs (value, compensation) and only a block of a run is plain,
// about one of its own times and values: a line is right at times of 1e15 µs and a mean of 1e9 standard deviations.
// A slot takes 128 bytes.

import { accumulate, begin, divide, high, lanes, low, middle, plus, productError, raise, sumError } from './exact'

const COUNT: usize = 0
const T: usize = 8
const K: usize = 16
const U: usize = 24 // Σu, its compensation behind it; so the others
const D: usize = 40
const UU: usize = 56
const UD: usize = 72

/// Rows of a run added up about one T and K before they join the slot.
const BLOCK_ROWS: u32 = 128

// @ts-ignore: decorator
@inline
export function addRow(slot: usize, time: f64, value: f64): void {
  const count = load<f64>(slot, COUNT)
  store<f64>(slot, count + 1, COUNT)
  if (count == 0) {
    store<f64>(slot, time, T)
    store<f64>(slot, value, K)
    return
  }
  const t = load<f64>(slot, T)
  const u = time - t
  const ue = sumError(time, -t, u)
  const k = load<f64>(slot, K)
  const d = value - k
  const de = sumError(value, -k, d)
  const uu = u * u
  const ud = u * d
  accumulate(slot + U, u, ue)
  accumulate(slot + D, d, de)
  accumulate(slot + UU, uu, productError(u, u, uu) + 2 * u * ue)
  accumulate(slot + UD, ud, productError(u, d, ud) + (u * de + ue * d))
}

export function addRun(slot: usize, times: usize, values: usize, rows: u32): void {
  while (rows > 0) {
    const block = min(rows, BLOCK_ROWS)
    addBlock(slot, times, values, block)
    times += <usize>block << 3
    values += <usize>block << 3
    rows -= block
  }
}

export function merge(into: usize, from: usize): void {
  const count = load<f64>(from, COUNT)
  if (count == 0) return
  if (load<f64>(into, COUNT) == 0) return memory.copy(into, from, 128)
  join(
    into,
    count,
    load<f64>(from, T),
    load<f64>(from, K),
    load<f64>(from, U),
    load<f64>(from, U + 8),
    load<f64>(from, D),
    load<f64>(from, D + 8),
    load<f64>(from, UU),
    load<f64>(from, UU + 8),
    load<f64>(from, UD),
    load<f64>(from, UD + 8),
  )
}

/// Slope of the least-squares line per µs, Σ(u−ū)·d / Σ(u−ū)²; NaN below two different times.
export function slope(slot: usize): f64 {
  const u = load<f64>(slot, U)
  const uc = load<f64>(slot, U + 8)
  begin(0)
  plus(-1, u, uc)
  divide(load<f64>(slot, COUNT))
  const h = high
  const e = low
  begin(0)
  plus(1, u, uc)
  raise(h, e)
  plus(1, load<f64>(slot, UU), load<f64>(slot, UU + 8))
  const squares = high + low
  if (!(squares > 0)) return NaN
  begin(0)
  plus(1, load<f64>(slot, D), load<f64>(slot, D + 8))
  raise(h, e)
  plus(1, load<f64>(slot, UD), load<f64>(slot, UD + 8))
  return (high + low) / squares
}

/// Adds what has been summed about t and k, moved to the slot's: with h = t − T and g = k − K, Σu = u + n·h,
/// Σd = d + n·g, Σu² = uu + h·(2u + n·h), Σud = ud + g·Σu + h·d.
function join(
  slot: usize, n: f64, t: f64, k: f64, u: f64, uc: f64, d: f64, dc: f64, uu: f64, uuc: f64, ud: f64, udc: f64,
): void {
  const toT = load<f64>(slot, T)
  const h = t - toT
  const he = sumError(t, -toT, h)
  const toK = load<f64>(slot, K)
  const g = k - toK
  const ge = sumError(k, -toK, g)
  store<f64>(slot, load<f64>(slot, COUNT) + n, COUNT)
  begin(n)
  raise(h, he)
  plus(2, u, uc)
  raise(h, he)
  plus(1, uu, uuc)
  accumulate(slot + UU, high, low)
  begin(n)
  raise(g, ge)
  plus(1, d, dc)
  accumulate(slot + D, high, low)
  begin(n)
  raise(h, he)
  plus(1, u, uc)
  accumulate(slot + U, high, low)
  raise(g, ge)
  plus(1, ud, udc)
  accumulate(slot + UD, high, low)
  begin(0)
  plus(1, d, dc)
  raise(h, he)
  accumulate(slot + UD, high, low)
}

/// Sums a block about one of its times and one of its values, four rows at a time, as in `tails`.
function addBlock(slot: usize, times: usize, values: usize, rows: u32): void {
  const t = middle(times, rows)
  const k = middle(values, rows)
  if (load<f64>(slot, COUNT) == 0) {
    store<f64>(slot, t, T)
    store<f64>(slot, k, K)
  }
  const tt = f64x2.splat(t)
  const kk = f64x2.splat(k)
  let u0 = f64x2.splat(0)
  let u1 = u0
  let d0 = u0
  let d1 = u0
  let uu0 = u0
  let uu1 = u0
  let ud0 = u0
  let ud1 = u0
  const end = times + (<usize>rows << 3)
  const whole = times + (<usize>(rows & ~3) << 3)
  for (; times < whole; times += 32, values += 32) {
    const a = f64x2.sub(v128.load(times), tt)
    const b = f64x2.sub(v128.load(times, 16), tt)
    const x = f64x2.sub(v128.load(values), kk)
    const y = f64x2.sub(v128.load(values, 16), kk)
    u0 = f64x2.add(u0, a)
    u1 = f64x2.add(u1, b)
    d0 = f64x2.add(d0, x)
    d1 = f64x2.add(d1, y)
    uu0 = f64x2.add(uu0, f64x2.mul(a, a))
    uu1 = f64x2.add(uu1, f64x2.mul(b, b))
    ud0 = f64x2.add(ud0, f64x2.mul(a, x))
    ud1 = f64x2.add(ud1, f64x2.mul(b, y))
  }
  let u: f64 = 0
  let d: f64 = 0
  let uu: f64 = 0
  let ud: f64 = 0
  for (; times < end; times += 8, values += 8) {
    const a = load<f64>(times) - t
    const x = load<f64>(values) - k
    u += a
    d += x
    uu += a * a
    ud += a * x
  }
  join(
    slot, rows, t, k, lanes(u0, u1) + u, 0, lanes(d0, d1) + d, 0, lanes(uu0, uu1) + uu, 0, lanes(ud0, ud1) + ud, 0,
  )
}

// Sums of the first four powers of x−K, K being one of the first values to arrive: what skewness and kurtosis need. As
// in `moments`, sums are pairs (value, compensation) and only a block of a run is plain, about one of its own values.
// A slot takes 128 bytes.

import { accumulate, begin, divide, high, lanes, low, middle, plus, productError, raise, sumError } from './exact'

export const COUNT: usize = 0
const K: usize = 8
const SUM: usize = 16 // Σ(x−K), its compensation behind it; so the others
const SQUARES: usize = 32
const CUBES: usize = 48
const FOURTHS: usize = 64

/// Rows of a run added up about one K before they join the slot.
const BLOCK_ROWS: u32 = 256

/// Registers of `centred`: Σ(x−mean)² and Σ(x−mean)³ and Σ(x−mean)⁴.
export let second: f64 = 0
export let third: f64 = 0
export let fourth: f64 = 0

// @ts-ignore: decorator
@inline
export function addRow(slot: usize, time: f64, value: f64): void {
  const count = load<f64>(slot, COUNT)
  store<f64>(slot, count + 1, COUNT)
  if (count == 0) {
    store<f64>(slot, value, K)
    return
  }
  const k = load<f64>(slot, K)
  const d = value - k
  const de = sumError(value, -k, d)
  const q = d * d
  const qe = productError(d, d, q) + 2 * d * de
  const c = q * d
  const ce = productError(q, d, c) + (q * de + qe * d)
  const f = q * q
  accumulate(slot + SUM, d, de)
  accumulate(slot + SQUARES, q, qe)
  accumulate(slot + CUBES, c, ce)
  accumulate(slot + FOURTHS, f, productError(q, q, f) + 2 * q * qe)
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
  if (load<f64>(into, COUNT) == 0) return memory.copy(into, from, 128)
  const s = load<f64>(from, SUM)
  const sc = load<f64>(from, SUM + 8)
  const q = load<f64>(from, SQUARES)
  const qc = load<f64>(from, SQUARES + 8)
  const c = load<f64>(from, CUBES)
  const cc = load<f64>(from, CUBES + 8)
  const f = load<f64>(from, FOURTHS)
  join(into, count, load<f64>(from, K), s, sc, q, qc, c, cc, f, load<f64>(from, FOURTHS + 8))
}

/// Sets `second`, `third` and `fourth`; false when they say nothing: no spread (all values equal, or one, or none), or
/// one so small or large that its powers leave the range of doubles.
export function centred(slot: usize): bool {
  const n = load<f64>(slot, COUNT)
  const s = load<f64>(slot, SUM)
  const sc = load<f64>(slot, SUM + 8)
  const q = load<f64>(slot, SQUARES)
  const qc = load<f64>(slot, SQUARES + 8)
  const c = load<f64>(slot, CUBES)
  const cc = load<f64>(slot, CUBES + 8)
  begin(0)
  plus(-1, s, sc)
  divide(n)
  const h = high
  const e = low
  secondAbout(n, h, e, s, sc, q, qc)
  second = high + low
  thirdAbout(n, h, e, s, sc, q, qc, c, cc)
  third = high + low
  fourthAbout(n, h, e, s, sc, q, qc, c, cc, load<f64>(slot, FOURTHS), load<f64>(slot, FOURTHS + 8))
  fourth = high + low
  return second > 1e-140 && fourth < Infinity
}

// Powers about k − h from powers about k, by Horner's rule, into the register. s q c f are Σ(x−k) to Σ(x−k)⁴.

/// Σ(x−k+h)² = q + h·(2s + h·n)
function secondAbout(n: f64, h: f64, e: f64, s: f64, sc: f64, q: f64, qc: f64): void {
  begin(n)
  raise(h, e)
  plus(2, s, sc)
  raise(h, e)
  plus(1, q, qc)
}

/// Σ(x−k+h)³ = c + h·(3q + h·(3s + h·n))
function thirdAbout(n: f64, h: f64, e: f64, s: f64, sc: f64, q: f64, qc: f64, c: f64, cc: f64): void {
  begin(n)
  raise(h, e)
  plus(3, s, sc)
  raise(h, e)
  plus(3, q, qc)
  raise(h, e)
  plus(1, c, cc)
}

/// Σ(x−k+h)⁴ = f + h·(4c + h·(6q + h·(4s + h·n)))
function fourthAbout(
  n: f64, h: f64, e: f64, s: f64, sc: f64, q: f64, qc: f64, c: f64, cc: f64, f: f64, fc: f64,
): void {
  begin(n)
  raise(h, e)
  plus(4, s, sc)
  raise(h, e)
  plus(6, q, qc)
  raise(h, e)
  plus(4, c, cc)
  raise(h, e)
  plus(1, f, fc)
}

/// Adds what has been summed about k, moved to the slot's K.
function join(
  slot: usize, n: f64, k: f64, s: f64, sc: f64, q: f64, qc: f64, c: f64, cc: f64, f: f64, fc: f64,
): void {
  const to = load<f64>(slot, K)
  const h = k - to
  const e = sumError(k, -to, h)
  store<f64>(slot, load<f64>(slot, COUNT) + n, COUNT)
  begin(n)
  raise(h, e)
  plus(1, s, sc)
  accumulate(slot + SUM, high, low)
  secondAbout(n, h, e, s, sc, q, qc)
  accumulate(slot + SQUARES, high, low)
  thirdAbout(n, h, e, s, sc, q, qc, c, cc)
  accumulate(slot + CUBES, high, low)
  fourthAbout(n, h, e, s, sc, q, qc, c, cc, f, fc)
  accumulate(slot + FOURTHS, high, low)
}

/// Sums a block about one of its values, four rows at a time: two sums each, so that one needs not wait for the other.
function addBlock(slot: usize, values: usize, rows: u32): void {
  const centre = middle(values, rows)
  if (load<f64>(slot, COUNT) == 0) store<f64>(slot, centre, K)
  const k = f64x2.splat(centre)
  let s0 = f64x2.splat(0)
  let s1 = s0
  let q0 = s0
  let q1 = s0
  let c0 = s0
  let c1 = s0
  let f0 = s0
  let f1 = s0
  const end = values + (<usize>rows << 3)
  const whole = values + (<usize>(rows & ~3) << 3)
  for (; values < whole; values += 32) {
    const x = f64x2.sub(v128.load(values), k)
    const y = f64x2.sub(v128.load(values, 16), k)
    const xx = f64x2.mul(x, x)
    const yy = f64x2.mul(y, y)
    s0 = f64x2.add(s0, x)
    s1 = f64x2.add(s1, y)
    q0 = f64x2.add(q0, xx)
    q1 = f64x2.add(q1, yy)
    c0 = f64x2.add(c0, f64x2.mul(xx, x))
    c1 = f64x2.add(c1, f64x2.mul(yy, y))
    f0 = f64x2.add(f0, f64x2.mul(xx, xx))
    f1 = f64x2.add(f1, f64x2.mul(yy, yy))
  }
  let s: f64 = 0
  let q: f64 = 0
  let c: f64 = 0
  let f: f64 = 0
  for (; values < end; values += 8) {
    const d = load<f64>(values) - centre
    s += d
    q += d * d
    c += d * d * d
    f += d * d * (d * d)
  }
  join(slot, rows, centre, lanes(s0, s1) + s, 0, lanes(q0, q1) + q, 0, lanes(c0, c1) + c, 0, lanes(f0, f1) + f, 0)
}

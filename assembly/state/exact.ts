// Arithmetic that keeps its rounding errors. A number is a pair: a double and what rounding took from it.

/// What `sum = a + b` lost, exactly (Knuth, The Art of Computer Programming 2, 4.2.2).
// @ts-ignore: decorator
@inline
export function sumError(a: f64, b: f64, sum: f64): f64 {
  const v = sum - a
  return a - (sum - v) + (b - v)
}

/// What `product = a · b` lost, exactly (Dekker 1971, with Veltkamp's splitting). NaN for factors beyond 1e300.
// @ts-ignore: decorator
@inline
export function productError(a: f64, b: f64, product: f64): f64 {
  const ca = 134217729 * a
  const ah = ca - (ca - a)
  const al = a - ah
  const cb = 134217729 * b
  const bh = cb - (cb - b)
  const bl = b - bh
  return al * bl - (product - ah * bh - al * bh - ah * bl)
}

/// Adds a pair to the pair (sum, its compensation) at an address.
// @ts-ignore: decorator
@inline
export function accumulate(address: usize, high: f64, low: f64): void {
  const before = load<f64>(address)
  const after = before + high
  store<f64>(address, after)
  store<f64>(address, load<f64>(address, 8) + (low + sumError(before, high, after)), 8)
}

/// Register of `raise` and `plus`: the pair they work on.
export let high: f64 = 0
export let low: f64 = 0

/// register = (value, 0)
export function begin(value: f64): void {
  high = value
  low = 0
}

/// register = register · (h, e)
export function raise(h: f64, e: f64): void {
  const product = high * h
  low = productError(high, h, product) + (high * e + low * h)
  high = product
}

/// register = register + factor · (s, c)
export function plus(factor: f64, s: f64, c: f64): void {
  const term = factor * s
  const sum = high + term
  low += sumError(high, term, sum) + (productError(factor, s, term) + factor * c)
  high = sum
}

/// register = register ÷ divisor
export function divide(divisor: f64): void {
  const quotient = high / divisor
  const back = quotient * divisor
  low = (high - back - productError(quotient, divisor, back) + low) / divisor
  high = quotient
}

/// The median of a run's first, middle and last value: what to subtract from its values so that sums of powers stay small.
export function middle(values: usize, rows: u32): f64 {
  const a = load<f64>(values)
  const b = load<f64>(values + (<usize>(rows >> 1) << 3))
  const c = load<f64>(values + (<usize>(rows - 1) << 3))
  return max(min(a, b), min(max(a, b), c))
}

/// Sum of all four lanes of two vectors.
// @ts-ignore: decorator
@inline
export function lanes(a: v128, b: v128): f64 {
  const sum = f64x2.add(a, b)
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)
}

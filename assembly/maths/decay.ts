const LN2_HIGH: f64 = 0.6931471803691238 // its last 21 bits are zero, so that whole multiples are exact
const LN2_LOW: f64 = 1.9082149292705877e-10

/// 1 − e^−x for x ≥ 0, within 2 units in the last place: −x = k·ln 2 + r with |r| ≤ ln 2 / 2, and e^r − 1 is Taylor's
/// series to r¹⁴, whose rest is below 1e-18 of r.
export function decay(x: f64): f64 {
  if (x > 40) return 1
  const k = nearest(-x / 0.6931471805599453)
  const whole = -x - k * LN2_HIGH
  const r = whole - k * LN2_LOW
  const lost = whole - r - k * LN2_LOW
  let p: f64 = 1.0 / 87178291200.0
  p = p * r + 1.0 / 6227020800.0
  p = p * r + 1.0 / 479001600.0
  p = p * r + 1.0 / 39916800.0
  p = p * r + 1.0 / 3628800.0
  p = p * r + 1.0 / 362880.0
  p = p * r + 1.0 / 40320.0
  p = p * r + 1.0 / 5040.0
  p = p * r + 1.0 / 720.0
  p = p * r + 1.0 / 120.0
  p = p * r + 1.0 / 24.0
  p = p * r + 1.0 / 6.0
  p = p * r + 0.5
  const rise = r + (r * r * p + lost)
  if (k == 0) return -rise
  const scale = reinterpret<f64>((<i64>k + 1023) << 52) // 2^k
  return 1 - scale - scale * rise
}

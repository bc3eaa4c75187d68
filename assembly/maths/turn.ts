import { productError } from '../state/exact'

// π/180 as a pair.
const DEGREE: f64 = 0.017453292519943295
const DEGREE_LOW: f64 = 2.9486522708701687e-19

/// Registers of `turn`.
export let sine: f64 = 0
export let cosine: f64 = 0

/// Sets `sine` and `cosine` of an angle in degrees, within 1 unit in the last place; exact at multiples of 90, however
/// large: whole turns and quarters are taken off without rounding, and Taylor's series is for 45 degrees at most.
export function turn(degrees: f64): void {
  const rest = Math.abs(degrees) < 360 ? degrees : degrees % 360
  const quarter = nearest(rest / 90)
  const d = rest - quarter * 90
  const x = d * DEGREE
  const low = productError(d, DEGREE, x) + d * DEGREE_LOW
  const z = x * x
  let p: f64 = 1.0 / 355687428096000.0
  p = p * z - 1.0 / 1307674368000.0
  p = p * z + 1.0 / 6227020800.0
  p = p * z - 1.0 / 39916800.0
  p = p * z + 1.0 / 362880.0
  p = p * z - 1.0 / 5040.0
  p = p * z + 1.0 / 120.0
  p = p * z - 1.0 / 6.0
  const half = 0.5 * z
  const s = x + (x * z * p + low * (1 - half))
  let q: f64 = 1.0 / 20922789888000.0
  q = q * z - 1.0 / 87178291200.0
  q = q * z + 1.0 / 479001600.0
  q = q * z - 1.0 / 3628800.0
  q = q * z + 1.0 / 40320.0
  q = q * z - 1.0 / 720.0
  q = q * z + 1.0 / 24.0
  const near = 1 - half
  const c = near + (1 - near - half + (z * z * q - x * low))
  const side = <i32>quarter & 3
  sine = side == 0 ? s : side == 1 ? c : side == 2 ? -s : -c
  cosine = side == 0 ? c : side == 1 ? -s : side == 2 ? -c : s
}

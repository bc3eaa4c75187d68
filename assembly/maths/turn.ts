/// Registers of `turn`.
export let sines: v128 = f64x2.splat(0)
export let cosines: v128 = f64x2.splat(0)

/// Sets `sines` and `cosines` of two angles in degrees, within 2 units in the last place; exact at multiples of 90,
/// however large: whole turns and quarters are taken off without rounding, and Taylor's series is for 45 degrees at most.
// @ts-ignore: decorator
@inline
export function turn(degrees: v128): void {
  let rest = degrees
  if (v128.any_true(f64x2.ge(f64x2.abs(rest), f64x2.splat(360)))) {
    rest = f64x2(f64x2.extract_lane(rest, 0) % 360, f64x2.extract_lane(rest, 1) % 360)
  }
  const quarters = f64x2.nearest(f64x2.mul(rest, f64x2.splat(1.0 / 90.0)))
  const x = f64x2.mul(f64x2.sub(rest, f64x2.mul(quarters, f64x2.splat(90))), f64x2.splat(0.017453292519943295))
  const z = f64x2.mul(x, x)
  let p = f64x2.splat(1.0 / 355687428096000.0)
  p = step(p, z, -1.0 / 1307674368000.0)
  p = step(p, z, 1.0 / 6227020800.0)
  p = step(p, z, -1.0 / 39916800.0)
  p = step(p, z, 1.0 / 362880.0)
  p = step(p, z, -1.0 / 5040.0)
  p = step(p, z, 1.0 / 120.0)
  p = step(p, z, -1.0 / 6.0)
  let q = f64x2.splat(1.0 / 20922789888000.0)
  q = step(q, z, -1.0 / 87178291200.0)
  q = step(q, z, 1.0 / 479001600.0)
  q = step(q, z, -1.0 / 3628800.0)
  q = step(q, z, 1.0 / 40320.0)
  q = step(q, z, -1.0 / 720.0)
  q = step(q, z, 1.0 / 24.0)
  const s = f64x2.add(x, f64x2.mul(f64x2.mul(x, z), p))
  // 1 − z/2, and what that rounded off.
  const half = f64x2.mul(z, f64x2.splat(0.5))
  const near = f64x2.sub(f64x2.splat(1), half)
  const lost = f64x2.sub(f64x2.sub(f64x2.splat(1), near), half)
  const c = f64x2.add(near, f64x2.add(lost, f64x2.mul(f64x2.mul(z, z), q)))
  // An odd quarter swaps the two; bit 1 of the quarter, or of the next, is the sign.
  const k = i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(quarters))
  const odd = i64x2.neg(v128.and(k, i64x2.splat(1)))
  const next = i64x2.add(k, i64x2.splat(1))
  sines = v128.xor(v128.bitselect(c, s, odd), i64x2.shl(v128.and(k, i64x2.splat(2)), 62))
  cosines = v128.xor(v128.bitselect(s, c, odd), i64x2.shl(v128.and(next, i64x2.splat(2)), 62))
}

// @ts-ignore: decorator
@inline
function step(sum: v128, z: v128, coefficient: f64): v128 {
  return f64x2.add(f64x2.mul(sum, z), f64x2.splat(coefficient))
}

// Sine and cosine of fractions of a turn, to 1 ulp or so: what twiddle factors and filters need, without tables.
// The fraction is reduced exactly to an eighth of a turn; the polynomials are those of FreeBSD's msun (k_sin.c, k_cos.c;
// Sun Microsystems 1993), whose errors on [-π/4, π/4] are below 2^-58 and 2^-57.

const TWO_PI: f64 = 6.283185307179586

/// cos(2π turns), for |turns| below 2^50.
export function cosTurns(turns: f64): f64 {
  const quarter = nearest<f64>(turns * 4)
  const angle = (turns - quarter * 0.25) * TWO_PI
  const which = <i64>quarter & 3
  const value = which & 1 ? sine(angle) : cosine(angle)
  return which == 1 || which == 2 ? -value : value
}

/// sin(2π turns), for |turns| below 2^50.
export function sinTurns(turns: f64): f64 {
  const quarter = nearest<f64>(turns * 4)
  const angle = (turns - quarter * 0.25) * TWO_PI
  const which = <i64>quarter & 3
  const value = which & 1 ? cosine(angle) : sine(angle)
  return which > 1 ? -value : value
}

function sine(x: f64): f64 {
  const z = x * x
  const r =
    8.33333333332248946124e-3 +
    z * (-1.98412698298579493134e-4 + z * (2.75573137070700676789e-6 + z * (-2.50507602534068634195e-8 + z * 1.58969099521155010221e-10)))
  return x + z * x * (-1.66666666666666324348e-1 + z * r)
}

function cosine(x: f64): f64 {
  const z = x * x
  const r =
    z * (4.16666666666666019037e-2 + z * (-1.38888888888741095749e-3 + z * 2.48015872894767294178e-5)) +
    z * z * z * z * (-2.75573143513906633035e-7 + z * (2.08757232129817482790e-9 + z * -1.13596475577881948265e-11))
  const half = 0.5 * z
  const whole = 1 - half
  return whole + (1 - whole - half + z * r)
}

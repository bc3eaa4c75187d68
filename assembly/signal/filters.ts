// Butterworth filters as second-order sections by the bilinear transform, the corners pre-warped (as scipy.signal.butter
// makes them). Both stop a constant, so they start as if the first value had been there for ever: it is taken off.
// One of each at a time: the design and the state are registers; blocks of a run follow one another.
import { cosTurns, sinTurns } from '../maths/turns'

const ROOT_2: f64 = 1.4142135623730951
/// |x| of a sine has a mean of 2/π of its amplitude.
const HALF_PI: f64 = 1.5707963267948966

let base: f64 = 0
let gain: f64 = 0
/// y[i] = x[i] … - a y[i - 1] - b y[i - 2], a pair for each section.
let a0: f64 = 0
let b0: f64 = 0
let a1: f64 = 0
let b1: f64 = 0
let a2: f64 = 0
let b2: f64 = 0
let a3: f64 = 0
let b3: f64 = 0
/// The last two values before the first section and behind each.
let x1: f64 = 0
let x2: f64 = 0
let p1: f64 = 0
let p2: f64 = 0
let q1: f64 = 0
let q2: f64 = 0
let r1: f64 = 0
let r2: f64 = 0
let s1: f64 = 0
let s2: f64 = 0

function rest(first: f64): void {
  base = first
  x1 = x2 = p1 = p2 = q1 = q2 = r1 = r2 = s1 = s2 = 0
}

/// Designs a high-pass of order 2; the corner as a fraction of the rate, below 0.5.
export function startHighpass(corner: f64, first: f64): void {
  const k = sinTurns(corner * 0.5) / cosTurns(corner * 0.5)
  gain = 1 / (1 + ROOT_2 * k + k * k)
  a0 = 2 * (k * k - 1) * gain
  b0 = (1 - ROOT_2 * k + k * k) * gain
  rest(first)
}

/// The next values of a run, times `scale`; `first` of the start was multiplied, too.
export function highpass(from: usize, to: usize, rows: u32, scale: f64): void {
  let u1 = x1
  let u2 = x2
  let v1 = p1
  let v2 = p2
  for (const end = from + (<usize>rows << 3); from < end; from += 8) {
    const u = (load<f64>(from) * scale - base) * gain
    const v = u - 2 * u1 + u2 - b0 * v2 - a0 * v1
    u2 = u1
    u1 = u
    v2 = v1
    v1 = v
    store<f64>(to, v)
    to += 8
  }
  x1 = u1
  x2 = u2
  p1 = v1
  p2 = v2
}

/// Designs a band-pass of order 4 at each edge; edges as fractions of the rate, 0 < low < high < 0.5.
export function startBandpass(low: f64, high: f64, first: f64): void {
  const k1 = sinTurns(low * 0.5) / cosTurns(low * 0.5)
  const k2 = sinTurns(high * 0.5) / cosTurns(high * 0.5)
  gain = HALF_PI
  sections(k2 - k1, k1 * k2, 0.3125)
  a2 = a0
  b2 = b0
  a3 = a1
  b3 = b1
  sections(k2 - k1, k1 * k2, 0.4375)
  rest(first)
}

/// A pole of the low-pass prototype at this turn of the unit circle makes two of the band-pass, s = h ± √(h² - centre²)
/// with h = pole · width / 2. Each goes with its conjugate into a section: into a0 b0 and a1 b1.
function sections(width: f64, centreSquared: f64, turns: f64): void {
  const hr = cosTurns(turns) * width * 0.5
  const hi = sinTurns(turns) * width * 0.5
  const dr = hr * hr - hi * hi - centreSquared
  const di = 2 * hr * hi
  const larger = sqrt((sqrt(dr * dr + di * di) + abs(dr)) * 0.5)
  const smaller = larger > 0 ? di / (2 * larger) : 0
  const rr = dr >= 0 ? larger : smaller
  const ri = dr >= 0 ? smaller : larger
  section(hr - rr, hi - ri, width)
  a1 = a0
  b1 = b0
  section(hr + rr, hi + ri, width)
}

/// z = (1 + s) / (1 - s) and its conjugate are the poles of a section: a = -2 Re z, b = |z|².
function section(re: f64, im: f64, width: f64): void {
  const below = (1 - re) * (1 - re) + im * im
  a0 = -2 * (1 - re * re - im * im) / below
  b0 = ((1 + re) * (1 + re) + im * im) / below
  gain *= width / below
}

/// The next values of a run, times `scale`, through the band-pass and rectified, divided by the 2/π which that leaves.
export function rectifiedBand(from: usize, to: usize, rows: u32, scale: f64): void {
  let u1 = x1
  let u2 = x2
  let v1 = p1
  let v2 = p2
  let w1 = q1
  let w2 = q2
  let y1 = r1
  let y2 = r2
  let z1 = s1
  let z2 = s2
  for (const end = from + (<usize>rows << 3); from < end; from += 8) {
    const u = (load<f64>(from) * scale - base) * gain
    const v = u - u2 - b0 * v2 - a0 * v1
    const w = v - v2 - b1 * w2 - a1 * w1
    const y = w - w2 - b2 * y2 - a2 * y1
    const z = y - y2 - b3 * z2 - a3 * z1
    u2 = u1
    u1 = u
    v2 = v1
    v1 = v
    w2 = w1
    w1 = w
    y2 = y1
    y1 = y
    z2 = z1
    z1 = z
    store<f64>(to, abs(z))
    to += 8
  }
  x1 = u1
  x2 = u2
  p1 = v1
  p2 = v2
  q1 = w1
  q2 = w2
  r1 = y1
  r2 = y2
  s1 = z1
  s2 = z2
}

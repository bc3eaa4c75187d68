// Welch's estimate of the power spectral density (IEEE Trans. Audio Electroacoust. 15 (1967)): segments of one length that
// overlap by half, each without its mean, under Hann's window. As scipy.signal.welch(window='hann', detrend='constant',
// scaling='density') over one run; over several, each segment weighs the same, and none reaches across a gap.
import { runCount, runs, scratch, values, VIEW_RUN_BYTES, VIEW_RUN_FIRST, VIEW_RUN_RATE, VIEW_RUN_ROWS } from '../rows/view'
import { realFft } from './fft'
import { highpass, rectifiedBand, startBandpass, startHighpass } from './filters'
import { FFT_LONGEST, makeTwiddles, twiddles } from './twiddles'

/// What is done to a run before it is cut into segments.
export const AS_IT_IS: u32 = 0
export const HIGHPASS: u32 = 1
export const ENVELOPE: u32 = 2

/// Rates this near to each other (relative) are one: a fitted sample clock moves a little.
const SAME_RATE: f64 = 1e-3

// Buffers in the view's scratch. Their distance is no multiple of 4 KiB: reads and writes at the same place of a page
// wait for each other.
const BUFFER_BYTES: usize = 8 * <usize>FFT_LONGEST + 2112

/// Adds up the power of all segments of `length` rows from runs of about this rate, and makes a one-sided density of it:
/// f64[length / 2 + 1] at `density`, for values times `scale`. Returns the number of segments.
export function welch(density: usize, length: u32, rate: f64, scale: f64, filter: u32, low: f64, high: f64, noMean: bool): u32 {
  const half = length >> 1
  const halfBytes = <usize>half << 3
  const held = scratch + 2 * BUFFER_BYTES
  memory.fill(density, 0, halfBytes + 8)
  makeTwiddles(length)
  let segments: u32 = 0
  for (let i: u32 = 0; i < runCount; i++) {
    const run = runs + <usize>i * VIEW_RUN_BYTES
    const rows = load<u32>(run, VIEW_RUN_ROWS)
    if (rows < length || !(abs(load<f64>(run, VIEW_RUN_RATE) - rate) <= SAME_RATE * rate)) continue
    let from = values + (<usize>load<u32>(run, VIEW_RUN_FIRST) << 3)
    if (filter == HIGHPASS) startHighpass(low / rate, load<f64>(from) * scale)
    else if (filter == ENVELOPE) startBandpass(low / rate, high / rate, load<f64>(from) * scale)
    if (filter) filtered(filter, from, held, half, scale)
    for (let at: u32 = 0; at + length <= rows; at += half) {
      if (filter) {
        filtered(filter, from + halfBytes, held + halfBytes, half, scale)
        addSegment(held, density, length, 1, noMean)
        memory.copy(held, held + halfBytes, halfBytes)
      } else addSegment(from, density, length, scale, noMean)
      from += halfBytes
      segments++
    }
  }
  // The window's mean square is 3/8; what lies at negative frequencies is counted at the positive ones.
  const factor = f64x2.splat(2 / (rate * 0.375 * <f64>length * <f64>max<u32>(segments, 1)))
  for (let at = density; at < density + halfBytes; at += 16) v128.store(at, f64x2.mul(v128.load(at), factor))
  store<f64>(density, load<f64>(density) * 0.5)
  store<f64>(density + halfBytes, load<f64>(density + halfBytes) * f64x2.extract_lane(factor, 0) * 0.5)
  return segments
}

function filtered(filter: u32, from: usize, to: usize, rows: u32, scale: f64): void {
  if (filter == HIGHPASS) highpass(from, to, rows, scale)
  else rectifiedBand(from, to, rows, scale)
}

function addSegment(from: usize, density: usize, length: u32, scale: f64, noMean: bool): void {
  const data = scratch
  window(from, data, length, scale, noMean)
  const bins = realFft(data, data + BUFFER_BYTES, length)
  const last = density + (<usize>length << 2)
  const nyquist = load<f64>(bins, 16)
  store<f64>(bins, 0, 16)
  store<f64>(last, load<f64>(last) + nyquist * nyquist)
  let at = bins
  for (; density < last; density += 16) {
    const re = v128.load(at)
    const im = v128.load(at, 16)
    v128.store(density, f64x2.add(v128.load(density), f64x2.add(f64x2.mul(re, re), f64x2.mul(im, im))))
    at += 32
  }
}

/// A segment under the periodic window ½ - ½ cos(2πi / length), both halves at once.
function window(from: usize, to: usize, length: u32, scale: f64, noMean: bool): void {
  const halfBytes = <usize>length << 2
  const factor = f64x2.splat(scale)
  // Differences from the first value are small where the values lie far from zero, and 0 where all are equal.
  let base = f64x2.splat(0)
  let mean = f64x2.splat(0)
  if (noMean) {
    base = f64x2.mul(v128.load_splat<f64>(from), factor)
    let s0 = mean
    let s1 = mean
    let s2 = mean
    let s3 = mean
    for (let at = from; at < from + 2 * halfBytes; at += 64) {
      s0 = f64x2.add(s0, f64x2.sub(f64x2.mul(v128.load(at), factor), base))
      s1 = f64x2.add(s1, f64x2.sub(f64x2.mul(v128.load(at, 16), factor), base))
      s2 = f64x2.add(s2, f64x2.sub(f64x2.mul(v128.load(at, 32), factor), base))
      s3 = f64x2.add(s3, f64x2.sub(f64x2.mul(v128.load(at, 48), factor), base))
    }
    const sum = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3))
    mean = f64x2.splat((f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)) / <f64>length)
  }
  const half = f64x2.splat(0.5)
  let cosines = twiddles(length)
  for (const end = from + halfBytes; from < end; from += 16) {
    const cosine = f64x2.mul(half, v128.load(cosines))
    const a = f64x2.sub(f64x2.sub(f64x2.mul(v128.load(from), factor), base), mean)
    const b = f64x2.sub(f64x2.sub(f64x2.mul(v128.load(from + halfBytes), factor), base), mean)
    v128.store(to, f64x2.mul(a, f64x2.sub(half, cosine)))
    v128.store(to + halfBytes, f64x2.mul(b, f64x2.add(half, cosine)))
    cosines += 32
    to += 16
  }
}

// The spectra of the view: of its values, and of the envelope of a carrier in them. Each is made once for a view and kept
// in `tables`, where the kernels that follow find it.
//
// All segments have one length, the largest power of two up to the rows of the longest run and FFT_LONGEST; runs shorter
// than that, or of another rate, add nothing. A bin stands for the width of one bin around its frequency, cut at 0 and at
// half the rate; a band takes of each bin the share that lies in it, so that bands which join add up.
import {
  DETREND_HIGHPASS,
  DETREND_NONE,
  detrend,
  detrendHz,
  runCount,
  runs,
  serial,
  tables,
  values,
  VIEW_RUN_BYTES,
  VIEW_RUN_FIRST,
  VIEW_RUN_RATE,
  VIEW_RUN_ROWS,
} from '../rows/view'
import { FFT_LONGEST, FFT_SHORTEST, TABLES_FREE } from './twiddles'
import { AS_IT_IS, ENVELOPE, HIGHPASS, welch } from './welch'

const SERIAL: usize = 0 // u32
/// Rows in a segment, 0 = there is no spectrum.
const LENGTH: usize = 4 // u32
const RATE: usize = 8 // f64: Hz
/// The density is one of the values divided by this.
const UNIT: usize = 16 // f64: a power of two
const SEGMENTS: usize = 24 // f64
const CARRIER_LOW: usize = 32 // f64
const CARRIER_HIGH: usize = 40 // f64
const DENSITY: usize = 64 // f64[LENGTH / 2 + 1]
const SPECTRUM_BYTES: usize = 64 + 4 * <usize>FFT_LONGEST + 64

const TWO_PI: f64 = 6.283185307179586

/// Spectrum of the values, 0 = there is none.
export function spectrum(): usize {
  const filter = detrend == DETREND_HIGHPASS ? HIGHPASS : AS_IT_IS
  const at = tables + TABLES_FREE
  if (load<u32>(at, SERIAL) != serial) make(at, filter, detrendHz, 0, detrend != DETREND_NONE && filter == AS_IT_IS)
  return load<u32>(at, LENGTH) ? at : 0
}

/// Spectrum of what the carrier's band leaves once rectified, 0 = there is none.
export function envelope(low: f64, high: f64): usize {
  const at = tables + TABLES_FREE + SPECTRUM_BYTES
  const known = load<u32>(at, SERIAL) == serial && load<f64>(at, CARRIER_LOW) == low && load<f64>(at, CARRIER_HIGH) == high
  if (!known) {
    make(at, ENVELOPE, low, high, true)
    store<f64>(at, low, CARRIER_LOW)
    store<f64>(at, high, CARRIER_HIGH)
  }
  return load<u32>(at, LENGTH) ? at : 0
}

/// What is kept of the views of whoever used the tables before is not one of the views to come.
export function forgetSpectra(): void {
  store<u32>(tables + TABLES_FREE, 0, SERIAL)
  store<u32>(tables + TABLES_FREE + SPECTRUM_BYTES, 0, SERIAL)
}

function make(at: usize, filter: u32, low: f64, high: f64, noMean: bool): void {
  store<u32>(at, serial, SERIAL)
  store<u32>(at, 0, LENGTH)
  let longest: u32 = 0
  let rate: f64 = 0
  for (let i: u32 = 0; i < runCount; i++) {
    const run = runs + <usize>i * VIEW_RUN_BYTES
    const rows = load<u32>(run, VIEW_RUN_ROWS)
    const hz = load<f64>(run, VIEW_RUN_RATE)
    if (rows > longest && hz > 0 && hz < Infinity) {
      longest = rows
      rate = hz
    }
  }
  if (longest < FFT_SHORTEST || max(low, high) >= rate * 0.5) return
  const length = min<u32>(<u32>1 << (31 - clz(longest)), FFT_LONGEST)
  const unit = unitOf()
  const segments = welch(at + DENSITY, length, rate, 1 / unit, filter, low, high, noMean)
  store<f64>(at, rate, RATE)
  store<f64>(at, unit, UNIT)
  store<f64>(at, <f64>segments, SEGMENTS)
  store<u32>(at, length, LENGTH)
}

/// 1, or the power of two below the largest value where squares would overflow or vanish.
function unitOf(): f64 {
  let largest = f64x2.splat(0)
  for (let i: u32 = 0; i < runCount; i++) {
    const run = runs + <usize>i * VIEW_RUN_BYTES
    let at = values + (<usize>load<u32>(run, VIEW_RUN_FIRST) << 3)
    let rows = load<u32>(run, VIEW_RUN_ROWS)
    for (; rows > 1; rows -= 2) {
      largest = f64x2.pmax(largest, f64x2.abs(v128.load(at)))
      at += 16
    }
    if (rows) largest = f64x2.pmax(largest, f64x2.abs(v128.load_splat<f64>(at)))
  }
  const a = f64x2.extract_lane(largest, 0)
  const b = f64x2.extract_lane(largest, 1)
  const value = a > b ? a : b
  if ((value > 1e-100 && value < 1e100) || value == 0) return 1
  const exponent = reinterpret<u64>(value) & 0x7ff0000000000000
  // 2^-1000 stands for all below it: its reciprocal is still a number, and so is that of 2^1020.
  const least: u64 = 23 << 52
  const most: u64 = 2043 << 52
  return reinterpret<f64>(exponent < least ? least : exponent > most ? most : exponent)
}

// @ts-ignore: decorator
@inline
export function widthOf(at: usize): f64 {
  return load<f64>(at, RATE) / <f64>load<u32>(at, LENGTH)
}

/// Bins, without the one at 0.
// @ts-ignore: decorator
@inline
export function binsOf(at: usize): u32 {
  return load<u32>(at, LENGTH) >> 1
}

// @ts-ignore: decorator
@inline
export function densityOf(at: usize): usize {
  return at + DENSITY
}

// @ts-ignore: decorator
@inline
export function unitIn(at: usize): f64 {
  return load<f64>(at, UNIT)
}

// @ts-ignore: decorator
@inline
export function segmentsOf(at: usize): f64 {
  return load<f64>(at, SEGMENTS)
}

/// Power of [low, high) Hz in square units, or, `integrated`, of the values' integral over time in thousandths, squared.
/// NaN where the band is narrower than a bin or reaches above half the rate, or its integral takes in the bin at 0.
export function bandPower(at: usize, low: f64, high: f64, integrated: bool): f64 {
  const width = widthOf(at)
  const bins = binsOf(at)
  const a = low / width
  const b = high / width
  if (!(b - a >= 1) || b > <f64>bins) return NaN
  const first = <u32>floor(a + 0.5)
  const last = <u32>floor(b + 0.5)
  if (integrated && !first) return NaN
  const lowShare = (<f64>first + 0.5 - a) * (first ? 1 : 2)
  const highShare = (b + 0.5 - <f64>last) * (last == bins ? 2 : 1)
  const density = at + DENSITY
  if (!integrated) {
    const ends = load<f64>(density + (<usize>first << 3)) * lowShare + load<f64>(density + (<usize>last << 3)) * highShare
    return (ends + between(density, first + 1, last)) * width
  }
  let sum = slowed(density, first) * lowShare + slowed(density, last) * highShare
  for (let k = first + 1; k < last; k++) sum += slowed(density, k)
  return (sum * 1e6) / (TWO_PI * TWO_PI * width)
}

// @ts-ignore: decorator
@inline
function slowed(density: usize, k: u32): f64 {
  return load<f64>(density + (<usize>k << 3)) / (<f64>k * <f64>k)
}

function between(density: usize, first: u32, last: u32): f64 {
  let s0 = f64x2.splat(0)
  let s1 = s0
  let at = density + (<usize>first << 3)
  const end = density + (<usize>last << 3)
  for (; at + 32 <= end; at += 32) {
    s0 = f64x2.add(s0, v128.load(at))
    s1 = f64x2.add(s1, v128.load(at, 16))
  }
  const s = f64x2.add(s0, s1)
  let sum = f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1)
  for (; at < end; at += 8) sum += load<f64>(at)
  return sum
}

/// Root of a band's power, in the values' unit; NaN where there is none.
export function bandRms(at: usize, low: f64, high: f64, integrated: bool): f64 {
  if (!at) return NaN
  const rms = sqrt(bandPower(at, low, high, integrated)) * load<f64>(at, UNIT)
  return rms < Infinity ? rms : NaN
}

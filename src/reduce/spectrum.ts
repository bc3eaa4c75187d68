import type { PaneView } from '../model/kernel.js'
import { bandpass, highpass } from './filters.js'

/** Power spectral density of a pane, one-sided: the reference of the signal kernels. */
export interface Spectrum {
  /** Hz from bin to bin. */
  widthHz: number
  /** Square units per Hz, at 0, widthHz … half the rate, of the values divided by `unit`. */
  density: readonly number[]
  /** 1, or a power of two where squares of the values would overflow or vanish. */
  unit: number
  /** Segments it is the mean of. */
  segments: number
}

/** Rows in a segment: a power of two between these. */
const LONGEST = 4096
const SHORTEST = 32
/** Rates this near to each other (relative) are one. */
const SAME_RATE = 1e-3

/**
 * Welch's estimate over the pane's runs: segments of the largest power of two up to the longest run and 4,096 rows,
 * overlapping by half, without their mean (unless the pane's `detrend` says otherwise), under Hann's window. Runs that
 * are shorter than a segment, or whose rate differs by more than 0.1 %, add nothing. Undefined where no run is long
 * enough. With a carrier it is the spectrum of the envelope: the band is filtered out and rectified, and divided by the
 * 2/π that rectifying leaves of an amplitude.
 */
export function spectrumOf(
  values: readonly number[],
  pane: Pick<PaneView, 'runs' | 'detrend'>,
  carrier?: readonly [lowHz: number, highHz: number],
): Spectrum | undefined {
  const stated = pane.runs.filter(({ rateHz }) => rateHz > 0 && rateHz < Number.POSITIVE_INFINITY)
  const rows = Math.max(0, ...stated.map((run) => run.rows))
  const rateHz = stated.find((run) => run.rows === rows)?.rateHz ?? 0
  const corner = carrier?.[1] ?? (typeof pane.detrend === 'object' ? pane.detrend.highpassHz : 0)
  if (rows < SHORTEST || corner >= rateHz / 2) return
  const length = Math.min(LONGEST, 2 ** Math.floor(Math.log2(rows)))
  const density = new Array<number>(length / 2 + 1).fill(0)
  const unit = unitOf(values)
  let segments = 0
  for (const run of stated) {
    if (run.rows < length || Math.abs(run.rateHz - rateHz) > SAME_RATE * rateHz) continue
    const signal = prepared(
      values.slice(run.first, run.first + run.rows).map((value) => value / unit),
      rateHz,
      pane,
      carrier,
    )
    for (let at = 0; at + length <= run.rows; at += length / 2) {
      const removed = carrier || pane.detrend === 'default' || pane.detrend === 'mean'
      powers(windowed(signal.slice(at, at + length), Boolean(removed))).forEach((power, k) => {
        density[k]! += power
      })
      segments++
    }
  }
  const factor = 1 / (rateHz * 0.375 * length * segments)
  const oneSided = density.map((power, k) => power * factor * (k === 0 || k === length / 2 ? 1 : 2))
  return { widthHz: rateHz / length, density: oneSided, unit, segments }
}

function unitOf(values: readonly number[]): number {
  const largest = values.reduce((size, value) => Math.max(size, Math.abs(value)), 0)
  if (largest === 0 || (largest > 1e-100 && largest < 1e100)) return 1
  return 2 ** Math.min(1020, Math.max(-1000, Math.floor(Math.log2(largest))))
}

function prepared(
  run: number[],
  rateHz: number,
  { detrend }: Pick<PaneView, 'detrend'>,
  carrier?: readonly [number, number],
): number[] {
  if (carrier) return bandpass(run, rateHz, ...carrier).map((value) => (Math.abs(value) * Math.PI) / 2)
  return typeof detrend === 'object' ? highpass(run, rateHz, detrend.highpassHz) : run
}

/** Under the periodic window, whose mean square is 3/8; differences from the first value keep small ones right. */
function windowed(segment: readonly number[], withoutMean: boolean): number[] {
  const length = segment.length
  const base = withoutMean ? segment[0]! : 0
  const mean = withoutMean ? segment.reduce((sum, value) => sum + (value - base), 0) / length : 0
  return segment.map((value, i) => (value - base - mean) * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length)))
}

/** |DFT|² from 0 to half the rate, by its definition. */
function powers(values: readonly number[]): number[] {
  const n = values.length
  const signal = Float64Array.from(values)
  const circle = Float64Array.from({ length: n }, (_, i) => Math.cos((2 * Math.PI * i) / n))
  return Array.from({ length: n / 2 + 1 }, (_, k) => {
    let re = 0
    let im = 0
    for (let i = 0; i < n; i++) {
      re += signal[i]! * circle[(i * k) & (n - 1)]!
      im += signal[i]! * circle[(i * k + n / 4) & (n - 1)]!
    }
    return re * re + im * im
  })
}

/**
 * Sum over a band of what bins hold, by a weight for each: a bin stands for one width around its frequency, cut at 0 and
 * at half the rate, and gives the share that lies in [lowHz, highHz). NaN where the band is narrower than a bin or
 * reaches above half the rate.
 */
export function overBand(
  { widthHz, density }: Spectrum,
  lowHz: number,
  highHz: number,
  weight: (frequencyHz: number) => number = () => 1,
): number {
  const last = density.length - 1
  if (!(highHz / widthHz - lowHz / widthHz >= 1) || highHz / widthHz > last) return Number.NaN
  let sum = 0
  for (const [k, power] of density.entries()) {
    const [from, to] = [Math.max(0, k - 0.5), Math.min(last, k + 0.5)]
    const share = (Math.min(to, highHz / widthHz) - Math.max(from, lowHz / widthHz)) / (to - from)
    if (share > 0) sum += power * share * weight(k * widthHz)
  }
  return sum * widthHz
}

/** A finite number, or no value. */
export const finite = (value: number): number => (Number.isFinite(value) ? value : Number.NaN)

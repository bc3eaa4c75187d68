import { COMPARISONS, type PaneView } from '../../model/kernel.js'
import { MODULI } from '../counter.js'
import { carrierPower, peakHz, powerIn, welch } from './plain-spectrum.js'

/** What a kernel does over the rows of a pane, as one would write it in JavaScript, rounding errors and all. */
export type Plain = (
  values: Float64Array,
  timesUs: Float64Array,
  args: readonly number[],
  pane: PaneView,
) => number | undefined

const sum: Plain = (values) => {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i]!
  return total
}
const least: Plain = (values) => {
  let min = values[0]!
  for (let i = 1; i < values.length; i++) if (values[i]! < min) min = values[i]!
  return min
}
const greatest: Plain = (values) => {
  let max = values[0]!
  for (let i = 1; i < values.length; i++) if (values[i]! > max) max = values[i]!
  return max
}
const peak: Plain = (values) => {
  let most = 0
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!)
    if (size > most) most = size
  }
  return most
}
const rms: Plain = (values) => {
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += values[i]! * values[i]!
  return Math.sqrt(squares / values.length)
}

/** Σ(x−x₀), its square, cube and fourth power, in one pass. */
function powers(values: Float64Array): [number, number, number, number] {
  const base = values[0]!
  let [s, q, c, f] = [0, 0, 0, 0]
  for (let i = 0; i < values.length; i++) {
    const d = values[i]! - base
    const square = d * d
    s += d
    q += square
    c += square * d
    f += square * square
  }
  const n = values.length
  const m = s / n
  const second = q / n - m * m
  const third = c / n - 3 * m * (q / n) + 2 * m ** 3
  const fourth = f / n - 4 * m * (c / n) + 6 * m * m * (q / n) - 3 * m ** 4
  return [m, second, third, fourth]
}

const variance: Plain = (values) => {
  const base = values[0]!
  let [s, q] = [0, 0]
  for (let i = 0; i < values.length; i++) {
    const d = values[i]! - base
    s += d
    q += d * d
  }
  return (q - (s * s) / values.length) / (values.length - 1)
}

/** ∫x dt of values that hold, and the time covered. */
function held(values: Float64Array, timesUs: Float64Array, pane: PaneView) {
  let [area, covered] = [0, 0]
  for (let i = 0; i < values.length; i++) {
    const next = i + 1 < values.length ? timesUs[i + 1]! : pane.endUs
    const span = Math.min(next - timesUs[i]!, pane.holdUs)
    covered += span
    area += values[i]! * span
  }
  return { area, covered }
}

function duty(
  values: Float64Array,
  timesUs: Float64Array,
  [operator, than]: readonly number[],
  pane: PaneView,
): number {
  const word = COMPARISONS[operator!]!
  let [met, covered] = [0, 0]
  for (let i = 0; i < values.length; i++) {
    const next = i + 1 < values.length ? timesUs[i + 1]! : pane.endUs
    const span = Math.min(next - timesUs[i]!, pane.holdUs)
    covered += span
    const value = values[i]!
    if (word === '>' ? value > than! : word === '>=' ? value >= than! : word === '<' ? value < than! : value <= than!)
      met += span
  }
  return met / covered
}

function increase(values: Float64Array, word: number): number {
  const modulus = word === 0 ? 0 : Object.values(MODULI)[word]!
  let counted = 0
  for (let i = 1; i < values.length; i++) {
    const step = values[i]! - values[i - 1]!
    counted += step >= 0 ? step : word === 0 ? values[i]! : step + modulus
  }
  return counted
}

function zerocross(values: Float64Array): number {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i]!
  const mean = total / values.length
  let crossed = 0
  for (let i = 1; i < values.length; i++) if (values[i]! > mean !== values[i - 1]! > mean) crossed++
  return crossed
}

function slope(values: Float64Array, times: Float64Array): number {
  let [u, d, uu, ud] = [0, 0, 0, 0]
  for (let i = 0; i < values.length; i++) {
    const time = times[i]! - times[0]!
    const value = values[i]! - values[0]!
    u += time
    d += value
    uu += time * time
    ud += time * value
  }
  return (ud - (u * d) / values.length) / (uu - (u * u) / values.length)
}

function circmean(values: Float64Array): number {
  let [sines, cosines] = [0, 0]
  for (let i = 0; i < values.length; i++) {
    const radians = values[i]! * (Math.PI / 180)
    sines += Math.sin(radians)
    cosines += Math.cos(radians)
  }
  return Math.atan2(sines, cosines)
}

function ewma(values: Float64Array, times: Float64Array, [tauS]: readonly number[], pane: PaneView): number {
  let mean = values[0]!
  for (let i = 0; i < values.length; i++) {
    const span = (i + 1 < values.length ? times[i + 1]! : pane.endUs) - times[i]!
    mean += (1 - Math.exp(-span / 1e6 / tauS!)) * (values[i]! - mean)
  }
  return mean
}

function quantile(values: Float64Array, q: number): number {
  const sorted = values.slice().sort()
  return sorted[Math.ceil(q * sorted.length) - 1] ?? sorted[0]!
}

function binOf(value: number, edges: readonly number[]): number {
  let bin = 0
  while (bin < edges.length && value >= edges[bin]!) bin++
  return bin
}

function histogram(values: Float64Array, edges: readonly number[]): number {
  const bins = new Float64Array(edges.length + 1)
  for (let i = 0; i < values.length; i++) bins[binOf(values[i]!, edges)]!++
  return bins[0]!
}

/** By name of the kernel. One that is missing is measured against its reference in the registry. */
export const plain: Readonly<Record<string, Plain>> = {
  count: (values) => values.length,
  sum,
  mean: (...rows) => sum(...rows)! / rows[0].length,
  min: least,
  max: greatest,
  range: (...rows) => greatest(...rows)! - least(...rows)!,
  peak,
  rms,
  crest: (...rows) => peak(...rows)! / rms(...rows)!,
  variance,
  stddev: (...rows) => Math.sqrt(variance(...rows)!),
  skewness(values) {
    const [, second, third] = powers(values)
    return third / second ** 1.5
  },
  kurtosis(values) {
    const [, second, , fourth] = powers(values)
    return fourth / second ** 2
  },
  first(values, times) {
    let first = 0
    for (let i = 1; i < times.length; i++) if (times[i]! < times[first]!) first = i
    return values[first]
  },
  last(values, times) {
    let last = 0
    for (let i = 1; i < times.length; i++) if (times[i]! >= times[last]!) last = i
    return values[last]
  },
  delta: (...rows) => plain.last!(...rows)! - plain.first!(...rows)!,
  slope,
  circmean,
  quantile: (values, _times, [q]) => quantile(values, q!),
  distinct: (values) => new Set(values).size,
  histogram: (values, _times, edges) => histogram(values, edges),
  integral: (values, times, _args, pane) => held(values, times, pane).area / 1e6,
  twa(values, times, _args, pane) {
    const { area, covered } = held(values, times, pane)
    return area / covered
  },
  duty,
  ewma,
  increase: (values, _times, [word]) => increase(values, word!),
  rate: (values, times, [word]) => increase(values, word!) / ((times.at(-1)! - times[0]!) / 1e6),
  zerocross,
  gap_max(_values, times, _args, { startUs, endUs }) {
    let longest = Math.max(times[0]! - startUs, endUs - times.at(-1)!)
    for (let i = 1; i < times.length; i++) longest = Math.max(longest, times[i]! - times[i - 1]!)
    return longest / 1e6
  },
  band_power: (values, _times, [lo, hi], pane) => powerIn(welch(values, pane), lo!, hi!),
  band_rms: (values, _times, [lo, hi], pane) => Math.sqrt(powerIn(welch(values, pane), lo!, hi!)),
  velocity_rms: (values, _times, [lo, hi], pane) =>
    Math.sqrt(powerIn(welch(values, pane), lo!, hi!, (hz) => 1e6 / (2 * Math.PI * hz) ** 2)),
  spectral_centroid(values, _times, _args, pane) {
    const spectrum = welch(values, pane)
    return powerIn(spectrum, 0, Number.POSITIVE_INFINITY, (hz) => hz) / powerIn(spectrum, 0, Number.POSITIVE_INFINITY)
  },
  dominant_hz: (values, _times, _args, pane) => peakHz(welch(values, pane)),
  envelope_rms: (values, _times, args, pane) => Math.sqrt(carrierPower(values, args, pane)),
}

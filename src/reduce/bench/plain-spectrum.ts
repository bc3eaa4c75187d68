import type { PaneView } from '../../model/kernel.js'
import { bandpass } from '../filters.js'

/** Power spectral density, one-sided. */
interface Density {
  widthHz: number
  density: Float64Array
}

interface Transform {
  cosines: Float64Array
  sines: Float64Array
  window: Float64Array
  swaps: Uint32Array
}
const transforms = new Map<number, Transform>()

function transformOf(length: number): Transform {
  const known = transforms.get(length)
  if (known) return known
  const bits = Math.log2(length)
  const made: Transform = {
    cosines: new Float64Array(length / 2).map((_, i) => Math.cos((2 * Math.PI * i) / length)),
    sines: new Float64Array(length / 2).map((_, i) => -Math.sin((2 * Math.PI * i) / length)),
    window: new Float64Array(length).map((_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length)),
    swaps: new Uint32Array(length).map((_, i) => {
      let reversed = 0
      for (let bit = 0; bit < bits; bit++) reversed |= ((i >> bit) & 1) << (bits - 1 - bit)
      return reversed
    }),
  }
  transforms.set(length, made)
  return made
}

/** Fourier transform in place, radix 2, its tables made once: the textbook's, as plain JavaScript has it. */
function transform(re: Float64Array, im: Float64Array, { cosines, sines, swaps }: Transform): void {
  const length = re.length
  for (let i = 0; i < length; i++) {
    const j = swaps[i]!
    if (j <= i) continue
    const [a, b] = [re[i]!, im[i]!]
    re[i] = re[j]!
    im[i] = im[j]!
    re[j] = a
    im[j] = b
  }
  for (let half = 1; half < length; half *= 2) {
    const stride = length / (2 * half)
    for (let start = 0; start < length; start += 2 * half) {
      for (let k = 0; k < half; k++) {
        const [c, s] = [cosines[k * stride]!, sines[k * stride]!]
        const [i, j] = [start + k, start + k + half]
        const x = re[j]! * c - im[j]! * s
        const y = re[j]! * s + im[j]! * c
        re[j] = re[i]! - x
        im[j] = im[i]! - y
        re[i]! += x
        im[i]! += y
      }
    }
  }
}

/** Welch's estimate over the values as one run: segments of at most 4,096, half overlapping, no mean, Hann's window. */
export function welch(values: ArrayLike<number>, pane: PaneView): Density {
  const rateHz = pane.runs[0]!.rateHz
  const length = Math.min(4096, 2 ** Math.floor(Math.log2(values.length)))
  const tables = transformOf(length)
  const density = new Float64Array(length / 2 + 1)
  const [re, im] = [new Float64Array(length), new Float64Array(length)]
  let segments = 0
  for (let at = 0; at + length <= values.length; at += length / 2) {
    let mean = 0
    for (let i = 0; i < length; i++) mean += values[at + i]!
    mean /= length
    for (let i = 0; i < length; i++) re[i] = (values[at + i]! - mean) * tables.window[i]!
    im.fill(0)
    transform(re, im, tables)
    for (let k = 0; k <= length / 2; k++) density[k]! += re[k]! * re[k]! + im[k]! * im[k]!
    segments++
  }
  const factor = 2 / (rateHz * 0.375 * length * segments)
  for (let k = 0; k <= length / 2; k++) density[k]! *= factor
  return { widthHz: rateHz / length, density }
}

/** Power between two frequencies, each bin by a weight. */
export function powerIn(
  { widthHz, density }: Density,
  lowHz: number,
  highHz: number,
  weight: (hz: number) => number = () => 1,
): number {
  let power = 0
  for (let k = 1; k < density.length; k++) {
    const hz = k * widthHz
    if (hz >= lowHz && hz < highHz) power += density[k]! * weight(hz)
  }
  return power * widthHz
}

/** Frequency of the highest bin. */
export function peakHz({ widthHz, density }: Density): number {
  let peak = 1
  for (let k = 2; k < density.length; k++) if (density[k]! > density[peak]!) peak = k
  return peak * widthHz
}

/** Power in a band of the envelope of a carrier. */
export function carrierPower(values: Float64Array, args: readonly number[], pane: PaneView): number {
  const [carrierLo, carrierHi, lo, hi] = args as [number, number, number, number]
  const carrier = bandpass(Array.from(values), pane.runs[0]!.rateHz, carrierLo, carrierHi)
  for (let i = 0; i < carrier.length; i++) carrier[i] = (Math.abs(carrier[i]!) * Math.PI) / 2
  return powerIn(welch(carrier, pane), lo, hi)
}

import type { Kernel, KernelArgument, PaneView } from '../model/kernel.js'
import { finite, overBand, spectrumOf } from './spectrum.js'

const hz = (name: string, min = 0): KernelArgument => ({ name, unit: 'Hz', min, max: 1e6 })

/** Arguments of a kernel over a band, and what is wrong with them together. */
export const band: Pick<Kernel, 'arguments' | 'check'> = {
  arguments: [hz('lo'), hz('hi')],
  check: ([lo, hi]) => (lo! < hi! ? undefined : `lo must be less than hi; got ${lo} and ${hi}`),
}

/** A band of a carrier, and one of its envelope, which must lie below the carrier. */
export const carrierBand: Pick<Kernel, 'arguments' | 'check'> = {
  arguments: [hz('carrier_lo', 0.001), hz('carrier_hi'), hz('lo'), hz('hi')],
  check([carrierLo, carrierHi, lo, hi]) {
    if (!(carrierLo! < carrierHi!)) return `carrier_lo must be less than carrier_hi; got ${carrierLo} and ${carrierHi}`
    if (!(lo! < hi!)) return `lo must be less than hi; got ${lo} and ${hi}`
    return hi! <= carrierLo! ? undefined : `hi must be carrier_lo or less; got ${hi} and ${carrierLo}`
  },
}

/** Root of the power in a band of the values, or of the integral over time that the weight 1 / (2πf)² makes of them. */
export function bandRms(
  values: readonly number[],
  pane: PaneView | undefined,
  [lo, hi]: readonly number[],
  weight?: (frequencyHz: number) => number,
  carrier?: readonly [number, number],
): number {
  const spectrum = pane && spectrumOf(values, pane, carrier)
  return spectrum ? finite(Math.sqrt(overBand(spectrum, lo!, hi!, weight)) * spectrum.unit) : Number.NaN
}

/** What rounding leaves of an amplitude in any bin: a part of the greatest that was transformed, a subnormal at least. */
export function noise(values: readonly number[], pane?: PaneView): number {
  const base = pane?.detrend === 'none' ? 0 : (values[0] ?? 0)
  return 1e-12 * values.reduce((size, value) => Math.max(size, Math.abs(value - base)), 0) + 1e-322
}

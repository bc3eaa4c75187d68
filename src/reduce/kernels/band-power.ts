import type { Kernel } from '../../model/kernel.js'
import { band, noise } from '../band.js'
import { finite, overBand, spectrumOf } from '../spectrum.js'
import { variance } from './variance.js'

/** Power between two frequencies, in square units. */
export const band_power: Kernel = {
  name: 'band_power',
  family: 'signal',
  state: 'rows',
  summary: 'power in a band of frequencies, in square units, of sample arrays with a stated rate',
  source:
    'integral over [lo, hi) of the density by Welch, IEEE Trans. Audio Electroacoust. 15 (1967): Hann, 50 % overlap,' +
    ' segments of up to 4,096 rows without their mean; a bin gives the share of its width that lies in the band',
  ...band,
  example: 'band_power(10,1000)',
  integer: false,
  parts: 'ratio',
  signal: true,
  unit: variance.unit,
  reference(values, _times, [lo, hi], pane) {
    const spectrum = pane && spectrumOf(values, pane)
    return spectrum ? finite(overBand(spectrum, lo!, hi!) * spectrum.unit * spectrum.unit) : Number.NaN
  },
  tolerance(values, times, args, pane) {
    const power = band_power.reference(values, times!, args!, pane) || 0
    const error = noise(values, pane)
    return 1e-9 * power + 2 * error * Math.sqrt(power) + error * error
  },
}

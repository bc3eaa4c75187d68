import type { Kernel } from '../../model/kernel.js'
import { spectrumOf } from '../spectrum.js'

/** Mean frequency, weighted by power. */
export const spectral_centroid: Kernel = {
  name: 'spectral_centroid',
  family: 'signal',
  state: 'rows',
  summary:
    'mean frequency in Hz, weighted by power, of sample arrays with a stated rate; nothing where there is no power',
  source: 'Σ f S(f) / Σ S(f) over all bins but the one at 0, S as for band_power',
  arguments: [],
  integer: false,
  parts: 'ratio',
  signal: true,
  unit: () => 'Hz',
  reference(values, _times, _args, pane) {
    const spectrum = pane && spectrumOf(values, pane)
    if (!spectrum) return Number.NaN
    let [moment, power] = [0, 0]
    for (const [k, part] of spectrum.density.entries()) {
      moment += part * k
      if (k > 0) power += part
    }
    return power > 0 ? (moment / power) * spectrum.widthHz : Number.NaN
  },
  tolerance: (values, times, args, pane) => 1e-9 * (spectral_centroid.reference(values, times!, args!, pane) || 0),
}

import type { Kernel } from '../../model/kernel.js'
import { spectrumOf } from '../spectrum.js'

/** Frequency of the strongest peak, between the bins. */
export const dominant_hz: Kernel = {
  name: 'dominant_hz',
  family: 'signal',
  state: 'rows',
  summary: 'frequency of the strongest peak in Hz, finer than the bins, of sample arrays with a stated rate',
  source:
    'highest bin that is higher than both beside it, moved by δ = 2 (A₊ − A₋) / (A₋ + 2A + A₊) bins, A = √S: for a sine' +
    ' within 0.001 bins from the fourth on; Agrež, IEEE Trans. Instrum. Meas. 51 (2002)',
  arguments: [],
  integer: false,
  signal: true,
  unit: () => 'Hz',
  reference(values, _times, _args, pane) {
    const spectrum = pane && spectrumOf(values, pane)
    if (!spectrum) return Number.NaN
    const last = spectrum.density.length - 1
    // Density on one side of 0; beyond the ends it goes on as a mirror image.
    const at = (k: number) => spectrum.density[k > last ? 2 * last - k : k]! * (k === 0 || k === last ? 2 : 1)
    // Less is what rounding leaves of a constant.
    let highest = at(0) * 1e-24
    let peak = 0
    for (let k = 1; k <= last; k++) {
      if (!(at(k) > highest && at(k) >= at(k - 1) && at(k) >= at(k + 1))) continue
      highest = at(k)
      peak = k
    }
    if (!peak) return Number.NaN
    const [left, middle, right] = [peak - 1, peak, peak + 1].map((k) => Math.sqrt(at(k)))
    return (peak + (2 * (right! - left!)) / (left! + 2 * middle! + right!)) * spectrum.widthHz
  },
  tolerance: (values, times, args, pane) => 1e-9 * (dominant_hz.reference(values, times!, args!, pane) || 0),
}

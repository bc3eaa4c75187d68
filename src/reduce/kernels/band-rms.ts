import type { Kernel } from '../../model/kernel.js'
import { band, bandRms, noise } from '../band.js'

/** Root mean square of what lies between two frequencies. */
export const band_rms: Kernel = {
  name: 'band_rms',
  family: 'signal',
  state: 'rows',
  summary: 'root mean square of what lies in a band of frequencies, of sample arrays with a stated rate',
  source: '√ of band_power',
  ...band,
  example: 'band_rms(10,1000)',
  integer: false,
  signal: true,
  unit: (unit) => unit,
  reference: (values, _times, args, pane) => bandRms(values, pane, args),
  tolerance: (values, times, args, pane) =>
    1e-9 * (band_rms.reference(values, times!, args!, pane) || 0) + noise(values, pane),
}

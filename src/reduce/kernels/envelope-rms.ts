import type { Kernel } from '../../model/kernel.js'
import { bandRms, carrierBand, noise } from '../band.js'

/** What lies in a band of the envelope of a carrier: the beats of a damaged bearing, whose knocks ring at high frequency. */
export const envelope_rms: Kernel = {
  name: 'envelope_rms',
  family: 'signal',
  state: 'rows',
  summary:
    'root mean square of what lies in a band lo to hi of the envelope that a carrier band has (knocks of a bearing)',
  source:
    'Butterworth band-pass of order 4 at each edge (bilinear, causal, begun as if the first value had always been there),' +
    ' |x| · π/2, then as band_rms; harmonics of |x| above half the rate fold back, so keep carrier_hi well below it',
  ...carrierBand,
  example: 'envelope_rms(2000,4000,10,500)',
  integer: false,
  signal: true,
  unit: (unit) => unit,
  reference: (values, _times, args, pane) => bandRms(values, pane, args.slice(2), undefined, [args[0]!, args[1]!]),
  tolerance: (values, times, args, pane) =>
    1e-9 * (envelope_rms.reference(values, times!, args!, pane) || 0) + noise(values, pane),
}

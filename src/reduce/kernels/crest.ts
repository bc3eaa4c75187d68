import type { Kernel } from '../../model/kernel.js'
import { peak } from './peak.js'
import { rms } from './rms.js'

/** Crest factor: peak over rms; no value where the rms is zero, or too small for its square. */
export const crest: Kernel = {
  name: 'crest',
  family: 'spread',
  state: 'moments',
  summary: 'crest factor, peak over rms; nothing where all values are zero',
  source: 'max |x| / √(Σx² / n); √2 for a sine',
  arguments: [],
  integer: false,
  detrends: true,
  unit: () => '',
  reference(values, timesUs, args) {
    const root = rms.reference(values, timesUs, args)
    return root > 1e-150 ? peak.reference(values, timesUs, args) / root : Number.NaN
  },
  tolerance: (values) => 1e-12 * crest.reference(values, [], []),
}

import type { Kernel } from '../../model/kernel.js'
import { mean } from './mean.js'
import { stddev } from './stddev.js'

/** Coefficient of variation: how large the deviation is beside the mean. */
export const cv: Kernel = {
  name: 'cv',
  family: 'spread',
  state: 'moments',
  summary:
    'coefficient of variation: standard deviation (n − 1) over the magnitude of the mean; nothing below two values, or where the mean is nearly 0 beside it',
  source: 's / |mean|',
  arguments: [],
  integer: false,
  unit: () => '',
  reference(values) {
    const spread = stddev.reference(values, [], [])
    const about = Math.abs(mean.reference(values, [], []))
    return about > spread * 1e-9 ? spread / about : Number.NaN
  },
  tolerance(values) {
    const about = Math.abs(mean.reference(values, [], []))
    return (stddev.tolerance(values) + cv.reference(values, [], []) * mean.tolerance(values)) / about
  },
}

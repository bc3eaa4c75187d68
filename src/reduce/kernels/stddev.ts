import type { Kernel } from '../../model/kernel.js'
import { variance } from './variance.js'

/** Root of the sample variance; no value below two values. */
export const stddev: Kernel = {
  name: 'stddev',
  family: 'spread',
  state: 'moments',
  summary: 'standard deviation of a sample (n − 1); nothing below two values',
  source: '√variance',
  arguments: [{ name: 'of', words: ['sample', 'population'] }],
  integer: false,
  unit: (unit) => unit,
  reference: (values, timesUs, args) => Math.sqrt(variance.reference(values, timesUs, args)),
  tolerance: (values, _timesUs, args = []) => 1e-12 * stddev.reference(values, [], args) + 1e-155,
}

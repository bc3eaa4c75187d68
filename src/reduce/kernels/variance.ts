import type { Kernel } from '../../model/kernel.js'
import { deviations } from '../deviations.js'
import { factor } from '../units.js'

/** Sample variance; no value below two values. */
export const variance: Kernel = {
  name: 'variance',
  family: 'spread',
  state: 'moments',
  summary: 'sample variance (n − 1); nothing below two values',
  source:
    'Σ(x − mean)² / (n − 1); two passes corrected as in Chan, Golub, LeVeque, The American Statistician 37 (1983), formula 1.7',
  arguments: [{ name: 'of', words: ['sample', 'population'] }],
  integer: false,
  unit: (unit) => unit && `${factor(unit)}²`,
  reference(values, _timesUs, [population = 0]) {
    if (population) return values.length < 1 ? Number.NaN : deviations(values, 2) / values.length
    return values.length < 2 ? Number.NaN : deviations(values, 2) / (values.length - 1)
  },
  // Squares of differences under 1e-160 vanish.
  tolerance: (values, _timesUs, args = []) => 1e-12 * variance.reference(values, [], args) + values.length * 1e-320,
}

import type { Kernel } from '../../model/kernel.js'
import { deviations } from '../deviations.js'

/**
 * Pearson's kurtosis of the population: 3 for a Gaussian, 1.5 for a sine (as `scipy.stats.kurtosis` with
 * `fisher=False`). It is not the excess: 3 is what condition monitoring expects of a healthy bearing. No value where all
 * values are equal.
 */
export const kurtosis: Kernel = {
  name: 'kurtosis',
  family: 'spread',
  state: 'tails',
  summary: 'kurtosis of the population (Pearson: 3 for a Gaussian); nothing where all values are equal',
  source: 'm₄ / m₂² with mₖ = Σ(x − mean)ᵏ / n; Joanes and Gill, The Statistician 47 (1998), g₂ + 3',
  arguments: [],
  integer: false,
  detrends: true,
  unit: () => '',
  reference(values) {
    const second = deviations(values, 2)
    if (!(second > 1e-140)) return Number.NaN
    const variance = second / values.length
    return deviations(values, 4) / values.length / (variance * variance)
  },
  tolerance: (values) => 1e-12 * kurtosis.reference(values, [], []),
}

import type { Kernel } from '../../model/kernel.js'
import { deviations } from '../deviations.js'

/** Skewness of the population, g₁ (as `scipy.stats.skew` by default); no value where all values are equal. */
export const skewness: Kernel = {
  name: 'skewness',
  family: 'spread',
  state: 'tails',
  summary: 'skewness of the population (g₁), 0 when symmetric; nothing where all values are equal',
  source: 'm₃ / m₂^1.5 with mₖ = Σ(x − mean)ᵏ / n; Joanes and Gill, The Statistician 47 (1998), g₁',
  arguments: [],
  integer: false,
  detrends: true,
  unit: () => '',
  reference(values) {
    const second = deviations(values, 2)
    if (!(second > 1e-140)) return Number.NaN
    const variance = second / values.length
    return deviations(values, 3) / values.length / (variance * Math.sqrt(variance))
  },
  // |m₃| ≤ m₂^1.5 · √(m₄/m₂²) bounds what its terms, of both signs, add up to.
  tolerance: (values) => 1e-12 * Math.sqrt((deviations(values, 4) * values.length) / deviations(values, 2) ** 2),
}

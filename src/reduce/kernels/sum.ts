import type { Kernel } from '../../model/kernel.js'

/** Sum of the values, by Neumaier's compensated summation in the reference. */
export const sum: Kernel = {
  name: 'sum',
  family: 'basic',
  state: 'moments',
  summary: 'sum of the values',
  source: 'Σx; Neumaier, Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen, ZAMM 54 (1974)',
  arguments: [],
  integer: false,
  unit: (unit) => unit,
  reference(values) {
    if (values.length === 0) return Number.NaN
    let total = 0
    let lost = 0
    for (const value of values) {
      const next = total + value
      lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total
      total = next
    }
    return total + lost
  },
  tolerance: (values) => 1e-12 * values.reduce((scale, value) => scale + Math.abs(value), 0),
}

import type { Kernel } from '../../model/kernel.js'
import { sum } from './sum.js'

/** Root of the mean square. */
export const rms: Kernel = {
  name: 'rms',
  family: 'spread',
  state: 'moments',
  summary: 'root of the mean square',
  source: '√(Σx² / n)',
  arguments: [],
  integer: false,
  detrends: true,
  unit: (unit) => unit,
  reference(values) {
    const squares = values.map((value) => value * value)
    return Math.sqrt(sum.reference(squares, [], []) / values.length)
  },
  tolerance: (values) => 1e-12 * rms.reference(values, [], []) + 1e-155,
}

import type { Kernel } from '../../model/kernel.js'
import { sum } from './sum.js'

/** Arithmetic mean. */
export const mean: Kernel = {
  name: 'mean',
  family: 'basic',
  state: 'moments',
  summary: 'arithmetic mean',
  source: 'Σx / n',
  arguments: [],
  integer: false,
  unit: (unit) => unit,
  reference: (values, timesUs, args) => sum.reference(values, timesUs, args) / values.length,
  // Where values are subnormal the quotient is rounded to a multiple of the least double.
  tolerance: (values) => sum.tolerance(values, [], []) / values.length + Number.MIN_VALUE,
}

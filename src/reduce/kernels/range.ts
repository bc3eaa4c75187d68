import type { Kernel } from '../../model/kernel.js'
import { max } from './max.js'
import { min } from './min.js'

/** Greatest minus least value. */
export const range: Kernel = {
  name: 'range',
  family: 'basic',
  state: 'moments',
  summary: 'greatest minus least value',
  source: 'max x − min x',
  arguments: [],
  integer: false,
  unit: (unit) => unit,
  reference: (values, timesUs, args) => max.reference(values, timesUs, args) - min.reference(values, timesUs, args),
  tolerance: (values) => Number.EPSILON * range.reference(values, [], []),
}

import type { Kernel } from '../../model/kernel.js'

/** The least value. */
export const min: Kernel = {
  name: 'min',
  family: 'basic',
  state: 'moments',
  summary: 'least value',
  source: 'min x',
  arguments: [],
  integer: false,
  unit: (unit) => unit,
  reference: (values) => values.reduce((found, value) => (value < found ? value : found), values[0] ?? Number.NaN),
  tolerance: () => 0,
}

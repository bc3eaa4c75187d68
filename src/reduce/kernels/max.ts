import type { Kernel } from '../../model/kernel.js'

/** The greatest value. */
export const max: Kernel = {
  name: 'max',
  family: 'basic',
  state: 'moments',
  summary: 'greatest value',
  source: 'max x',
  arguments: [],
  integer: false,
  unit: (unit) => unit,
  reference: (values) => values.reduce((found, value) => (value > found ? value : found), values[0] ?? Number.NaN),
  tolerance: () => 0,
}

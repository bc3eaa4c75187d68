import type { Kernel } from '../../model/kernel.js'

/** Number of values. */
export const count: Kernel = {
  name: 'count',
  family: 'basic',
  state: 'moments',
  summary: 'number of values',
  source: 'n',
  arguments: [],
  integer: true,
  unit: () => '',
  reference: (values) => values.length,
  tolerance: () => 0,
}

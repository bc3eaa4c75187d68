import type { Kernel } from '../../model/kernel.js'

/** Number of rows; zero without. */
export const n: Kernel = {
  name: 'n',
  family: 'quality',
  state: 'rows',
  summary: 'number of samples in the window',
  source: 'n',
  arguments: [],
  integer: true,
  parts: 'sum',
  unit: () => '',
  reference: (values) => values.length,
  tolerance: () => 0,
}

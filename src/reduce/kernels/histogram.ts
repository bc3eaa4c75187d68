import type { Kernel } from '../../model/kernel.js'

/** Values between edges: below the first, from each to below the next, from the last on; a field each. */
export const histogram: Kernel = {
  name: 'histogram',
  family: 'order',
  state: 'histogram',
  summary:
    'number of values below the first edge, from each edge to below the next, and from the last on: a field each',
  source: 'n',
  arguments: [],
  edges: 15,
  example: 'histogram(0,10)',
  integer: true,
  unit: () => '',
  reference(values, _timesUs, [bucket, ...edges]) {
    if (values.length === 0) return Number.NaN
    return values.filter((value) => edges.filter((edge) => value >= edge).length === bucket).length
  },
  tolerance: () => 0,
}

import type { Kernel } from '../../model/kernel.js'

/**
 * A quantile, between two values by their distance as `numpy.quantile` takes it. Up to 300 different values exact, then
 * within half a percent of the rank on usual data.
 */
export const quantile: Kernel = {
  name: 'quantile',
  family: 'order',
  state: 'ranks',
  summary:
    'value below which this part of the values lies, between two of them by their distance; also written p99, p99.9 or median. Exact up to 300 different values, then its rank is right to 0.5 %',
  source:
    'type 7 of Hyndman and Fan, The American Statistician 50 (1996); beyond 300 values after Greenwald and Khanna, SIGMOD 2001',
  arguments: [{ name: 'q', min: 0, max: 1 }],
  example: 'quantile(0.9)',
  integer: false,
  unit: (unit) => unit,
  reference(values, _timesUs, [q]) {
    if (values.length === 0) return Number.NaN
    const sorted = Float64Array.from(values).sort()
    const rank = q! * (sorted.length - 1)
    const below = Math.floor(rank)
    const low = sorted[below]!
    return rank === below ? low : low + (sorted[below + 1]! - low) * (rank - below)
  },
  tolerance: (values) => {
    if (values.length === 0) return 0
    // Beyond 300 different values a rank is right to half a percent: as far as values lie apart there.
    if (new Set(values).size > 300) return Number.POSITIVE_INFINITY
    return 1e-12 * values.reduce((scale, value) => Math.max(scale, Math.abs(value)), 0)
  },
}

import type { Kernel } from '../../model/kernel.js'

/** Greatest magnitude. */
export const peak: Kernel = {
  name: 'peak',
  family: 'spread',
  state: 'moments',
  summary: 'greatest magnitude',
  source: 'max |x|',
  arguments: [],
  integer: false,
  detrends: true,
  unit: (unit) => unit,
  reference(values) {
    if (values.length === 0) return Number.NaN
    return values.reduce((greatest, value) => Math.max(greatest, Math.abs(value)), 0)
  },
  tolerance: () => 0,
}

import type { Kernel } from '../../model/kernel.js'

/** The value with the greatest time; of several the one that arrived last. */
export const last: Kernel = {
  name: 'last',
  family: 'basic',
  state: 'ends',
  summary: 'value with the greatest time; of equal times the last to arrive',
  source: 'x at max t',
  arguments: [],
  integer: false,
  unit: (unit) => unit,
  reference(values, timesUs) {
    let at = 0
    for (let i = 1; i < values.length; i++) if (timesUs[i]! >= timesUs[at]!) at = i
    return values[at] ?? Number.NaN
  },
  tolerance: () => 0,
}

import type { Kernel } from '../../model/kernel.js'

/** The value with the least time; of several the one that arrived first. */
export const first: Kernel = {
  name: 'first',
  family: 'basic',
  state: 'ends',
  summary: 'value with the least time; of equal times the first to arrive',
  source: 'x at min t',
  arguments: [],
  integer: false,
  unit: (unit) => unit,
  reference(values, timesUs) {
    let at = 0
    for (let i = 1; i < values.length; i++) if (timesUs[i]! < timesUs[at]!) at = i
    return values[at] ?? Number.NaN
  },
  tolerance: () => 0,
}

import type { Kernel } from '../../model/kernel.js'
import { areas, coveredUs, scale, stretches } from '../held.js'
import { sum } from './sum.js'

/** Time-weighted mean; no value where none is held. */
export const twa: Kernel = {
  name: 'twa',
  family: 'uneven time',
  state: 'rows',
  summary: 'time-weighted mean: the integral (see `integral`) divided by the time covered',
  source: '∫x dt / time covered',
  arguments: [],
  integer: false,
  parts: 'ratio',
  carries: 'held',
  unit: (unit) => unit,
  reference(values, timesUs, _args, pane) {
    const over = stretches(values, timesUs, pane!)
    return sum.reference(areas(over), [], []) / coveredUs(over)
  },
  tolerance(values, timesUs, _args, pane) {
    const over = stretches(values, timesUs!, pane!)
    return 1e-12 * (scale(over) / coveredUs(over)) + Number.MIN_VALUE
  },
}

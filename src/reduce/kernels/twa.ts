import type { Kernel } from '../../model/kernel.js'
import { coveredS, scaleS, stretches } from '../held.js'
import { integral } from './integral.js'

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
  reference: (values, timesUs, args, pane) =>
    integral.reference(values, timesUs, args, pane) / coveredS(stretches(values, timesUs, pane!)),
  tolerance(values, timesUs, _args, pane) {
    const over = stretches(values, timesUs!, pane!)
    return (1e-12 * scaleS(over)) / coveredS(over) + Number.MIN_VALUE
  },
}

import type { Kernel } from '../../model/kernel.js'
import { areas, scale, stretches } from '../held.js'
import { timesSeconds } from '../units.js'
import { sum } from './sum.js'

/** Integral over time, in seconds; no value where none is held. */
export const integral: Kernel = {
  name: 'integral',
  family: 'uneven time',
  state: 'rows',
  summary:
    'integral over time: value × seconds. The last sample before the window is carried in; a value holds until the next sample, the last one to the window’s end, none longer than `hold`; linear: straight lines between samples no further apart than `hold`',
  source: '∫x dt of the step function or polygon through the samples, clipped to the window',
  arguments: [],
  integer: false,
  parts: 'sum',
  carries: 'held',
  unit: timesSeconds,
  reference: (values, timesUs, _args, pane) => sum.reference(areas(stretches(values, timesUs, pane!)), [], []) / 1e6,
  tolerance: (values, timesUs, _args, pane) =>
    1e-12 * (scale(stretches(values, timesUs!, pane!)) / 1e6) + Number.MIN_VALUE,
}

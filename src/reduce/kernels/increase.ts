import type { Kernel } from '../../model/kernel.js'
import { MODULI, steps } from '../counter.js'
import { sum } from './sum.js'

/** What a counter counted; no value where no step is known. */
export const increase: Kernel = {
  name: 'increase',
  family: 'uneven time',
  state: 'rows',
  summary:
    'what a counter counted, with the step from the last sample before the window, however old, so that windows add up. A fall is a reset: it began again at 0. With u16 or u32 a fall is a wrap at 2¹⁶ or 2³² instead: then a restart of the device looks like a wrap. Nothing without a step, or where a reading is negative or beyond the wrap',
  source: 'Σ(xᵢ − xᵢ₋₁), at a fall xᵢ, or xᵢ − xᵢ₋₁ + modulus',
  arguments: [{ name: 'wrap', words: Object.keys(MODULI) }],
  example: 'increase(u16)',
  integer: false,
  parts: 'sum',
  carries: 'before',
  unit: (unit) => unit,
  reference: (values, _timesUs, [word], pane) => sum.reference(steps(values, word!, pane!.before), [], []),
  tolerance: (values, timesUs, args, pane) =>
    1e-12 * increase.reference(values, timesUs!, args!, pane) + Number.MIN_VALUE,
}

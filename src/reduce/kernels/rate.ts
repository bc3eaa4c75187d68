import type { Kernel } from '../../model/kernel.js'
import { MODULI } from '../counter.js'
import { perSecond } from '../units.js'
import { increase } from './increase.js'

/** Increase per second; no value where no time passed. */
export const rate: Kernel = {
  name: 'rate',
  family: 'uneven time',
  state: 'rows',
  summary:
    'increase of a counter (see `increase`) per second between the first and the last sample used, the one before the window too; nothing where no time passed between them',
  source: 'increase / (t of the last − t of the first sample used)',
  arguments: [{ name: 'wrap', words: Object.keys(MODULI) }],
  example: 'rate(u32)',
  integer: false,
  parts: 'ratio',
  carries: 'before',
  unit: perSecond,
  reference(values, timesUs, args, pane) {
    const spanUs = timesUs.at(-1)! - (pane!.before?.timeUs ?? timesUs[0]!)
    return spanUs > 0 ? increase.reference(values, timesUs, args, pane) / (spanUs / 1e6) : Number.NaN
  },
  tolerance: (values, timesUs, args, pane) => 1e-12 * rate.reference(values, timesUs!, args!, pane) + Number.MIN_VALUE,
}

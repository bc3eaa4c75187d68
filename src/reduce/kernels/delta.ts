import type { Kernel } from '../../model/kernel.js'
import { first } from './first.js'
import { last } from './last.js'

/** Last minus first value; zero for one value. */
export const delta: Kernel = {
  name: 'delta',
  family: 'basic',
  state: 'ends',
  summary: 'last minus first value by time; zero for one value',
  source: 'x at max t − x at min t',
  arguments: [],
  integer: false,
  unit: (unit) => unit,
  reference: (values, timesUs, args) => last.reference(values, timesUs, args) - first.reference(values, timesUs, args),
  tolerance: (values) => 2 * Number.EPSILON * values.reduce((scale, value) => Math.max(scale, Math.abs(value)), 0),
}

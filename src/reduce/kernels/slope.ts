import type { Kernel } from '../../model/kernel.js'
import { centred } from '../deviations.js'
import { perSecond } from '../units.js'
import { sum } from './sum.js'

/** Slope of the least-squares line; no value below two different times. */
export const slope: Kernel = {
  name: 'slope',
  family: 'uneven time',
  state: 'trend',
  summary: 'slope of the least-squares line, per second; nothing below two different times',
  source: 'Σ(t − mean t)(x − mean x) / Σ(t − mean t)²',
  arguments: [],
  integer: false,
  unit: perSecond,
  reference(values, timesUs) {
    const times = centred(timesUs)
    const squares = total(times.map((time) => time * time))
    if (!(squares > 0)) return Number.NaN
    return (total(centred(values).map((value, i) => value * times[i]!)) / squares) * 1e6
  },
  tolerance(values, timesUs) {
    const times = centred(timesUs!)
    const scale = total(centred(values).map((value, i) => Math.abs(value * times[i]!)))
    return (1e-12 * scale * 1e6) / total(times.map((time) => time * time)) + 1e-310
  },
}

const total = (terms: readonly number[]) => sum.reference(terms, [], [])

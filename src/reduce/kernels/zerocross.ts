import type { Kernel, PaneView } from '../../model/kernel.js'
import { highpass } from '../filters.js'
import { sum } from './sum.js'

/**
 * Changes of sign of the values, from which the mean is taken off unless the window's `detrend` says otherwise. There is
 * no hysteresis: noise around zero counts. Zeros keep the sign before them. Rows without a rate count as well; a change
 * across a gap is one.
 */
export const zerocross: Kernel = {
  name: 'zerocross',
  family: 'signal',
  state: 'rows',
  summary: 'how often the values cross their mean (or zero, with `detrend: none`); no hysteresis',
  source: 'changes of sign of x − mean in time order, zeros left out',
  arguments: [],
  integer: true,
  unit: () => '',
  reference(values, _times, _args, pane) {
    const left = detrended(values, pane)
    if (!left?.length || !left.every(Number.isFinite)) return Number.NaN
    const signs = left.filter((value) => value !== 0).map(Math.sign)
    return signs.filter((sign, i) => i > 0 && sign !== signs[i - 1]).length
  },
  // Values that are the mean but for rounding may fall on either side of it.
  tolerance(values, _times, _args, pane) {
    const size = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    return 2 * (detrended(values, pane)?.filter((value) => Math.abs(value) <= 1e-12 * size).length ?? 0)
  },
}

function detrended(values: readonly number[], pane?: PaneView): readonly number[] | undefined {
  const mode = pane?.detrend ?? 'default'
  if (mode === 'none') return values
  if (typeof mode !== 'object') {
    const mean = average(values)
    const rest = average(values.map((value) => value - mean))
    return values.map((value) => value - mean - rest)
  }
  const runs = pane!.runs
  const rows = runs.reduce((total, run) => (run.first === total ? total + run.rows : Number.NaN), 0)
  if (rows !== values.length || runs.some((run) => mode.highpassHz >= run.rateHz / 2)) return
  return runs.flatMap(({ first, rows, rateHz }) => highpass(values.slice(first, first + rows), rateHz, mode.highpassHz))
}

/** Mean that equal values leave as it is. */
function average(values: readonly number[]): number {
  const base = values[0] ?? Number.NaN
  const offsets = values.map((value) => value - base)
  return base + sum.reference(offsets, [], []) / values.length
}

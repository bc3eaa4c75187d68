import type { Kernel } from '../../model/kernel.js'

/** Rows that should be there; no value where nothing tells. */
export const expected: Kernel = {
  name: 'expected',
  family: 'quality',
  state: 'rows',
  summary:
    'number of samples that should be there, not rounded: the window’s length divided by `expect`, else times the stated rate of arrays (the longest run’s); nothing where neither is told',
  source: '(end − start) / expect, or (end − start) · rate',
  arguments: [],
  integer: false,
  parts: 'sum',
  unit: () => '',
  reference(_values, _timesUs, _args, pane) {
    const { startUs, endUs, expectUs, runs } = pane!
    if (expectUs > 0) return (endUs - startUs) / expectUs
    const longest = runs.reduce((most, { rows }) => Math.max(most, rows), 0)
    return ((endUs - startUs) / 1e6) * (runs.find(({ rows }) => rows === longest)?.rateHz ?? Number.NaN)
  },
  tolerance: (values, timesUs, args, pane) => 1e-12 * expected.reference(values, timesUs!, args!, pane),
}

import type { Kernel } from '../../model/kernel.js'
import { stretches } from '../held.js'

/** Exponentially weighted mean at the pane's end, of values that hold; no value without rows. */
export const ewma: Kernel = {
  name: 'ewma',
  family: 'uneven time',
  state: 'rows',
  summary:
    'exponentially weighted mean for uneven times, as it stands at the window’s end: a value holds until the next sample (never a line, none longer than `hold`; where none is held nothing fades). It starts at the sample carried in, where that still holds, else at the first; nothing without rows',
  source:
    'm += (1 − e^(−Δt/τ)) · (x − m) over each held value; Eckner, Algorithms for unevenly spaced time series (2019), EMA of the last point; Müller (1991)',
  arguments: [{ name: 'tau', unit: 's', min: 1e-6, max: 1e9 }],
  example: 'ewma(10)',
  integer: false,
  carries: 'before',
  unit: (unit) => unit,
  reference(values, timesUs, [tauS], pane) {
    if (values.length === 0) return Number.NaN
    const over = stretches(values, timesUs, pane!, false)
    let mean = over[0]?.left ?? Number.NaN
    for (const { fromUs, toUs, left } of over) mean -= Math.expm1(-(toUs - fromUs) / 1e6 / tauS!) * (left - mean)
    return mean
  },
  tolerance: (values, _timesUs, _args, pane) =>
    1e-12 * values.reduce((scale, value) => Math.max(scale, Math.abs(value)), Math.abs(pane!.before?.value ?? 0)) +
    Number.MIN_VALUE,
}

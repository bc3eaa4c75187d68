import { begin, divide, high, low, plus, sumError } from '../state/exact'
import { from, next, reach, rewind, rise, time, to, value } from './held'

/// Registers of `measure`: the time over which the series has a value, µs; the first value it has; and the pair
/// ∫(x − base) dt over that time.
export let covered: f64 = 0
let base: f64 = 0
let area: f64 = 0
let lost: f64 = 0

/// Sets the registers; without a value all are 0.
export function measure(): void {
  covered = 0
  base = 0
  begin(0)
  rewind(true)
  while (next()) {
    if (covered == 0) base = value
    const span = to - from
    covered += span
    const d = value - base
    plus(span, d, sumError(value, -base, d))
    if (reach > 0) plus(span, rise * ((0.5 * (from - time + (to - time))) / reach), 0)
  }
  area = high
  lost = low
}

/// The integral in seconds.
export function integral(): f64 {
  begin(0)
  plus(covered, base, 0)
  plus(1, area, lost)
  return (high + low) / 1e6
}

/// The mean over the time covered, so that a constant gives itself; NaN where that is none.
export function mean(): f64 {
  begin(0)
  plus(1, area, lost)
  divide(covered)
  const sum = base + high
  return sum + (sumError(base, high, sum) + low)
}

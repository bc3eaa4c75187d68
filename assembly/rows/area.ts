import { begin, high, low, plus, sumError } from '../state/exact'
import { from, left, next, rewind, right, to } from './held'

/// Registers of `measure`: the time over which the series has a value, µs, and the first value it has.
export let covered: f64 = 0
export let base: f64 = 0

/// Sets `covered` and `base`, and the register of state/exact to ∫(x − base) dt in µs. Without a value all are 0.
export function measure(): void {
  covered = 0
  base = 0
  begin(0)
  rewind(true)
  while (next()) {
    if (covered == 0) base = left
    const span = to - from
    const a = left - base
    const b = right - base
    plus(0.5 * span, a, sumError(left, -base, a))
    plus(0.5 * span, b, sumError(right, -base, b))
    covered += span
  }
}

/// The integral in seconds, after `measure`.
export function integral(): f64 {
  const h = high
  const e = low
  begin(0)
  plus(covered, base, 0)
  plus(1, h, e)
  return (high + low) / 1e6
}

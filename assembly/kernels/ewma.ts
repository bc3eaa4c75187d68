import { decay } from '../maths/decay'
import { from, next, rewind, to, value } from '../rows/held'
import { count } from '../rows/view'
import { sumError } from '../state/exact'

/// The held value's exponential mean at the end of what is held, starting at the first value held; kept as a pair's
/// difference from that, so that a constant gives itself. NaN without rows.
export function finish(slot: usize, args: usize): f64 {
  const tau = load<f64>(args) * 1e6
  if (count == 0) return NaN
  rewind(false)
  if (!next()) return NaN
  const base = value
  let mean: f64 = 0
  let lost: f64 = 0
  while (next()) {
    const step = decay((to - from) / tau) * (value - base - mean - lost)
    const sum = mean + step
    lost += sumError(mean, step, sum)
    mean = sum
  }
  return base + (mean + lost)
}

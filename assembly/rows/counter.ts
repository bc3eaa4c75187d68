import { begin, high, low, plus, sumError } from '../state/exact'
import { beforeTime, beforeValue, count, times, values } from './view'

/// Registers of `countUp`: what was counted, and the µs from the first to the last sample used.
export let increase: f64 = 0
export let span: f64 = 0

/// Sets the registers from the steps into and inside the pane: `word` 0: a fall is a reset, the counter began again at
/// 0; 1 and 2: it is a wrap at 2¹⁶ or 2³². False where no step is known, or where a reading is negative or too large.
export function countUp(word: f64): bool {
  if (count == 0) return false
  const modulus: f64 = word == 1 ? 65536 : word == 2 ? 4294967296 : Infinity
  const carried = beforeTime == beforeTime
  let previous = carried ? beforeValue : load<f64>(values)
  if (!(previous >= 0 && previous < modulus)) return false
  begin(0)
  for (let i: usize = carried ? 0 : 1; i < <usize>count; i++) {
    const value = load<f64>(values + (i << 3))
    if (!(value >= 0 && value < modulus)) return false
    const step = value - previous
    if (step >= 0) plus(1, step, sumError(value, -previous, step))
    else {
      plus(1, value, 0)
      if (word > 0) plus(1, modulus - previous, sumError(modulus, -previous, modulus - previous))
    }
    previous = value
  }
  increase = high + low
  span = load<f64>(times + (<usize>(count - 1) << 3)) - (carried ? beforeTime : load<f64>(times))
  return carried || count > 1
}

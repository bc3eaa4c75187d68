import { countUp, increase, span } from '../rows/counter'
import { ratio } from '../rows/view'

/// Increase per second between the first and the last sample used; NaN where no time passed.
export function finish(slot: usize, args: usize): f64 {
  return countUp(load<f64>(args)) ? ratio(increase, span / 1e6) : ratio(0, 0)
}

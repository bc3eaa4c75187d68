import { COUNT, FIRST, LAST } from '../state/ends'

/// Last minus first value; NaN without values.
export function finish(slot: usize, args: usize): f64 {
  return load<f64>(slot, COUNT) == 0 ? NaN : load<f64>(slot, LAST) - load<f64>(slot, FIRST)
}

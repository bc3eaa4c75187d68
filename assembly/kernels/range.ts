import { COUNT, MAX, MIN } from '../state/moments'

/// Greatest minus least value; NaN without values.
export function finish(slot: usize, args: usize): f64 {
  return load<f64>(slot, COUNT) == 0 ? NaN : load<f64>(slot, MAX) - load<f64>(slot, MIN)
}

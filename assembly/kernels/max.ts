import { COUNT, MAX } from '../state/moments'

/// Greatest value; NaN without values.
export function finish(slot: usize, args: usize): f64 {
  return load<f64>(slot, COUNT) == 0 ? NaN : load<f64>(slot, MAX)
}

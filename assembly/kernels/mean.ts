import { mean } from '../state/moments'

/// Arithmetic mean; NaN without values.
export function finish(slot: usize, args: usize): f64 {
  return mean(slot)
}

import { slope } from '../state/trend'

/// Slope of the least-squares line per second; NaN below two different times.
export function finish(slot: usize, args: usize): f64 {
  return slope(slot) * 1e6
}

import { COUNT, deviation } from '../state/moments'

/// Root of the sample variance; NaN below two values.
export function finish(slot: usize, args: usize): f64 {
  const n = load<f64>(slot, COUNT)
  return n < 2 ? NaN : Math.sqrt(deviation(slot) / (n - 1))
}

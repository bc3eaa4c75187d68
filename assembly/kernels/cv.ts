import { COUNT, deviation, mean } from '../state/moments'

/// Coefficient of variation: sample deviation over |mean|; NaN below two values, and where the mean is nearly 0 beside it.
export function finish(slot: usize, args: usize): f64 {
  const n = load<f64>(slot, COUNT)
  const spread = n > 1 ? Math.sqrt(deviation(slot) / (n - 1)) : NaN
  const about = Math.abs(mean(slot))
  return about > spread * 1e-9 ? spread / about : NaN
}

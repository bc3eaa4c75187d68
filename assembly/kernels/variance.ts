import { COUNT, deviation } from '../state/moments'

/// Sample variance Σ(x−mean)²/(n−1); NaN below two values.
export function finish(slot: usize, args: usize): f64 {
  const n = load<f64>(slot, COUNT)
  return n < 2 ? NaN : deviation(slot) / (n - 1)
}

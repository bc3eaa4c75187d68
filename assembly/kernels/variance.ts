import { COUNT, deviation } from '../state/moments'

/// Variance Σ(x−mean)²/(n−1), of a population Σ(x−mean)²/n; NaN below two values (of a population: without any). args[0]: 1 = of a population.
export function finish(slot: usize, args: usize): f64 {
  const n = load<f64>(slot, COUNT)
  const divisor = load<f64>(args) == 1 ? n : n - 1
  return divisor > 0 ? deviation(slot) / divisor : NaN
}

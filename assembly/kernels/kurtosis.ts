import { COUNT, centred, fourth, second } from '../state/tails'

/// Pearson kurtosis m₄/m₂², 3 for a Gaussian; NaN where all values are equal.
export function finish(slot: usize, args: usize): f64 {
  if (!centred(slot)) return NaN
  const n = load<f64>(slot, COUNT)
  const variance = second / n
  return fourth / n / (variance * variance)
}

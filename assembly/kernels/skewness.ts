import { COUNT, centred, second, third } from '../state/tails'

/// Population skewness m₃/m₂^1.5; NaN where all values are equal.
export function finish(slot: usize, args: usize): f64 {
  if (!centred(slot)) return NaN
  const n = load<f64>(slot, COUNT)
  const variance = second / n
  return third / n / (variance * Math.sqrt(variance))
}

import { quantile } from '../state/ranks'

/// The value below which the part args[0] of the rows lies; NaN without values.
export function finish(slot: usize, args: usize): f64 {
  return quantile(slot, load<f64>(args))
}

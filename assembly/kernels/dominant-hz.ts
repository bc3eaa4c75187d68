import { binsOf, densityOf, spectrum, widthOf } from '../signal/spectrum'

/// Less than this part of the highest density is what rounding left of it.
const NOISE: f64 = 1e-24

/// Frequency of the highest peak. Between bins by the amplitudes of its three, exact for a sine under Hann's window:
/// δ = 2 (A₊ - A₋) / (A₋ + 2 A + A₊). NaN without a peak.
export function finish(slot: usize, args: usize): f64 {
  const at = spectrum()
  if (!at) return NaN
  const density = densityOf(at)
  const bins = binsOf(at)
  let peak: u32 = 0
  // What stands at 0 spreads to its neighbour: a peak is higher than both beside it.
  let before = twoSided(density, 0, bins)
  // ... and no rounding error of what stands there.
  let highest = before * NOISE
  let here = twoSided(density, 1, bins)
  for (let k: u32 = 1; k <= bins; k++) {
    const after = k < bins ? twoSided(density, k + 1, bins) : before
    if (here > highest && here >= before && here >= after) {
      highest = here
      peak = k
    }
    before = here
    here = after
  }
  if (!peak) return NaN
  const left = sqrt(twoSided(density, peak - 1, bins))
  const right = peak < bins ? sqrt(twoSided(density, peak + 1, bins)) : left
  return (<f64>peak + (2 * (right - left)) / (left + 2 * sqrt(highest) + right)) * widthOf(at)
}

/// Density as it is on one side of 0: the ends aren't doubled in the one-sided one.
// @ts-ignore: decorator
@inline
function twoSided(density: usize, k: u32, bins: u32): f64 {
  const value = load<f64>(density + (<usize>k << 3))
  return k == 0 || k == bins ? value * 2 : value
}

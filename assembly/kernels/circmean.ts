import { COUNT, cosineSum, sineSum } from '../state/circle'

/// Direction of the mean of unit vectors, degrees in [0, 360); NaN where they cancel (below 1e-12 of their number).
export function finish(slot: usize, args: usize): f64 {
  const s = sineSum(slot)
  const c = cosineSum(slot)
  if (!(Math.sqrt(s * s + c * c) > 1e-12 * load<f64>(slot, COUNT))) return NaN
  const degrees = Math.atan2(s, c) * 57.29577951308232
  const turned = degrees < 0 ? degrees + 360 : degrees
  return turned < 360 ? turned : 0
}

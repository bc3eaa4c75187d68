import { peak, rms } from '../state/moments'

/// Peak over rms; NaN where the rms is zero or too small for its square.
export function finish(slot: usize, args: usize): f64 {
  const r = rms(slot)
  return r > 1e-150 ? peak(slot) / r : NaN
}

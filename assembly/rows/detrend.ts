// The view's values without what the window's `detrend` takes off.
import { count, DETREND_MEAN, detrend, scratch, values } from './view'

/// Address of f64[count]; 0 where it can't be done (a high-pass needs a rate).
export function detrended(): usize {
  if (detrend != DETREND_MEAN) return values
  let sum: f64 = 0
  for (let i: usize = 0; i < count; i++) sum += load<f64>(values + (i << 3))
  const mean = sum / <f64>count
  for (let i: usize = 0; i < count; i++) store<f64>(scratch + (i << 3), load<f64>(values + (i << 3)) - mean)
  return scratch
}

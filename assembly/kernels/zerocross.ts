import { beginDetrend, detrendBlock } from '../rows/detrend'
import { count, DETREND_MEAN, scratch } from '../rows/view'

const BLOCK: u32 = 1024

/// How often the detrended values change their sign; a zero keeps the sign before it. NaN without values, or where
/// detrending overflows.
export function finish(slot: usize, args: usize): f64 {
  if (!count || !beginDetrend(DETREND_MEAN)) return NaN
  let crossings: i32 = 0
  let known = false
  let negative = false
  for (let first: u32 = 0; first < count; first += BLOCK) {
    const rows = min<u32>(BLOCK, count - first)
    detrendBlock(first, rows, scratch)
    for (let at = scratch; at < scratch + (<usize>rows << 3); at += 8) {
      const value = load<f64>(at)
      if (value == 0) continue
      if (!(abs(value) < Infinity)) return NaN
      const sign = value < 0
      crossings += <i32>(sign != negative)
      if (!known) crossings = 0
      known = true
      negative = sign
    }
  }
  return <f64>crossings
}

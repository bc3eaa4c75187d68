import { BUCKETS } from '../state/histogram'

/// Rows in the bucket args[0]; NaN where no bucket has any.
export function finish(slot: usize, args: usize): f64 {
  let all: f64 = 0
  for (let at: usize = 0; at < BUCKETS << 3; at += 8) all += load<f64>(slot + at)
  return all == 0 ? NaN : load<f64>(slot + (<usize>load<f64>(args) << 3))
}

import { end, expect, runCount, runs, start, sum, VIEW_RUN_BYTES, VIEW_RUN_RATE, VIEW_RUN_ROWS } from '../rows/view'

/// Rows that should be there: the pane's length over `expect`, or times the rate of the longest run; NaN where neither
/// is told.
export function finish(slot: usize, args: usize): f64 {
  if (expect > 0) return sum((end - start) / expect, true)
  let rows: u32 = 0
  let rate: f64 = 0
  for (let i: u32 = 0; i < runCount; i++) {
    const run = runs + <usize>i * VIEW_RUN_BYTES
    if (load<u32>(run, VIEW_RUN_ROWS) <= rows) continue
    rows = load<u32>(run, VIEW_RUN_ROWS)
    rate = load<f64>(run, VIEW_RUN_RATE)
  }
  return sum(((end - start) / 1e6) * rate, rate > 0)
}

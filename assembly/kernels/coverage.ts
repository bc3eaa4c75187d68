import {
  beforeTime, count, end, expect, ratio, runCount, runs, start, times, VIEW_RUN_BYTES, VIEW_RUN_FIRST, VIEW_RUN_RATE,
  VIEW_RUN_ROWS,
} from '../rows/view'

/// Up to where the pane is covered, from its start, and how much of it, µs.
let reached: f64 = 0
let covered: f64 = 0

/// Share of the pane that lies within `expect` after a sample, the one before it too, or in a run, whose rows cover
/// 1/rate each; NaN where neither is told.
export function finish(slot: usize, args: usize): f64 {
  if (!(expect > 0) && runCount == 0) return ratio(0, 0)
  reached = 0
  covered = 0
  let run: u32 = 0
  if (beforeTime == beforeTime) cover(beforeTime, expect > 0 ? expect : firstIn(0) == 0 ? stepOf(0) : 0)
  for (let i: u32 = 0; i < count; ) {
    const time = load<f64>(times + (<usize>i << 3))
    if (run < runCount && firstIn(run) == i) {
      const rows = load<u32>(runs + <usize>run * VIEW_RUN_BYTES, VIEW_RUN_ROWS)
      cover(time, rows * stepOf(run++))
      i += max<u32>(rows, 1)
    } else {
      cover(time, expect)
      i++
    }
  }
  return ratio(covered / 1e6, (end - start) / 1e6)
}

function firstIn(run: u32): u32 {
  return load<u32>(runs + <usize>run * VIEW_RUN_BYTES, VIEW_RUN_FIRST)
}

/// µs from row to row.
function stepOf(run: u32): f64 {
  return 1e6 / load<f64>(runs + <usize>run * VIEW_RUN_BYTES, VIEW_RUN_RATE)
}

function cover(time: f64, length: f64): void {
  // Since the start: beside today's times a fraction of a µs would vanish.
  const since = time - start
  const from = since > reached ? since : reached
  const to = since + length < end - start ? since + length : end - start
  if (to <= from) return
  covered += to - from
  reached = to
}

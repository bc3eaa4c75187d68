// The view's values without what `detrend` takes off, for kernels that want it done first.
import { highpass, startHighpass } from '../signal/filters'
import {
  count,
  DETREND_DEFAULT,
  DETREND_HIGHPASS,
  DETREND_MEAN,
  DETREND_NONE,
  detrend,
  detrendHz,
  runCount,
  runs,
  scratch,
  scratchEnd,
  values,
  VIEW_RUN_BYTES,
  VIEW_RUN_FIRST,
  VIEW_RUN_RATE,
  VIEW_RUN_ROWS,
} from './view'

let mode: u32 = DETREND_NONE
/// The mean is both, as one number can't hold it.
let mean: f64 = 0
let rest: f64 = 0
/// The high-pass is within this run.
let run: usize = 0
let runEnd: u32 = 0

/// Address of all values, detrended as the view says (by default not at all); 0 where that can't be: a high-pass needs
/// the rate of every row, and both need the scratch to hold the values.
export function detrended(): usize {
  if (detrend == DETREND_DEFAULT || detrend == DETREND_NONE) return values
  if (<usize>count << 3 > scratchEnd - scratch || !beginDetrend(DETREND_NONE)) return 0
  detrendBlock(0, count, scratch)
  return scratch
}

/// Makes ready for blocks in their order from the first row on; `otherwise` is what `default` means. False where it can't be.
export function beginDetrend(otherwise: u32): bool {
  mode = detrend == DETREND_DEFAULT ? otherwise : detrend
  if (mode == DETREND_MEAN) {
    mean = count ? load<f64>(values) : 0
    mean += average(mean)
    rest = average(mean)
    return isFinite(rest)
  }
  if (mode != DETREND_HIGHPASS) return true
  run = runs
  runEnd = 0
  let rows: u32 = 0
  for (let i: u32 = 0; i < runCount; i++) {
    const at = runs + <usize>i * VIEW_RUN_BYTES
    if (load<u32>(at, VIEW_RUN_FIRST) != rows || !(detrendHz < load<f64>(at, VIEW_RUN_RATE) * 0.5)) return false
    rows += load<u32>(at, VIEW_RUN_ROWS)
  }
  return rows == count
}

/// The next rows. A run's high-pass begins as if its first value had always been there.
export function detrendBlock(first: u32, rows: u32, into: usize): void {
  let from = values + (<usize>first << 3)
  if (mode == DETREND_HIGHPASS) {
    while (rows) {
      if (first == runEnd) {
        startHighpass(detrendHz / load<f64>(run, VIEW_RUN_RATE), load<f64>(from))
        runEnd += load<u32>(run, VIEW_RUN_ROWS)
        run += VIEW_RUN_BYTES
      }
      const part = min<u32>(rows, runEnd - first)
      highpass(from, into, part, 1)
      first += part
      rows -= part
      from += <usize>part << 3
      into += <usize>part << 3
    }
    return
  }
  const a = f64x2.splat(mode == DETREND_MEAN ? mean : 0)
  const b = f64x2.splat(mode == DETREND_MEAN ? rest : 0)
  const end = from + (<usize>rows << 3)
  for (; from + 16 <= end; from += 16) {
    v128.store(into, f64x2.sub(f64x2.sub(v128.load(from), a), b))
    into += 16
  }
  if (from < end) store<f64>(into, load<f64>(from) - f64x2.extract_lane(a, 0) - f64x2.extract_lane(b, 0))
}

/// Mean of the differences from a number, the errors of adding kept (Knuth's two-sum).
function average(base: f64): f64 {
  const from = f64x2.splat(base)
  let sum = f64x2.splat(0)
  let lost = sum
  let at = values
  const end = values + (<usize>count << 3)
  for (; at + 16 <= end; at += 16) {
    const x = f64x2.sub(v128.load(at), from)
    const next = f64x2.add(sum, x)
    const part = f64x2.sub(next, sum)
    lost = f64x2.add(lost, f64x2.add(f64x2.sub(sum, f64x2.sub(next, part)), f64x2.sub(x, part)))
    sum = next
  }
  let total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)
  total += f64x2.extract_lane(lost, 0) + f64x2.extract_lane(lost, 1)
  if (at < end) total += load<f64>(at) - base
  return count ? total / <f64>count : 0
}

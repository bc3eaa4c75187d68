import { from, next, reach, rewind, rise, time, to, value } from '../rows/held'
import { ratio } from '../rows/view'

// Places in COMPARISONS.
const GREATER: f64 = 0
const NOT_LESS: f64 = 1
const LESS: f64 = 2

/// Share of the time covered in which the comparison holds, on a straight line from its crossing on; NaN where no value
/// is held.
export function finish(slot: usize, args: usize): f64 {
  const operator = load<f64>(args)
  const bound = load<f64>(args, 8)
  let holding: f64 = 0
  let covered: f64 = 0
  rewind(true)
  while (next()) {
    const span = to - from
    covered += span
    const first = holds(operator, value, bound)
    if (reach == 0 || first == holds(operator, value + rise, bound)) {
      if (first) holding += span
    } else {
      // From the sample to the crossing, within the stretch.
      const crossing = max(min(reach * ((bound - value) / rise), to - time), from - time)
      holding += first ? crossing - (from - time) : to - time - crossing
    }
  }
  return ratio(holding / 1e6, covered / 1e6)
}

function holds(operator: f64, value: f64, bound: f64): bool {
  if (operator == GREATER) return value > bound
  if (operator == NOT_LESS) return value >= bound
  if (operator == LESS) return value < bound
  return value <= bound
}

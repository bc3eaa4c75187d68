import { ratio } from '../rows/view'
import { binsOf, densityOf, segmentsOf, spectrum, widthOf } from '../signal/spectrum'

/// Mean frequency, each weighted by its power; the bin at 0 is left out. Over panes each segment weighs the same.
export function finish(slot: usize, args: usize): f64 {
  const at = spectrum()
  if (!at) return ratio(0, 0)
  const density = densityOf(at)
  let power: f64 = 0
  let moment: f64 = 0
  for (let k: u32 = 1; k <= binsOf(at); k++) {
    const part = load<f64>(density + (<usize>k << 3))
    power += part
    moment += part * <f64>k
  }
  return ratio(moment * widthOf(at) * segmentsOf(at), power * segmentsOf(at))
}

import { ratio } from '../rows/view'
import { bandPower, segmentsOf, spectrum, unitIn } from '../signal/spectrum'

/// Power between two frequencies; over panes each segment weighs the same.
export function finish(slot: usize, args: usize): f64 {
  const at = spectrum()
  if (!at) return ratio(0, 0)
  const power = bandPower(at, load<f64>(args), load<f64>(args, 8), false) * unitIn(at) * unitIn(at)
  if (!(power < Infinity)) return ratio(0, 0)
  return ratio(power * segmentsOf(at), segmentsOf(at))
}

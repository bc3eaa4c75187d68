import { bandRms, spectrum } from '../signal/spectrum'

/// Root of the power between two frequencies.
export function finish(slot: usize, args: usize): f64 {
  return bandRms(spectrum(), load<f64>(args), load<f64>(args, 8), false)
}

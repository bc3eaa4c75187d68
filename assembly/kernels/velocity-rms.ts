import { bandRms, spectrum } from '../signal/spectrum'

/// Of an acceleration in m/s²: its integral between two frequencies in mm/s.
export function finish(slot: usize, args: usize): f64 {
  return bandRms(spectrum(), load<f64>(args), load<f64>(args, 8), true)
}

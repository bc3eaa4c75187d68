import { bandRms, envelope } from '../signal/spectrum'

/// Root of the power between two frequencies of the envelope that a carrier's band has.
export function finish(slot: usize, args: usize): f64 {
  const carrier = envelope(load<f64>(args), load<f64>(args, 8))
  return bandRms(carrier, load<f64>(args, 16), load<f64>(args, 24), false)
}

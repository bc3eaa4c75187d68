// Sums of the sines and cosines of angles in degrees, each a pair (value, compensation). A slot takes 64 bytes.

import { cosine, sine, turn } from '../maths/turn'
import { accumulate } from './exact'

export const COUNT: usize = 0
const SINES: usize = 8 // its compensation behind it; so the other
const COSINES: usize = 24

export function addRow(slot: usize, time: f64, value: f64): void {
  turn(value)
  store<f64>(slot, load<f64>(slot, COUNT) + 1, COUNT)
  accumulate(slot + SINES, sine, 0)
  accumulate(slot + COSINES, cosine, 0)
}

export function addRun(slot: usize, times: usize, values: usize, rows: u32): void {
  const end = values + (<usize>rows << 3)
  for (; values < end; values += 8) addRow(slot, 0, load<f64>(values))
}

export function merge(into: usize, from: usize): void {
  store<f64>(into, load<f64>(into, COUNT) + load<f64>(from, COUNT), COUNT)
  accumulate(into + SINES, load<f64>(from, SINES), load<f64>(from, SINES + 8))
  accumulate(into + COSINES, load<f64>(from, COSINES), load<f64>(from, COSINES + 8))
}

export function sines(slot: usize): f64 {
  return load<f64>(slot, SINES) + load<f64>(slot, SINES + 8)
}

export function cosines(slot: usize): f64 {
  return load<f64>(slot, COSINES) + load<f64>(slot, COSINES + 8)
}

// Sums of the sines and cosines of angles in degrees, each a pair (value, compensation); only inside a block of a run plain.
// A slot takes 64 bytes.

import { cosines, sines, turn } from '../maths/turn'
import { accumulate } from './exact'

export const COUNT: usize = 0
const SINES: usize = 8 // its compensation behind it; so the other
const COSINES: usize = 24

/// Rows of a run added up plainly before they join the slot; even.
const BLOCK_ROWS: u32 = 64

export function addRow(slot: usize, time: f64, value: f64): void {
  turn(f64x2.splat(value))
  join(slot, 1, f64x2.extract_lane(sines, 0), f64x2.extract_lane(cosines, 0))
}

export function addRun(slot: usize, times: usize, values: usize, rows: u32): void {
  while (rows > 1) {
    const block = min(rows & ~1, BLOCK_ROWS)
    const end = values + (<usize>block << 3)
    let s = f64x2.splat(0)
    let c = s
    for (; values < end; values += 16) {
      turn(v128.load(values))
      s = f64x2.add(s, sines)
      c = f64x2.add(c, cosines)
    }
    join(
      slot,
      block,
      f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1),
      f64x2.extract_lane(c, 0) + f64x2.extract_lane(c, 1),
    )
    rows -= block
  }
  if (rows == 1) addRow(slot, 0, load<f64>(values))
}

export function merge(into: usize, from: usize): void {
  join(into, load<f64>(from, COUNT), load<f64>(from, SINES), load<f64>(from, COSINES))
  accumulate(into + SINES, 0, load<f64>(from, SINES + 8))
  accumulate(into + COSINES, 0, load<f64>(from, COSINES + 8))
}

export function sineSum(slot: usize): f64 {
  return load<f64>(slot, SINES) + load<f64>(slot, SINES + 8)
}

export function cosineSum(slot: usize): f64 {
  return load<f64>(slot, COSINES) + load<f64>(slot, COSINES + 8)
}

function join(slot: usize, n: f64, s: f64, c: f64): void {
  store<f64>(slot, load<f64>(slot, COUNT) + n, COUNT)
  accumulate(slot + SINES, s, 0)
  accumulate(slot + COSINES, c, 0)
}

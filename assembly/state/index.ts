// The state kinds. An index here is the kind's index in src/reduce/states.ts.

import * as ends from './ends'
import * as moments from './moments'
import * as tails from './tails'

export const MOMENTS: u32 = 0
export const ENDS: u32 = 1
export const TAILS: u32 = 2

/// Adds one row to a slot.
// @ts-ignore: decorator
@inline
export function addRow(kind: u32, slot: usize, time: f64, value: f64): void {
  if (kind == MOMENTS) moments.addRow(slot, time, value)
  else if (kind == ENDS) ends.addRow(slot, time, value)
  else tails.addRow(slot, time, value)
}

/// Adds consecutive rows to a slot.
export function addRun(kind: u32, slot: usize, times: usize, values: usize, rows: u32): void {
  if (kind == MOMENTS) moments.addRun(slot, times, values, rows)
  else if (kind == ENDS) ends.addRun(slot, times, values, rows)
  else tails.addRun(slot, times, values, rows)
}

/// Adds the rows of `from`, which arrived later, to `into`.
export function merge(kind: u32, into: usize, from: usize): void {
  if (kind == MOMENTS) moments.merge(into, from)
  else if (kind == ENDS) ends.merge(into, from)
  else tails.merge(into, from)
}

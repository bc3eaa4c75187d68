// The state kinds. An index here is the kind's index in src/reduce/states.ts.

import * as circle from './circle'
import * as distinct from './distinct'
import * as ends from './ends'
import * as histogram from './histogram'
import * as moments from './moments'
import * as ranks from './ranks'
import * as tails from './tails'
import { release as releaseRows } from '../rows/store'
import * as trend from './trend'

export const MOMENTS: u32 = 0
export const ENDS: u32 = 1
export const TAILS: u32 = 2
export const TREND: u32 = 3
export const CIRCLE: u32 = 4
export const HISTOGRAM: u32 = 5
export const RANKS: u32 = 6
export const DISTINCT: u32 = 7
/// The rows themselves, in time order: kept by window/route.ts, read through rows/view.ts.
export const ROWS: u32 = 8

/// Adds one row to a slot. `args` is the state's own, where it has some.
// @ts-ignore: decorator
@inline
export function addRow(kind: u32, slot: usize, time: f64, value: f64, args: usize): void {
  if (kind == MOMENTS) moments.addRow(slot, time, value)
  else if (kind == ENDS) ends.addRow(slot, time, value)
  else if (kind == TAILS) tails.addRow(slot, time, value)
  else if (kind == TREND) trend.addRow(slot, time, value)
  else if (kind == CIRCLE) circle.addRow(slot, time, value)
  else if (kind == HISTOGRAM) histogram.addRow(slot, time, value, args)
  else if (kind == RANKS) ranks.addRow(slot, time, value)
  else if (kind == DISTINCT) distinct.addRow(slot, time, value)
}

/// Adds consecutive rows to a slot.
export function addRun(kind: u32, slot: usize, times: usize, values: usize, rows: u32, args: usize): void {
  if (kind == MOMENTS) moments.addRun(slot, times, values, rows)
  else if (kind == ENDS) ends.addRun(slot, times, values, rows)
  else if (kind == TAILS) tails.addRun(slot, times, values, rows)
  else if (kind == TREND) trend.addRun(slot, times, values, rows)
  else if (kind == CIRCLE) circle.addRun(slot, times, values, rows)
  else if (kind == HISTOGRAM) histogram.addRun(slot, times, values, rows, args)
  else if (kind == RANKS) ranks.addRun(slot, times, values, rows)
  else if (kind == DISTINCT) distinct.addRun(slot, times, values, rows)
}

/// Adds the rows of `from`, which arrived later, to `into`.
export function merge(kind: u32, into: usize, from: usize): void {
  if (kind == MOMENTS) moments.merge(into, from)
  else if (kind == ENDS) ends.merge(into, from)
  else if (kind == TAILS) tails.merge(into, from)
  else if (kind == TREND) trend.merge(into, from)
  else if (kind == CIRCLE) circle.merge(into, from)
  else if (kind == HISTOGRAM) histogram.merge(into, from)
  else if (kind == RANKS) ranks.merge(into, from)
  else if (kind == DISTINCT) distinct.merge(into, from)
}

/// Gives back what a slot holds outside of itself, and clears it.
export function release(kind: u32, slot: usize, bytes: usize): void {
  if (kind == RANKS) ranks.release(slot)
  else if (kind == DISTINCT) distinct.release(slot)
  else if (kind == ROWS) releaseRows(slot)
  memory.fill(slot, 0, bytes)
}

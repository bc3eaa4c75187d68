// The pane's time as stretches over which the series has a value: each sample's from its own time to the next sample's,
// clipped to the pane. The sample carried in begins the first; the last one is held to the pane's end. Nothing is held
// longer than `hold`. In linear mode a value goes straight to the next sample's where that is there and no more than
// `hold` away; else, and towards no sample, it holds.

import { afterTime, afterValue, beforeTime, beforeValue, count, end, hold, linear, start, times, values } from './view'

/// The stretch: [from, to) in µs.
export let from: f64 = 0
export let to: f64 = 0
/// Its sample, which may lie before `from`: time and value, and how far the value rises on the line to the next sample, so
/// many µs away. Both are 0 where the value holds.
export let time: f64 = 0
export let value: f64 = 0
export let rise: f64 = 0
export let reach: f64 = 0

let at: i32 = 0
let lines: bool = false

/// Goes to before the first stretch. Values always hold unless `straight` lets the window's mode decide.
export function rewind(straight: bool): void {
  at = beforeTime == beforeTime ? -1 : 0
  lines = straight && linear
}

/// Sets the registers to the next stretch; false where there is none.
export function next(): bool {
  const rows = <i32>count
  while (at < rows) {
    time = at < 0 ? beforeTime : load<f64>(times + (<usize>at << 3))
    value = at < 0 ? beforeValue : load<f64>(values + (<usize>at << 3))
    at++
    const nextTime = at < rows ? load<f64>(times + (<usize>at << 3)) : afterTime
    const isNear = nextTime - time <= hold
    const until = isNear ? nextTime : time + hold
    from = time > start ? time : start
    to = until < end ? until : end
    if (!(to > from)) continue
    const isLine = lines && isNear
    rise = isLine ? (at < rows ? load<f64>(values + (<usize>at << 3)) : afterValue) - value : 0
    reach = isLine ? nextTime - time : 0
    return true
  }
  return false
}

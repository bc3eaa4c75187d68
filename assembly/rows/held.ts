// The pane's time as stretches over which the series has a value: each sample's from its own time to the next sample's,
// clipped to the pane. The sample carried in begins the first; the last one is held to the pane's end. Nothing is held
// longer than `hold`. In linear mode a value goes straight to the next sample's where that is there and no more than
// `hold` away; else, and towards no sample, it holds.

import { afterTime, afterValue, beforeTime, beforeValue, count, end, hold, linear, start, times, values } from './view'

/// The stretch: [from, to) in µs, and the value at either end.
export let from: f64 = 0
export let to: f64 = 0
export let left: f64 = 0
export let right: f64 = 0

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
    const time = at < 0 ? beforeTime : load<f64>(times + (<usize>at << 3))
    const value = at < 0 ? beforeValue : load<f64>(values + (<usize>at << 3))
    at++
    const nextTime = at < rows ? load<f64>(times + (<usize>at << 3)) : afterTime
    const until = nextTime - time <= hold ? nextTime : time + hold
    from = time > start ? time : start
    to = until < end ? until : end
    if (!(to > from)) continue
    left = value
    right = value
    if (lines && nextTime - time <= hold) {
      const rise = (at < rows ? load<f64>(values + (<usize>at << 3)) : afterValue) - value
      const span = nextTime - time
      left = value + rise * ((from - time) / span)
      right = to == nextTime ? value + rise : value + rise * ((to - time) / span)
    }
    return true
  }
  return false
}

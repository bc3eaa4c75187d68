// The earliest and the latest row by time. Of rows with equal times the one that arrived first is `first`, and the one
// that arrived last is `last`.

export const COUNT: usize = 0
export const FIRST: usize = 8
const FIRST_TIME: usize = 16
export const LAST: usize = 24
const LAST_TIME: usize = 32

// @ts-ignore: decorator
@inline
export function addRow(slot: usize, time: f64, value: f64): void {
  add(slot, 1, time, value, time, value)
}

export function addRun(slot: usize, times: usize, values: usize, rows: u32): void {
  if (rows == 0) return
  let first = times
  let last = times
  let firstTime = load<f64>(times)
  let lastTime = firstTime
  const end = times + (<usize>rows << 3)
  for (let at = times + 8; at < end; at += 8) {
    const time = load<f64>(at)
    if (time >= lastTime) {
      last = at
      lastTime = time
    } else if (time < firstTime) {
      first = at
      firstTime = time
    }
  }
  add(slot, rows, firstTime, load<f64>(values + (first - times)), lastTime, load<f64>(values + (last - times)))
}

export function merge(into: usize, from: usize): void {
  const count = load<f64>(from, COUNT)
  if (count == 0) return
  add(
    into,
    count,
    load<f64>(from, FIRST_TIME),
    load<f64>(from, FIRST),
    load<f64>(from, LAST_TIME),
    load<f64>(from, LAST),
  )
}

function add(slot: usize, rows: f64, firstTime: f64, first: f64, lastTime: f64, last: f64): void {
  const count = load<f64>(slot, COUNT)
  store<f64>(slot, count + rows, COUNT)
  if (count == 0 || firstTime < load<f64>(slot, FIRST_TIME)) {
    store<f64>(slot, first, FIRST)
    store<f64>(slot, firstTime, FIRST_TIME)
  }
  if (count == 0 || lastTime >= load<f64>(slot, LAST_TIME)) {
    store<f64>(slot, last, LAST)
    store<f64>(slot, lastTime, LAST_TIME)
  }
}

// Counts between edges: 16 of them, for up to 15 edges. `args` are the edges: how many, then each, in ascending order.

/// Counts a slot has room for.
export const BUCKETS: usize = 16

@inline function bucketOf(value: f64, args: usize): usize {
  const end = args + 8 + (<usize>load<f64>(args) << 3)
  let bucket: usize = 0
  for (let edge = args + 8; edge < end; edge += 8) bucket += <usize>(value >= load<f64>(edge))
  return bucket << 3
}

export function addRow(slot: usize, time: f64, value: f64, args: usize): void {
  const at = slot + bucketOf(value, args)
  store<f64>(at, load<f64>(at) + 1)
}

export function addRun(slot: usize, times: usize, values: usize, rows: u32, args: usize): void {
  for (let i: u32 = 0; i < rows; i++) addRow(slot, 0, load<f64>(values + (<usize>i << 3)), args)
}

export function merge(into: usize, from: usize): void {
  for (let at: usize = 0; at < BUCKETS << 3; at += 8) store<f64>(into + at, load<f64>(into + at) + load<f64>(from + at))
}

// trend: to be written
export function addRow(slot: usize, time: f64, value: f64): void {}
export function addRun(slot: usize, times: usize, values: usize, rows: u32): void {}
export function merge(into: usize, from: usize): void {}

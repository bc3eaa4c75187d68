// histogram: to be written
export function addRow(slot: usize, time: f64, value: f64, args: usize): void {}
export function addRun(slot: usize, times: usize, values: usize, rows: u32, args: usize): void {}
export function merge(into: usize, from: usize): void {}

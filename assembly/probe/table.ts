// Entry of a module that only tests and benchmarks compile: many look-ups in one call.
import { lookup } from '../table'

export { insert } from '../table'

/// The ids of keys that lie `stride` bytes apart, added up.
export function lookUpAll(table: usize, prefix: u32, keys: usize, bytes: u32, stride: u32, count: u32): u32 {
  let sum: u32 = 0
  for (; count; count--, keys += stride) sum += lookup(table, prefix, keys, bytes)
  return sum
}

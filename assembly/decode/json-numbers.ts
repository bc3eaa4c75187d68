// An array of finite numbers and nothing else, read once: most arrays of samples.
import { NODE_COUNT, NODE_NUMBERS } from './json-layout'
import { at, space } from './json-skip'
import { numberEnd, parseNumber } from './number'
import { arrayNumbers, arrayNumbersEnd } from './output'

let next: usize = 0

/// A row starts.
export function beginNumbers(): void {
  next = arrayNumbers
}

/// An array from its `[` to behind its `]`; its numbers are kept for the node. 0: it is no such array, or there is no room.
export function readNumbers(p: usize, end: usize, node: usize): usize {
  const start = next
  let to = start
  p = space(p + 1, end)
  while (true) {
    const byte = at(p, end)
    if ((byte - 48 >= 10 && byte != 45) || to == arrayNumbersEnd) return 0
    const number = parseNumber(p, end)
    if (!numberEnd || !isFinite(number)) return 0
    store<f64>(to, number)
    to += 8
    p = space(numberEnd, end)
    const after = at(p, end)
    p++
    if (after == 93) break
    if (after != 44) return 0
    p = space(p, end)
  }
  store<u32>(node, <u32>start, NODE_NUMBERS)
  store<u32>(node, <u32>((to - start) >> 3), NODE_COUNT)
  next = to
  return p
}

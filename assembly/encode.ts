// Points → text: texts that the host has made, and numbers between them. See README.md, "Encode".
import { ITEM_ALONE, ITEM_BYTES, ITEM_INTEGER, ITEM_SLACK, ITEM_TEXT, ITEM_VALUE, ITEM_WHAT } from './encode/layout'
import { writeNumber } from './encode/number'

/// Address behind the last byte written.
export let textEnd: usize = 0

/// Writes the items of [item, end) to [out, limit) as far as there is room; returns the first that had none, or `end`.
export function encode(item: usize, end: usize, out: usize, limit: usize, powers: usize): usize {
  for (; item < end; item += ITEM_BYTES) {
    const what = load<u32>(item, ITEM_WHAT)
    const bytes = <usize>(what >> 2)
    const kind = what & 3
    if (out + bytes + ITEM_SLACK > limit) break
    copy(out, load<u32>(item, ITEM_TEXT), bytes)
    out += bytes
    if (kind == ITEM_ALONE) continue
    out = writeNumber(out, load<f64>(item, ITEM_VALUE), powers)
    if (kind == ITEM_INTEGER) store<u8>(out++, 0x69)
  }
  textEnd = out
  return item
}

// By 16 bytes, so up to 15 too many.
@inline function copy(to: usize, from: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, v128.load(from + i))
}

// The properties of MQTT 5, walked over for the one that a message's reader needs. MQTT 5.0 §2.2.2.
import { TAP_ERROR, WRONG_ALIAS_ZERO, WRONG_LENGTH, WRONG_PROPERTIES, WRONG_PROPERTY, WRONG_PROPERTY_BYTES } from './layout'

/// Topic alias of the properties read last, 0 for none.
export let topicAlias: u32 = 0
/// What is wrong with them: 0, or TAP_ERROR plus a WRONG_*.
export let wrong: u32 = 0
/// The id of a property that is not known.
export let wrongId: u32 = 0

const VARINT: u32 = 5
const DATA: u32 = 6
const PAIR: u32 = 7

function kindOf(id: u32): u32 {
  switch (id) {
    case 0x01: case 0x17: case 0x19: case 0x24: case 0x25: case 0x28: case 0x29: case 0x2a: return 1
    case 0x13: case 0x21: case 0x22: case 0x23: return 2
    case 0x02: case 0x11: case 0x18: case 0x27: return 4
    case 0x03: case 0x08: case 0x09: case 0x12: case 0x15: case 0x16: case 0x1a: case 0x1c: case 0x1f: return DATA
    case 0x0b: return VARINT
    case 0x26: return PAIR
    default: return 0
  }
}

/// Reads the properties at `at`, with their length before them, and returns where they end.
export function readProperties(at: usize, end: usize): usize {
  topicAlias = 0
  wrong = 0
  const first = varintEnd(at, end)
  if (wrong) return end
  const bytes = varint(at, first)
  if (bytes > end - first) return fail(WRONG_PROPERTIES, end)
  const last = first + bytes
  at = first
  while (at < last) {
    const id = <u32>load<u8>(at++)
    const kind = kindOf(id)
    let next = at + kind
    if (!kind) {
      wrongId = id
      return fail(WRONG_PROPERTY, end)
    }
    if (kind == VARINT) next = varintEnd(at, last)
    else if (kind >= DATA) {
      next = dataEnd(at, last)
      if (!wrong && kind == PAIR) next = dataEnd(next, last)
    }
    if (wrong) return end
    if (next > last) return fail(WRONG_PROPERTY_BYTES, end)
    if (id == 0x23) {
      topicAlias = (<u32>load<u8>(at) << 8) | load<u8>(at, 1)
      if (!topicAlias) return fail(WRONG_ALIAS_ZERO, end)
    }
    at = next
  }
  return last
}

function fail(why: u32, end: usize): usize {
  wrong = TAP_ERROR + why
  return end
}

function varintEnd(at: usize, end: usize): usize {
  for (let next = at; next < at + 4 && next < end; next++) if (load<u8>(next) < 128) return next + 1
  return fail(WRONG_LENGTH, end)
}

function varint(at: usize, end: usize): usize {
  let value: usize = 0
  while (--end >= at) value = (value << 7) | (load<u8>(end) & 127)
  return value
}

function dataEnd(at: usize, end: usize): usize {
  if (at + 2 > end) return fail(WRONG_PROPERTY_BYTES, end)
  const next = at + 2 + ((<usize>load<u8>(at) << 8) | load<u8>(at, 1))
  return next > end ? fail(WRONG_PROPERTY_BYTES, end) : next
}

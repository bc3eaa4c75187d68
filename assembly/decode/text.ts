// What a text in a value's place means, for every codec alike.
import { MAP_BYTES, MAP_TEXT, MAP_TEXT_BYTES, MAP_VALUE } from '../layout'
import { numberEnd, parseLooseNumber } from './number'

export const TEXT_OTHER: u32 = 0
/// `textNumber` holds the value; it is finite.
export const TEXT_NUMBER: u32 = 1
/// It says that there is no value: empty, `null`, `nan`, `none` or `unavailable`, in any case.
export const TEXT_NULL: u32 = 2

export let textNumber: f64 = 0

/// Reads a text without blanks around it: a text of the map (MAP records), a number as people write it, true or false.
export function readText(text: usize, bytes: u32, map: usize, mapLength: u32): u32 {
  if (isMapped(text, bytes, map, mapLength)) return TEXT_NUMBER
  const end = text + bytes
  const value = parseLooseNumber(text, end)
  if (numberEnd == end && bytes) {
    textNumber = value
    return isFinite(value) ? TEXT_NUMBER : TEXT_OTHER
  }
  if (isNull(text, bytes)) return TEXT_NULL
  const word = load<u32>(text) | 0x20202020
  if (bytes == 4 && word == 0x65757274)
    textNumber = 1 // true
  else if (bytes == 5 && word == 0x736c6166 && (load<u8>(text, 4) | 0x20) == 0x65)
    textNumber = 0 // false
  else return TEXT_OTHER
  return TEXT_NUMBER
}

/// Whether the map (MAP records) has the text; then `textNumber` is what it stands for.
export function isMapped(text: usize, bytes: u32, map: usize, mapLength: u32): bool {
  for (; mapLength; mapLength--, map += MAP_BYTES) {
    if (load<u32>(map, MAP_TEXT_BYTES) != bytes || !isEqual(text, load<u32>(map, MAP_TEXT), bytes)) continue
    textNumber = load<f64>(map, MAP_VALUE)
    return true
  }
  return false
}

/// Whether a text says that there is no value.
export function isNull(text: usize, bytes: u32): bool {
  const word = load<u32>(text) | 0x20202020
  if (bytes == 4) return word == 0x6c6c756e || word == 0x656e6f6e // null, none
  if (bytes == 3) return (word & 0xffffff) == 0x6e616e // nan
  if (bytes != 11) return bytes == 0
  // unavaila, able
  return (load<u64>(text) | 0x2020202020202020) == 0x616c696176616e75 && (load<u32>(text, 7) | 0x20202020) == 0x656c6261
}

function isEqual(a: usize, b: usize, bytes: u32): bool {
  for (; bytes; bytes--) if (load<u8>(a++) != load<u8>(b++)) return false
  return true
}

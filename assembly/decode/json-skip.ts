// JSON's syntax (RFC 8259), strictly, without making anything of it. Every reader here takes the end of the payload and
// returns the address behind what it read; 0 = it is broken, and `jsonWhy` says how.
import { WHY_DEPTH, WHY_SYNTAX } from '../layout'

/// Deepest nesting of objects and arrays that is read.
export const DEEPEST: u32 = 64

/// WHY_* of the payload that was broken last.
export let jsonWhy: u32 = WHY_SYNTAX
/// Whether the string read last has escapes.
export let escaped: bool = false

export function broken(why: u32): usize {
  jsonWhy = why
  return 0
}

/// The byte at p; 0, which no JSON text has, from the end on.
@inline export function at(p: usize, end: usize): u32 {
  return p < end ? <u32>load<u8>(p) : 0
}

/// Passes white space.
@inline export function space(p: usize, end: usize): usize {
  return at(p, end) <= 32 ? spaceSlow(p, end) : p
}

function spaceSlow(p: usize, end: usize): usize {
  while (true) {
    const byte = at(p, end)
    if (byte != 32 && byte != 10 && byte != 13 && byte != 9) return p
    p++
  }
}

/// A string from behind its opening quote to behind its closing one.
export function skipString(p: usize, end: usize): usize {
  const quote = i8x16.splat(34)
  const backslash = i8x16.splat(92)
  const blank = i8x16.splat(32)
  escaped = false
  while (p < end) {
    const bytes = v128.load(p)
    const stops = i8x16.bitmask(
      v128.or(v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, backslash)), i8x16.lt_u(bytes, blank)),
    )
    if (!stops) {
      p += 16
      continue
    }
    p += <usize>ctz(stops)
    const byte = at(p, end)
    if (byte == 34) return p + 1
    if (byte != 92) break
    escaped = true
    const kind = at(p + 1, end)
    if (kind == 117) {
      for (let i: usize = 2; i < 6; i++) if (hexDigit(at(p + i, end)) > 15) return broken(WHY_SYNTAX)
      p += 6
    } else if (isEscape(kind)) p += 2
    else break
  }
  return broken(WHY_SYNTAX)
}

// " \ / b f n r t
function isEscape(kind: u32): bool {
  return (
    kind == 34 || kind == 92 || kind == 47 || kind == 98 || kind == 102 || kind == 110 || kind == 114 || kind == 116
  )
}

/// Value of a hexadecimal digit, above 15 for any other byte.
export function hexDigit(byte: u32): u32 {
  if (byte - 48 < 10) return byte - 48
  const letter = (byte | 32) - 97
  return letter < 6 ? letter + 10 : 16
}

function skipDigits(p: usize, end: usize): usize {
  while (at(p, end) - 48 < 10) p++
  return p
}

function skipNumber(p: usize, end: usize): usize {
  if (at(p, end) == 45) p++
  let digits = p
  p = skipDigits(p, end)
  if (p == digits || (p > digits + 1 && load<u8>(digits) == 48)) return broken(WHY_SYNTAX)
  if (at(p, end) == 46) {
    digits = p + 1
    p = skipDigits(digits, end)
    if (p == digits) return broken(WHY_SYNTAX)
  }
  if ((at(p, end) | 32) == 101) {
    p++
    const sign = at(p, end)
    if (sign == 43 || sign == 45) p++
    digits = p
    p = skipDigits(digits, end)
    if (p == digits) return broken(WHY_SYNTAX)
  }
  return p
}

/// `true`, `false` or `null`, told by its first letter.
export function skipWord(p: usize, end: usize): usize {
  const word = load<u32>(p)
  if (word == 0x65757274 || word == 0x6c6c756e) p += 4
  else if (word == 0x736c6166 && load<u8>(p, 4) == 101) p += 5
  else return broken(WHY_SYNTAX)
  return p <= end ? p : broken(WHY_SYNTAX)
}

/// Any value; `depth` is how deep it is nested.
export function skipValue(p: usize, end: usize, depth: u32): usize {
  const byte = at(p, end)
  if (byte == 34) return skipString(p + 1, end)
  if (byte == 123) return skipObject(p + 1, end, depth + 1)
  if (byte == 91) return skipArray(p + 1, end, depth + 1)
  return byte == 45 || byte - 48 < 10 ? skipNumber(p, end) : skipWord(p, end)
}

function skipObject(p: usize, end: usize, depth: u32): usize {
  if (depth > DEEPEST) return broken(WHY_DEPTH)
  p = space(p, end)
  if (at(p, end) == 125) return p + 1
  while (true) {
    if (at(p, end) != 34) return broken(WHY_SYNTAX)
    p = skipString(p + 1, end)
    if (!p) return 0
    p = skipColon(p, end)
    if (!p) return 0
    p = skipValue(p, end, depth)
    if (!p) return 0
    p = space(p, end)
    const byte = at(p, end)
    if (byte == 125) return p + 1
    if (byte != 44) return broken(WHY_SYNTAX)
    p = space(p + 1, end)
  }
}

function skipArray(p: usize, end: usize, depth: u32): usize {
  if (depth > DEEPEST) return broken(WHY_DEPTH)
  p = space(p, end)
  if (at(p, end) == 93) return p + 1
  while (true) {
    p = skipValue(p, end, depth)
    if (!p) return 0
    p = space(p, end)
    const byte = at(p, end)
    if (byte == 93) return p + 1
    if (byte != 44) return broken(WHY_SYNTAX)
    p = space(p + 1, end)
  }
}

/// Behind a key: the colon and the white space around it.
@inline export function skipColon(p: usize, end: usize): usize {
  p = space(p, end)
  return at(p, end) == 58 ? space(p + 1, end) : broken(WHY_SYNTAX)
}

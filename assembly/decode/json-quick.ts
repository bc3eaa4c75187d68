// The plainest of rows, which most messages are: an object of a learned shape (`json-shapes.ts`) whose declared fields are
// numbers, with a time of so many digits as times have, on a channel whose series are all known. It goes into the
// columns in one piece. Whatever is not so is left to the common way from the payload's start.
import { PROGRAM_OWN, PROGRAM_TIME_UNIT, TIME_ARRIVAL } from '../layout'
import {
  JSON_QUICK,
  JSON_SHAPES_FIRST,
  ROLE_END,
  ROLE_FIELD,
  ROLE_SKIP,
  ROLE_TIME,
  SHAPE_CHILD,
  SHAPE_DEPTH,
  SHAPE_LITERAL_BYTES,
  SHAPE_NAME_BYTES,
  SHAPE_NEXT,
  SHAPE_ROLE,
} from './json-layout'
import { isAt } from './json-shapes'
import { skipValue } from './json-skip'
import { notDigits, numberEnd, parseNumber, pointed } from './number'
import { appendQuick, arrival, program, quickSamples, seriesList, sortByField } from './output'
import { wholeTime } from './time'

/// Reads a payload into rows; how many, or 0: it was not read, and nothing has changed.
export function jsonQuick(p: usize, end: usize): u32 {
  const own: usize = load<u32>(program, PROGRAM_OWN)
  let from = own + JSON_SHAPES_FIRST
  let shape: usize = load<u32>(from)
  if (!shape || !load<u32>(own, JSON_QUICK) || !seriesList) return 0
  let to = quickSamples()
  let timeUs: f64 = load<u32>(program, PROGRAM_TIME_UNIT) == TIME_ARRIVAL ? arrival : NaN
  let lastField: u32 = 0
  let unsorted = false
  while (true) {
    if (!isAt(p, end, shape)) {
      shape = another(p, end, shape)
      if (!shape) return 0
      store<u32>(from, <u32>shape)
    }
    p += load<u32>(shape, SHAPE_LITERAL_BYTES)
    const role = load<u32>(shape, SHAPE_ROLE)
    if (role == ROLE_FIELD) {
      const field = load<u32>(shape, SHAPE_NAME_BYTES)
      if (field < lastField) unsorted = true
      lastField = field
      store<u32>(to, field)
      // As `parseNumber` begins, but that the end stays in a register: every value waits for the one before it.
      const signed = <usize>(load<u8>(p) == 45)
      const x = load<u64>(p + signed) ^ 0x3030303030303030
      const others = notDigits(x)
      const second = others & (others - 1)
      const whole = ctz(others) & ~7
      const all = ctz(second) & ~7
      const stop = p + signed + <usize>(all >> 3)
      const isPlain = second != 0 && whole != 0 && (x >> whole & 0xff) == 0x1e && all > whole + 8 && stop <= end
      if (isPlain && (x >> all & 0xff | 0x20) != 0x75 && ((x & 0xff) != 0 || whole == 8)) {
        store<u64>(to, reinterpret<u64>(pointed(x, whole, all)) | (<u64>signed << 63), 8)
        p = stop
      } else {
        const value = parseNumber(p, end)
        p = numberEnd
        if (!p || !isFinite(value)) return 0
        store<f64>(to, value, 8)
      }
      to += 16
    } else if (role == ROLE_TIME) {
      const us = wholeTime(program, p, end)
      if (!us) return 0
      p = numberEnd
      timeUs = <f64>us
    } else if (role == ROLE_SKIP) {
      p = skip(p, end, shape)
      if (!p) return 0
    } else {
      if (role != ROLE_END || p != end) return 0
      break
    }
    from = shape + SHAPE_CHILD
    shape = load<u32>(from)
    if (!shape) return 0
  }
  const start = quickSamples()
  if (to == start || isNaN(timeUs)) return 0
  if (unsorted) sortByField(start, to)
  return appendQuick(to, timeUs)
}

// The next shape of the ring that fits, or 0.
function another(p: usize, end: usize, first: usize): usize {
  for (let shape: usize = load<u32>(first, SHAPE_NEXT); shape != first; shape = load<u32>(shape, SHAPE_NEXT))
    if (isAt(p, end, shape)) return shape
  return 0
}

@inline function skip(p: usize, end: usize, shape: usize): usize {
  const word = load<u32>(p)
  if (word == 0x65757274) return p + 4 <= end ? p + 4 : 0
  const byte = word & 0xff
  if (byte - 48 >= 10 && byte != 45) return p < end ? skipValue(p, end, load<u32>(shape, SHAPE_DEPTH)) : 0
  parseNumber(p, end)
  return numberEnd
}

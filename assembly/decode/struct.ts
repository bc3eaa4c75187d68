// Binary payloads of a fixed layout (`struct-layout.ts`): one row; arrays in it are runs from the row's time on, field by
// field. A payload of another length or with a wrong check is undecodable.
import {
  NONE,
  PROGRAM_RATE,
  PROGRAM_OWN,
  PROGRAM_TAGS,
  PROGRAM_TIME_UNIT,
  TIME_CLOCK,
  TIME_MS,
  TIME_NS,
  TIME_S,
  WHY_CRC,
  WHY_INVALID_TIME,
  WHY_LENGTH,
  WHY_NO_COUNTER,
  WHY_NO_RATE,
} from '../layout'
import {
  badTime,
  beginRow,
  closeClock,
  codecScratch,
  element,
  elements,
  endRow,
  endRun,
  filtered,
  HIGHEST_RATE_HZ,
  invalid,
  noteTime,
  openClock,
  openSeries,
  program,
  rowTime,
  sample,
  setSequence,
  setTime,
  tag,
  timeWhy,
} from './output'
import {
  PART_AT,
  PART_BIG,
  PART_BITS,
  PART_BYTES,
  PART_COUNT,
  PART_F32,
  PART_F64,
  PART_FLAGS,
  PART_I16,
  PART_I32,
  PART_I8,
  PART_OFFSET,
  PART_PLAIN,
  PART_SCALE,
  PART_SHIFT,
  PART_STRIDE,
  PART_TYPE,
  PART_U16,
  PART_U24,
  PART_U32,
  PART_U64,
  PART_U8,
  STRUCT_COUNTER,
  STRUCT_CRC_TABLE,
  STRUCT_FIELD_LIST,
  STRUCT_FIELDS,
  STRUCT_FIXED,
  STRUCT_RATE,
  STRUCT_REPEAT,
  STRUCT_SEQUENCE,
  STRUCT_TAG_LIST,
  STRUCT_TIME,
} from './struct-layout'
import { structCrcHolds } from './struct-crc'

const MOST_US: f64 = 9007199254740991

let payload: usize = 0
let restRows: u32 = 0

/// Reads a payload; 0, or why it is undecodable.
export function structPayload(start: usize, end: usize): u32 {
  const own: usize = load<u32>(program, PROGRAM_OWN)
  const bytes = <u32>(end - start)
  const fixed = load<u32>(own, STRUCT_FIXED)
  const repeat = load<u32>(own, STRUCT_REPEAT)
  if (bytes < fixed) return WHY_LENGTH
  if (repeat ? (bytes - fixed) % repeat : bytes - fixed) return WHY_LENGTH
  if (load<u32>(own, STRUCT_CRC_TABLE) && !structCrcHolds(own, start, end)) return WHY_CRC
  payload = start
  restRows = repeat ? (bytes - fixed) / repeat : 0
  beginRow()
  takeTags(own)
  const number: usize = load<u32>(own, STRUCT_SEQUENCE)
  if (number) setSequence(valueAt(number, payload + load<u32>(number, PART_AT)))
  const clocked = load<u32>(program, PROGRAM_TIME_UNIT) == TIME_CLOCK
  if (clocked) {
    if (!beginClock(own)) return 0
  } else takeTime(own)
  const list: usize = load<u32>(own, STRUCT_FIELD_LIST)
  const listEnd = list + <usize>load<u32>(own, STRUCT_FIELDS) * PART_BYTES
  let arrays = false
  for (let part = list, field: u32 = 0; part < listEnd; part += PART_BYTES, field++) {
    if (load<u32>(part, PART_COUNT)) arrays = true
    else take(field, valueAt(part, payload + load<u32>(part, PART_AT)))
  }
  if (!endRow()) return 0
  if (arrays && !takeArrays(own, list, listEnd)) return 0
  if (clocked) closeClock(samplesOf(list, listEnd))
  return 0
}

@inline function countOf(part: usize): u32 {
  const count = load<u32>(part, PART_COUNT)
  return count == NONE ? restRows : count
}

@inline function take(field: u32, value: f64): void {
  if (value - value == 0) sample(field, value)
  else if (value != value) filtered()
  else invalid()
}

// The samples by which the sensor's clock goes on: the longest array's; without arrays the payload is one.
function samplesOf(list: usize, listEnd: usize): u32 {
  let most: u32 = 0
  let arrays = false
  for (let part = list; part < listEnd; part += PART_BYTES) {
    if (load<u32>(part, PART_COUNT)) arrays = true
    const count = countOf(part)
    if (count > most) most = count
  }
  return arrays ? most : 1
}

function beginClock(own: usize): bool {
  const part: usize = load<u32>(own, STRUCT_COUNTER)
  if (!part) return openClock(NaN)
  const counter = valueAt(part, payload + load<u32>(part, PART_AT))
  if (Math.abs(counter) <= MOST_US) return openClock(counter)
  badTime(WHY_NO_COUNTER)
  return true
}

function takeArrays(own: usize, list: usize, listEnd: usize): bool {
  const times: usize = load<u32>(own, STRUCT_TIME)
  const isTimed = times != 0 && load<u32>(times, PART_COUNT) != 0
  let rate = load<f64>(program, PROGRAM_RATE)
  const rates: usize = load<u32>(own, STRUCT_RATE)
  if (rates) rate = valueAt(rates, payload + load<u32>(rates, PART_AT))
  const isRate = rate > 0 && rate <= HIGHEST_RATE_HZ
  const why = isTimed ? 0 : timeWhy ? timeWhy : isRate ? 0 : WHY_NO_RATE
  for (let part = list, field: u32 = 0; part < listEnd; part += PART_BYTES, field++) {
    if (!load<u32>(part, PART_COUNT)) continue
    const count = countOf(part)
    if (!count) continue
    if (why) {
      noteTime(why)
      for (let i: u32 = 0; i < count; i++) invalid()
      continue
    }
    if (!openSeries(field)) return false
    if (!(isTimed ? takeTimed(part, count, times) : takeRun(part, count, rate))) return false
  }
  return true
}

function takeTimed(part: usize, count: u32, times: usize): bool {
  let at = payload + load<u32>(part, PART_AT)
  let moment = payload + load<u32>(times, PART_AT)
  for (let i: u32 = 0; i < count; i++) {
    const value = valueAt(part, at)
    const time = timeAt(times, moment)
    if (value - value != 0) {
      if (value != value) filtered()
      else invalid()
    } else if (isNaN(time)) {
      noteTime(WHY_INVALID_TIME)
      invalid()
    } else if (!element(time, value, 0)) return false
    at += load<u32>(part, PART_STRIDE)
    moment += load<u32>(times, PART_STRIDE)
  }
  return true
}

// Elements from the row's time on: at once where they can be, else one by one. A value that is none ends the run.
function takeRun(part: usize, count: u32, rate: f64): bool {
  const isFloat = load<u32>(part, PART_TYPE) >= PART_F32
  const values: usize = isFloat && !areFinite(part, count) ? 0 : elements(count, rowTime, rate)
  if (values) {
    fill(part, count, values)
    return true
  }
  let at = payload + load<u32>(part, PART_AT)
  const stride: usize = load<u32>(part, PART_STRIDE)
  for (let i: u32 = 0; i < count; i++, at += stride) {
    const value = valueAt(part, at)
    if (value - value == 0) {
      if (!element(rowTime + (<f64>i * 1e6) / rate, value, rate)) return false
    } else {
      endRun()
      if (value != value) filtered()
      else invalid()
    }
  }
  return true
}

function areFinite(part: usize, count: u32): bool {
  return load<u32>(part, PART_TYPE) == PART_F32 ? areFiniteAs<f32>(part, count) : areFiniteAs<f64>(part, count)
}

@inline function areFiniteAs<T>(part: usize, count: u32): bool {
  const scale = load<f64>(part, PART_SCALE)
  const offset = load<f64>(part, PART_OFFSET)
  const big = load<u32>(part, PART_FLAGS) & PART_BIG
  const stride: usize = load<u32>(part, PART_STRIDE)
  let sum: f64 = 0
  for (let at = payload + load<u32>(part, PART_AT); count; count--, at += stride) {
    const value = numberAs<T>(at, big) * scale + offset
    sum += value - value
  }
  return sum == 0
}

// A loop a type; of bits each value asks what it is.
function fill(part: usize, count: u32, values: usize): void {
  if (!load<u32>(part, PART_BITS))
    switch (load<u32>(part, PART_TYPE)) {
      case PART_U8: return fillAs<u8>(part, count, values)
      case PART_I8: return fillAs<i8>(part, count, values)
      case PART_U16: return fillAs<u16>(part, count, values)
      case PART_I16: return fillAs<i16>(part, count, values)
      case PART_U32: return fillAs<u32>(part, count, values)
      case PART_I32: return fillAs<i32>(part, count, values)
      case PART_F32: return fillAs<f32>(part, count, values)
      case PART_F64: return fillAs<f64>(part, count, values)
    }
  let at = payload + load<u32>(part, PART_AT)
  const stride: usize = load<u32>(part, PART_STRIDE)
  for (; count; count--, at += stride, values += 8) store<f64>(values, valueAt(part, at))
}

@inline function fillAs<T>(part: usize, count: u32, values: usize): void {
  const scale = load<f64>(part, PART_SCALE)
  const offset = load<f64>(part, PART_OFFSET)
  const big = load<u32>(part, PART_FLAGS) & PART_BIG
  const stride: usize = load<u32>(part, PART_STRIDE)
  let at = payload + load<u32>(part, PART_AT)
  for (; count; count--, at += stride, values += 8) store<f64>(values, numberAs<T>(at, big) * scale + offset)
}

@inline function numberAs<T>(at: usize, big: u32): f64 {
  if (sizeof<T>() == 1) return <f64>load<T>(at)
  if (!big) return <f64>load<T>(at)
  if (isFloat<T>())
    return sizeof<T>() == 4
      ? <f64>reinterpret<f32>(bswap<u32>(load<u32>(at)))
      : reinterpret<f64>(bswap<u64>(load<u64>(at)))
  return <f64>bswap<T>(load<T>(at))
}

function valueAt(part: usize, at: usize): f64 {
  const type = load<u32>(part, PART_TYPE)
  let value: f64
  if (type < PART_F32) {
    const raw = integerAt(part, at)
    value = type == PART_U64 && !load<u32>(part, PART_BITS) ? <f64>(<u64>raw) : <f64>raw
  } else value = floatAt(part, at)
  return load<u32>(part, PART_FLAGS) & PART_PLAIN ? value : value * load<f64>(part, PART_SCALE) + load<f64>(part, PART_OFFSET)
}

function floatAt(part: usize, at: usize): f64 {
  const big = load<u32>(part, PART_FLAGS) & PART_BIG
  return load<u32>(part, PART_TYPE) == PART_F64 ? numberAs<f64>(at, big) : numberAs<f32>(at, big)
}

// An integer, or bits of it; the 64 bits of a u64 as they are.
function integerAt(part: usize, at: usize): i64 {
  const type = load<u32>(part, PART_TYPE)
  const bytes = type < PART_U24 ? 1 << (type >> 1) : type < PART_U32 ? 3 : type < PART_U64 ? 4 : 8
  // Eight bytes from there on may be read: a payload has slack behind it.
  let raw = load<u64>(at)
  if (load<u32>(part, PART_FLAGS) & PART_BIG) raw = bswap<u64>(raw) >> (64 - bytes * 8)
  const bits = load<u32>(part, PART_BITS)
  const above = 64 - (bits ? bits : <u32>bytes * 8)
  raw = (raw >> load<u32>(part, PART_SHIFT)) << above
  return type & 1 ? <i64>raw >> above : <i64>(raw >> above)
}

function takeTime(own: usize): void {
  const part: usize = load<u32>(own, STRUCT_TIME)
  // Of an array of times the first is the row's.
  if (!part || (load<u32>(part, PART_COUNT) && !countOf(part))) return
  const at = payload + load<u32>(part, PART_AT)
  if (load<u32>(part, PART_TYPE) >= PART_F32 && isNaN(floatAt(part, at))) return
  const time = timeAt(part, at)
  if (isNaN(time)) badTime(WHY_INVALID_TIME)
  else setTime(time)
}

// µs since the epoch, floored where they come of whole numbers, else the nearest; NaN where they are no time.
function timeAt(part: usize, at: usize): f64 {
  const unit = load<u32>(program, PROGRAM_TIME_UNIT)
  const type = load<u32>(part, PART_TYPE)
  if (type >= PART_F32 || !(load<u32>(part, PART_FLAGS) & PART_PLAIN)) {
    const value = valueAt(part, at)
    const us = unit == TIME_S ? value * 1e6 : unit == TIME_MS ? value * 1e3 : unit == TIME_NS ? value / 1e3 : value
    return Math.abs(us) <= MOST_US ? Math.floor(us + 0.5) : NaN
  }
  const raw = integerAt(part, at)
  if (type == PART_U64 && raw < 0) return NaN
  const most: i64 = 9007199254740991
  if (unit == TIME_NS) {
    const us = raw / 1000 - <i64>(raw % 1000 < 0)
    return us <= most && us >= -most ? <f64>us : NaN
  }
  const times: i64 = unit == TIME_S ? 1_000_000 : unit == TIME_MS ? 1000 : 1
  return raw <= most / times && raw >= -(most / times) ? <f64>(raw * times) : NaN
}

// Integers as decimal text.
function takeTags(own: usize): void {
  const tags = load<u32>(program, PROGRAM_TAGS)
  let part: usize = load<u32>(own, STRUCT_TAG_LIST)
  let to = codecScratch
  for (let i: u32 = 0; i < tags; i++, part += PART_BYTES) {
    let raw = <u64>integerAt(part, payload + load<u32>(part, PART_AT))
    const negative = load<u32>(part, PART_TYPE) != PART_U64 && <i64>raw < 0
    if (negative) raw = 0 - raw
    const end = to + 20
    let digit = end
    do {
      store<u8>(--digit, <u8>(48 + raw % 10))
      raw /= 10
    } while (raw)
    if (negative) store<u8>(--digit, 45)
    tag(i, digit, <u32>(end - digit))
    to = end
  }
}

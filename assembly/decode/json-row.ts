// What was found of a row, handed on: the time, the tags, the fields, then the arrays whose elements are samples.
import {
  FIELD_BYTES,
  FIELD_FLAGS,
  FIELD_MAP,
  FIELD_MAP_LENGTH,
  FIELD_PARSE,
  FIELD_SAMPLES,
  NONE,
  PROGRAM_FIELD_LIST,
  PROGRAM_RATE,
  PROGRAM_TIME_UNIT,
  TIME_CLOCK,
  WHY_INVALID_TIME,
  WHY_NO_COUNTER,
  WHY_NO_RATE,
  WHY_NO_TIME,
} from '../layout'
import {
  FOUND_ARRAY,
  FOUND_BOOLEAN,
  FOUND_NOTHING,
  FOUND_NULL,
  FOUND_NUMBER,
  FOUND_TEXT,
  JSON_SEQUENCE,
  JSON_ARRAYS,
  JSON_COUNTER,
  JSON_RATE,
  JSON_TIME,
  JSON_WANTED,
  JSON_WANTED_LIST,
  NODE_COUNT,
  NODE_FIELD,
  NODE_FOUND,
  NODE_NUMBERS,
  NODE_TAG,
  NODE_TEXT,
  NODE_TEXT_BYTES,
  NODE_VALUE,
  ROLE_FIELD,
  ROLE_NODE,
  ROLE_TIME,
} from './json-layout'
import { at, escaped, skipValue, space } from './json-skip'
import { numberEnd, parseNumber } from './number'
import {
  badTime,
  closeClock,
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
import { isMapped, isNull, readText, TEXT_NULL, TEXT_NUMBER, TEXT_OTHER, textNumber } from './text'
import { numberTime, parseTimeText, timeWhy as whyNotRead } from './time'

/// Ends the row that stands in the nodes. False: stop now.
export function endJsonRow(own: usize, end: usize): bool {
  const times: usize = load<u32>(own, JSON_TIME)
  if (times) takeTime(times)
  const number: usize = load<u32>(own, JSON_SEQUENCE)
  if (number) takeSequence(number)
  let node: usize = 0
  let arrays = false
  const list: usize = load<u32>(own, JSON_WANTED_LIST)
  const listEnd = list + (<usize>load<u32>(own, JSON_WANTED) << 2)
  for (let entry = list; entry < listEnd; entry += 4) {
    node = load<u32>(entry)
    const what = load<u32>(node, NODE_FOUND)
    if (!what) continue
    if (load<u32>(node, NODE_TAG) != NONE) takeTag(node, what)
    const field = load<u32>(node, NODE_FIELD)
    if (field == NONE) continue
    if (load<u32>(fieldOf(field), FIELD_FLAGS) & FIELD_SAMPLES) {
      if (what == FOUND_ARRAY) arrays = true
      else if (what == FOUND_NULL) filtered()
      else invalid()
    } else takeField(node, field, what)
  }
  const clocked = load<u32>(program, PROGRAM_TIME_UNIT) == TIME_CLOCK && (arrays || !load<u32>(own, JSON_ARRAYS))
  if (clocked && !beginClock(own)) return false
  if (!endRow()) return false
  mostElements = 0
  if (arrays && !takeArrays(own, list, listEnd, end, times)) return false
  if (clocked) closeClock(arrays ? mostElements : 1)
  return true
}

/// What a node is that is on the way only.
export const ROLE_NONE: u32 = 255

/// ROLE_* of a node.
export function roleOf(own: usize, node: usize): u32 {
  const isTime = node == load<u32>(own, JSON_TIME)
  const field = load<u32>(node, NODE_FIELD)
  const isTag = load<u32>(node, NODE_TAG) != NONE
  if (node == load<u32>(own, JSON_SEQUENCE) || node == load<u32>(own, JSON_RATE) || node == load<u32>(own, JSON_COUNTER)) return ROLE_NODE
  if (isTag) return ROLE_NODE
  if (field == NONE) return isTime ? ROLE_TIME : ROLE_NONE
  return isTime || load<u32>(fieldOf(field), FIELD_FLAGS) & FIELD_SAMPLES ? ROLE_NODE : ROLE_FIELD
}

/// What was found of a node, handed on; of a row without arrays and sample clock.
export function takeNode(own: usize, node: usize): void {
  const what = load<u32>(node, NODE_FOUND)
  if (node == load<u32>(own, JSON_TIME)) takeTime(node)
  if (node == load<u32>(own, JSON_SEQUENCE)) takeSequence(node)
  if (load<u32>(node, NODE_TAG) != NONE) takeTag(node, what)
  const field = load<u32>(node, NODE_FIELD)
  if (field != NONE) takeField(node, field, what)
}

let rate: f64 = 0
let mostElements: u32 = 0

function beginClock(own: usize): bool {
  const node: usize = load<u32>(own, JSON_COUNTER)
  if (!node) return openClock(NaN)
  const counter = load<f64>(node, NODE_VALUE)
  if (load<u32>(node, NODE_FOUND) == FOUND_NUMBER && Math.abs(counter) <= 9007199254740991) return openClock(counter)
  badTime(WHY_NO_COUNTER)
  return true
}

// Of the row's arrays; 0 where it can't be read.
function rateOf(own: usize): f64 {
  const node: usize = load<u32>(own, JSON_RATE)
  if (!node) return load<f64>(program, PROGRAM_RATE)
  const told = load<f64>(node, NODE_VALUE)
  return load<u32>(node, NODE_FOUND) == FOUND_NUMBER && told > 0 && told <= HIGHEST_RATE_HZ ? told : 0
}

function takeArrays(own: usize, list: usize, listEnd: usize, end: usize, times: usize): bool {
  rate = rateOf(own)
  const timeArray: usize = times && load<u32>(times, NODE_FOUND) == FOUND_ARRAY ? <usize>load<u32>(times, NODE_TEXT) : 0
  for (let entry = list; entry < listEnd; entry += 4) {
    const node: usize = load<u32>(entry)
    const field = load<u32>(node, NODE_FIELD)
    if (field == NONE || load<u32>(node, NODE_FOUND) != FOUND_ARRAY) continue
    if (load<u32>(fieldOf(field), FIELD_FLAGS) & FIELD_SAMPLES)
      if (!takeArray(node, end, field, timeArray)) return false
  }
  return true
}

@inline function fieldOf(field: u32): usize {
  return <usize>load<u32>(program, PROGRAM_FIELD_LIST) + <usize>field * FIELD_BYTES
}

function takeTime(node: usize): void {
  const what = load<u32>(node, NODE_FOUND)
  if (what == FOUND_NOTHING || what == FOUND_NULL || what == FOUND_ARRAY) return
  const text: usize = load<u32>(node, NODE_TEXT)
  const bytes = load<u32>(node, NODE_TEXT_BYTES)
  if (what == FOUND_TEXT && isNull(text, bytes)) return
  if (what != FOUND_NUMBER && what != FOUND_TEXT) return badTime(WHY_INVALID_TIME)
  const time =
    what == FOUND_NUMBER ? numberTime(program, text, text + bytes) : parseTimeText(program, text, text + bytes)
  if (isNaN(time)) badTime(whyNotRead)
  else setTime(time)
}

export function takeSequence(node: usize): void {
  const what = load<u32>(node, NODE_FOUND)
  if (what == FOUND_NUMBER) setSequence(load<f64>(node, NODE_VALUE))
  else if (what == FOUND_TEXT)
    setSequence(readText(load<u32>(node, NODE_TEXT), load<u32>(node, NODE_TEXT_BYTES), 0, 0) == TEXT_NUMBER ? textNumber : NaN)
}

function takeTag(node: usize, what: u32): void {
  if (what == FOUND_TEXT || what == FOUND_NUMBER || what == FOUND_BOOLEAN)
    tag(load<u32>(node, NODE_TAG), load<u32>(node, NODE_TEXT), load<u32>(node, NODE_TEXT_BYTES))
}

export function takeField(node: usize, field: u32, what: u32): void {
  if (what == FOUND_NUMBER || what == FOUND_BOOLEAN) {
    const value = load<f64>(node, NODE_VALUE)
    if (isFinite(value)) sample(field, value)
    else invalid()
    return
  }
  let read: u32 = what == FOUND_NULL ? TEXT_NULL : TEXT_OTHER
  if (what == FOUND_TEXT) read = fieldText(field, load<u32>(node, NODE_TEXT), load<u32>(node, NODE_TEXT_BYTES))
  if (read == TEXT_NUMBER) sample(field, textNumber)
  else if (read == TEXT_NULL) filtered()
  else invalid()
}

// A string in a declared field's place: TEXT_*.
function fieldText(field: u32, text: usize, bytes: u32): u32 {
  const record = fieldOf(field)
  const map: usize = load<u32>(record, FIELD_MAP)
  const mapLength = load<u32>(record, FIELD_MAP_LENGTH)
  if (load<u32>(record, FIELD_FLAGS) & FIELD_PARSE) return readText(text, bytes, map, mapLength)
  if (isMapped(text, bytes, map, mapLength)) return TEXT_NUMBER
  return isNull(text, bytes) ? TEXT_NULL : TEXT_OTHER
}

// An array's elements from its `[` on: each at its own time, or all as runs from the row's time on. A value that can't
// be taken ends the run; the next starts where its place says. False: stop now.
function takeArray(node: usize, end: usize, field: u32, times: usize): bool {
  let p: usize = load<u32>(node, NODE_TEXT)
  const rateHz = times ? 0 : rate
  let moment = times ? space(times + 1, end) : 0
  let hasTime = times ? at(moment, end) != 93 : !timeWhy && rateHz > 0
  if (!times && timeWhy) noteTime(timeWhy)
  if ((times || hasTime) && !openSeries(field)) return false
  if (!times && hasTime && takeNumbers(node)) return true
  p = space(p + 1, end)
  if (at(p, end) == 93) return true
  let i: u32 = 0
  while (true) {
    let time = rowTime + (<f64>i * 1e6) / rateHz
    if (times && hasTime) {
      time = elementTime(moment, end)
      moment = space(valueEnd, end)
    }
    if (++i > mostElements) mostElements = i
    const what = elementValue(p, end, field)
    p = space(valueEnd, end)
    if (what == TEXT_NUMBER) {
      if (!hasTime || isNaN(time)) {
        noteTime(hasTime ? whyNotRead : times ? WHY_NO_TIME : WHY_NO_RATE)
        invalid()
      } else if (!element(time, elementNumber, rateHz)) return false
    } else {
      endRun()
      if (what == TEXT_NULL) filtered()
      else invalid()
    }
    if (at(p, end) == 93) return true
    p = space(p + 1, end)
    if (times && hasTime) {
      hasTime = at(moment, end) == 44
      moment = space(moment + 1, end)
    }
  }
}

// The same where its numbers were kept and find room in one piece. False: they go one by one.
function takeNumbers(node: usize): bool {
  const numbers: usize = load<u32>(node, NODE_NUMBERS)
  const count = load<u32>(node, NODE_COUNT)
  if (!numbers) return false
  const to = elements(count, rowTime, rate)
  if (!to) return false
  memory.copy(to, numbers, <usize>count << 3)
  if (count > mostElements) mostElements = count
  return true
}

let valueEnd: usize = 0
let elementNumber: f64 = 0

// An element's value: TEXT_*, and `valueEnd` behind it.
function elementValue(p: usize, end: usize, field: u32): u32 {
  const byte = at(p, end)
  if (byte == 45 || byte - 48 < 10) {
    elementNumber = parseNumber(p, end)
    valueEnd = numberEnd
    return isFinite(elementNumber) ? TEXT_NUMBER : TEXT_OTHER
  }
  valueEnd = skipValue(p, end, 0)
  if (byte == 34) {
    const what = escaped ? TEXT_OTHER : fieldText(field, p + 1, <u32>(valueEnd - p - 2))
    elementNumber = textNumber
    return what
  }
  elementNumber = byte == 116 ? 1 : 0
  return byte == 116 || byte == 102 ? TEXT_NUMBER : byte == 110 ? TEXT_NULL : TEXT_OTHER
}

function elementTime(p: usize, end: usize): f64 {
  const byte = at(p, end)
  valueEnd = skipValue(p, end, 0)
  if (byte == 34 && !escaped) return parseTimeText(program, p + 1, valueEnd - 1)
  return numberTime(program, p, valueEnd)
}

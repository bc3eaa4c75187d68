// Rows by learned shape. Messages of a device mostly differ in their values alone, so what stands between the values of
// a row that was read the slow way (`json.ts`) is kept, and the next row is compared with it 16 bytes at a time.
//
// Why a row read here is what the slow way makes of it: behind the same literals stands the reader at the same place of
// the same object, so the next literal means the same. A value is taken only where it is no object and its syntax is
// right. Whatever else comes up, a shape that was never seen or broken text, is left to the slow way, from the row's start.
import { NONE } from '../layout'
import { sameBytes } from '../table'
import {
  FOUND_ARRAY,
  FOUND_BOOLEAN,
  FOUND_NULL,
  FOUND_NUMBER,
  FOUND_TEXT,
  JSON_PARSE,
  JSON_SHAPES,
  JSON_SHAPES_FIRST,
  JSON_SHAPES_MISSES,
  JSON_SHAPES_USED,
  NODE_ELEMENTS,
  NODE_FIELD,
  NODE_FOUND,
  NODE_NUMBERS,
  NODE_TEXT,
  NODE_TEXT_BYTES,
  NODE_VALUE,
  ROLE_END,
  ROLE_FIELD,
  ROLE_NAME,
  ROLE_NODE,
  ROLE_SKIP,
  ROLE_TIME,
  SHAPE_BYTES,
  SHAPE_CHILD,
  SHAPE_DEPTH,
  SHAPE_LITERAL,
  SHAPE_LITERAL_BYTES,
  SHAPE_MASK,
  SHAPE_NAME_BYTES,
  SHAPE_NEXT,
  SHAPE_OF,
  SHAPE_PATTERN,
  SHAPE_ROLE,
  SHAPES_BYTES,
} from './json-layout'
import { readNumbers } from './json-numbers'
import { takeField, takeNode } from './json-row'
import { escaped, skipString, skipValue, skipWord } from './json-skip'
import { numberEnd, parseHere, parseNumber } from './number'
import { invalid, NOTES_BYTES, notes, program, sample, sampleNamed, setTime, sortSamples } from './output'
import { readText, TEXT_NUMBER, textNumber } from './text'
import { wholeTime } from './time'

/// Longest literal that is learned, and most values of a row: what has more is read the slow way.
const LONGEST_LITERAL: u32 = 256
const MOST_VALUES: u32 = 64
/// So many rows of other shapes, and all are learned anew.
const MOST_MISSES: u32 = 1000

let lastField: u32 = 0
let unsorted: bool = false

/// A row from its first byte on, `depth` deep, to behind its last; 0 = of no shape that is known. `direct`: its values
/// are handed on at once, so that only endRow is left to be called; else they are kept in the nodes.
export function readShaped(own: usize, p: usize, end: usize, depth: u32, direct: bool): usize {
  let from = own + JSON_SHAPES_FIRST
  let first: usize = load<u32>(from)
  if (!first) return 0
  lastField = 0
  unsorted = false
  const fieldRole: u32 = direct ? ROLE_FIELD : NONE
  const timeRole: u32 = direct ? ROLE_TIME : NONE
  while (true) {
    let shape = first
    let after: usize = 0
    while (true) {
      if (isAt(p, end, shape)) {
        const text = p + load<u32>(shape, SHAPE_LITERAL_BYTES)
        const role = load<u32>(shape, SHAPE_ROLE)
        if (role == ROLE_END) {
          store<u32>(from, <u32>shape)
          if (unsorted) sortSamples()
          return text
        }
        if (role == fieldRole) after = field(text, end, load<u32>(shape, SHAPE_OF))
        else {
          if (role == timeRole) after = time(text, end)
          if (!after) after = value(own, shape, role, text, end, depth, direct)
        }
        if (after) break
      }
      shape = load<u32>(shape, SHAPE_NEXT)
      if (shape == first) return 0
    }
    if (shape != first) store<u32>(from, <u32>shape)
    p = after
    from = shape + SHAPE_CHILD
    first = load<u32>(from)
    // There was no room for the rest of the row that it was learned from.
    if (!first) return 0
  }
}

/// Whether the text goes on with the shape's literal.
@inline export function isAt(p: usize, end: usize, shape: usize): bool {
  if (v128.any_true(v128.and(v128.xor(v128.load(p), v128.load(shape, SHAPE_PATTERN)), v128.load(shape, SHAPE_MASK))))
    return false
  const bytes: usize = load<u32>(shape, SHAPE_LITERAL_BYTES)
  if (p + bytes > end) return false
  return bytes <= 16 || sameBytes(p, load<u32>(shape, SHAPE_LITERAL), bytes)
}

@inline function field(p: usize, end: usize, node: usize): usize {
  const index = load<u32>(node, NODE_FIELD)
  noteOrder(index)
  const byte = <u32>load<u8>(p)
  if (byte - 48 < 10 || byte == 45) {
    const number = parseHere(p, end)
    if (numberEnd) {
      if (isFinite(number)) sample(index, number)
      else invalid()
    }
    return numberEnd
  }
  return otherField(p, end, node, index, byte)
}

@inline function noteOrder(index: u32): void {
  if (index < lastField) unsorted = true
  lastField = index
}

function handOn(own: usize, node: usize): void {
  const index = load<u32>(node, NODE_FIELD)
  if (index != NONE) noteOrder(index)
  takeNode(own, node)
}

function otherField(p: usize, end: usize, node: usize, index: u32, byte: u32): usize {
  const after = keep(p, end, node, byte)
  if (after) takeField(node, index, load<u32>(node, NODE_FOUND))
  return after
}

function value(own: usize, shape: usize, role: u32, p: usize, end: usize, depth: u32, direct: bool): usize {
  if (p >= end) return 0
  const byte = <u32>load<u8>(p)
  const node: usize = load<u32>(shape, SHAPE_OF)
  if (role == ROLE_SKIP) {
    if (byte - 48 >= 10 && byte != 45) return skipValue(p, end, depth + load<u32>(shape, SHAPE_DEPTH))
    parseNumber(p, end)
    return numberEnd
  }
  if (role == ROLE_NAME) return named(own, shape, node, byte, p, end, depth)
  if (byte == 91) return array(node, p, end, depth + load<u32>(shape, SHAPE_DEPTH), direct, own)
  const after = keep(p, end, node, byte)
  if (after && direct) handOn(own, node)
  return after
}

function array(node: usize, p: usize, end: usize, depth: u32, direct: bool, own: usize): usize {
  // On the way to an element: its shape has the bracket in a literal.
  if (load<u32>(node, NODE_ELEMENTS)) return 0
  let after: usize = direct ? 0 : readNumbers(p, end, node)
  if (!after) {
    store<u32>(node, 0, NODE_NUMBERS)
    after = skipValue(p, end, depth)
    if (!after) return 0
  }
  store<u32>(node, FOUND_ARRAY, NODE_FOUND)
  store<u32>(node, <u32>p, NODE_TEXT)
  store<u32>(node, 0, NODE_TEXT_BYTES)
  if (direct) handOn(own, node)
  return after
}

// A scalar's kind and text in its node, as the slow way keeps it. An object, an array or a string with escapes: 0.
function keep(p: usize, end: usize, node: usize, byte: u32): usize {
  if (byte - 48 < 10 || byte == 45) {
    const number = parseNumber(p, end)
    if (!numberEnd) return 0
    store<f64>(node, number, NODE_VALUE)
    return kept(node, FOUND_NUMBER, p, numberEnd, numberEnd)
  }
  if (byte == 34) {
    const after = skipString(p + 1, end)
    if (!after || escaped) return 0
    return kept(node, FOUND_TEXT, p + 1, after - 1, after)
  }
  if (byte == 123 || byte == 91) return 0
  const after = skipWord(p, end)
  if (!after) return 0
  store<f64>(node, byte == 116 ? 1 : 0, NODE_VALUE)
  return kept(node, byte == 110 ? FOUND_NULL : FOUND_BOOLEAN, p, after, after)
}

@inline function kept(node: usize, what: u32, start: usize, stop: usize, after: usize): usize {
  store<u32>(node, what, NODE_FOUND)
  store<u32>(node, <u32>start, NODE_TEXT)
  store<u32>(node, <u32>(stop - start), NODE_TEXT_BYTES)
  return after
}

// A time that is a whole number of so many digits as times have; any other: 0.
@inline function time(p: usize, end: usize): usize {
  const us = wholeTime(program, p, end)
  if (!us) return 0
  setTime(<f64>us)
  return numberEnd
}

// As `openValue` of the slow way.
function named(own: usize, shape: usize, name: usize, byte: u32, p: usize, end: usize, depth: u32): usize {
  let number: f64 = 0
  let after: usize = 0
  if (byte - 48 < 10 || byte == 45) {
    number = parseNumber(p, end)
    after = numberEnd
    if (!after) return 0
  } else if (byte == 116 || byte == 102) {
    after = skipWord(p, end)
    if (!after) return 0
    number = byte == 116 ? 1 : 0
  } else {
    if (byte == 123) return 0
    if (byte != 34 || !load<u32>(own, JSON_PARSE)) return skipValue(p, end, depth + load<u32>(shape, SHAPE_DEPTH))
    after = skipString(p + 1, end)
    if (!after || escaped || readText(p + 1, <u32>(after - p - 2), 0, 0) != TEXT_NUMBER) return after
    number = textNumber
  }
  if (isFinite(number)) sampleNamed(name, load<u32>(shape, SHAPE_NAME_BYTES), number)
  else invalid()
  return after
}

// ---- Learning. The slow way notes each value of a row as it goes.
const NOTE_BYTES: usize = 24 // u32 start, after, role, node, name's bytes, depth
let noted: u32 = 0
let noting: bool = false
let nameRoom: usize = 0 // names put together while noting
let nameRoomEnd: usize = 0

/// A row begins.
export function beginNotes(own: usize): void {
  noted = 0
  nameRoom = notes + <usize>MOST_VALUES * NOTE_BYTES
  nameRoomEnd = notes + NOTES_BYTES - 64
  noting = true
  const used = load<u32>(own, JSON_SHAPES_USED)
  if (used <= SHAPES_BYTES) return
  const misses = load<u32>(own, JSON_SHAPES_MISSES) + 1
  store<u32>(own, misses, JSON_SHAPES_MISSES)
  noting = misses > MOST_MISSES
  if (!noting) return
  store<u32>(own, 0, JSON_SHAPES_MISSES)
  store<u32>(own, 0, JSON_SHAPES_USED)
  store<u32>(own, 0, JSON_SHAPES_FIRST)
}

/// Whether values are noted.
@inline export function isNoting(): bool {
  return noting
}

/// The row is none that can be learned.
export function stopNoting(): void {
  noting = false
}

/// A value that was read from `start` to `after`.
export function noteValue(start: usize, after: usize, role: u32, node: usize, nameBytes: u32, depth: u32): void {
  if (!noting || !after) return
  if (noted == MOST_VALUES) {
    noting = false
    return
  }
  const at = notes + <usize>noted * NOTE_BYTES
  noted++
  store<u32>(at, <u32>start)
  store<u32>(at, <u32>after, 4)
  store<u32>(at, role, 8)
  store<u32>(at, <u32>node, 12)
  store<u32>(at, nameBytes, 16)
  store<u32>(at, depth, 20)
}

/// The same for a sample under its name: what the objects around it are called, then its key.
export function noteNamed(start: usize, after: usize, before: usize, beforeBytes: u32, key: usize, keyBytes: u32, depth: u32): void {
  if (!noting || !after) return
  if (!beforeBytes) return noteValue(start, after, ROLE_NAME, key, keyBytes, depth)
  const bytes = beforeBytes + keyBytes
  if (bytes > 255 || nameRoom + bytes > nameRoomEnd) {
    noting = false
    return
  }
  memory.copy(nameRoom, before, beforeBytes)
  memory.copy(nameRoom + beforeBytes, key, keyBytes)
  noteValue(start, after, ROLE_NAME, nameRoom, bytes, depth)
  nameRoom += bytes
}

/// The row from `p` to `end` was read: learns its shape.
export function learn(own: usize, p: usize, end: usize): void {
  if (!noting) return
  noting = false
  let from = own + JSON_SHAPES_FIRST
  for (let i: u32 = 0; i <= noted; i++) {
    const at = notes + <usize>i * NOTE_BYTES
    const isEnd = i == noted
    const stop: usize = isEnd ? end : <usize>load<u32>(at)
    const shape = shapeOf(own, from, p, <u32>(stop - p), isEnd ? 0 : at)
    if (!shape) return
    store<u32>(from, <u32>shape)
    from = shape + SHAPE_CHILD
    p = load<u32>(at, 4)
  }
}

// The shape with this literal and value at a place, made where there is none; 0 = no room. `note` 0: the row ends.
function shapeOf(own: usize, from: usize, literal: usize, bytes: u32, note: usize): usize {
  const role = note ? load<u32>(note, 8) : ROLE_END
  const first: usize = load<u32>(from)
  let shape = first
  if (first)
    do {
      if (load<u32>(shape, SHAPE_LITERAL_BYTES) == bytes && load<u32>(shape, SHAPE_ROLE) == role && sameBytes(load<u32>(shape, SHAPE_LITERAL), literal, bytes))
        return shape
      shape = load<u32>(shape, SHAPE_NEXT)
    } while (shape != first)
  const nameBytes = role == ROLE_NAME ? load<u32>(note, 16) : 0
  const used = load<u32>(own, JSON_SHAPES_USED)
  const size = SHAPE_BYTES + ((bytes + 15) & ~15) + ((nameBytes + 15) & ~15)
  if (bytes > LONGEST_LITERAL || used > SHAPES_BYTES) return 0
  store<u32>(own, used + size, JSON_SHAPES_USED)
  if (used + size > SHAPES_BYTES) return 0
  shape = <usize>load<u32>(own, JSON_SHAPES) + used
  const text = shape + SHAPE_BYTES
  memory.copy(text, literal, bytes)
  v128.store(shape, v128.load(literal), SHAPE_PATTERN)
  memory.fill(shape + SHAPE_MASK, 0, 16)
  memory.fill(shape + SHAPE_MASK, 0xff, bytes < 16 ? <usize>bytes : 16)
  store<u32>(shape, <u32>text, SHAPE_LITERAL)
  store<u32>(shape, bytes, SHAPE_LITERAL_BYTES)
  store<u32>(shape, 0, SHAPE_CHILD)
  store<u32>(shape, role, SHAPE_ROLE)
  store<u32>(shape, note ? load<u32>(note, 20) : 0, SHAPE_DEPTH)
  if (role == ROLE_NAME) {
    const name = text + ((bytes + 15) & ~15)
    memory.copy(name, load<u32>(note, 12), nameBytes)
    store<u32>(shape, <u32>name, SHAPE_OF)
  } else store<u32>(shape, note ? load<u32>(note, 12) : 0, SHAPE_OF)
  store<u32>(shape, role == ROLE_FIELD ? load<u32>(<usize>load<u32>(note, 12), NODE_FIELD) : nameBytes, SHAPE_NAME_BYTES)
  if (first) {
    store<u32>(shape, load<u32>(first, SHAPE_NEXT), SHAPE_NEXT)
    store<u32>(first, <u32>shape, SHAPE_NEXT)
  } else store<u32>(shape, <u32>shape, SHAPE_NEXT)
  return shape
}

// JSON: an object is a row, an array of objects its rows. What is wanted stands as a tree of keys (`json-layout.ts`); a
// row is read once into the tree's nodes, so that of equal keys the last wins and time and tags may stand anywhere, and
// then handed on (`json-row.ts`).
import { NONE, PROGRAM_OWN, PROGRAM_TIME_UNIT, TIME_CLOCK, WHY_DEPTH, WHY_LIMIT, WHY_SYNTAX } from '../layout'
import {
  FOUND_ARRAY,
  FOUND_BOOLEAN,
  FOUND_NOTHING,
  FOUND_NULL,
  FOUND_NUMBER,
  FOUND_OBJECT,
  FOUND_TEXT,
  JSON_ARRAYS,
  JSON_COUNTER,
  JSON_NODES_END,
  JSON_OPEN,
  JSON_PARSE,
  JSON_RATE,
  JSON_ROOT,
  JSON_SEQUENCE,
  JSON_TIME,
  NODE_BYTES,
  NODE_CHILDREN,
  NODE_ELEMENTS,
  NODE_END,
  NODE_FIRST,
  NODE_FOUND,
  NODE_INDEX,
  NODE_KEY,
  NODE_KEY_BYTES,
  NODE_MASK,
  NODE_NEXT,
  NODE_NUMBERS,
  NODE_PATTERN,
  NODE_SIBLING,
  NODE_TAG,
  NODE_TEXT,
  NODE_TEXT_BYTES,
  NODE_VALUE,
  NODE_WRITTEN,
  NODE_WRITTEN_BYTES,
  ROLE_SKIP,
} from './json-layout'
import { readNumbers, beginNumbers } from './json-numbers'
import { endJsonRow, ROLE_NONE, roleOf } from './json-row'
import { beginNotes, isNoting, learn, noteNamed, noteValue, readShaped, stopNoting } from './json-shapes'
import { at, broken, DEEPEST, escaped, jsonWhy, skipColon, skipString, skipValue, skipWord, space } from './json-skip'
import { blank, unescape } from './json-text'
import { numberEnd, parseNumber } from './number'
import {
  beginRow,
  codecScratch,
  codecScratchEnd,
  endRow,
  forgetRow,
  frameFiltered,
  frameInvalid,
  invalid,
  LONGEST_NAME_BYTES,
  MOST_SAMPLES,
  program,
  sampleNamed,
} from './output'
import { readText, TEXT_NUMBER, textNumber } from './text'
import { sameBytes } from '../table'

let own: usize = 0
let direct: bool = false // rows of a learned shape are not kept in the nodes
let shaped: bool = false // the row read last was of one
let rowDepth: u32 = 0
let open: bool = false // every number is wanted
let openSamples: u32 = 0
let prefixBytes: u32 = 0 // names of the objects around, each with a `_` behind it; they stand at codecScratch
let free: usize = 0 // next free byte of the scratch
let child: usize = 0 // the node whose key was read last, or 0
let key: usize = 0 // an undeclared key that was read last, unescaped
let keyBytes: u32 = 0

const PREFIX_BYTES: usize = 512
/// Deeper rows are not learned, so that a shape fits a row of an array as well as one alone.
const DEEPEST_LEARNED: u32 = 32

/// Reads a payload; 0, or why it is undecodable.
export function jsonPayload(p: usize, end: usize): u32 {
  own = load<u32>(program, PROGRAM_OWN)
  const root: usize = load<u32>(own, JSON_ROOT)
  p = space(p, end)
  // Values are handed on as they are read, where nothing has to be known before.
  direct = !load<u32>(own, JSON_ARRAYS) && load<u32>(program, PROGRAM_TIME_UNIT) != TIME_CLOCK
  const first = at(p, end)
  if (first == 91 && !load<u32>(root, NODE_ELEMENTS)) return rows(p + 1, end, root)
  if (first != 123 && first != 91) return WHY_SYNTAX
  p = row(p, end, root, 0)
  if (!p) return jsonWhy
  if (space(p, end) != end) return WHY_SYNTAX
  if (shaped && direct) endRow()
  else endJsonRow(own, end)
  return 0
}

// An array of objects; other elements are no rows.
function rows(p: usize, end: usize, root: usize): u32 {
  p = space(p, end)
  if (at(p, end) == 93) p++
  else
    while (true) {
      const isRow = at(p, end) == 123
      p = isRow ? row(p, end, root, 1) : skipValue(p, end, 1)
      if (!p) return jsonWhy
      if (isRow && !(shaped && direct ? endRow() : endJsonRow(own, end))) return 0
      p = space(p, end)
      const byte = at(p, end)
      p++
      if (byte == 93) break
      if (byte != 44) return WHY_SYNTAX
      p = space(p, end)
    }
  return space(p, end) == end ? 0 : WHY_SYNTAX
}

function row(p: usize, end: usize, root: usize, depth: u32): usize {
  const invalids = frameInvalid
  const filtereds = frameFiltered
  beginRow()
  beginNumbers()
  if (!direct) forgetAll(root)
  const after = readShaped(own, p, end, depth, direct)
  shaped = after != 0
  if (shaped) return after
  forgetRow(invalids, filtereds)
  return rowOfAnyShape(p, end, root, depth)
}

function forgetAll(root: usize): void {
  const nodesEnd: usize = load<u32>(own, JSON_NODES_END)
  for (let node = root; node < nodesEnd; node += NODE_BYTES) store<u32>(node, FOUND_NOTHING, NODE_FOUND)
}

function rowOfAnyShape(p: usize, end: usize, root: usize, depth: u32): usize {
  beginNumbers()
  forgetAll(root)
  open = load<u32>(own, JSON_OPEN) != 0
  openSamples = 0
  prefixBytes = 0
  rowDepth = depth
  free = codecScratch + PREFIX_BYTES
  beginNotes(own)
  const after = at(p, end) == 123 ? object(p + 1, end, root, depth + 1) : elements(p + 1, end, root, depth + 1)
  if (after) learn(own, p, after)
  return after
}

// From behind `{`. Keys mostly come in the same order from message to message, so the one that followed last time is tried first.
function object(p: usize, end: usize, node: usize, depth: u32): usize {
  if (depth > DEEPEST) return broken(WHY_DEPTH)
  if (depth > DEEPEST_LEARNED) stopNoting()
  p = space(p, end)
  if (at(p, end) == 125) return p + 1
  let expected: usize = node ? <usize>load<u32>(node, NODE_FIRST) : 0
  let previous: usize = 0
  while (true) {
    if (at(p, end) != 34) return broken(WHY_SYNTAX)
    p++
    if (expected && isKey(p, end, expected)) {
      child = expected
      p += load<u32>(expected, NODE_WRITTEN_BYTES) + 1
    } else {
      p = anyKey(p, end, node)
      if (!p) return 0
      if (child) {
        if (previous) store<u32>(previous, <u32>child, NODE_NEXT)
        else store<u32>(node, <u32>child, NODE_FIRST)
      }
    }
    p = skipColon(p, end)
    if (!p) return 0
    if (child) {
      previous = child
      p = value(p, end, child, depth)
      expected = load<u32>(previous, NODE_NEXT)
    } else p = open ? openValue(p, end, depth) : unwanted(p, end, depth)
    if (!p) return 0
    p = space(p, end)
    const byte = at(p, end)
    p++
    if (byte == 125) return p
    if (byte != 44) return broken(WHY_SYNTAX)
    p = space(p, end)
  }
}

// A value that nobody wants.
@inline function unwanted(p: usize, end: usize, depth: u32): usize {
  const after = skipValue(p, end, depth)
  noteValue(p, after, ROLE_SKIP, 0, 0, depth - rowDepth)
  return after
}

@inline function isKey(p: usize, end: usize, node: usize): bool {
  if (v128.any_true(v128.and(v128.xor(v128.load(p), v128.load(node, NODE_PATTERN)), v128.load(node, NODE_MASK))))
    return false
  const bytes: usize = load<u32>(node, NODE_WRITTEN_BYTES)
  if (p + bytes >= end) return false
  return bytes < 16 || (load<u8>(p + bytes) == 34 && sameBytes(p, load<u32>(node, NODE_WRITTEN), bytes))
}

// A key from behind its opening quote: sets `child`, and `key` where it has none and may be a name.
function anyKey(p: usize, end: usize, node: usize): usize {
  child = node ? <usize>load<u32>(node, NODE_CHILDREN) : 0
  for (; child; child = load<u32>(child, NODE_SIBLING))
    if (isKey(p, end, child)) return p + load<u32>(child, NODE_WRITTEN_BYTES) + 1
  const after = skipString(p, end)
  if (!after) return 0
  key = p
  keyBytes = <u32>(after - 1 - p)
  if (!escaped) return after
  if (!unescapeKey()) return 0
  child = node ? <usize>load<u32>(node, NODE_CHILDREN) : 0
  for (; child; child = load<u32>(child, NODE_SIBLING))
    if (load<u32>(child, NODE_KEY_BYTES) == keyBytes && sameBytes(key, load<u32>(child, NODE_KEY), keyBytes)) return after
  blank(key, key + keyBytes)
  return after
}

function unescapeKey(): bool {
  if (<usize>keyBytes > room()) return broken(WHY_LIMIT) != 0
  const stop = unescape(key, key + keyBytes, free)
  key = free
  keyBytes = <u32>(stop - free)
  free = stop
  return true
}

// Readers may load words behind any text.
@inline function room(): usize {
  return codecScratchEnd - 64 - free
}

// An array on the way to a wanted place, from behind `[`. What else is in it is not wanted.
function elements(p: usize, end: usize, node: usize, depth: u32): usize {
  if (depth > DEEPEST) return broken(WHY_DEPTH)
  if (depth > DEEPEST_LEARNED) stopNoting()
  p = space(p, end)
  if (at(p, end) == 93) return p + 1
  const wasOpen = open
  open = false
  let wanted: usize = load<u32>(node, NODE_ELEMENTS)
  let index: u32 = 0
  while (true) {
    if (wanted && load<u32>(wanted, NODE_INDEX) == index) {
      p = value(p, end, wanted, depth)
      wanted = load<u32>(wanted, NODE_SIBLING)
    } else p = unwanted(p, end, depth)
    if (!p) return 0
    index++
    p = space(p, end)
    const byte = at(p, end)
    p++
    if (byte == 93) break
    if (byte != 44) return broken(WHY_SYNTAX)
    p = space(p, end)
  }
  open = wasOpen
  return p
}

// The value of a node: kept in it.
function value(p: usize, end: usize, node: usize, depth: u32): usize {
  if (load<u32>(node, NODE_FOUND)) {
    forget(node)
    stopNoting()
  }
  const byte = at(p, end)
  // Only on the way to a time, tag or message number: a number here is a sample like any other.
  if (open && !isWanted(node)) {
    if (byte != 123) stopNoting()
    if (byte != 123 && byte != 91) {
      key = load<u32>(node, NODE_KEY)
      keyBytes = load<u32>(node, NODE_KEY_BYTES)
      return openValue(p, end, depth)
    }
  }
  if (byte == 123 || (byte == 91 && load<u32>(node, NODE_ELEMENTS))) {
    if (isNoting() && roleOf(own, node) != ROLE_NONE) stopNoting()
    return container(p, end, node, depth, byte)
  }
  const after = leaf(p, end, node, depth, byte)
  if (isNoting()) noteValue(p, after, roleOf(own, node), node, 0, depth - rowDepth)
  return after
}

function container(p: usize, end: usize, node: usize, depth: u32, byte: u32): usize {
  if (byte == 91) {
    found(node, FOUND_ARRAY, p, p, p)
    store<u32>(node, 0, NODE_NUMBERS)
    return elements(p + 1, end, node, depth + 1)
  }
  found(node, FOUND_OBJECT, p, p, p)
  if (open) return openObject(p, end, node, load<u32>(node, NODE_KEY), load<u32>(node, NODE_KEY_BYTES), depth)
  if (load<u32>(node, NODE_CHILDREN)) return object(p + 1, end, node, depth + 1)
  stopNoting()
  return skipValue(p, end, depth)
}

function leaf(p: usize, end: usize, node: usize, depth: u32, byte: u32): usize {
  if (byte - 48 < 10 || byte == 45) {
    const number = parseNumber(p, end)
    if (!numberEnd) return broken(WHY_SYNTAX)
    store<f64>(node, number, NODE_VALUE)
    return found(node, FOUND_NUMBER, p, numberEnd, numberEnd)
  }
  if (byte == 34) return text(p + 1, end, node)
  if (byte == 91) {
    found(node, FOUND_ARRAY, p, p, p)
    const after: usize = direct ? 0 : readNumbers(p, end, node)
    if (after) return after
    store<u32>(node, 0, NODE_NUMBERS)
    return skipValue(p, end, depth)
  }
  const after = skipWord(p, end)
  if (!after) return 0
  store<f64>(node, byte == 116 ? 1 : 0, NODE_VALUE)
  return found(node, byte == 110 ? FOUND_NULL : FOUND_BOOLEAN, p, after, after)
}

function isWanted(node: usize): bool {
  if (load<u32>(node, NODE_TAG) != NONE || node == load<u32>(own, JSON_TIME) || node == load<u32>(own, JSON_SEQUENCE)) return true
  return node == load<u32>(own, JSON_RATE) || node == load<u32>(own, JSON_COUNTER)
}

@inline function found(node: usize, what: u32, start: usize, stop: usize, after: usize): usize {
  store<u32>(node, what, NODE_FOUND)
  store<u32>(node, <u32>start, NODE_TEXT)
  store<u32>(node, <u32>(stop - start), NODE_TEXT_BYTES)
  return after
}

// A key that came before: its earlier value and all that was below it is gone.
function forget(node: usize): void {
  const end: usize = load<u32>(node, NODE_END)
  for (; node < end; node += NODE_BYTES) store<u32>(node, FOUND_NOTHING, NODE_FOUND)
}

function text(p: usize, end: usize, node: usize): usize {
  const after = skipString(p, end)
  if (!after) return 0
  if (!escaped) return found(node, FOUND_TEXT, p, after - 1, after)
  if (after - p > room()) return broken(WHY_LIMIT)
  const start = free
  free = unescape(p, after - 1, free)
  return found(node, FOUND_TEXT, start, free, after)
}

// The value of a key that has no node, where every number is wanted.
function openValue(p: usize, end: usize, depth: u32): usize {
  const byte = at(p, end)
  if (byte == 123) return openObject(p, end, 0, key, keyBytes, depth)
  const name = key
  const bytes = keyBytes
  const after = openLeaf(p, end, depth, byte)
  if (isNoting()) noteNamed(p, after, codecScratch, prefixBytes, name, bytes, depth - rowDepth)
  return after
}

function openLeaf(p: usize, end: usize, depth: u32, byte: u32): usize {
  if (byte - 48 < 10 || byte == 45) {
    const number = parseNumber(p, end)
    if (!numberEnd) return broken(WHY_SYNTAX)
    return openSample(number, numberEnd)
  }
  if (byte == 116 || byte == 102) {
    const after = skipWord(p, end)
    return after ? openSample(byte == 116 ? 1 : 0, after) : 0
  }
  if (byte != 34 || !load<u32>(own, JSON_PARSE)) return skipValue(p, end, depth)
  const after = skipString(p + 1, end)
  if (!after || escaped || readText(p + 1, <u32>(after - p - 2), 0, 0) != TEXT_NUMBER) return after
  return openSample(textNumber, after)
}

function openSample(number: f64, after: usize): usize {
  if (++openSamples > MOST_SAMPLES) return broken(WHY_LIMIT)
  let name = key
  let bytes = keyBytes
  if (prefixBytes) {
    bytes += prefixBytes
    if (bytes <= LONGEST_NAME_BYTES) {
      if (<usize>bytes > room()) return broken(WHY_LIMIT)
      name = free
      memory.copy(name, codecScratch, prefixBytes)
      memory.copy(name + prefixBytes, key, keyBytes)
      free += bytes
    }
  }
  if (isFinite(number)) sampleNamed(name, bytes, number)
  else invalid()
  return after
}

// From its `{` on: the names in it begin with its own. A name that is too long is only counted on.
function openObject(p: usize, end: usize, node: usize, name: usize, bytes: u32, depth: u32): usize {
  const before = prefixBytes
  if (before + bytes < LONGEST_NAME_BYTES) {
    memory.copy(codecScratch + before, name, bytes)
    store<u8>(codecScratch + before + bytes, 95)
    prefixBytes = before + bytes + 1
  } else prefixBytes = LONGEST_NAME_BYTES + 1
  p = object(p + 1, end, node, depth + 1)
  prefixBytes = before
  return p
}

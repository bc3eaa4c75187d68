// InfluxDB's line protocol, a line a row: measurement and tags, fields, and a time that may be missing. A backslash takes
// its meaning from a comma, a blank or an equals sign behind it, else it is itself; in a string it stands before a quote or a
// backslash. What InfluxDB refuses is undecodable here, but that a number may be written loosely.
import { NONE, PROGRAM_OWN, WHY_LIMIT, WHY_SYNTAX } from '../layout'
import { LONGEST_KEY_BYTES, sameBytes } from '../table'
import {
  INFLUX_ALL_TAGS,
  INFLUX_FIRST,
  INFLUX_MEASUREMENT,
  INFLUX_NODES,
  INFLUX_NODES_END,
  INFLUX_OPEN,
  INFLUX_PARSE,
  INFLUX_SEQUENCE,
  INFLUX_TAGS,
  INFLUX_TAGS_LENGTH,
  INFLUX_TIMED,
  WANTED_BYTES,
  WANTED_NAME,
  WANTED_NAME_BYTES,
  WANTED_TAG,
} from './influx-layout'
import {
  FOUND_BOOLEAN,
  FOUND_NOTHING,
  FOUND_NULL,
  FOUND_NUMBER,
  FOUND_TEXT,
  NODE_BYTES,
  NODE_FIELD,
  NODE_FOUND,
  NODE_KEY,
  NODE_KEY_BYTES,
  NODE_MASK,
  NODE_NEXT,
  NODE_PATTERN,
  NODE_TEXT,
  NODE_TEXT_BYTES,
  NODE_VALUE,
  NODE_WRITTEN,
  NODE_WRITTEN_BYTES,
} from './json-layout'
import { takeField, takeSequence } from './json-row'
import { blank as blankControls } from './json-text'
import { numberEnd, parseLooseNumber } from './number'
import {
  badTime,
  beginRow,
  codecScratch,
  codecScratchEnd,
  endRow,
  filtered,
  furtherTags,
  hasTag,
  invalid,
  LONGEST_NAME_BYTES,
  MOST_SAMPLES,
  program,
  refuseTags,
  sampleNamed,
  setTime,
  tag,
} from './output'
import { isNull, readText, TEXT_NUMBER, textNumber } from './text'
import { parseTimeText, timeWhy, wholeTime } from './time'
import { isUtf8 } from './utf8'

const COMMA: u32 = 44
const EQUALS: u32 = 61
const BLANK: u32 = 32
const QUOTE: u32 = 34
const BACKSLASH: u32 = 92

/// Most tags of a line besides those that have a place of their own.
const MOST_FURTHER: u32 = 64
// Scratch: records of the further tags (u32 name, bytes, value, bytes), their names and values joined, what was unescaped.
const FURTHER_BYTES: usize = 16
const JOINED: usize = 1024
const UNESCAPED: usize = 8192

let own: usize = 0
let why: u32 = 0
let free: usize = 0
let further: u32 = 0
let tagBytes: u32 = 0

// The token read last: its text, without escapes.
let text: usize = 0
let textBytes: u32 = 0

/// Reads a line without its line break. 0 = it was read (a comment: nothing is in it), else why it is undecodable.
export function influxLine(p: usize, end: usize): u32 {
  own = load<u32>(program, PROGRAM_OWN)
  beginRow()
  p = blanks(p, end)
  if (p == end || load<u8>(p) == 35) return 0
  why = WHY_SYNTAX
  free = codecScratch + UNESCAPED
  p = head(p, end)
  if (!p) return why
  p = fields(blanks(p, end), end)
  if (!p) return why
  p = blanks(p, end)
  if (p < end && !moment(p, end)) return why
  take()
  return 0
}

@inline function blanks(p: usize, end: usize): usize {
  while (p < end && (load<u8>(p) == 32 || load<u8>(p) == 9)) p++
  return p
}

// Measurement and tags, to behind the last; 0 = broken.
function head(p: usize, end: usize): usize {
  further = 0
  tagBytes = 0
  p = token(p, end, false)
  if (!p || !textBytes) return 0
  const measurement = load<u32>(own, INFLUX_MEASUREMENT)
  if (measurement != NONE) putTag(measurement)
  while (p < end && load<u8>(p) == COMMA) {
    p = token(p + 1, end, true)
    if (!p || !textBytes || p == end || load<u8>(p) != EQUALS) return 0
    const name = text
    const nameBytes = textBytes
    p = token(p + 1, end, true)
    if (!p || !textBytes || (p < end && load<u8>(p) == EQUALS)) return 0
    const index = placeOf(name, nameBytes)
    if (index != NONE) {
      if (hasTag(index)) return 0
      putTag(index)
    } else if (load<u32>(own, INFLUX_ALL_TAGS) && !addFurther(name, nameBytes)) return 0
  }
  if (further && !joinFurther()) return 0
  if (tagBytes > LONGEST_KEY_BYTES) return broken(WHY_LIMIT)
  return p
}

function broken(reason: u32): usize {
  why = reason
  return 0
}

function putTag(index: u32): void {
  tag(index, text, textBytes)
  tagBytes += textBytes + 1
}

// The tag's own place, or NONE.
function placeOf(name: usize, bytes: u32): u32 {
  let wanted: usize = load<u32>(own, INFLUX_TAGS)
  for (let left = load<u32>(own, INFLUX_TAGS_LENGTH); left; left--, wanted += WANTED_BYTES)
    if (load<u32>(wanted, WANTED_NAME_BYTES) == bytes && sameBytes(load<u32>(wanted, WANTED_NAME), name, bytes))
      return load<u32>(wanted, WANTED_TAG)
  return NONE
}

// A further tag, sorted in by its name, so that tags in any order make one series.
function addFurther(name: usize, bytes: u32): bool {
  if (further == MOST_FURTHER) return broken(WHY_LIMIT) != 0
  let at = codecScratch + <usize>further * FURTHER_BYTES
  for (; at > codecScratch; at -= FURTHER_BYTES) {
    const before = at - FURTHER_BYTES
    const order = compare(load<u32>(before), load<u32>(before, 4), name, bytes)
    if (order == 0) return false
    if (order < 0) break
    v128.store(at, v128.load(before))
  }
  store<u32>(at, <u32>name)
  store<u32>(at, bytes, 4)
  store<u32>(at, <u32>text, 8)
  store<u32>(at, textBytes, 12)
  further++
  if (bytes > LONGEST_NAME_BYTES || textBytes > LONGEST_NAME_BYTES || !isUtf8(name, bytes) || !isUtf8(text, textBytes)) refuseTags()
  tagBytes += bytes + textBytes + 2
  return true
}

function compare(a: usize, aBytes: u32, b: usize, bBytes: u32): i32 {
  const aEnd = a + aBytes
  const bEnd = b + bBytes
  for (; a < aEnd && b < bEnd; a++, b++) {
    const difference = <i32>load<u8>(a) - <i32>load<u8>(b)
    if (difference) return difference
  }
  return <i32>aBytes - <i32>bBytes
}

function joinFurther(): bool {
  if (tagBytes > LONGEST_KEY_BYTES) return broken(WHY_LIMIT) != 0
  const start = codecScratch + JOINED
  let to = start
  const end = codecScratch + <usize>further * FURTHER_BYTES
  for (let at = codecScratch; at < end; at += FURTHER_BYTES) {
    to = join(load<u32>(at), load<u32>(at, 4), to)
    to = join(load<u32>(at, 8), load<u32>(at, 12), to)
  }
  furtherTags(start, <u32>(to - start - 1))
  return true
}

// Control characters become blanks; 0x1f goes behind.
@inline function join(from: usize, bytes: u32, to: usize): usize {
  const blank = i8x16.splat(32)
  for (let done: usize = 0; done < bytes; done += 16) {
    const part = v128.load(from + done)
    v128.store(to + done, v128.bitselect(blank, part, i8x16.lt_u(part, blank)))
  }
  to += bytes
  store<u8>(to, 0x1f)
  return to + 1
}

// To the next comma, blank or, where it counts, equals sign that no backslash stands before, or the end. 0 = no room.
@inline function token(p: usize, end: usize, equals: bool): usize {
  const stop = tokenEnd(p, end, equals)
  text = p
  textBytes = <u32>(stop - p)
  return hasEscapes ? unescaped(p, stop, equals) : stop
}

let hasEscapes: bool = false

function tokenEnd(p: usize, end: usize, equals: bool): usize {
  const comma = i8x16.splat(44)
  const blank = i8x16.splat(32)
  const equal = i8x16.splat(equals ? 61 : 44)
  const backslash = i8x16.splat(92)
  hasEscapes = false
  while (p < end) {
    const part = v128.load(p)
    const stops = i8x16.bitmask(
      v128.or(v128.or(i8x16.eq(part, comma), i8x16.eq(part, blank)), v128.or(i8x16.eq(part, equal), i8x16.eq(part, backslash))),
    )
    if (!stops) {
      p += 16
      continue
    }
    p += <usize>ctz(stops)
    if (p >= end) break
    if (load<u8>(p) != BACKSLASH) return p
    if (p + 1 < end && isEscapable(load<u8>(p, 1), equals)) {
      hasEscapes = true
      p++
    }
    p++
  }
  return end
}

@inline function isEscapable(byte: u32, equals: bool): bool {
  return byte == COMMA || byte == BLANK || (equals && byte == EQUALS)
}

function unescaped(p: usize, stop: usize, equals: bool): usize {
  if (!hasRoom(stop - p)) return broken(WHY_LIMIT)
  text = free
  for (; p < stop; p++) {
    if (load<u8>(p) == BACKSLASH && p + 1 < stop && isEscapable(load<u8>(p, 1), equals)) p++
    store<u8>(free, load<u8>(p))
    free++
  }
  textBytes = <u32>(free - text)
  return stop
}

// Readers may load words behind any text.
@inline function hasRoom(bytes: usize): bool {
  return bytes <= codecScratchEnd - 64 - free
}

// The fields, to behind the last value; 0 = broken. Keys mostly come in the same order from line to line.
function fields(p: usize, end: usize): usize {
  const open = load<u32>(own, INFLUX_OPEN) != 0
  const nodesEnd: usize = load<u32>(own, INFLUX_NODES_END)
  for (let node: usize = load<u32>(own, INFLUX_NODES); node < nodesEnd; node += NODE_BYTES)
    store<u32>(node, FOUND_NOTHING, NODE_FOUND)
  let learn = own + INFLUX_FIRST
  let samples: u32 = 0
  while (true) {
    const expected: usize = load<u32>(learn)
    let node: usize = 0
    if (expected && isKey(p, end, expected)) {
      node = expected
      p += load<u32>(node, NODE_WRITTEN_BYTES)
    } else {
      p = token(p, end, true)
      if (!p || !textBytes || p == end || load<u8>(p) != EQUALS) return 0
      p++
      node = nodeOf(text, textBytes)
      if (node) store<u32>(learn, <u32>node)
    }
    if (node) {
      learn = node + NODE_NEXT
      p = value(p, end, node)
    } else if (!open) p = value(p, end, 0)
    else {
      if (++samples > MOST_SAMPLES) return broken(WHY_LIMIT)
      p = named(p, end)
    }
    if (!p) return 0
    if (p == end) return p
    const after = <u32>load<u8>(p)
    if (after == BLANK) return p
    if (after != COMMA) return 0
    p++
  }
}

@inline function isKey(p: usize, end: usize, node: usize): bool {
  if (v128.any_true(v128.and(v128.xor(v128.load(p), v128.load(node, NODE_PATTERN)), v128.load(node, NODE_MASK))))
    return false
  const bytes: usize = load<u32>(node, NODE_WRITTEN_BYTES)
  return p + bytes <= end && (bytes <= 16 || sameBytes(p, load<u32>(node, NODE_WRITTEN), bytes))
}

function nodeOf(key: usize, bytes: u32): usize {
  const end: usize = load<u32>(own, INFLUX_NODES_END)
  for (let node: usize = load<u32>(own, INFLUX_NODES); node < end; node += NODE_BYTES)
    if (load<u32>(node, NODE_KEY_BYTES) == bytes && sameBytes(load<u32>(node, NODE_KEY), key, bytes)) return node
  return 0
}

// What `scalar` found: FOUND_*, a number's or boolean's value, or a string's text.
let what: u32 = 0
let number: f64 = 0

// A value, kept in the node if there is one.
function value(p: usize, end: usize, node: usize): usize {
  const after = scalar(p, end, node != 0)
  if (!after || !node) return after
  store<u32>(node, what, NODE_FOUND)
  store<f64>(node, number, NODE_VALUE)
  store<u32>(node, <u32>text, NODE_TEXT)
  store<u32>(node, textBytes, NODE_TEXT_BYTES)
  return after
}

// The value of a field that was not declared, where every number is wanted.
function named(p: usize, end: usize): usize {
  const bytes = textBytes
  const name = withoutControls(text, bytes)
  if (!name) return 0
  const after = scalar(p, end, load<u32>(own, INFLUX_PARSE) != 0)
  if (!after) return 0
  if (what == FOUND_NULL) filtered()
  else if (what == FOUND_TEXT) {
    if (load<u32>(own, INFLUX_PARSE) && readText(text, textBytes, 0, 0) == TEXT_NUMBER) sampleNamed(name, bytes, textNumber)
  } else if (isFinite(number)) sampleNamed(name, bytes, number)
  else invalid()
  return after
}

// The name, or a copy with blanks in place of control characters; 0: no room for it.
function withoutControls(name: usize, bytes: u32): usize {
  const blank = i8x16.splat(32)
  let controls: u32 = 0
  for (let done: u32 = 0; done < bytes; done += 16) {
    const found = i8x16.bitmask(i8x16.lt_u(v128.load(name + done), blank))
    controls |= bytes - done < 16 ? found & ((1 << (bytes - done)) - 1) : found
  }
  if (!controls) return name
  if (!hasRoom(bytes)) return broken(WHY_LIMIT)
  const copy = free
  memory.copy(copy, name, bytes)
  blankControls(copy, copy + bytes)
  free += bytes
  return copy
}

// A value to behind it; 0 = broken. `wanted`: a string's text is, too.
function scalar(p: usize, end: usize, wanted: bool): usize {
  if (p == end) return 0
  const byte = <u32>load<u8>(p)
  if (byte == QUOTE) return quoted(p + 1, end, wanted)
  number = parseLooseNumber(p, end)
  if (numberEnd) {
    what = FOUND_NUMBER
    const after = numberEnd
    if (after < end) {
      const suffix = <u32>load<u8>(after)
      if (suffix == 105 || suffix == 117) return whole(p, after, suffix == 117)
    }
    return after
  }
  return word(p, end)
}

// An integer of 64 bits, signed or not; `stop` is at its suffix. What is beyond them is no number that can be read.
function whole(p: usize, stop: usize, unsigned: bool): usize {
  if (load<u8>(p) == 45) {
    if (unsigned) return 0
    p++
  }
  for (; p < stop; p++) if (<u32>load<u8>(p) - 48 > 9) return 0
  if (!(Math.abs(number) <= (unsigned ? 18446744073709551616.0 : 9223372036854775808.0))) number = NaN
  return stop + 1
}

// A boolean, or a word that says that there is none.
function word(p: usize, end: usize): usize {
  let stop = p
  while (stop < end && load<u8>(stop) != COMMA && load<u8>(stop) != BLANK) stop++
  const bytes = <u32>(stop - p)
  const first = <u32>load<u8>(p)
  what = FOUND_BOOLEAN
  number = (first | 0x20) == 116 ? 1 : 0
  if (bytes == 1 && ((first | 0x20) == 116 || (first | 0x20) == 102)) return stop
  const four = load<u32>(p)
  // true, True, TRUE; false, False, FALSE
  if (bytes == 4 && (four == 0x65757274 || four == 0x65757254 || four == 0x45555254)) return stop
  if (bytes == 5) {
    const last = <u32>load<u8>(p, 4)
    if (((four == 0x736c6166 || four == 0x736c6146) && last == 101) || (four == 0x534c4146 && last == 69)) return stop
  }
  what = FOUND_NULL
  return bytes && isNull(p, bytes) ? stop : 0
}

// A string from behind its opening quote to behind its closing one.
function quoted(p: usize, end: usize, wanted: bool): usize {
  const quote = i8x16.splat(34)
  const backslash = i8x16.splat(92)
  const start = p
  let escapes: u32 = 0
  while (p < end) {
    const part = v128.load(p)
    const stops = i8x16.bitmask(v128.or(i8x16.eq(part, quote), i8x16.eq(part, backslash)))
    if (!stops) {
      p += 16
      continue
    }
    p += <usize>ctz(stops)
    if (p >= end) return 0
    if (load<u8>(p) == QUOTE) break
    const next: u32 = p + 1 < end ? <u32>load<u8>(p, 1) : 0
    const isEscape = next == QUOTE || next == BACKSLASH
    escapes += <u32>isEscape
    p += <usize>isEscape + 1
  }
  if (p >= end) return 0
  what = FOUND_TEXT
  text = start
  textBytes = <u32>(p - start)
  if (!escapes || !wanted) return p + 1
  if (!hasRoom(p - start)) return broken(WHY_LIMIT)
  text = free
  for (let from = start; from < p; from++) {
    if (load<u8>(from) == BACKSLASH && (load<u8>(from, 1) == QUOTE || load<u8>(from, 1) == BACKSLASH)) from++
    store<u8>(free, load<u8>(from))
    free++
  }
  textBytes = <u32>(free - text)
  return p + 1
}

// The line's time, from its first character to the end. False: it is none.
function moment(p: usize, end: usize): bool {
  const timed = load<u32>(own, INFLUX_TIMED) != 0
  const us: u64 = timed ? wholeTime(program, p, end) : 0
  if (us && numberEnd == end) {
    setTime(<f64>us)
    return true
  }
  let stop = end
  while (load<u8>(stop - 1) == 32 || load<u8>(stop - 1) == 9) stop--
  let digits = p + <usize>(load<u8>(p) == 45)
  if (digits == stop) return false
  for (; digits < stop; digits++) if (<u32>load<u8>(digits) - 48 > 9) return false
  if (!timed) return true
  const time = parseTimeText(program, p, stop)
  if (isNaN(time)) badTime(timeWhy)
  else setTime(time)
  return true
}

// What was found of the row, handed on.
function take(): void {
  const sequence: usize = load<u32>(own, INFLUX_SEQUENCE)
  if (sequence) takeSequence(sequence)
  const nodesEnd: usize = load<u32>(own, INFLUX_NODES_END)
  for (let node: usize = load<u32>(own, INFLUX_NODES); node < nodesEnd; node += NODE_BYTES) {
    const found = load<u32>(node, NODE_FOUND)
    if (found && load<u32>(node, NODE_FIELD) != NONE) takeField(node, load<u32>(node, NODE_FIELD), found)
  }
  endRow()
}

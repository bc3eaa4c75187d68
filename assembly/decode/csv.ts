// Delimiter-separated values, a line a row. Quotes as in RFC 4180, but a line break ends the row even inside them;
// blanks around a cell don't count. Missing cells are empty ones, further ones are ignored.
import {
  CHANNEL_LAYOUT,
  FIELD_BYTES,
  FIELD_MAP,
  FIELD_MAP_LENGTH,
  PROGRAM_FIELD_LIST,
  PROGRAM_OWN,
  SLACK_BYTES,
  WHY_LIMIT,
  WHY_SYNTAX,
} from '../layout'
import {
  COLUMN_BYTES,
  COLUMN_FIELD,
  COLUMN_INDEX,
  COLUMN_KIND,
  COLUMN_NAME,
  COLUMN_NAME_BYTES,
  COLUMN_SEQUENCE,
  COLUMN_TAG,
  COLUMN_TIME,
  COLUMN_UNDECLARED,
  CSV_COMMENT,
  CSV_DELIMITER,
  CSV_LAYOUT,
  LAYOUT_COLUMNS,
  LAYOUT_LIST,
} from './csv-layout'
import { numberEnd, parseLooseNumber } from './number'
import {
  badTime,
  beginRow,
  channel,
  codecScratch,
  codecScratchEnd,
  endRow,
  filtered,
  invalid,
  program,
  sample,
  sampleNamed,
  setSequence,
  setTime,
  tag,
} from './output'
import { isNull, readText, TEXT_NULL, TEXT_NUMBER, textNumber } from './text'
import { parseTimeText, timeWhy } from './time'

const QUOTE: u32 = 34

// The cell read last: its content (unquoted, trimmed) and where the line goes on: at a delimiter or the end.
let text: usize = 0
let textBytes: u32 = 0
let cellEnd: usize = 0
let unescaped: usize = 0 // next free byte of the scratch

/// Whether this line is the channel's header, which the host must read before csvLine can read those after it.
export function csvNeedsHeader(start: usize, end: usize): bool {
  const own = <usize>load<u32>(program, PROGRAM_OWN)
  return load<u32>(own, CSV_LAYOUT) == 0 && load<u32>(channel, CHANNEL_LAYOUT) == 0 && !isComment(own, start, end)
}

/// Reads a line without its line break. 0 = it was read (a comment: nothing is in it), else why it is undecodable.
export function csvLine(start: usize, end: usize): u32 {
  const own = <usize>load<u32>(program, PROGRAM_OWN)
  beginRow()
  if (isComment(own, start, end)) return 0
  const delimiter = load<u32>(own, CSV_DELIMITER)
  const common = load<u32>(own, CSV_LAYOUT)
  const layout = <usize>(common ? common : load<u32>(channel, CHANNEL_LAYOUT))
  unescaped = codecScratch
  let p = start
  let column = layout + LAYOUT_LIST
  for (let left = load<u32>(layout, LAYOUT_COLUMNS); left; left--, column += COLUMN_BYTES) {
    const kind = load<u32>(column, COLUMN_KIND)
    p = skipBlanks(p, end, delimiter)
    if (kind == COLUMN_UNDECLARED || (kind == COLUMN_FIELD && load<u32>(fieldOf(column), FIELD_MAP_LENGTH) == 0)) {
      const value = parseLooseNumber(p, end)
      if (numberEnd) {
        const after = skipBlanks(numberEnd, end, delimiter)
        if (after == end || load<u8>(after) == delimiter) {
          put(kind, column, value)
          p = after + <usize>(after < end)
          continue
        }
      }
    }
    const why = readCell(p, end, delimiter)
    if (why) return why
    p = cellEnd + <usize>(cellEnd < end)
    if (kind == COLUMN_FIELD || kind == COLUMN_UNDECLARED) putText(kind, column)
    else if (kind == COLUMN_TAG) tag(load<u32>(column, COLUMN_INDEX), text, textBytes)
    else if (kind == COLUMN_SEQUENCE) setSequence(readText(text, textBytes, 0, 0) == TEXT_NUMBER ? textNumber : NaN)
    else if (kind == COLUMN_TIME && !isNull(text, textBytes)) {
      const time = parseTimeText(program, text, text + textBytes)
      if (isNaN(time)) badTime(timeWhy)
      else setTime(time)
    }
  }
  endRow()
  return 0
}

function isComment(own: usize, start: usize, end: usize): bool {
  const comment = load<u32>(own, CSV_COMMENT)
  return comment != 0 && start < end && load<u8>(start) == comment
}

function put(kind: u32, column: usize, value: f64): void {
  if (!isFinite(value)) invalid()
  else if (kind == COLUMN_FIELD) sample(load<u32>(column, COLUMN_INDEX), value)
  else sampleNamed(load<u32>(column, COLUMN_NAME), load<u32>(column, COLUMN_NAME_BYTES), value)
}

function fieldOf(column: usize): usize {
  return <usize>load<u32>(program, PROGRAM_FIELD_LIST) + <usize>load<u32>(column, COLUMN_INDEX) * FIELD_BYTES
}

// Text in an undeclared column is no value that anyone wants.
function putText(kind: u32, column: usize): void {
  let map: usize = 0
  let mapLength: u32 = 0
  if (kind == COLUMN_FIELD) {
    const field = fieldOf(column)
    map = load<u32>(field, FIELD_MAP)
    mapLength = load<u32>(field, FIELD_MAP_LENGTH)
  }
  const what = readText(text, textBytes, map, mapLength)
  if (what == TEXT_NUMBER) put(kind, column, textNumber)
  else if (what == TEXT_NULL) filtered()
  else if (kind == COLUMN_FIELD) invalid()
}

function skipBlanks(p: usize, end: usize, delimiter: u32): usize {
  while (p < end) {
    const byte = <u32>load<u8>(p)
    if ((byte != 32 && byte != 9) || byte == delimiter) break
    p++
  }
  return p
}

function readCell(p: usize, end: usize, delimiter: u32): u32 {
  if (p < end && load<u8>(p) == QUOTE) return readQuoted(p + 1, end, delimiter)
  text = p
  cellEnd = find(p, end, delimiter)
  let last = cellEnd
  while (last > p && (load<u8>(last - 1) == 32 || load<u8>(last - 1) == 9)) last--
  textBytes = <u32>(last - p)
  return 0
}

// `p` is behind the opening quote. A doubled quote stands for one; the content is then put together in the scratch.
function readQuoted(p: usize, end: usize, delimiter: u32): u32 {
  const start = p
  let quotes: u32 = 0
  for (;;) {
    p = find(p, end, QUOTE)
    if (p == end) return WHY_SYNTAX
    if (p + 1 == end || load<u8>(p, 1) != QUOTE) break
    quotes++
    p += 2
  }
  cellEnd = skipBlanks(p + 1, end, delimiter)
  if (cellEnd < end && load<u8>(cellEnd) != delimiter) return WHY_SYNTAX
  text = start
  textBytes = <u32>(p - start)
  if (quotes == 0) return 0
  if (p - start + SLACK_BYTES > codecScratchEnd - unescaped) return WHY_LIMIT
  text = unescaped
  for (let from = start; from < p; from++) {
    const byte = load<u8>(from)
    store<u8>(unescaped++, byte)
    from += <usize>(byte == QUOTE)
  }
  textBytes -= quotes
  return 0
}

/// Address of the first such byte, or the end.
export function find(p: usize, end: usize, byte: u32): usize {
  const wanted = i8x16.splat(<i8>byte)
  for (; p < end; p += 16) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(p), wanted))
    if (found) {
      p += <usize>ctz(found)
      return p < end ? p : end
    }
  }
  return end
}

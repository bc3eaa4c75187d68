// Blocks of frames → columns of samples: one call per block. See README.md, "Decode".
import { bridgePayload } from './decode/bridge'
import { csvLine, csvNeedsHeader } from './decode/csv'
import { csvQuick } from './decode/csv-quick'
import {
  beginFrameRows,
  closeColumns,
  frameRows,
  keptRows,
  openColumns,
  overflow,
  takeBack,
} from './decode/columns'
import { influxLine } from './decode/influx'
import { jsonPayload } from './decode/json'
import { jsonQuick } from './decode/json-quick'
import { numberPayload } from './decode/number-codec'
import { structPayload } from './decode/struct'
import { setConstants } from './decode/number'
import {
  beginFrameSamples,
  frameFiltered,
  frameInvalid,
  frameRejected,
  frameTimeWhy,
  openChannel,
  openOutput,
  program,
  stop,
} from './decode/output'
import { frameMissing, takeBackSequences } from './decode/sequence'
import {
  BAD_BYTES,
  BAD_CHANNEL,
  BAD_PAYLOAD,
  BAD_PAYLOAD_BYTES,
  BAD_RECORDS,
  BAD_WHY,
  CHANNEL_BYTES,
  CODEC_BRIDGE,
  CODEC_CSV,
  CODEC_INFLUX,
  CODEC_JSON,
  CODEC_STRUCT,
  COUNT_FRAMES_DECODED,
  COUNT_FRAMES_FILTERED,
  COUNT_FRAMES_IN,
  COUNT_FRAMES_UNDECODABLE,
  COUNT_SAMPLES_DECODED,
  COUNT_SAMPLES_FILTERED,
  COUNT_SAMPLES_INVALID,
  COUNT_SAMPLES_REJECTED,
  DECODE_BAD,
  DECODE_CHANNELS,
  DECODE_COLUMNS,
  DECODE_CONSTANTS,
  DECODE_COUNTS,
  DECODE_END,
  DECODE_FRAME,
  DECODE_KEY,
  DECODE_KEY_BYTES,
  DECODE_KEY_PREFIX,
  DECODE_LINE,
  DECODE_MISSING,
  DECODE_SKIP,
  FLAG_LINES,
  FRAME_ARRIVAL,
  FRAME_BYTES,
  FRAME_CHANNEL,
  FRAME_FLAGS,
  FRAME_PAYLOAD_BYTES,
  PROGRAM_CODEC,
  STOP_DONE,
  STOP_FULL,
  STOP_HEADER,
} from './layout'

export { cameBefore, remember } from './ids'
export { insert, lookup, remove } from './table'

let registers: usize = 0
let channelIndex: u32 = 0
let soon: u32 = 0

/// Reads frames from DECODE_FRAME on into the columns; STOP_DONE at the block's end, else why the host has to act.
export function decode(address: usize): u32 {
  registers = address
  setConstants(load<u32>(address, DECODE_CONSTANTS))
  openOutput(address)
  openColumns(load<u32>(address, DECODE_COLUMNS))
  const end: usize = load<u32>(address, DECODE_END)
  const channels: usize = load<u32>(address, DECODE_CHANNELS)
  let frame: usize = load<u32>(address, DECODE_FRAME)
  let reason = STOP_DONE
  while (frame < end) {
    const payload = frame + FRAME_BYTES
    const bytes: usize = load<u32>(frame, FRAME_PAYLOAD_BYTES)
    const next = payload + ((bytes + 7) & ~7)
    // Thousands of channels are in no cache: the next one comes while this frame is read. Nobody reads what it says.
    if (next < end) soon = load<u32>(channels + <usize>load<u32>(next, FRAME_CHANNEL) * CHANNEL_BYTES)
    channelIndex = load<u32>(frame, FRAME_CHANNEL)
    openChannel(channelIndex, load<f64>(frame, FRAME_ARRIVAL))
    const isLines = (load<u32>(frame, FRAME_FLAGS) & FLAG_LINES) != 0
    const codec = load<u32>(program, PROGRAM_CODEC)
    if (isLines || codec == CODEC_CSV || codec == CODEC_INFLUX) reason = readLines(payload, payload + bytes, isLines)
    else reason = readFrame(payload, payload + bytes)
    if (reason) break
    frame = next
  }
  store<u32>(address, <u32>frame, DECODE_FRAME)
  closeColumns()
  return reason
}

// The lines of a frame from DECODE_LINE on, each a frame of its own. A message of CSV or line protocol was counted as one frame by the host.
function readLines(start: usize, end: usize, isLines: bool): u32 {
  let line: usize = load<u32>(registers, DECODE_LINE)
  if (!line) {
    line = start
    if (!isLines) count(COUNT_FRAMES_IN, -1)
    if (!isLines && !hasLine(start, end)) {
      count(COUNT_FRAMES_IN, 1)
      count(COUNT_FRAMES_FILTERED, 1)
    }
  }
  const isCsv = load<u32>(program, PROGRAM_CODEC) == CODEC_CSV
  while (line < end) {
    const next = nextLine(line, end)
    const textEnd = lineEnd
    if (textEnd > line) {
      if (isCsv && csvNeedsHeader(line, textEnd)) {
        store<u32>(registers, <u32>next, DECODE_LINE)
        return stopForHeader(line, textEnd)
      }
      const reason = readFrame(line, textEnd)
      if (reason) {
        store<u32>(registers, <u32>line, DECODE_LINE)
        return reason
      }
      count(COUNT_FRAMES_IN, 1)
    }
    line = next
  }
  store<u32>(registers, 0, DECODE_LINE)
  return STOP_DONE
}

function hasLine(p: usize, end: usize): bool {
  for (; p < end; p++) if (load<u8>(p) != 10 && load<u8>(p) != 13) return true
  return false
}

// The line is passed over and counted filtered.
function stopForHeader(line: usize, end: usize): u32 {
  store<u32>(registers, <u32>line, DECODE_KEY)
  store<u32>(registers, <u32>(end - line), DECODE_KEY_BYTES)
  store<u32>(registers, channelIndex, DECODE_KEY_PREFIX)
  count(COUNT_FRAMES_IN, 1)
  count(COUNT_FRAMES_FILTERED, 1)
  return STOP_HEADER
}

let lineEnd: usize = 0

// Address of the line after this one, and `lineEnd` where this one's text ends.
function nextLine(line: usize, end: usize): usize {
  const feed = i8x16.splat(10)
  let p = line
  let next = end
  for (; p < end; p += 16) {
    const feeds = i8x16.bitmask(i8x16.eq(v128.load(p), feed))
    if (!feeds) continue
    p += <usize>ctz(feeds)
    if (p < end) next = p + 1
    break
  }
  lineEnd = p < end ? p : end
  if (lineEnd > line && load<u8>(lineEnd - 1) == 13) lineEnd--
  return next
}

// One frame or line: all of it or, but for what is handed over in pieces, nothing.
function readFrame(start: usize, end: usize): u32 {
  const skip = load<u32>(registers, DECODE_SKIP)
  if (!skip) {
    const codec = load<u32>(program, PROGRAM_CODEC)
    const rows: u32 = codec == CODEC_JSON ? jsonQuick(start, end) : codec == CODEC_CSV ? csvQuick(start, end) : 0
    if (rows) {
      count(COUNT_FRAMES_DECODED, 1)
      count(COUNT_SAMPLES_DECODED, rows)
      return STOP_DONE
    }
  }
  beginFrameRows(skip, start)
  beginFrameSamples()
  const why = readPayload(start, end)
  // Counted once: in the call that ends the frame.
  if (stop || why || overflow) takeBackSequences()
  if (stop) {
    takeBack()
    return stop
  }
  if (!why && overflow) {
    store<u32>(registers, skip + keptRows(), DECODE_SKIP)
    return STOP_FULL
  }
  store<u32>(registers, 0, DECODE_SKIP)
  if (why) {
    takeBack()
    count(COUNT_FRAMES_UNDECODABLE, 1)
    note(start, end, why)
    return STOP_DONE
  }
  store<f64>(registers, load<f64>(registers, DECODE_MISSING) + frameMissing, DECODE_MISSING)
  if (frameTimeWhy) note(start, end, frameTimeWhy)
  const unread = frameInvalid + frameRejected
  if (!frameRows && !unread) {
    count(COUNT_FRAMES_FILTERED, 1)
    return STOP_DONE
  }
  count(COUNT_FRAMES_DECODED, 1)
  count(COUNT_SAMPLES_DECODED, frameRows + unread + frameFiltered)
  count(COUNT_SAMPLES_INVALID, frameInvalid)
  count(COUNT_SAMPLES_FILTERED, frameFiltered)
  count(COUNT_SAMPLES_REJECTED, frameRejected)
  return STOP_DONE
}

function readPayload(start: usize, end: usize): u32 {
  const codec = load<u32>(program, PROGRAM_CODEC)
  if (codec == CODEC_JSON) return jsonPayload(start, end)
  if (codec == CODEC_CSV) return csvLine(start, end)
  if (codec == CODEC_INFLUX) return influxLine(start, end)
  if (codec == CODEC_BRIDGE) return bridgePayload(start, end)
  if (codec == CODEC_STRUCT) return structPayload(start, end)
  return numberPayload(start, end)
}

@inline function count(which: u32, n: i32): void {
  const at = registers + DECODE_COUNTS + ((<usize>which) << 3)
  if (n) store<f64>(at, load<f64>(at) + <f64>n)
}

// The first few since the host cleared them.
function note(start: usize, end: usize, why: u32): void {
  let at = registers + DECODE_BAD
  const listEnd = at + BAD_RECORDS * BAD_BYTES
  while (at < listEnd && load<u32>(at, BAD_PAYLOAD)) at += BAD_BYTES
  if (at == listEnd) return
  store<u32>(at, <u32>start, BAD_PAYLOAD)
  store<u32>(at, <u32>(end - start), BAD_PAYLOAD_BYTES)
  store<u32>(at, channelIndex, BAD_CHANNEL)
  store<u32>(at, why, BAD_WHY)
}

// The seam between codecs and columns: a codec says what it finds in a row, this file finds device and series.
//
// A codec's entry is `name(start: usize, end: usize): u32`: 0 = the payload was read, else why it is undecodable (WHY_*).
// Between them it calls beginRow ... endRow for each row. Where endRow (or openSeries, element) returns false it
// returns at once, with whatever value: the driver looks at `stop` first. Addresses given to sampleNamed and tag
// must stay valid until endRow and have slack behind them.
import {
  CHANNEL_BYTES,
  CHANNEL_DEVICE,
  CHANNEL_FIELD,
  CHANNEL_FIELD_BYTES,
  CHANNEL_PROGRAM,
  CHANNEL_SERIES,
  DECODE_CHANNELS,
  DECODE_CLOSED,
  DECODE_DEVICE_TABLE,
  DECODE_DEVICES,
  DECODE_KEY,
  DECODE_KEY_BYTES,
  DECODE_KEY_PREFIX,
  DECODE_SCRATCH,
  DECODE_SERIES_TABLE,
  DEVICE_BYTES,
  FIELD_BYTES,
  FIELD_NAME,
  FIELD_NAME_BYTES,
  NONE,
  PROGRAM_FIELD_LIST,
  PROGRAM_FIELDS,
  PROGRAM_SEQUENCE,
  PROGRAM_TAGS,
  PROGRAM_TIME_MISSING,
  PROGRAM_TIME_UNIT,
  REJECTED,
  SCRATCH_BYTES,
  STOP_DEVICE,
  STOP_DONE,
  STOP_FULL,
  STOP_SERIES,
  TIME_ARRIVAL,
  TIME_CLOCK,
  WHY_INVALID_TIME,
  WHY_NO_TIME,
} from '../layout'
import { isFull, lookup } from '../table'
import { append, appendKnown, appendRun, appendToRun, arrival, beginClock, endClock, endRun, hasRoom, overflow, setArrival, setDuplicate, takeBackRows } from './columns'
import { beginSequences, isDuplicate, openSequences, SEQUENCE_LIST_BYTES } from './sequence'
import { isUtf8 } from './utf8'

export { arrival, endRun } from './columns'

/// Most samples in one row outside arrays; further ones are counted invalid.
export const MOST_SAMPLES: u32 = 4096
/// Longest name of a field and longest tag value, in bytes; what is longer is counted invalid.
export const LONGEST_NAME_BYTES: u32 = 255
/// Most tags taken from a payload: so many values of full length make a key that a table takes.
export const MOST_TAGS: u32 = 15
/// Highest rate of an array, Hz.
export const HIGHEST_RATE_HZ: f64 = 1e7

// Scratch: the row's samples, the names' stamps, the tags, the device's key, the frame's numbers; what is left is the codec's.
const SAMPLES: usize = 0 // per sample: u32 field, or address of the name, later the series; u32 name's bytes, 0 = declared; f64 value
const SAMPLE_BYTES: usize = 16
const STAMPS: usize = 65536 // hash table of the row's series: u32 stamp, u32 sample
const STAMP_MASK: u32 = 8191
const STAMP: usize = 131072 // u32: last stamp given out
const TAG_LIST: usize = 131080 // per tag: u32 address, u32 bytes
const KEY: usize = 131200
const NUMBERS: usize = 135424
const CODEC: usize = 135424 + SEQUENCE_LIST_BYTES
const NUMBERS_BYTES: usize = 71680

/// Address of the current frame's program and channel records.
export let program: usize = 0
export let channel: usize = 0
/// STOP_* as soon as this call can't go on.
export let stop: u32 = STOP_DONE
/// The codec's part of the scratch, and its end.
export let codecScratch: usize = 0
export let codecScratchEnd: usize = 0
/// Where a codec may put the numbers of arrays, f64 each, and its end.
export let arrayNumbers: usize = 0
export let arrayNumbersEnd: usize = 0
/// Where a codec may note what a row is like, NOTES_BYTES.
export let notes: usize = 0
export const NOTES_BYTES: usize = 6144
/// The row's time after endRow, µs; it has none when `timeWhy` isn't 0.
export let rowTime: f64 = 0
export let timeWhy: u32 = 0
/// What became of the current frame's samples besides its rows, and why a time in it was bad.
export let frameInvalid: u32 = 0
export let frameFiltered: u32 = 0
export let frameRejected: u32 = 0
export let frameTimeWhy: u32 = 0

let registers: usize = 0
let scratch: usize = 0
let channels: usize = 0
let channelIndex: u32 = 0
let samples: u32 = 0
let named: bool = false
let tags: u32 = 0
let badTag: bool = false
let further: usize = 0
let furtherBytes: u32 = 0
let timeKnown: bool = false
let numbered: bool = false
let sequence: f64 = 0
let device: u32 = NONE
let deviceKnown: bool = false
/// Of a channel with a fixed device, the series of each declared field; else 0.
export let seriesList: usize = 0
let fieldList: usize = 0
let arraySeries: u32 = NONE
let clocked: bool = false

/// A call starts.
export function openOutput(address: usize): void {
  registers = address
  scratch = load<u32>(address, DECODE_SCRATCH)
  channels = load<u32>(address, DECODE_CHANNELS)
  codecScratch = scratch + CODEC
  codecScratchEnd = scratch + SCRATCH_BYTES - NUMBERS_BYTES
  arrayNumbers = codecScratchEnd
  arrayNumbersEnd = scratch + SCRATCH_BYTES - NOTES_BYTES
  notes = arrayNumbersEnd
  stop = STOP_DONE
  openSequences(scratch + NUMBERS)
}

/// A frame block's next frame: its channel and arrival.
export function openChannel(index: u32, arrivalUs: f64): void {
  channelIndex = index
  channel = channels + <usize>index * CHANNEL_BYTES
  program = load<u32>(channel, CHANNEL_PROGRAM)
  seriesList = load<u32>(channel, CHANNEL_SERIES)
  fieldList = load<u32>(program, PROGRAM_FIELD_LIST)
  tags = load<u32>(program, PROGRAM_TAGS)
  setArrival(arrivalUs)
}

/// A frame, or a line of one, starts.
export function beginFrameSamples(): void {
  frameInvalid = 0
  frameFiltered = 0
  frameRejected = 0
  frameTimeWhy = 0
  beginSequences()
}

/// A JSON object or a CSV line starts: forgets the row's samples, tags, time and number.
export function beginRow(): void {
  samples = 0
  named = false
  timeKnown = false
  timeWhy = 0
  deviceKnown = false
  badTag = false
  furtherBytes = 0
  if (numbered) setDuplicate(false)
  numbered = false
  clocked = false
  if (tags) memory.fill(scratch + TAG_LIST, 0, tags << 3)
}

@inline function add(name: u32, bytes: u32, value: f64): void {
  if (samples == MOST_SAMPLES) {
    frameInvalid++
    return
  }
  const at = scratch + SAMPLES + <usize>samples * SAMPLE_BYTES
  store<u32>(at, name)
  store<u32>(at, bytes, 4)
  store<f64>(at, value, 8)
  samples++
}

/// A value of a declared field, by its index in the program's list; finite.
@inline export function sample(field: u32, value: f64): void {
  add(field, 0, value)
}

/// A value of an undeclared field; of equal names in a row the last value wins. An empty, too long or broken name makes it invalid.
export function sampleNamed(name: usize, bytes: u32, value: f64): void {
  if (bytes - 1 >= LONGEST_NAME_BYTES || !isUtf8(name, bytes)) {
    frameInvalid++
    return
  }
  named = true
  add(<u32>name, bytes, value)
}

/// A wanted value that can't be read.
@inline export function invalid(): void {
  frameInvalid++
}

/// A wanted value that says there is none (null, `nan`, `unavailable`).
@inline export function filtered(): void {
  frameFiltered++
}

/// The value of the tag of this index; one never said is empty. Too long or not UTF-8: the row's samples are invalid.
export function tag(index: u32, address: usize, bytes: u32): void {
  if (bytes > LONGEST_NAME_BYTES || !isUtf8(address, bytes)) {
    badTag = true
    return
  }
  const at = scratch + TAG_LIST + ((<usize>index) << 3)
  store<u32>(at, <u32>address)
  store<u32>(at, bytes, 4)
}

/// Whether the tag of this index was said.
@inline export function hasTag(index: u32): bool {
  return load<u32>(scratch + TAG_LIST + ((<usize>index) << 3)) != 0
}

/// Tags under their own names behind those that have an index: names and values in turns, in the order of the names,
/// with 0x1f between them and no other control character. All tags together make no key longer than a table takes.
@inline export function furtherTags(address: usize, bytes: u32): void {
  further = address
  furtherBytes = bytes
}

/// A tag is too long or not UTF-8: the row's samples are invalid.
export function refuseTags(): void {
  badTag = true
}

/// The row's time; floored. Times whose µs are no exact integers (past the year 2255) are bad.
@inline export function setTime(timeUs: f64): void {
  if (!(Math.abs(timeUs) <= 9007199254740991)) badTime(WHY_INVALID_TIME)
  else {
    rowTime = Math.floor(timeUs)
    timeKnown = true
    timeWhy = 0
  }
}

/// The row has a time that can't be read: WHY_INVALID_TIME or WHY_NO_ZONE.
export function badTime(why: u32): void {
  timeKnown = true
  timeWhy = why
}

/// The message's own number, where the configuration names its place; NaN where it can't be read. Before endRow.
@inline export function setSequence(number: f64): void {
  sequence = number
  numbered = true
}

/// Notes why a time was bad, for the log.
export function noteTime(why: u32): void {
  if (!frameTimeWhy) frameTimeWhy = why
}

/// Gives up what a row said since beginRow, whose counts were these when it began.
export function forgetRow(invalids: u32, filtereds: u32): void {
  frameInvalid = invalids
  frameFiltered = filtereds
  beginRow()
}

/// The row's samples, all of declared fields, in the fields' order.
export function sortSamples(): void {
  sortByField(scratch + SAMPLES, scratch + SAMPLES + <usize>samples * SAMPLE_BYTES)
}

/// The same for samples that stand from `start` to `end`; those of one field keep their order.
export function sortByField(start: usize, end: usize): void {
  for (let at = start + SAMPLE_BYTES; at < end; at += SAMPLE_BYTES) {
    const one = v128.load(at)
    const field = load<u32>(at)
    let to = at
    for (; to > start && load<u32>(to - SAMPLE_BYTES) > field; to -= SAMPLE_BYTES) v128.store(to, v128.load(to - SAMPLE_BYTES))
    v128.store(to, one)
  }
}

/// Where the samples of a row stand that `json-quick.ts` reads before anything else is known of its frame.
@inline export function quickSamples(): usize {
  return scratch + SAMPLES
}

/// Those samples as rows, if every series is known and all find room; how many, or 0.
@inline export function appendQuick(end: usize, timeUs: f64): u32 {
  const start = scratch + SAMPLES
  const last = appendKnown(start, end, seriesList, timeUs)
  if (last == end) return <u32>((end - start) >> 4)
  takeBackRows(<u32>((last - start) >> 4))
  return 0
}

function settleTime(): void {
  if (clocked) {
    rowTime = 0
    return
  }
  if (load<u32>(program, PROGRAM_TIME_UNIT) == TIME_CLOCK && !timeWhy) {
    rowTime = arrival
    return
  }
  if (load<u32>(program, PROGRAM_TIME_UNIT) == TIME_ARRIVAL || (!timeKnown && load<u32>(program, PROGRAM_TIME_MISSING))) {
    rowTime = arrival
    timeWhy = 0
  } else if (!timeKnown) timeWhy = WHY_NO_TIME
}

/// The row is complete: finds device and series and appends its rows. False: stop now.
export function endRow(): bool {
  settleTime()
  // A message without a usable sample came all the same.
  if (numbered && !overflow && !badTag && !findDevice()) return false
  if (!samples || overflow) return true
  if (timeWhy || badTag) {
    frameInvalid += samples
    if (timeWhy) noteTime(timeWhy)
    return true
  }
  if (!findDevice()) return false
  if (named && !resolveNames()) return false
  const end = scratch + SAMPLES + <usize>samples * SAMPLE_BYTES
  let at = scratch + SAMPLES
  if (!named && seriesList) at = appendKnown(at, end, seriesList, rowTime)
  for (; at < end; at += SAMPLE_BYTES) {
    const id = named ? load<u32>(at) : seriesOf(load<u32>(at))
    if (id == NONE) {
      if (stop) return false
    } else if (id == REJECTED) frameRejected++
    else if (!append(id, rowTime, load<f64>(at, 8))) return stopFull()
  }
  return true
}

// Every sample's series in place of its name; NONE for one that a later one of the same series replaces.
function resolveNames(): bool {
  let stamp = load<u32>(scratch, STAMP) + 1
  if (!stamp) {
    memory.fill(scratch + STAMPS, 0, (STAMP_MASK + 1) << 3)
    stamp = 1
  }
  store<u32>(scratch, stamp, STAMP)
  for (let i: u32 = 0; i < samples; i++) {
    const at = scratch + SAMPLES + <usize>i * SAMPLE_BYTES
    const bytes = load<u32>(at, 4)
    const id = bytes ? seriesNamed(load<u32>(at), bytes) : seriesOf(load<u32>(at))
    if (id == NONE) return false
    store<u32>(at, id)
    if (id == REJECTED) continue
    let slot = (id * 0x9e3779b1) >> 19
    for (; ; slot = (slot + 1) & STAMP_MASK) {
      const entry = scratch + STAMPS + ((<usize>slot) << 3)
      if (load<u32>(entry) == stamp) {
        const earlier = scratch + SAMPLES + <usize>load<u32>(entry, 4) * SAMPLE_BYTES
        if (load<u32>(earlier) != id) continue
        store<u32>(earlier, NONE)
      }
      store<u32>(entry, stamp)
      store<u32>(entry, i, 4)
      break
    }
  }
  return true
}

function findDevice(): bool {
  if (deviceKnown) return true
  device = load<u32>(channel, CHANNEL_DEVICE)
  if (device == NONE) {
    const table: usize = load<u32>(registers, DECODE_DEVICE_TABLE)
    const bytes = deviceKey()
    device = lookup(table, channelIndex, scratch + KEY, bytes)
    if (device == NONE) {
      if (!isClosed(table)) return stopFor(STOP_DEVICE, scratch + KEY, bytes, channelIndex)
      device = REJECTED
    }
  }
  deviceKnown = true
  if (numbered && device != REJECTED) {
    const record = <usize>load<u32>(registers, DECODE_DEVICES) + <usize>device * DEVICE_BYTES
    setDuplicate(isDuplicate(record, sequence, load<f64>(program, PROGRAM_SEQUENCE)))
  }
  return true
}

// The tag values joined by 0x1f, which can't be in them: control characters become spaces.
function deviceKey(): u32 {
  const blank = i8x16.splat(32)
  let to = scratch + KEY
  for (let i: u32 = 0; i < tags; i++) {
    if (i) store<u8>(to++, 0x1f)
    const at = scratch + TAG_LIST + ((<usize>i) << 3)
    const from: usize = load<u32>(at)
    const bytes: usize = load<u32>(at, 4)
    // Past the value's end it is overwritten, or not part of the key.
    for (let done: usize = 0; done < bytes; done += 16) {
      const part = v128.load(from + done)
      v128.store(to + done, v128.bitselect(blank, part, i8x16.lt_u(part, blank)))
    }
    to += bytes
  }
  if (furtherBytes) {
    if (tags) store<u8>(to++, 0x1f)
    memory.copy(to, further, furtherBytes)
    to += furtherBytes
  }
  return <u32>(to - scratch - KEY)
}

// The series of a declared field; NONE: stop.
@inline function seriesOf(field: u32): u32 {
  if (seriesList) {
    const id = load<u32>(seriesList + ((<usize>field) << 2))
    if (id != NONE) return id
  }
  return seriesByName(field)
}

function seriesByName(field: u32): u32 {
  const at = fieldList + <usize>field * FIELD_BYTES
  if (load<u32>(channel, CHANNEL_FIELD) && load<u32>(program, PROGRAM_FIELDS) == 1)
    return seriesNamed(load<u32>(channel, CHANNEL_FIELD), load<u32>(channel, CHANNEL_FIELD_BYTES))
  return seriesNamed(load<u32>(at, FIELD_NAME), load<u32>(at, FIELD_NAME_BYTES))
}

function seriesNamed(name: usize, bytes: u32): u32 {
  if (device == REJECTED) return REJECTED
  const table: usize = load<u32>(registers, DECODE_SERIES_TABLE)
  const id = lookup(table, device, name, bytes)
  if (id != NONE) return id
  if (isClosed(table)) return REJECTED
  stopFor(STOP_SERIES, name, bytes, device)
  return NONE
}

function isClosed(table: usize): bool {
  return load<u32>(registers, DECODE_CLOSED) != 0 || isFull(table)
}

function stopFor(reason: u32, key: usize, bytes: u32, prefix: u32): bool {
  stop = reason
  store<u32>(registers, <u32>key, DECODE_KEY)
  store<u32>(registers, bytes, DECODE_KEY_BYTES)
  store<u32>(registers, prefix, DECODE_KEY_PREFIX)
  return false
}

function stopFull(): bool {
  stop = STOP_FULL
  return false
}

/// After endRow: the series of a declared array's elements that follow. False: stop now.
export function openSeries(field: u32): bool {
  endRun()
  if (overflow || badTag) return true
  if (!findDevice()) return false
  arraySeries = seriesOf(field)
  return arraySeries != NONE
}

/// The same for a field by its name. After beginRow, or endRow of the row before.
export function openNamedSeries(name: usize, bytes: u32): bool {
  endRun()
  if (overflow || badTag) return true
  if (!findDevice()) return false
  arraySeries = seriesNamed(name, bytes)
  return arraySeries != NONE
}

/// An element with its own time; `rateHz` > 0: it continues the current run. False: stop now.
export function element(timeUs: f64, value: f64, rateHz: f64): bool {
  if (badTag || !(Math.abs(timeUs) <= 9007199254740991)) frameInvalid++
  else if (overflow) return true
  else if (arraySeries == REJECTED) frameRejected++
  else if (!(rateHz > 0 ? appendToRun(arraySeries, timeUs, value, rateHz) : append(arraySeries, timeUs, value))) return stopFull()
  return true
}

/// So many elements of one run at once, all finite: the address where their values are to be written. 0: they have to go
/// one by one through `element`.
export function elements(count: u32, startUs: f64, rateHz: f64): usize {
  if (badTag || arraySeries == REJECTED || !hasRoom(count)) return 0
  if (!(Math.abs(startUs) + (<f64>count * 1e6) / rateHz <= 9007199254740991)) return 0
  return appendRun(arraySeries, count, startUs, rateHz)
}

/// Before endRow: the row is timed by the device's sample clock. Its own values have the time of the first sample, whose
/// number `counter` is, NaN where none is sent; elements have their number for a time. False: stop now.
export function openClock(counter: f64): bool {
  clocked = true
  if (badTag) return true
  if (!findDevice()) return false
  return device == REJECTED || beginClock(device, channelIndex, counter) || stopFull()
}

/// After the row's last element: the clock goes on by so many samples.
export function closeClock(samples: u32): void {
  endClock(samples)
}

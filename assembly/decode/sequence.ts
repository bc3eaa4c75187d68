// Numbers that messages carry: which came again, and how many never came. What a device's numbers were is in its record.
// A frame may be read several times before it counts, so what it changes is listed and can be taken back.
import {
  DEVICE_SEQUENCE,
  DEVICE_SEQUENCE_ENTRY,
  DEVICE_SEQUENCE_SEEN,
  DEVICE_SEQUENCE_SPAN,
  SEQUENCE_KEPT,
} from '../layout'

/// Bytes of the list: as many devices of one frame are judged; rows of further ones are taken as they come.
export const SEQUENCE_LIST_BYTES: usize = 1024 * 24
const MOST_DEVICES: u32 = 1024
/// Further ahead than this is a device that numbers anew, not that many lost messages.
const MOST_MISSING: f64 = 16777216

// An entry: what the device's record held when the frame began.
const ENTRY_BYTES: usize = 24
const ENTRY_DEVICE: usize = 0 // u32: address of the record
const ENTRY_SPAN: usize = 4 // u16
const ENTRY_LAST: usize = 8 // f64
const ENTRY_SEEN: usize = 16 // u64

/// Numbers passed over so far in the frame, less those that came late.
export let frameMissing: f64 = 0

let list: usize = 0
let entries: u32 = 0

export function openSequences(address: usize): void {
  list = address
}

/// A frame starts.
export function beginSequences(): void {
  entries = 0
  frameMissing = 0
}

/// The frame does not count yet: every device is as it was when the frame began.
export function takeBackSequences(): void {
  for (let i: u32 = 0; i < entries; i++) {
    const entry = list + <usize>i * ENTRY_BYTES
    const device: usize = load<u32>(entry, ENTRY_DEVICE)
    store<u16>(device, load<u16>(entry, ENTRY_SPAN), DEVICE_SEQUENCE_SPAN)
    store<f64>(device, load<f64>(entry, ENTRY_LAST), DEVICE_SEQUENCE)
    store<u64>(device, load<u64>(entry, ENTRY_SEEN), DEVICE_SEQUENCE_SEEN)
  }
  entries = 0
}

/// Takes a message's number and returns whether a frame before this one had it. Within a frame equal numbers are one message.
/// What is no whole number below the modulus (Infinity: they never wrap) says nothing.
export function isDuplicate(device: usize, number: f64, modulus: f64): bool {
  if (!(Math.abs(number) <= 9007199254740991) || Math.floor(number) != number) return false
  if (modulus != Infinity && (number < 0 || number >= modulus)) return false
  const entry = entryOf(device)
  if (entry == 0) return false
  const seenBefore = load<u64>(entry, ENTRY_SEEN)
  if (isSeen(seenBefore, behind(load<f64>(entry, ENTRY_LAST), number, modulus))) return true
  take(device, number, modulus)
  return false
}

function entryOf(device: usize): usize {
  const known = load<u16>(device, DEVICE_SEQUENCE_ENTRY)
  const at = list + <usize>known * ENTRY_BYTES
  if (<u32>known < entries && <usize>load<u32>(at, ENTRY_DEVICE) == device) return at
  if (entries == MOST_DEVICES) return 0
  const entry = list + <usize>entries * ENTRY_BYTES
  store<u32>(entry, <u32>device, ENTRY_DEVICE)
  store<u16>(entry, load<u16>(device, DEVICE_SEQUENCE_SPAN), ENTRY_SPAN)
  store<f64>(entry, load<f64>(device, DEVICE_SEQUENCE), ENTRY_LAST)
  store<u64>(entry, load<u64>(device, DEVICE_SEQUENCE_SEEN), ENTRY_SEEN)
  store<u16>(device, <u16>entries, DEVICE_SEQUENCE_ENTRY)
  entries++
  return entry
}

// How far a number is behind the last one; below 0 it is ahead. With a modulus the shorter way round.
function behind(last: f64, number: f64, modulus: f64): f64 {
  const distance = last - number
  if (modulus == Infinity) return distance
  if (distance >= modulus * 0.5) return distance - modulus
  return distance < modulus * -0.5 ? distance + modulus : distance
}

@inline function isSeen(seen: u64, back: f64): bool {
  return seen != 0 && back >= 0 && back < SEQUENCE_KEPT && (seen & ((<u64>1) << (<u64>back))) != 0
}

function take(device: usize, number: f64, modulus: f64): void {
  const seen = load<u64>(device, DEVICE_SEQUENCE_SEEN)
  const span = <u32>load<u16>(device, DEVICE_SEQUENCE_SPAN)
  const back = behind(load<f64>(device, DEVICE_SEQUENCE), number, modulus)
  if (seen == 0 || back >= SEQUENCE_KEPT || back < -MOST_MISSING) return begin(device, number)
  if (back >= 0) {
    const bit = (<u64>1) << (<u64>back)
    // Numbers before the first one were never counted as missing.
    if (!(seen & bit) && back < span) frameMissing--
    store<u64>(device, seen | bit, DEVICE_SEQUENCE_SEEN)
    return
  }
  const ahead = -back
  frameMissing += ahead - 1
  store<f64>(device, number, DEVICE_SEQUENCE)
  store<u64>(device, ahead < SEQUENCE_KEPT ? (seen << (<u64>ahead)) | 1 : 1, DEVICE_SEQUENCE_SEEN)
  store<u16>(device, <u16>Math.min(<f64>span + ahead, SEQUENCE_KEPT), DEVICE_SEQUENCE_SPAN)
}

function begin(device: usize, number: f64): void {
  store<f64>(device, number, DEVICE_SEQUENCE)
  store<u64>(device, 1, DEVICE_SEQUENCE_SEEN)
  store<u16>(device, 0, DEVICE_SEQUENCE_SPAN)
}

// Text → microseconds since the epoch, floored, in whole numbers all the way. A time is bad (NaN, `timeWhy` says why)
// unless its microseconds are exact in an f64, which they are from the year 1684 to 2255.
import {
  PROGRAM_TIME_UNIT,
  PROGRAM_ZONE,
  PROGRAM_ZONE_LENGTH,
  TIME_ISO,
  TIME_MS,
  TIME_NS,
  TIME_S,
  WHY_INVALID_TIME,
  WHY_NO_ZONE,
  ZONE_BYTES,
  ZONE_FROM,
  ZONE_OFFSET,
} from '../layout'
import { decimalCut, decimalDigits, decimalNegative, decimalPower, numberEnd, scanDecimal, wholeNumber } from './number'

const MAX_US: u64 = 1 << 53
const DAY_US: i64 = 86_400_000_000

/// WHY_* of the time that could not be read last.
export let timeWhy: u32 = WHY_INVALID_TIME

/// A time in text (a string's content, a cell) by the program's unit; blanks around it don't count.
export function parseTimeText(program: usize, p: usize, end: usize): f64 {
  while (p < end && load<u8>(p) <= 32) p++
  while (p < end && load<u8>(end - 1) <= 32) end--
  const unit = load<u32>(program, PROGRAM_TIME_UNIT)
  return unit == TIME_ISO ? isoTime(program, p, end) : unixTime(unit, p, end, true)
}

/// A time that is a number in the payload (a JSON number's text) by the program's unit; iso is never one.
export function numberTime(program: usize, p: usize, end: usize): f64 {
  const unit = load<u32>(program, PROGRAM_TIME_UNIT)
  return unit == TIME_ISO ? bad(WHY_INVALID_TIME) : unixTime(unit, p, end, false)
}

/// A time that is a whole number of so many digits as times have, in µs, and `numberEnd` behind it; any other: 0.
@inline export function wholeTime(program: usize, p: usize, end: usize): u64 {
  const unit = load<u32>(program, PROGRAM_TIME_UNIT)
  const number = unit == TIME_ISO ? 0 : wholeNumber(p, end)
  // Up to so many seconds no unit overflows; of more only seconds can.
  if (number > 9007199254) {
    if (unit == TIME_S) return 0
    const us = unit == TIME_MS ? number * 1000 : unit == TIME_NS ? number / 1000 : number
    return us > MAX_US - 1 ? 0 : us
  }
  return unit == TIME_MS ? number * 1000 : unit == TIME_S ? number * 1000000 : unit == TIME_NS ? number / 1000 : number
}

function bad(why: u32): f64 {
  timeWhy = why
  return NaN
}

function unixTime(unit: u32, p: usize, end: usize, loose: bool): f64 {
  if (!scanDecimal(p, end, loose) || numberEnd != end) return bad(WHY_INVALID_TIME)
  const toUs: i64 = unit == TIME_S ? 6 : unit == TIME_MS ? 3 : unit == TIME_NS ? -3 : 0
  const power = decimalPower + toUs
  let us = decimalDigits
  let rest = decimalCut
  if (power >= 0 && us > 0) {
    if (power > 15 || us > MAX_US) return bad(WHY_INVALID_TIME)
    us *= tenTo(power)
    if (us / tenTo(power) != decimalDigits) return bad(WHY_INVALID_TIME)
  } else if (power < 0) {
    if (power < -19) {
      rest = rest || us > 0
      us = 0
    } else {
      const part = tenTo(-power)
      rest = rest || us % part > 0
      us /= part
    }
  }
  if (us > MAX_US) return bad(WHY_INVALID_TIME)
  return decimalNegative ? <f64>-(<i64>us + <i64>rest) : <f64>us
}

// 10^power for 0 to 19
function tenTo(power: i64): u64 {
  let ten: u64 = 1
  for (; power > 0; power--) ten *= 10
  return ten
}

let at: usize = 0

// Two digits at `at`, or -1 where they are not.
function two(end: usize): i64 {
  if (at + 2 > end) return -1
  const high = <u32>load<u8>(at) - 48
  const low = <u32>load<u8>(at, 1) - 48
  if (high > 9 || low > 9) return -1
  at += 2
  return <i64>(high * 10 + low)
}

function take(end: usize, byte: u8): bool {
  if (at >= end || load<u8>(at) != byte) return false
  at++
  return true
}

// `YYYY-MM-DD`, then `T` or a space and `hh:mm[:ss[.fraction]]`, then `Z` or `±hh[[:]mm]`. A date alone is its midnight.
// A leap second (`:60`) is the last microsecond of its minute, so that no order turns round.
function isoTime(program: usize, p: usize, end: usize): f64 {
  at = p
  const century = two(end)
  const yearOfCentury = two(end)
  if (century < 0 || yearOfCentury < 0 || !take(end, 45)) return bad(WHY_INVALID_TIME)
  const year = century * 100 + yearOfCentury
  const month = two(end)
  if (month < 1 || month > 12 || !take(end, 45)) return bad(WHY_INVALID_TIME)
  const day = two(end)
  if (day < 1 || day > daysOf(year, month)) return bad(WHY_INVALID_TIME)
  let us = daysFromEpoch(year, month, day) * DAY_US

  if (at < end) {
    const between = load<u8>(at++)
    if (between != 32 && (between | 0x20) != 116) return bad(WHY_INVALID_TIME)
    const hour = two(end)
    if (hour < 0 || hour > 23 || !take(end, 58)) return bad(WHY_INVALID_TIME)
    const minute = two(end)
    if (minute < 0 || minute > 59) return bad(WHY_INVALID_TIME)
    us += (hour * 60 + minute) * 60_000_000
    if (take(end, 58)) {
      const second = two(end)
      if (second < 0 || second > 60) return bad(WHY_INVALID_TIME)
      let part: i64 = 0
      if (take(end, 46) || take(end, 44)) {
        part = fraction(end)
        if (part < 0) return bad(WHY_INVALID_TIME)
      }
      us += second == 60 ? 59_999_999 : second * 1_000_000 + part
    }
    if (at < end) {
      const offset = offsetUs(end)
      if (offset == NO_OFFSET || at != end) return bad(WHY_INVALID_TIME)
      return checked(us - offset)
    }
  }
  if (load<u32>(program, PROGRAM_ZONE) == 0) return bad(WHY_NO_ZONE)
  return checked(us - zoneOffset(program, <f64>us))
}

function checked(us: i64): f64 {
  return us > <i64>MAX_US || us < -(<i64>MAX_US) ? bad(WHY_INVALID_TIME) : <f64>us
}

// The digits at `at` as a fraction of a second, in whole microseconds; -1 where there are none.
function fraction(end: usize): i64 {
  const start = at
  let us: i64 = 0
  let unit: i64 = 100_000
  while (at < end) {
    const digit = <u32>load<u8>(at) - 48
    if (digit > 9) break
    us += <i64>digit * unit
    unit /= 10
    at++
  }
  return at > start ? us : -1
}

const NO_OFFSET: i64 = i64.MIN_VALUE

function offsetUs(end: usize): i64 {
  if (take(end, 90) || take(end, 122)) return 0
  const negative = take(end, 45)
  if (!negative && !take(end, 43)) return NO_OFFSET
  const hours = two(end)
  if (hours < 0 || hours > 23) return NO_OFFSET
  let minutes: i64 = 0
  if (at < end) {
    take(end, 58)
    minutes = two(end)
    if (minutes < 0 || minutes > 59) return NO_OFFSET
  }
  const us = (hours * 60 + minutes) * 60_000_000
  return negative ? -us : us
}

// The offset of the last row that begins at or before this local time.
function zoneOffset(program: usize, localUs: f64): i64 {
  let row = <usize>load<u32>(program, PROGRAM_ZONE)
  let rows = load<u32>(program, PROGRAM_ZONE_LENGTH)
  while (rows > 1) {
    const half = rows >> 1
    const middle = row + <usize>(half * ZONE_BYTES)
    if (load<f64>(middle, ZONE_FROM) <= localUs) {
      row = middle
      rows -= half
    } else rows = half
  }
  return <i64>load<f64>(row, ZONE_OFFSET)
}

function isLeap(year: i64): bool {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

function daysOf(year: i64, month: i64): i64 {
  if (month == 2) return isLeap(year) ? 29 : 28
  return 30 + ((month + (month >> 3)) & 1)
}

// Days of the proleptic Gregorian calendar. H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", for years > 0.
function daysFromEpoch(year: i64, month: i64, day: i64): i64 {
  const y = month > 2 ? year : year - 1
  const yearDay = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
  return y * 365 + y / 4 - y / 100 + y / 400 + yearDay - 719468
}

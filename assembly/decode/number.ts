// Decimal text → f64, equal to the last bit to JavaScript's Number(). Three ways, the first that surely fits:
// up to 19 digits with a small power of ten (W. D. Clinger, 1990), the 128 leading bits of the power of five (D. Lemire,
// "Number parsing at a gigabyte per second", 2021), and for longer texts that fall between two doubles an exact
// comparison of big integers.
import { BIG_LIMBS, CONSTANT_BIG, CONSTANT_FIVES, CONSTANT_TENS, GREATEST_POWER, LEAST_POWER } from './constants'

let tens: usize = 0
let fives: usize = 0
let big: usize = 0

/// Where the host wrote the tables. To be called before anything else here.
export function setConstants(address: usize): void {
  tens = address + CONSTANT_TENS
  fives = address + CONSTANT_FIVES
  big = address + CONSTANT_BIG
}

/// Address behind the number read last; 0 = there was none.
export let numberEnd: usize = 0

// What `scanDecimal` found: ± digits × 10^power, and whether digits were cut off that are not all zero.
export let decimalNegative: bool = false
export let decimalDigits: u64 = 0
export let decimalPower: i64 = 0
export let decimalCut: bool = false
let decimalFirst: usize = 0 // first digit that isn't zero
let decimalLast: usize = 0 // behind the last digit

/// A number as JSON writes it: no leading `+` or zeros, digits on both sides of the point. Beyond f64 it is ±Infinity.
export function parseNumber(p: usize, end: usize): f64 {
  return parse(p, end, false)
}

/// A number as people write it: `+1`, `007`, `.5` and `5.` too.
export function parseLooseNumber(p: usize, end: usize): f64 {
  return parse(p, end, true)
}

// Sign, up to 7 digits and a point, all within 8 bytes; whatever is not that goes the general way. The sign is flipped by
// its bit: numbers around zero change theirs from message to message.
@inline function parse(p: usize, end: usize, loose: bool): f64 {
  const first = <u32>load<u8>(p)
  const signed = first == 45 || (loose && first == 43)
  const q = p + <usize>signed
  const x = load<u64>(q) ^ 0x3030303030303030
  const others = notDigits(x)
  const whole = ctz(others) & ~7 // bits of digits before the first other byte
  if (others == 0 || whole == 0 || (!loose && whole > 8 && (x & 0xff) == 0)) return parseAny(p, end, loose)
  const next = (x >> whole) & 0xff
  if (next == 0x1e) {
    const all = ctz(others & (others - 1)) & ~7 // digits and point
    const stop = q + <usize>(all >> 3)
    const after = ((x >> all) & 0xff) | 0x20
    if (all < 64 && all > whole + 8 && stop <= end && after != 0x75) {
      numberEnd = stop
      return signedBy(first, pointed(x, whole, all))
    }
  } else if ((next | 0x20) != 0x75) {
    const stop = q + <usize>(whole >> 3)
    if (stop <= end) {
      numberEnd = stop
      return signedBy(first, <f64>eightDigits(x << (64 - whole)))
    }
  }
  return parseAny(p, end, loose)
}

/// The number in a word of text ^ '0's whose point stands behind `whole` bits and whose last digit ends at `all`.
@inline export function pointed(x: u64, whole: u64, all: u64): f64 {
  const low = (<u64>1 << whole) - 1
  const digits = ((x & low) | ((x >> 8) & ~low)) << (72 - all)
  return <f64>eightDigits(digits) / load<f64>(tens + <usize>(all - whole - 8))
}

@inline function signedBy(first: u32, value: f64): f64 {
  return reinterpret<f64>(reinterpret<u64>(value) | (<u64>(first == 45) << 63))
}

/// `parseNumber` in place, for the one loop that reads most numbers.
@inline export function parseHere(p: usize, end: usize): f64 {
  return parse(p, end, false)
}

function parseAny(p: usize, end: usize, loose: bool): f64 {
  if (!scanDecimal(p, end, loose)) return NaN
  const value = nearest()
  return decimalNegative ? -value : value
}

/// Reads a number's text without making an f64 of it: false = none there. `numberEnd` and the `decimal…` registers hold it.
export function scanDecimal(p: usize, end: usize, loose: bool): bool {
  numberEnd = 0
  decimalNegative = false
  if (p < end) {
    const sign = load<u8>(p)
    decimalNegative = sign == 45
    p += <usize>(sign == 45 || (loose && sign == 43))
  }
  const start = p
  runEnd = p
  let digits = digitRun(0, end)
  let count = <i64>(runEnd - start)
  if (!loose && (count == 0 || (count > 1 && load<u8>(start) == 48))) return false
  let power: i64 = 0
  decimalLast = runEnd
  if (runEnd < end && load<u8>(runEnd) == 46) {
    const fraction = ++runEnd
    digits = digitRun(digits, end)
    power = -<i64>(runEnd - fraction)
    if (!loose && power == 0) return false
    count -= power
    decimalLast = runEnd
  }
  if (count == 0) return false
  p = runEnd
  if (p < end && (load<u8>(p) | 0x20) == 101) {
    p++
    let sign: u32 = 0
    if (p < end) {
      sign = load<u8>(p)
      p += <usize>(sign == 43 || sign == 45)
    }
    const exponentStart = p
    let exponent: i64 = 0
    while (p < end) {
      const digit = <u32>load<u8>(p) - 48
      if (digit > 9) break
      if (exponent < 1_000_000_000_000) exponent = exponent * 10 + digit
      p++
    }
    if (p == exponentStart) return false
    power += sign == 45 ? -exponent : exponent
  }
  numberEnd = p
  decimalDigits = digits
  decimalPower = power
  decimalCut = false
  if (count > 19) shorten(start, count)
  return true
}

// More than 19 digits: what was read may have overflowed. Takes the first 19 that count.
function shorten(p: usize, count: i64): void {
  while (p < decimalLast && (load<u8>(p) == 48 || load<u8>(p) == 46)) count -= <i64>(load<u8>(p++) == 48)
  decimalFirst = p
  if (count <= 19) return
  let digits: u64 = 0
  for (let taken = 0; taken < 19; p++) {
    const digit = <u32>load<u8>(p) - 48
    if (digit > 9) continue
    digits = digits * 10 + digit
    taken++
  }
  decimalDigits = digits
  decimalPower += count - 19
  for (; p < decimalLast && !decimalCut; p++) decimalCut = load<u8>(p) > 48
}

/// A whole number of 8 to 16 digits that no other character of a number follows: `numberEnd` is behind it. 0: it is none.
@inline export function wholeNumber(p: usize, end: usize): u64 {
  const high = load<u64>(p) ^ 0x3030303030303030
  const low = load<u64>(p, 8) ^ 0x3030303030303030
  if (notDigits(high) || (high & 0xff) == 0) return 0
  const others = notDigits(low)
  const bits = others ? <u64>ctz(others) & ~7 : 64
  const stop = p + 8 + <usize>(bits >> 3)
  const after = <u32>load<u8>(stop)
  if (stop > end || after == 46 || (after | 0x20) == 101 || after - 48 < 10) return 0
  numberEnd = stop
  if (bits == 0) return eightDigits(high)
  return eightDigits(high) * <u64>load<f64>(tens + <usize>bits) + eightDigits(low << (64 - bits))
}

let runEnd: usize = 0

// Goes on with the digits at `runEnd`, 8 at a time, modulo 2^64.
@inline function digitRun(digits: u64, end: usize): u64 {
  let p = runEnd
  while (p < end) {
    const x = load<u64>(p) ^ 0x3030303030303030
    const others = notDigits(x)
    let length = others ? <usize>ctz(others) >> 3 : 8
    if (length > end - p) length = end - p
    if (length == 0) break
    digits = digits * <u64>load<f64>(tens + (length << 3)) + eightDigits(x << ((8 - length) << 3))
    p += length
    if (length < 8) break
  }
  runEnd = p
  return digits
}

/// The first byte of `x` (a word of text ^ '0's) that is no digit has its high bit set, no byte before it has.
@inline export function notDigits(x: u64): u64 {
  return ((x + 0x7676767676767676) | x) & 0x8080808080808080
}

/// The number that 8 digits (0 to 9 in a byte each, the first in the low byte) write.
@inline export function eightDigits(x: u64): u64 {
  x = x * 10 + (x >> 8)
  return ((x & 0x000000ff000000ff) * 0x000f424000000064 + ((x >> 16) & 0x000000ff000000ff) * 0x0000271000000001) >> 32
}

// The double nearest to what was scanned, without sign.
function nearest(): f64 {
  const digits = decimalDigits
  const power = decimalPower
  if (!decimalCut && digits <= 1 << 53 && power >= -22 && power <= 22) {
    const value = <f64>digits
    if (power < 0) return value / load<f64>(tens + (<usize>-power << 3))
    return value * load<f64>(tens + (<usize>power << 3))
  }
  const low = eiselLemire(digits, power)
  if (!decimalCut) return low
  return low == eiselLemire(digits + 1, power) ? low : compareExactly(low)
}

function eiselLemire(digits: u64, power: i64): f64 {
  if (digits == 0 || power < LEAST_POWER) return 0
  if (power > GREATEST_POWER) return Infinity
  const q = <i32>power
  const zeros = <i32>clz(digits)
  const w = digits << zeros
  const five = fives + (<usize>(q - LEAST_POWER) << 4)
  const upper = load<u64>(five)
  let high = highProduct(w, upper)
  let low = w * upper
  if ((high & 0x1ff) == 0x1ff) {
    const more = highProduct(w, load<u64>(five, 8))
    low += more
    high += <u64>(more > low)
  }
  const carry = <i32>(high >> 63)
  let mantissa = high >> (carry + 9)
  let exponent = ((217706 * q) >> 16) + 1086 + carry - zeros // 217706 / 2^16 = log2(10)
  if (exponent <= 0) {
    if (exponent <= -63) return 0
    mantissa >>= 1 - exponent
    mantissa = (mantissa + (mantissa & 1)) >> 1
    return reinterpret<f64>(mantissa) // rounding up to the least normal number gives its very bits
  }
  // Exactly between two doubles, which only these powers can be: down to even.
  if (low <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1 && mantissa << (carry + 9) == high) mantissa--
  mantissa = (mantissa + (mantissa & 1)) >> 1
  if (mantissa == 1 << 53) {
    mantissa = 1 << 52
    exponent++
  }
  if (exponent >= 0x7ff) return Infinity
  return reinterpret<f64>((mantissa & 0x000fffffffffffff) | (<u64>exponent << 52))
}

@inline function highProduct(a: u64, b: u64): u64 {
  const al = a & 0xffffffff
  const ah = a >> 32
  const bl = b & 0xffffffff
  const bh = b >> 32
  const lh = al * bh
  const hl = ah * bl
  const middle = ((al * bl) >> 32) + (lh & 0xffffffff) + (hl & 0xffffffff)
  return ah * bh + (lh >> 32) + (hl >> 32) + (middle >> 32)
}

// No double's neighbour needs more digits to be told from the point halfway to it; behind them one bit says "more".
const MAX_DIGITS: i64 = 800

// Compares the text with the point halfway from `low` to the next double: digits × 10^power ≷ halfway × 2^shift, both
// sides scaled to integers. Both are about equal, so neither has more than 2700 bits, and BIG_LIMBS has 4096.
function compareExactly(low: f64): f64 {
  const bits = reinterpret<u64>(low)
  const exponent = <i32>(bits >> 52)
  const fraction = bits & 0x000fffffffffffff
  const halfway = ((exponent ? fraction | (1 << 52) : fraction) << 1) | 1
  let shift: i64 = (exponent ? exponent : 1) - 1076

  const text = big
  const point = big + (BIG_LIMBS << 2)
  let textLimbs = bigFromText(text)
  let pointLimbs: usize = 2
  store<u64>(point, halfway)
  const power = bigPower
  if (power >= 0) textLimbs = bigTimesFive(text, textLimbs, power)
  else pointLimbs = bigTimesFive(point, pointLimbs, -power)
  shift -= power
  if (shift >= 0) pointLimbs = bigShift(point, pointLimbs, shift)
  else textLimbs = bigShift(text, textLimbs, -shift)
  const order = bigCompare(text, textLimbs, point, pointLimbs)
  return order > 0 || (order == 0 && bits & 1) ? reinterpret<f64>(bits + 1) : low
}

let bigPower: i64 = 0

// The text's digits as an integer; `bigPower` is the power of ten that goes with it. Returns the limbs.
function bigFromText(at: usize): usize {
  let limbs: usize = 0
  let taken: i64 = 0
  let more = false
  for (let p = decimalFirst; p < decimalLast; p++) {
    const digit = <u32>load<u8>(p) - 48
    if (digit > 9) continue
    if (taken < MAX_DIGITS) {
      limbs = bigTimes(at, limbs, 10, digit)
      taken++
    } else more = more || digit != 0
  }
  bigPower = decimalPower + 19 - taken
  if (more) {
    limbs = bigTimes(at, limbs, 10, 1)
    bigPower--
  }
  return limbs
}

function bigTimesFive(at: usize, limbs: usize, power: i64): usize {
  for (; power >= 13; power -= 13) limbs = bigTimes(at, limbs, 1220703125, 0)
  for (; power > 0; power--) limbs = bigTimes(at, limbs, 5, 0)
  return limbs
}

function bigTimes(at: usize, limbs: usize, factor: u64, carry: u64): usize {
  for (let i: usize = 0; i < limbs; i++) {
    carry += <u64>load<u32>(at + (i << 2)) * factor
    store<u32>(at + (i << 2), <u32>carry)
    carry >>= 32
  }
  if (carry) store<u32>(at + (limbs++ << 2), <u32>carry)
  return limbs
}

function bigShift(at: usize, limbs: usize, bits: i64): usize {
  const whole = <usize>(bits >> 5)
  memory.copy(at + (whole << 2), at, limbs << 2)
  memory.fill(at, 0, whole << 2)
  return bigTimes(at, limbs + whole, <u64>1 << (bits & 31), 0)
}

function bigCompare(a: usize, aLimbs: usize, b: usize, bLimbs: usize): i32 {
  while (aLimbs && load<u32>(a + ((aLimbs - 1) << 2)) == 0) aLimbs--
  while (bLimbs && load<u32>(b + ((bLimbs - 1) << 2)) == 0) bLimbs--
  if (aLimbs != bLimbs) return aLimbs > bLimbs ? 1 : -1
  for (let i = aLimbs; i > 0; i--) {
    const x = load<u32>(a + ((i - 1) << 2))
    const y = load<u32>(b + ((i - 1) << 2))
    if (x != y) return x > y ? 1 : -1
  }
  return 0
}

// f64 → text, equal to JavaScript's String() for every finite double but for -0, which is `0` there too.
import { eightDigits, ZEROS } from './digits'
import { digits, power, shortest } from './shortest'

const MINUS: u8 = 0x2d
const PLUS: u8 = 0x2b
const POINT: u8 = 0x2e

/// Writes a finite number; returns the address behind it. Up to 8 bytes behind that are overwritten.
@inline export function writeNumber(out: usize, value: f64, powers: usize): usize {
  if (value < 0) {
    store<u8>(out++, MINUS)
    value = -value
  }
  // Division is rounded correctly and 15 digits tell all doubles apart: where this comes back, it is the shortest decimal.
  const scaled = nearest(value * 1e4)
  if (scaled < 1e15 && scaled / 1e4 == value) return writeShort(out, <u64>scaled)
  return writeLong(out, value, powers)
}

// n / 10^4, for n below 10^15.
@inline function writeShort(out: usize, n: u64): usize {
  let rest = n
  let zeros: u64 = 0
  if (n >= 100_000_000) {
    const high = n / 100_000_000
    rest = n - high * 100_000_000
    const first = eightDigits(<u32>high)
    const leading = ctz(first) & ~7
    store<u64>(out, (first | ZEROS) >> leading)
    out += 8 - <usize>(leading >> 3)
  }
  const eight = eightDigits(<u32>rest)
  // At least one digit stands before the point.
  if (n < 100_000_000) zeros = ctz(eight | 0x0100_0000) & ~7
  store<u32>(out, (<u32>eight | <u32>ZEROS) >> <u32>zeros)
  out += 4 - <usize>(zeros >> 3)
  const decimals = <u32>(eight >> 32)
  if (decimals == 0) return out
  store<u8>(out, POINT)
  store<u32>(out, decimals | <u32>ZEROS, 1)
  return out + 5 - <usize>(clz(decimals) >> 3)
}

// Where the point stands is as ECMA-262 says, Number::toString. Nothing is read back that was just written.
function writeLong(out: usize, value: f64, powers: usize): usize {
  shortest(value, powers)
  let all = digits
  let whole = power + 17 // digits before the point
  for (; all < 10_000_000_000_000_000; all *= 10) whole--
  const upper = all / 100_000_000
  const first = <u32>(upper / 100_000_000)
  const eight = eightDigits(<u32>upper - first * 100_000_000)
  const last = eightDigits(<u32>(all - upper * 100_000_000))
  const count = last ? 17 - <i32>(clz(last) >> 3) : eight ? 9 - <i32>(clz(eight) >> 3) : 1

  if (whole > 21 || whole < -5) {
    writeDigits(out + 1, first, eight, last)
    store<u8>(out, <u8>(first + 0x30))
    store<u8>(out, POINT, 1)
    return writeExponent(count > 1 ? out + <usize>count + 1 : out + 1, whole - 1)
  }
  if (whole <= 0) {
    store<u64>(out, ZEROS)
    store<u8>(out, POINT, 1)
    out += <usize>(2 - whole)
    writeDigits(out, first, eight, last)
    return out + <usize>count
  }
  writeDigits(out, first, eight, last)
  if (whole >= count) {
    store<u32>(out, <u32>ZEROS, 17)
    return out + <usize>whole
  }
  const point = out + <usize>whole
  store<u8>(point, POINT)
  if (whole <= 8) {
    store<u64>(point, (eight | ZEROS) >> (<u64>(whole - 1) << 3), 1)
    store<u64>(out, last | ZEROS, 10)
  } else store<u64>(point, (last | ZEROS) >> (<u64>(whole - 9) << 3), 1)
  return out + <usize>count + 1
}

@inline function writeDigits(out: usize, first: u32, eight: u64, last: u64): void {
  store<u8>(out, <u8>(first + 0x30))
  store<u64>(out, eight | ZEROS, 1)
  store<u64>(out, last | ZEROS, 9)
}

function writeExponent(out: usize, exponent: i32): usize {
  store<u8>(out, 0x65)
  store<u8>(out, exponent < 0 ? MINUS : PLUS, 1)
  const three = eightDigits(abs(exponent)) >> 40
  const zeros = ctz(three) & ~7
  store<u32>(out, <u32>((three | 0x303030) >> zeros), 2)
  return out + 5 - <usize>(zeros >> 3)
}

import { hexDigit } from './json-skip'

/// The content of a string whose syntax was checked, from `p` to `end` (its closing quote), written to `to` as UTF-8;
/// returns the address behind it. It is never longer than in the payload. A lone surrogate becomes U+FFFD.
export function unescape(p: usize, end: usize, to: usize): usize {
  while (p < end) {
    const byte: u32 = load<u8>(p)
    if (byte != 92) {
      store<u8>(to++, byte)
      p++
      continue
    }
    const kind: u32 = load<u8>(p, 1)
    p += 2
    if (kind != 117) {
      store<u8>(to++, escapeOf(kind))
      continue
    }
    let code = fourDigits(p)
    p += 4
    if (code - 0xd800 < 0x400 && p + 6 <= end && load<u16>(p) == 0x755c && fourDigits(p + 2) - 0xdc00 < 0x400) {
      code = 0x10000 + ((code - 0xd800) << 10) + fourDigits(p + 2) - 0xdc00
      p += 6
    } else if (code - 0xd800 < 0x800) code = 0xfffd
    to = storeCode(code, to)
  }
  return to
}

function escapeOf(kind: u32): u32 {
  if (kind == 98) return 8
  if (kind == 102) return 12
  if (kind == 110) return 10
  if (kind == 114) return 13
  return kind == 116 ? 9 : kind
}

function fourDigits(p: usize): u32 {
  return (
    (hexDigit(load<u8>(p)) << 12) |
    (hexDigit(load<u8>(p, 1)) << 8) |
    (hexDigit(load<u8>(p, 2)) << 4) |
    hexDigit(load<u8>(p, 3))
  )
}

function storeCode(code: u32, to: usize): usize {
  if (code < 0x80) {
    store<u8>(to, code)
    return to + 1
  }
  if (code < 0x800) store<u8>(to, 0xc0 | (code >> 6))
  else {
    if (code < 0x10000) store<u8>(to, 0xe0 | (code >> 12))
    else {
      store<u8>(to++, 0xf0 | (code >> 18))
      store<u8>(to, 0x80 | ((code >> 12) & 0x3f))
    }
    store<u8>(++to, 0x80 | ((code >> 6) & 0x3f))
  }
  store<u8>(++to, 0x80 | (code & 0x3f))
  return to + 1
}

/// Control characters become spaces.
export function blank(p: usize, end: usize): void {
  for (; p < end; p++) if (load<u8>(p) < 32) store<u8>(p, 32)
}

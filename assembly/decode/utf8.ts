/// Whether the bytes are well-formed UTF-8 (RFC 3629). They have slack behind them.
export function isUtf8(p: usize, bytes: u32): bool {
  const end = p + bytes
  for (; p + 8 <= end; p += 8) if (load<u64>(p) & 0x8080808080808080) return isUtf8Slow(p, end)
  const rest = ((<u64>1) << ((end - p) << 3)) - 1
  return !(load<u64>(p) & rest & 0x8080808080808080) || isUtf8Slow(p, end)
}

function isUtf8Slow(p: usize, end: usize): bool {
  while (p < end) {
    const lead = load<u8>(p)
    p++
    if (lead < 0x80) continue
    let least: u32 = 0x80
    let most: u32 = 0xbf
    let more: u32 = 1
    if (lead < 0xc2 || lead > 0xf4) return false
    if (lead >= 0xe0) more = lead >= 0xf0 ? 3 : 2
    if (lead == 0xe0) least = 0xa0
    else if (lead == 0xed) most = 0x9f
    else if (lead == 0xf0) least = 0x90
    else if (lead == 0xf4) most = 0x8f
    for (; more; more--, p++) {
      if (p >= end) return false
      const byte: u32 = load<u8>(p)
      if (byte < least || byte > most) return false
      least = 0x80
      most = 0xbf
    }
  }
  return true
}

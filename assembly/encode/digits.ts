/// Text of eight zeros.
export const ZEROS: u64 = 0x3030303030303030

/// The eight digits of a number below 10^8, a byte each, the first in the lowest. By halves, all at once.
@inline export function eightDigits(n: u32): u64 {
  const high = n / 10000
  const fours = <u64>high | (<u64>(n - high * 10000) << 32)
  const hundreds = ((fours * 10486) >> 20) & 0x0000007f_0000007f
  const twos = hundreds | ((fours - hundreds * 100) << 16)
  const tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f
  return tens | ((twos - tens * 10) << 8)
}

// Consistent overhead byte stuffing, S. Cheshire and M. Baker, IEEE/ACM Transactions on Networking 7 (1999): bytes without
// any 0x00, so that 0x00 may end a frame. A code byte n stands before n - 1 bytes that are not 0; a 0 follows them unless
// n is 255 or the frame ends.

/** Stuffs bytes; the delimiter is not added. One byte longer for each 254, and one. */
export function cobsEncode(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + Math.floor(bytes.length / 254) + 1)
  let length = 1
  /** Where the open run's code goes; -1 behind a full run, which no 0 follows and which may be the last. */
  let code = 0
  for (const byte of bytes) {
    if (code < 0) code = length++
    if (byte !== 0) out[length++] = byte
    if (byte !== 0 && length - code < 255) continue
    out[code] = length - code
    code = byte === 0 ? length++ : -1
  }
  if (code >= 0) out[code] = length - code
  return out.subarray(0, length)
}

/**
 * Takes the stuffing out of bytes[start, end), which hold no delimiter; answers the decoded length, or -1 where they are no
 * stuffed bytes or `into` is too short for them. `into` may be `bytes` itself when `start` is 0.
 */
export function cobsDecode(bytes: Uint8Array, start: number, end: number, into: Uint8Array): number {
  let length = 0
  for (let at = start; at < end; ) {
    const code = bytes[at++]
    const next = at + code - 1
    if (code === 0 || next > end || length + code - 1 > into.length) return -1
    for (; at < next; at++) {
      if (bytes[at] === 0) return -1
      into[length++] = bytes[at]
    }
    if (code === 255 || at === end) continue
    if (length === into.length) return -1
    into[length++] = 0
  }
  return start === end ? -1 : length
}

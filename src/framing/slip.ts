import { type CrcOptions, crcOptions } from './crc.js'
import { stuffedFramer } from './delimited.js'
import type { FramingComponent } from './framing.js'

// RFC 1055.
const END = 0xc0
const ESC = 0xdb
const ESC_END = 0xdc
const ESC_ESC = 0xdd

/** Frames of RFC 1055, each ended (and, with most senders, begun) by 0xC0. */
export const slip: FramingComponent<CrcOptions> = {
  type: 'slip',
  summary: 'Binary frames escaped by SLIP (RFC 1055), each ended by a 0xC0',
  options: crcOptions,
  create: (options, maxFrameBytes) =>
    stuffedFramer(
      { delimiter: END, stuffedBytes: (plainBytes) => 2 * plainBytes, decode: unslip },
      options,
      maxFrameBytes,
    ),
}

/** The length without escapes, or -1 where an escape is none of RFC 1055's. `into` is as long as what is read. */
function unslip(bytes: Uint8Array, start: number, end: number, into: Uint8Array): number {
  let length = 0
  for (let at = start; at < end; at++) {
    let byte = bytes[at]
    if (byte === ESC) {
      const second = at + 1 < end ? bytes[++at] : 0
      if (second !== ESC_END && second !== ESC_ESC) return -1
      byte = second === ESC_END ? END : ESC
    }
    into[length++] = byte
  }
  return length
}

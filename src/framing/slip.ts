import { type CrcOptions, CrcTail, crcOptions } from './crc.js'
import { DelimitedFramer, Scratch } from './delimited.js'
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
  create(options, maxFrameBytes) {
    const tail = new CrcTail(options)
    const scratch = new Scratch()
    return new DelimitedFramer(END, 2 * (maxFrameBytes + tail.bytes), (bytes, start, end, to) => {
      const into = scratch.atLeast(end - start)
      const length = unslip(bytes, start, end, into) - tail.bytes
      // With its delimiter.
      const escaped = end - start + 1
      if (length < 0) to.lost(escaped, 'malformed')
      else if (!tail.holds(into, 0, length)) to.lost(escaped, 'crc')
      else if (length > maxFrameBytes) to.lost(escaped, 'long')
      else if (length > 0) to.frame(into, 0, length)
    })
  },
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

import { cobsDecode } from '../../firmware-bridge/host/cobs.js'
import { type CrcOptions, CrcTail, crcOptions } from './crc.js'
import { DelimitedFramer, Scratch } from './delimited.js'
import type { Framer, FramingComponent } from './framing.js'

/** Frames stuffed by COBS, each ended by 0x00. */
export const cobs: FramingComponent<CrcOptions> = {
  type: 'cobs',
  summary: 'Binary frames stuffed by COBS, each ended by a 0x00',
  options: crcOptions,
  create: (options, maxFrameBytes) => cobsFramer(options, maxFrameBytes),
}

/** Its framer, for protocols that build on it. */
export function cobsFramer(options: CrcOptions, maxFrameBytes: number): Framer {
  const tail = new CrcTail(options)
  const scratch = new Scratch()
  const plainBytes = maxFrameBytes + tail.bytes
  return new DelimitedFramer(0, plainBytes + Math.floor(plainBytes / 254) + 1, (bytes, start, end, to) => {
    const into = scratch.atLeast(end - start)
    const length = cobsDecode(bytes, start, end, into) - tail.bytes
    // With its delimiter.
    const stuffed = end - start + 1
    if (length < 0) to.lost(stuffed, 'malformed')
    else if (!tail.holds(into, 0, length)) to.lost(stuffed, 'crc')
    else if (length > maxFrameBytes) to.lost(stuffed, 'long')
    else if (length > 0) to.frame(into, 0, length)
  })
}

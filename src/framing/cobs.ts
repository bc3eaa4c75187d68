import { cobsDecode } from '../../firmware-bridge/host/cobs.js'
import { type CrcOptions, crcOptions } from './crc.js'
import { stuffedFramer } from './delimited.js'
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
  const stuffedBytes = (plainBytes: number) => plainBytes + Math.floor(plainBytes / 254) + 1
  return stuffedFramer({ delimiter: 0, stuffedBytes, decode: cobsDecode }, options, maxFrameBytes)
}

import { CobsFramer } from './cobs.js'
import type { FramingComponent } from './framing.js'

/** Longest message with its CRC, by the protocol. */
const MOST_BYTES = 4096
const CRC_BYTES = 4

/** Messages of the firmware bridge; their own bound holds, whatever `maxFrameBytes` is. */
export const bridge: FramingComponent<unknown> = {
  type: 'bridge',
  summary: 'Messages of firmware that speaks the weir bridge; needs no `decode` and no `time`',
  options: {},
  create: () => new CobsFramer(MOST_BYTES - CRC_BYTES),
}

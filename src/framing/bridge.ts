import { MESSAGE_MAX_BYTES } from '../../firmware-bridge/host/message.js'
import { CRC_32 } from '../memory/crc.js'
import { cobsFramer } from './cobs.js'
import type { FramingComponent } from './framing.js'

/** Messages of the firmware bridge: firmware-bridge/PROTOCOL.md. What they mean is read behind it. */
export const bridge: FramingComponent<object> = {
  type: 'bridge',
  summary:
    'The firmware bridge: names, units, rates and times come from the device, so it takes no `decode` and no `time`',
  options: {},
  codec: 'bridge',
  create: () => cobsFramer({ crc: CRC_32.name }, MESSAGE_MAX_BYTES - CRC_32.bytes),
}

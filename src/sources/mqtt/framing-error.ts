import {
  TAP_ERROR,
  WRONG_ALIAS,
  WRONG_ALIAS_UNKNOWN,
  WRONG_ALIAS_ZERO,
  WRONG_CONTROL,
  WRONG_LENGTH,
  WRONG_LONG,
  WRONG_PACKET_ID,
  WRONG_PROPERTIES,
  WRONG_PROPERTY,
  WRONG_PROPERTY_BYTES,
  WRONG_QOS,
  WRONG_TOPIC,
  WRONG_UNACKNOWLEDGED,
} from '../../../assembly/tap/layout.js'
import { ProtocolError } from './protocol-error.js'

/** What the broker was told it may do. */
interface Limits {
  aliasMax: number
  receiveMaximum: number
}

const TEXTS: Record<number, (value: number, bytes: number, limits: Limits) => string> = {
  [WRONG_LENGTH]: () => 'a length that does not end',
  [WRONG_CONTROL]: (bytes) => `a control packet of ${bytes} bytes`,
  [WRONG_TOPIC]: () => 'a message shorter than its topic',
  [WRONG_PACKET_ID]: () => 'a message with packet id 0',
  [WRONG_QOS]: () => 'a message with QoS 3',
  [WRONG_LONG]: (qos, bytes) => `a message of QoS ${qos} with ${bytes} bytes`,
  [WRONG_PROPERTIES]: () => 'properties are longer than their packet',
  [WRONG_PROPERTY]: (id) => `unknown property ${id}`,
  [WRONG_PROPERTY_BYTES]: () => 'a property is longer than all of them',
  [WRONG_ALIAS_ZERO]: () => 'topic alias 0',
  [WRONG_ALIAS]: (alias, _, { aliasMax }) => `topic alias ${alias}, allowed are 1 to ${aliasMax}`,
  [WRONG_ALIAS_UNKNOWN]: (alias) => `topic alias ${alias} was never given a topic`,
  [WRONG_UNACKNOWLEDGED]: (_, __, { receiveMaximum }) =>
    `more than ${receiveMaximum} messages unacknowledged, the receive maximum`,
}

/** Says what the framer in WebAssembly found wrong: why it stopped, and its registers FROM and TO. */
export function framingError(stop: number, value: number, bytes: number, limits: Limits): ProtocolError {
  return new ProtocolError(TEXTS[stop - TAP_ERROR](value, bytes, limits))
}

import { LinkError } from '../../model/errors.js'

/** What came over the connection is not MQTT; the connection can't be used any further. */
export class ProtocolError extends LinkError {
  constructor(what: string) {
    super(`cannot read from the broker: ${what}; the connection is closed and made again`)
  }
}

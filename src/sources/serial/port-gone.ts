import { LinkError } from '../../model/errors.js'

/** The port at `path` does not answer any more. */
export const portGone = (path: string, cause?: unknown): LinkError =>
  new LinkError(`cannot read serial port "${path}": it is gone; plug the device in again`, { cause })

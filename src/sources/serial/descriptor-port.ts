import { readSync, writeSync } from 'node:fs'
import { LinkError } from '../../model/errors.js'
import type { BindingPort, Port } from './binding.js'
import { portGone } from './port-gone.js'

const NOTHING_NOW = ['EAGAIN', 'EINTR']

/**
 * A port read by its descriptor, which does not block: a look takes microseconds and needs no wake-up but the one that
 * looks. The binding's own `read` goes through a thread, and takes 0 bytes (a hang-up) for a reason to read again, which
 * keeps a core busy for ever when the device is unplugged. Undefined where the binding hands out no descriptor.
 */
export function descriptorPort(binding: BindingPort, path: string): Port | undefined {
  const { fd, poller } = binding
  if (typeof fd !== 'number' || typeof poller?.once !== 'function') return undefined
  let closing: Promise<void> | undefined
  /** Set before the binding cancels what waits, at once. */
  let isClosed = false

  return {
    isDirect: true,
    read(into) {
      if (isClosed) return 0
      let bytes: number
      try {
        bytes = readSync(fd, into)
      } catch (error) {
        if (NOTHING_NOW.includes((error as NodeJS.ErrnoException).code ?? '')) return 0
        throw portGone(path, error)
      }
      if (bytes === 0) throw portGone(path)
      return bytes
    },
    readable() {
      if (isClosed) return Promise.resolve()
      return new Promise((resolve, reject) => {
        poller.once('readable', (error) => (error && !isClosed ? reject(portGone(path, error)) : resolve()))
      })
    },
    write(bytes) {
      const taken = writeSync(fd, bytes)
      if (taken < bytes.length)
        throw new LinkError(
          `cannot write to serial port "${path}": it took ${taken} of ${bytes.length} bytes; check the flow control (\`rtscts\`)`,
        )
    },
    setDtr: (on) => binding.set({ brk: false, cts: false, dtr: on, rts: true }),
    close() {
      isClosed = true
      closing ??= binding.close()
      return closing
    },
  }
}

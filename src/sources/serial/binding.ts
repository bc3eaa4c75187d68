import { readSync, writeSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { bug, LinkError, reasonOf } from '../../model/errors.js'
import { portProblem } from './access.js'
import { holdersOf, holdersText } from './holders.js'

export interface PortSettings {
  path: string
  baudRate: number
  dataBits: 5 | 6 | 7 | 8
  parity: 'none' | 'even' | 'odd'
  stopBits: 1 | 2
  rtscts: boolean
}

/** An open serial port. */
export interface Port {
  /**
   * Waits for bytes and reads what is there, at most the buffer's length. 0 once the port is closed by this side;
   * rejects with a LinkError when the device is gone. One read at a time.
   */
  read(into: Uint8Array): Promise<number>
  /** Hands bytes to the kernel at once; throws a LinkError when it doesn't take them all. */
  write(bytes: Uint8Array): void
  /** Sets DTR, leaving RTS on; rejects where the port has no such lines (a pseudo-terminal). */
  setDtr(on: boolean): Promise<void>
  /** Ends a waiting read and lets go of the port; further calls do nothing. */
  close(): Promise<void>
}

/** Opens a port; rejects with a LinkError that says what to do. */
export type OpenPort = (settings: PortSettings) => Promise<Port>

/** What weir uses of an open port of @serialport/bindings-cpp 13; `fd` and `poller` are in its types, not in its manual. */
interface BindingPort {
  fd: number | null
  poller?: { once(event: 'readable', callback: (error: Error | null) => void): unknown }
  set(flags: { brk: boolean; cts: boolean; dtr: boolean; rts: boolean }): Promise<void>
  close(): Promise<void>
}

/**
 * Opens a serial port through serialport's binding, and reads its descriptor here: the binding's own `read` takes 0 bytes
 * (a hang-up) for a reason to read again, which keeps a core busy for ever when the device is unplugged.
 * Rejects with a LinkError that says what to do.
 */
export async function openPort(settings: PortSettings): Promise<Port> {
  const name = `serial port "${settings.path}"`
  const problem = await portProblem(settings.path)
  if (problem) throw new LinkError(`cannot open ${name}: ${problem}`)
  const { SerialPort } = await import('serialport')
  const binding = await SerialPort.binding.open(settings).catch(async (error: unknown) => {
    throw new LinkError(`cannot open ${name}: ${await explain(reasonOf(error), settings.path)}`, { cause: error })
  })
  return wrap(binding as BindingPort, name)
}

function wrap(binding: BindingPort, name: string): Port {
  const { fd, poller } = binding
  if (!fd || !poller) return bug('serialport hands out no descriptor')
  let closing: Promise<void> | undefined
  const gone = (cause?: unknown) =>
    new LinkError(`cannot read ${name}: it is gone; plug the device in again`, { cause })
  const readable = () =>
    new Promise<void>((resolve, reject) => poller.once('readable', (error) => (error ? reject(error) : resolve())))

  return {
    async read(into) {
      while (!closing) {
        try {
          await readable()
          if (closing) break
          const bytes = readSync(fd, into)
          if (bytes > 0) return bytes
        } catch (error) {
          if (closing) break
          if (['EAGAIN', 'EINTR'].includes((error as NodeJS.ErrnoException).code ?? '')) continue
          throw gone(error)
        }
        throw gone()
      }
      return 0
    },
    write(bytes) {
      const taken = writeSync(fd, bytes)
      if (taken < bytes.length)
        throw new LinkError(
          `cannot write to ${name}: it took ${taken} of ${bytes.length} bytes; check the flow control (\`rtscts\`)`,
        )
    },
    setDtr: (on) => binding.set({ brk: false, cts: false, dtr: on, rts: true }),
    close() {
      closing ??= binding.close()
      return closing
    },
  }
}

async function explain(words: string, path: string): Promise<string> {
  if (/lock|busy/i.test(words)) {
    const device = await realpath(path).catch(() => path)
    const others = (await holdersOf(new Set([device]))).get(device)?.filter(({ pid }) => pid !== process.pid) ?? []
    if (others.length > 0) return `${holdersText(others)} has it open; end that first`
    return 'another program has it open; end that program first (as root, `weir ports` names it)'
  }
  if (/ioctl/i.test(words)) return 'it is no serial port; `weir ports` lists those there are'
  return words.replace(/^Error:? /, '')
}

import { realpath } from 'node:fs/promises'
import type { Clock } from '../../model/clock.js'
import { LinkError, reasonOf } from '../../model/errors.js'
import { portProblem } from './access.js'
import { dataPort } from './data-port.js'
import { descriptorPort } from './descriptor-port.js'
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
  /** Read by its descriptor; false: by way of the binding, which costs several times as much. */
  readonly isDirect: boolean
  /**
   * Takes what is there now, at most the buffer's length, without waiting; 0 where nothing is, or once it is closed by this
   * side. Throws a LinkError when the device is gone.
   */
  read(into: Uint8Array): number
  /** Resolves when `read` may find something, or once it is closed by this side; rejects with a LinkError when the device is gone. */
  readable(): Promise<void>
  /** Hands bytes to the kernel at once; throws a LinkError when it doesn't take them all. */
  write(bytes: Uint8Array): void
  /** Sets DTR, leaving RTS on; rejects where the port has no such lines (a pseudo-terminal). */
  setDtr(on: boolean): Promise<void>
  /** Ends a waiting `readable` and lets go of the port; further calls do nothing. */
  close(): Promise<void>
}

/** Opens a port; rejects with a LinkError that says what to do. */
export type OpenPort = (settings: PortSettings, clock: Clock) => Promise<Port>

/** What weir uses of an open port of @serialport/bindings-cpp 13. */
export interface BindingPort {
  /** `fd` and `poller` are in its types, not in its manual: they may go with any version. */
  fd?: number | null
  poller?: { once(event: 'readable', callback: (error: Error | null) => void): unknown }
  read(buffer: Buffer, offset: number, length: number): Promise<{ bytesRead: number }>
  write(buffer: Buffer): Promise<void>
  set(flags: { brk: boolean; cts: boolean; dtr: boolean; rts: boolean }): Promise<void>
  close(): Promise<void>
}

/**
 * Opens a serial port through serialport's binding, and reads its descriptor here where the binding hands it out.
 * Rejects with a LinkError that says what to do.
 */
export async function openPort(settings: PortSettings, clock: Clock): Promise<Port> {
  const { path } = settings
  const name = `serial port "${path}"`
  const problem = await portProblem(path)
  if (problem) throw new LinkError(`cannot open ${name}: ${problem}`)
  const { SerialPort } = await import('serialport')
  const binding: BindingPort = await SerialPort.binding.open(settings).catch(async (error: unknown) => {
    throw new LinkError(`cannot open ${name}: ${await explain(reasonOf(error), path)}`, { cause: error })
  })
  return descriptorPort(binding, path) ?? dataPort(binding, path, clock)
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

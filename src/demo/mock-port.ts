import type { OpenPort, PortSettings } from '../sources/serial/binding.js'
import { portGone } from '../sources/serial/port-gone.js'
import type { SerialLine } from './serial-line.js'

/** What is used of @serialport/binding-mock, whose own types its package does not export. */
interface MockBinding {
  createPort(path: string): void
  open(settings: PortSettings): Promise<MockPort>
}

interface MockPort {
  readonly isOpen: boolean
  emitData(text: string): void
  read(buffer: Buffer, offset: number, length: number): Promise<{ bytesRead: number }>
  write(bytes: Buffer): Promise<void>
  set(flags: { dtr: boolean; rts: boolean }): Promise<void>
  close(): Promise<void>
}

const BUFFER_BYTES = 4096
const PATH = '/dev/ttyMOCK0'

/** A serial port of serialport's mock binding, and what opens it in the place of a real one. */
export async function openMockPort(): Promise<SerialLine> {
  const { SerialPortMock } = await import('serialport')
  const mock: MockBinding = SerialPortMock.binding
  mock.createPort(PATH)
  let opened: MockPort | undefined

  const open: OpenPort = async (settings) => {
    const port = (opened = await mock.open(settings))
    const closed = () => !port.isOpen
    const buffer = Buffer.alloc(BUFFER_BYTES)
    let held = buffer.subarray(0, 0)
    return {
      isDirect: true,
      read(into) {
        const bytes = Math.min(into.length, held.length)
        into.set(held.subarray(0, bytes))
        held = held.subarray(bytes)
        return bytes
      },
      async readable() {
        if (closed() || held.length > 0) return
        try {
          held = buffer.subarray(0, (await port.read(buffer, 0, BUFFER_BYTES)).bytesRead)
        } catch (cause) {
          if (!closed()) throw portGone(settings.path, cause)
        }
      },
      write: (bytes) => void port.write(Buffer.from(bytes)),
      setDtr: (on) => port.set({ dtr: on, rts: true }),
      close: async () => (closed() ? undefined : port.close()),
    }
  }
  return {
    path: PATH,
    open,
    write: (text) => (opened?.isOpen ? opened.emitData(text) : undefined),
    close() {},
  }
}

import { closeSync, constants, writeSync } from 'node:fs'
import type { SerialLine } from './serial-line.js'

const NAME_BYTES = 128

/**
 * Makes a pseudo-terminal through the system's C library; weir opens its other end as it would a serial port. Like a
 * UART that nobody reads, it drops what finds no room. Rejects where koffi is not installed or the system has none.
 */
export async function openPseudoTerminal(): Promise<SerialLine> {
  const { default: koffi } = await import('koffi')
  const libc = koffi.load(null)
  const openMaster = libc.func('int posix_openpt(int flags)')
  const grant = libc.func('int grantpt(int fd)')
  const unlock = libc.func('int unlockpt(int fd)')
  const nameOf = libc.func('int ptsname_r(int fd, _Out_ uint8_t *name, size_t size)')
  const check = (call: string, failed: boolean) => {
    if (failed) throw new Error(`cannot make a pseudo-terminal: ${call} failed`)
  }

  const fd: number = openMaster(constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
  check('posix_openpt', fd < 0)
  try {
    const name = Buffer.alloc(NAME_BYTES)
    check('grantpt', grant(fd) !== 0)
    check('unlockpt', unlock(fd) !== 0)
    check('ptsname_r', nameOf(fd, name, name.length) !== 0)
    return {
      path: name.toString('utf8', 0, name.indexOf(0)),
      write: (text) => write(fd, text),
      close: () => closeSync(fd),
    }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function write(fd: number, text: string): void {
  try {
    writeSync(fd, text)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
  }
}

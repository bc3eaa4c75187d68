import { constants, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import koffi from 'koffi'

// Devices at the far ends of pseudo-terminals: node devices.js PORTS BYTES_A_SECOND SECONDS. Prints the ports that weir is to
// open, and after a line on stdin speaks: numbered lines of about 40 bytes, a millisecond's bytes at a time, as a UART
// brings them. What the kernel has no room for waits, and is counted: a UART would have lost it. At the end it prints what
// was sent.

const MOST_LATE_MS = 4

const [ports, bytesASecond, seconds] = process.argv.slice(2).map(Number)
const libc = koffi.load(null)
const openMaster = libc.func('int posix_openpt(int flags)')
const grant = libc.func('int grantpt(int fd)')
const unlock = libc.func('int unlockpt(int fd)')
const nameOf = libc.func('int ptsname_r(int fd, _Out_ uint8_t *name, size_t size)')

class Device {
  readonly path: string
  lines = 0
  bytes = 0
  /** Times that the kernel had no room. */
  full = 0
  readonly #fd: number
  #rest: Buffer = Buffer.alloc(0)

  constructor() {
    this.#fd = openMaster(constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
    const name = Buffer.alloc(128)
    if (this.#fd < 0 || grant(this.#fd) || unlock(this.#fd) || nameOf(this.#fd, name, name.length))
      throw new Error('cannot make a pseudo-terminal')
    this.path = name.toString('utf8', 0, name.indexOf(0))
  }

  /** Sends all bytes due by now; whole lines where `whole` is set. False: there was no room. */
  speak(dueBytes: number, whole: boolean): boolean {
    while (this.bytes < dueBytes) {
      if (this.#rest.length === 0) this.#rest = this.#line()
      const bytes = whole ? this.#rest.length : Math.min(this.#rest.length, Math.ceil(dueBytes - this.bytes))
      const sent = this.#write(this.#rest.subarray(0, bytes))
      this.bytes += sent
      this.#rest = this.#rest.subarray(sent)
      if (sent < bytes) {
        this.full++
        return false
      }
    }
    return true
  }

  /** Sends what is left of the last line. */
  async end(): Promise<void> {
    const endBytes = this.bytes + this.#rest.length
    while (!this.speak(endBytes, true)) await sleep(1)
  }

  #line(): Buffer {
    const number = this.lines++
    const fields = [Date.now(), String(number).padStart(8, '0'), (20 + (number % 1000) / 64).toFixed(6), 'ok000']
    return Buffer.from(`${fields.join(',')}\n`)
  }

  #write(bytes: Buffer): number {
    try {
      return writeSync(this.#fd, bytes)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      return 0
    }
  }
}

const devices = Array.from({ length: ports }, () => new Device())
console.log(JSON.stringify(devices.map(({ path }) => path)))
await new Promise((resolve) => process.stdin.once('data', resolve))
// Late on a busy machine they send less, never faster than their wire.
for (let ms = 0, atMs = performance.now(); ms < seconds * 1000; ) {
  const nowMs = performance.now()
  ms += Math.min(nowMs - atMs, MOST_LATE_MS)
  atMs = nowMs
  // Of many ports each sends whole lines, in turns.
  for (const [i, device] of devices.entries())
    device.speak((ms / 1000) * bytesASecond - (ports > 1 ? (40 * i) / ports : 0), ports > 1)
  await sleep(1)
}
for (const device of devices) await device.end()
const sum = (what: 'lines' | 'bytes' | 'full') => devices.reduce((n, device) => n + device[what], 0)
console.log(JSON.stringify({ lines: sum('lines'), bytes: sum('bytes'), full: sum('full') }))
process.stdin.once('end', () => process.exit())

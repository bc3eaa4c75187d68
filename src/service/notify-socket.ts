import { endianness } from 'node:os'

/** Says something to the service manager; never throws, and never waits for it. */
export interface Notifier {
  /** Lines of sd_notify(3), as `READY=1`. */
  send(lines: readonly string[]): void
  close(): void
}

const AF_UNIX = 1
const SOCK_DGRAM_CLOEXEC = 0o2000002
const MSG_DONTWAIT_NOSIGNAL = 0x4040
const PATH_MAX_BYTES = 107

/**
 * A datagram socket to `$NOTIFY_SOCKET` (a path, or `@name` in the abstract namespace) through the system's C library,
 * since Node has none. Rejects where koffi is not installed or the address is of another kind.
 */
export async function openNotifySocket(address: string): Promise<Notifier> {
  const target = socketAddress(address)
  const { default: koffi } = await import('koffi')
  const libc = koffi.load(null)
  const socket = libc.func('int socket(int domain, int type, int protocol)')
  const sendto = libc.func('long sendto(int fd, uint8_t *data, size_t n, int flags, uint8_t *target, uint32_t length)')
  const close = libc.func('int close(int fd)')

  const fd: number = socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0)
  if (fd < 0) throw new Error('cannot notify the service manager: socket() failed')
  return {
    // What finds the manager's queue full is dropped: the next beat says all of it again.
    send(lines) {
      const data = Buffer.from(lines.join('\n'))
      sendto(fd, data, data.length, MSG_DONTWAIT_NOSIGNAL, target, target.length)
    },
    close: () => void close(fd),
  }
}

/** A `sockaddr_un`. Throws when the address is none of a Unix socket. */
export function socketAddress(address: string): Buffer {
  const bytes = Buffer.from(address)
  if (!/^[/@]./.test(address) || bytes.length > PATH_MAX_BYTES)
    throw new Error(`cannot notify the service manager: no address of a Unix socket; got NOTIFY_SOCKET="${address}"`)
  const abstract = bytes[0] === 0x40
  if (abstract) bytes[0] = 0
  const family = Buffer.from(endianness() === 'LE' ? [AF_UNIX, 0] : [0, AF_UNIX])
  // A path ends with a zero byte, an abstract name with its length.
  return Buffer.concat(abstract ? [family, bytes] : [family, bytes, Buffer.alloc(1)])
}

import { stat } from 'node:fs/promises'
import type { Clock, Timer } from '../../model/clock.js'
import type { BindingPort, Port } from './binding.js'
import { portGone } from './port-gone.js'

const BUFFER_BYTES = 65536
/** How often a port that waits for bytes is looked for: the binding doesn't tell that it is gone. */
const LOOK_MS = 1000

/**
 * A port read through what the binding's manual promises: a read that waits. It costs a thread's work and two wake-ups
 * a read, and a device that is gone is noticed by its name.
 */
export function dataPort(binding: BindingPort, path: string, clock: Clock): Port {
  const buffer = Buffer.allocUnsafe(BUFFER_BYTES)
  let from = 0
  let end = 0
  let closing: Promise<void> | undefined
  let failure: unknown
  /** Set before the binding cancels what waits, at once. */
  let isClosed = false
  const close = () => {
    isClosed = true
    closing ??= binding.close()
    return closing
  }
  const watch = new NameWatch(path, clock, () => {
    failure = portGone(path)
    // The read that waits ends with it.
    void close().catch(() => {})
  })

  return {
    isDirect: false,
    read(into) {
      if (failure) throw failure
      if (isClosed) return 0
      const bytes = Math.min(into.length, end - from)
      into.set(buffer.subarray(from, from + bytes))
      from += bytes
      return bytes
    },
    async readable() {
      if (isClosed || failure || from < end) return
      watch.start()
      try {
        const { bytesRead } = await binding.read(buffer, 0, BUFFER_BYTES)
        from = 0
        end = bytesRead
      } catch (error) {
        if (failure) throw failure
        if (!isClosed) throw portGone(path, error)
      } finally {
        watch.stop()
      }
    },
    write(bytes) {
      binding.write(Buffer.from(bytes)).catch((error) => {
        failure ??= portGone(path, error)
      })
    },
    setDtr: (on) => binding.set({ brk: false, cts: false, dtr: on, rts: true }),
    close,
  }
}

/** Tells once when a path leads to another device than at first, or to none. */
class NameWatch {
  #timer: Timer | undefined
  readonly #device: Promise<number | undefined>

  constructor(
    private readonly path: string,
    private readonly clock: Clock,
    private readonly onGone: () => void,
  ) {
    this.#device = deviceAt(path)
  }

  start(): void {
    this.#timer = this.clock.after(LOOK_MS, () => void this.#look())
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  async #look(): Promise<void> {
    const timer = this.#timer
    const device = await deviceAt(this.path)
    const isThere = device !== undefined && device === (await this.#device)
    if (this.#timer !== timer) return
    if (isThere) this.start()
    else this.onGone()
  }
}

/** The number of the device that a path leads to; undefined where it leads to none. */
const deviceAt = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ rdev }) => rdev,
    () => undefined,
  )

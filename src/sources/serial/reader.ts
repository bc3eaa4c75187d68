import type { Framer } from '../../framing/framing.js'
import type { Timer } from '../../model/clock.js'
import type { SourceOutput } from '../../model/source.js'
import type { Port } from './binding.js'
import type { Gathering } from './gathering.js'
import type { Receiver } from './receiver.js'

/** One for all ports: a framer keeps nothing of it. */
const buffer = new Uint8Array(65536)

/**
 * Reads a port: woken by the first bytes after a silence, and from then on by the house's clock, as long as each look finds
 * some. A port read on a timer costs neither a wake-up of its own nor a word to the poller.
 */
export class PortReader {
  #reads = 0
  #bytes = 0
  #pauseMs = 0
  #timer: Timer | undefined
  #endTurns: (() => void) | undefined
  #stopped = false

  constructor(
    private readonly port: Port,
    private readonly framer: Framer,
    private readonly receiver: Receiver,
    private readonly gathering: Gathering,
    private readonly out: SourceOutput,
    /** Told of each read. */
    private readonly heard: () => void,
  ) {}

  /** Reads until `stop`; rejects with a LinkError when the device is gone. */
  async run(): Promise<void> {
    try {
      while (!this.#stopped) {
        const fromMs = this.out.clock.monotonicMs()
        await this.port.readable()
        if (!this.#stopped) await this.#turns(this.out.clock.monotonicMs() - fromMs)
      }
    } finally {
      this.framer.end(this.receiver)
    }
  }

  /** Reads no more; the port is to be closed. */
  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
    this.#endTurns?.()
  }

  /** Facts for /status: since the port was opened; the last pause is 0 where the next bytes wake. */
  status(): Record<string, unknown> {
    return { direct: this.port.isDirect, reads: this.#reads, bytes: this.#bytes, pauseMs: Math.round(this.#pauseMs) }
  }

  /** Reads, pauses, and so on, as long as there are pauses and bytes. `waitedMs`: until the first read, for its bytes. */
  #turns(waitedMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#endTurns = resolve
      const turn = () => {
        try {
          const pauseMs = this.#turn(waitedMs)
          waitedMs = 0
          if (pauseMs > 0 && !this.#stopped) this.#timer = this.out.clock.after(pauseMs, turn)
          else resolve()
        } catch (error) {
          reject(error)
        }
      }
      turn()
    })
  }

  /** How long to pause before the next; 0: until there is something. */
  #turn(waitedMs: number): number {
    const { port, receiver, out } = this
    const bytes = port.read(buffer)
    if (bytes === 0) return 0
    this.#reads++
    this.#bytes += bytes
    this.heard()
    receiver.beginBurst(bytes, waitedMs)
    this.framer.push(buffer.subarray(0, bytes), receiver)
    receiver.endBurst()
    this.#pauseMs = this.gathering.pauseMs(bytes, out.clock.monotonicMs(), out.gatherMs())
    return this.#pauseMs
  }
}

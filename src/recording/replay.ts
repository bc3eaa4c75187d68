import type { Engine } from '../model/engine.js'
import type { Status } from '../model/status.js'
import { type Played, type PlayOptions, play } from './player.js'
import type { RecordingReader } from './reader.js'
import type { Side } from './side.js'

/** A recording through one configuration, from start to end. */
export class Replay implements Engine {
  readonly finished: Promise<void>
  played: Played = { frames: 0, bytes: 0, missed: 0 }
  readonly #abort = new AbortController()
  #settle!: { resolve: () => void; reject: (error: unknown) => void }
  #playing: Promise<void> | undefined

  constructor(
    private readonly reader: RecordingReader,
    readonly side: Side,
    private readonly options: Omit<PlayOptions, 'signal'>,
  ) {
    this.finished = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.finished.catch(() => {})
  }

  async start(): Promise<void> {
    const { gateway } = this.side
    await gateway.start()
    gateway.finished.catch((error) => {
      this.#abort.abort()
      this.#settle.reject(error)
    })
    this.#playing = this.#play()
  }

  status(): Status {
    return this.side.gateway.status()
  }

  /** Graceful, the windows that are open are written as they stand, and sinks take all of it. */
  async stop({ graceful }: { graceful: boolean }): Promise<void> {
    this.#abort.abort()
    await this.#playing
    await this.side.gateway.stop({ graceful })
    this.#settle.resolve()
  }

  async #play(): Promise<void> {
    const { reader, side, options } = this
    try {
      this.played = await play(reader, [side], { ...options, signal: this.#abort.signal })
      if (this.#abort.signal.aborted) return
      await side.gateway.stop({ graceful: true })
      this.#settle.resolve()
    } catch (error) {
      this.#settle.reject(error)
    } finally {
      await reader.close()
    }
  }
}

import type { Clock, Timer } from '../model/clock.js'
import type { Status } from '../model/status.js'
import type { Rows } from './rows.js'
import type { LiveUpdate } from './wire.js'

const UPDATE_MS = 1000

/** How far updates have come: changes so far, and the first row that is not known by then. */
interface Mark {
  version: number
  nextId: number
}

/**
 * Updates for browsers, once a second while one is there. An update is encoded once for all who got the one before; who
 * fell behind, asleep or slow, gets what changed since, never what lay between.
 */
export class Live {
  readonly #encoder = new TextEncoder()
  #timer: Timer | undefined
  #waiting: (() => void)[] = []
  /** What updates lead up to. */
  #now: Mark = { version: 0, nextId: 0 }
  /** The last update that was made for who knew `from`. */
  #last: { from: number; to: number; bytes: Uint8Array } | undefined

  constructor(
    private readonly rows: Rows,
    private readonly status: () => Status,
    private readonly clock: Clock,
  ) {}

  /** A stream of server-sent events for one browser: everything first, then what changes. */
  stream(): ReadableStream<Uint8Array> {
    let known: Mark | undefined
    let gone = () => {}
    return new ReadableStream(
      {
        pull: async (controller) => {
          if (known?.version === this.#now.version) {
            await new Promise<void>((resolve) => {
              gone = resolve
              this.#waiting.push(resolve)
              this.#arm()
            })
          }
          const bytes = this.#since(known)
          known = this.#now
          controller.enqueue(bytes)
        },
        cancel: () => gone(),
      },
      // Nothing is made before it can be sent.
      { highWaterMark: 0 },
    )
  }

  #arm(): void {
    this.#timer ??= this.clock.after(UPDATE_MS, () => {
      this.#timer = undefined
      // Counters move even when no window ended.
      this.#now = { version: ++this.rows.version, nextId: this.rows.nextId }
      for (const wake of this.#waiting.splice(0)) wake()
    })
  }

  /** What changed after what is known. Who comes in between is told some of it once more. */
  #since(known: Mark | undefined): Uint8Array {
    const last = this.#last
    if (known && last?.from === known.version && last.to === this.#now.version) return last.bytes
    const changes = this.rows.changes(known?.version ?? -1, known?.nextId ?? 0)
    const update: LiveUpdate = { whole: !known, nowUs: this.clock.nowUs(), status: this.status(), ...changes }
    const bytes = this.#encoder.encode(`data: ${JSON.stringify(update)}\n\n`)
    if (known) this.#last = { from: known.version, to: this.#now.version, bytes }
    return bytes
  }
}

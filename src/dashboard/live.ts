import type { Clock, Timer } from '../model/clock.js'
import type { Status } from '../model/status.js'
import type { Rows } from './rows.js'
import type { LiveUpdate } from './wire.js'

const UPDATE_MS = 1000

/** What a browser has got. */
interface Known {
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
  /** The last update, and what its readers knew before. */
  #last: { from: Known; to: Known; bytes: Uint8Array } | undefined
  /** Version that updates lead up to. */
  #now = 0

  constructor(
    private readonly rows: Rows,
    private readonly status: () => Status,
    private readonly clock: Clock,
  ) {}

  /** A stream of server-sent events for one browser: everything first, then what changes. */
  stream(): ReadableStream<Uint8Array> {
    let known: Known | undefined
    let gone = () => {}
    return new ReadableStream(
      {
        pull: async (controller) => {
          // The first comes at once, also where nothing was ever sent.
          if (!known) this.#advance()
          else if (known.version === this.#now) {
            await new Promise<void>((resolve) => {
              gone = resolve
              this.#waiting.push(resolve)
              this.#arm()
            })
          }
          const { bytes, to } = this.#since(known)
          known = to
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
      this.#advance()
      for (const wake of this.#waiting.splice(0)) wake()
    })
  }

  #advance(): void {
    // Counters move even when no window ended.
    this.#now = ++this.rows.version
  }

  #since(known: Known | undefined): { bytes: Uint8Array; to: Known } {
    const last = this.#last
    if (known && last && last.from.version === known.version && last.to.version === this.#now) return last
    const { heads, values, gone, nextId } = this.rows.changes(known?.version ?? -1, known?.nextId ?? 0)
    const to = { version: this.#now, nextId }
    const update: LiveUpdate = {
      whole: !known,
      nowUs: this.clock.nowUs(),
      status: this.status(),
      heads,
      values,
      gone,
    }
    const made = {
      from: known ?? { version: -1, nextId: 0 },
      to,
      bytes: this.#encoder.encode(`data: ${JSON.stringify(update)}\n\n`),
    }
    if (known) this.#last = made
    return made
  }
}

import type { Clock, Timer } from '../model/clock.js'
import { reasonOf } from '../model/errors.js'
import { newPointLedger, type PointLedger } from '../model/ledger.js'
import type { Log } from '../model/log.js'
import type { Points } from '../model/points.js'
import type { Format, SendResult, Sink } from '../model/sink.js'
import type { SinkStatus } from '../model/status.js'
import { Rejected } from './rejected.js'

export interface LaneOptions {
  name: string
  type: string
  sink: Sink
  format: Format
  /** It takes each window once. */
  finalOnly: boolean
  clock: Clock
  log: Log
  /** Past this the oldest body is given up. Finite sources wait from half of it on. Default 32 MiB. */
  maxQueuedBytes?: number
  /** A body is sent when it reaches this; it goes over by 1000 lines at most. Default 1 MiB. */
  maxBodyBytes?: number
  /** Default 5000. */
  maxBodyLines?: number
  /** Where refused lines are kept; without it the last few stay in memory only. */
  rejectedDir?: string
  /** Bound of that file and its predecessor. Default 64 MiB. */
  maxRejectedBytes?: number
  /** In [0, 1), for the jitter of retries. Default Math.random. */
  random?: () => number
}

interface Body {
  pieces: Buffer[]
  sizeBytes: number
  points: number
  /** Takes nothing more: it was sent once, or is a half of a refused one. */
  sealed: boolean
}

const PART_LINES = 1000
const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 30_000
const LONGEST_WAIT_MS = 600_000
const REASONS_SAID = 3

/**
 * The way of points into one sink: encodes, queues, sends one body at a time in the order of emission, retries with
 * jittered back-off, halves what is refused, and counts. `emitted = delivered + refused + givenUp + spooled` always holds.
 */
export class Lane {
  readonly #o: Required<Omit<LaneOptions, 'rejectedDir' | 'maxRejectedBytes'>>
  readonly #points: PointLedger = newPointLedger()
  readonly #rejected: Rejected
  readonly #stop = new AbortController()
  /** Oldest first; while `#sending`, the first is on its way. */
  readonly #queue: Body[] = []
  #queuedBytes = 0
  #sending: Promise<void> | undefined
  #retry: Timer | undefined
  #failures = 0
  #opened: boolean
  #state: SinkStatus['state'] = 'starting'
  #sinceUs: number
  #detail: string | undefined
  /** Reasons said in this episode of being down. */
  readonly #said = new Set<string>()
  #overfull = false
  #waiters: (() => void)[] = []

  constructor(options: LaneOptions) {
    this.#o = {
      maxQueuedBytes: 32 * 2 ** 20,
      maxBodyBytes: 2 ** 20,
      maxBodyLines: 5000,
      random: Math.random,
      ...options,
    }
    this.#opened = !options.sink.open
    this.#sinceUs = options.clock.nowUs()
    this.#rejected = new Rejected(options)
  }

  /** Encodes and queues points at once; they need not outlive the call. Never fails: what finds no room is counted. */
  offer(points: Points): void {
    this.#points.emitted += points.lines
    if (this.#state === 'closed') {
      this.#points.givenUp += points.lines
      return
    }
    const step = Math.min(PART_LINES, this.#o.maxBodyLines)
    for (let from = 0; from < points.lines; from += step) {
      const part =
        from === 0 && points.lines <= step ? points : partOf(points, from, Math.min(points.lines, from + step))
      this.#append(Buffer.from(this.#o.format.encode(part)), part.lines)
    }
  }

  commit(_batch: number): void {}

  async whenDurable(_batch: number): Promise<void> {}

  get name(): string {
    return this.#o.name
  }

  get finalOnly(): boolean {
    return this.#o.finalOnly
  }

  /** Starts sending if there is anything to send and nothing is on its way; the engine calls it at each tick. */
  pump(): void {
    if (this.#sending || this.#retry || this.#state === 'closed') return
    if (this.#opened && this.#queue.length === 0) return
    this.#sending = this.#run().finally(() => {
      this.#sending = undefined
      this.#wake()
    })
  }

  /** True when sources that can wait should. */
  full(): boolean {
    return this.#state !== 'closed' && this.#queuedBytes > this.#o.maxQueuedBytes / 2
  }

  /** Resolves when the lane is not full. */
  async room(): Promise<void> {
    while (this.full()) {
      this.pump()
      await this.#change()
    }
  }

  /** Sends until nothing is left, at once and then with the usual retries; resolves at the latest when the signal aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#retry?.cancel()
    this.#retry = undefined
    this.#failures = 0
    const wake = () => this.#wake()
    signal.addEventListener('abort', wake, { once: true })
    while (!signal.aborted && this.#state !== 'closed' && this.#queue.length > 0) {
      this.pump()
      await this.#change()
    }
    signal.removeEventListener('abort', wake)
  }

  /** Ends what is on its way, gives up and counts the rest, closes the sink. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#sending
    const left = this.#points.spooled
    if (left > 0)
      this.#o.log.error(
        { sink: this.#o.name, points: left },
        `sink ${this.#o.name}: ${left} points given up, not delivered before the end`,
      )
    this.#end()
    await this.#o.sink.close?.()
  }

  /** As of now. */
  status(): SinkStatus {
    const { name, type } = this.#o
    return {
      name,
      type,
      state: this.#state,
      sinceUs: this.#sinceUs,
      points: { ...this.#points },
      queuedBytes: this.#queuedBytes,
      ...(this.#detail === undefined ? {} : { detail: this.#detail }),
    }
  }

  /** The last lines refused, with the server's words. */
  get rejected(): readonly { why: string; line: string }[] {
    return this.#rejected.last
  }

  #append(bytes: Buffer, points: number): void {
    const { maxQueuedBytes, maxBodyBytes, maxBodyLines } = this.#o
    while (this.#queuedBytes + bytes.length > maxQueuedBytes && this.#giveUpOldest());
    const open = this.#queue.at(-1)
    if (open && !open.sealed && open.sizeBytes + bytes.length <= maxBodyBytes && open.points + points <= maxBodyLines) {
      open.pieces.push(bytes)
      open.sizeBytes += bytes.length
      open.points += points
    } else this.#queue.push({ pieces: [bytes], sizeBytes: bytes.length, points, sealed: false })
    this.#queuedBytes += bytes.length
    this.#points.spooled += points
  }

  #giveUpOldest(): boolean {
    const [oldest] = this.#queue.splice(this.#sending ? 1 : 0, 1)
    if (!oldest) return false
    this.#settle(oldest, 'givenUp')
    if (!this.#overfull) {
      const { log, name, maxQueuedBytes } = this.#o
      log.error(
        { sink: name, maxQueuedBytes },
        `sink ${name}: queue full; the oldest points are given up and counted as givenUp until the sink takes some again`,
      )
    }
    this.#overfull = true
    return true
  }

  /** Books the points of a body that has left the queue. */
  #settle(body: Body, as: 'delivered' | 'refused' | 'givenUp'): void {
    this.#queuedBytes -= body.sizeBytes
    this.#points.spooled -= body.points
    this.#points[as] += body.points
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      if (!this.#opened && !(await this.#open())) return
      const body = this.#queue[0]
      if (!body) return
      body.sealed = true
      if (body.pieces.length > 1) body.pieces = [Buffer.concat(body.pieces)]
      if (!(await this.#take(body, await this.#o.sink.send(body.pieces[0], this.#stop.signal)))) return
      this.#wake()
    }
  }

  async #open(): Promise<boolean> {
    try {
      await this.#o.sink.open!(this.#stop.signal)
      this.#opened = true
      this.#up()
    } catch (error) {
      this.#down(reasonOf(error))
    }
    return this.#opened
  }

  /** Books an outcome; true when the next body may go. */
  async #take(body: Body, result: SendResult): Promise<boolean> {
    if (result.outcome === 'retry') {
      this.#down(result.why, result.afterMs)
      return false
    }
    if (result.outcome === 'closed') {
      this.#o.log.info(
        { sink: this.#o.name },
        `sink ${this.#o.name}: ${result.why}; its points are counted as givenUp from here on`,
      )
      this.#detail = result.why
      this.#end()
      return false
    }
    this.#up()
    this.#queue.shift()
    if (result.outcome === 'ok') this.#settle(body, 'delivered')
    else if (body.points > 1) this.#queue.unshift(...halves(body))
    else {
      this.#settle(body, 'refused')
      await this.#rejected.keep(result.why, body.pieces[0].toString().trimEnd())
    }
    return true
  }

  #up(): void {
    const { clock, log, name } = this.#o
    if (this.#state === 'down') {
      const forMs = Math.round((clock.nowUs() - this.#sinceUs) / 1000)
      log.info({ sink: name, forMs }, `sink ${name}: reachable again after ${Math.round(forMs / 1000)} s`)
    }
    if (this.#state !== 'up') this.#enter('up')
    this.#detail = undefined
    this.#overfull = false
    this.#failures = 0
    this.#said.clear()
  }

  #down(why: string, afterMs = 0): void {
    if (this.#stop.signal.aborted) return
    const { clock, log, name, random } = this.#o
    if (this.#state !== 'down') this.#enter('down')
    this.#detail = why
    if (!this.#said.has(why) && this.#said.size < REASONS_SAID) {
      this.#said.add(why)
      log.warn({ sink: name }, `sink ${name}: ${why}; it is tried again until it works`)
    }
    const backoffMs =
      Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures++, 16)) * (0.5 + random() / 2)
    this.#retry = clock.after(Math.max(backoffMs, Math.min(afterMs, LONGEST_WAIT_MS)), () => {
      this.#retry = undefined
      this.pump()
    })
  }

  /** Nothing goes out any more. */
  #end(): void {
    this.#retry?.cancel()
    this.#retry = undefined
    for (const body of this.#queue.splice(0)) this.#settle(body, 'givenUp')
    this.#enter('closed')
    this.#wake()
  }

  #enter(state: SinkStatus['state']): void {
    this.#state = state
    this.#sinceUs = this.#o.clock.nowUs()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve))
  }

  #wake(): void {
    for (const resolve of this.#waiters.splice(0)) resolve()
  }
}

/** Lines [from, to) of points, as points. */
function partOf(points: Points, from: number, to: number): Points {
  return {
    ...points,
    lines: to - from,
    device: points.device.slice(from, to),
    correction: points.correction.slice(from, to),
    firstField: points.firstField.slice(from, to + 1),
  }
}

/** A body of several lines, cut at a line border near its middle by count. */
function halves(body: Body): [Body, Body] {
  const bytes = body.pieces[0]
  const points = body.points >> 1
  let cut = 0
  for (let i = 0; i < points; i++) cut = bytes.indexOf(10, cut) + 1
  const half = (piece: Buffer, count: number): Body => ({
    pieces: [piece],
    sizeBytes: piece.length,
    points: count,
    sealed: true,
  })
  return [half(bytes.subarray(0, cut), points), half(bytes.subarray(cut), body.points - points)]
}

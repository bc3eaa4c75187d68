import type { Clock, Timer } from '../model/clock.js'
import { reasonOf } from '../model/errors.js'
import { newPointLedger, type PointLedger } from '../model/ledger.js'
import type { Log } from '../model/log.js'
import type { Points } from '../model/points.js'
import type { Format, SendResult, Sink } from '../model/sink.js'
import type { SinkStatus } from '../model/status.js'
import { Held } from '../spool/held.js'
import { type HeldPoints, held, moved } from '../spool/held-points.js'
import type { LaneName, Piece, Spool, SpoolBounds, Taken } from '../spool/spool.js'
import type { ClockRecord } from './journal-records.js'
import { Rejected } from './rejected.js'

export interface LaneOptions {
  name: string
  type: string
  sink: Sink
  format: Format
  clock: Clock
  log: Log
  /** Where points wait; without it they wait in memory. It is closed with the lane. */
  spool?: Spool | undefined
  /** Where points wait for true time; without it they do so in memory. It is closed with the lane. */
  held?: Held | undefined
  /** Calls back once the marks of all batches so far are as safe as configured; only then may their points leave. */
  gate?: (done: () => void) => void
  /** Past this the oldest body in memory is given up. Finite sources wait from half of it on. Default 32 MiB. */
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

/** What a lane leads to; `bounds` where points wait for it on a disk. */
export type SinkOfLane = Pick<LaneOptions, 'type' | 'sink' | 'format'> & { bounds: SpoolBounds | undefined }

/** Points in memory: of a lane without a spool, or what its disk refused. */
interface Body {
  pieces: Buffer[]
  sizeBytes: number
  points: number
  /** Takes nothing more: it was sent once. */
  sealed: boolean
}

/** What one sender is at: a body, of which parts may be left since others were refused. */
interface Work {
  lane: LaneName
  /** Where it is from: the spool, or the queue in memory. */
  from: Taken | Body
  /** Oldest first. */
  parts: { bytes: Buffer; points: number }[]
  counts: { delivered: number; refused: number; givenUp: number }
}

const PART_LINES = 1000
const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 30_000
const LONGEST_WAIT_MS = 600_000
const REASONS_SAID = 3
/** Points that wait for longer when a sink is back are left behind as its backlog, so that those of now need not wait for them. */
const BACKLOG_AGE_MS = 5000
/** Of the time a body of the backlog took, so much the next one waits. */
const BACKLOG_PACE = 1
const LEAST_PACE_MS = 20

/**
 * The way of points into one sink: encodes, spools, sends in the order of emission, retries with jittered back-off, halves
 * what is refused, and counts. After an outage what waits is the backlog, sent beside the points of now; corrections of
 * what may be in it follow it. `emitted = delivered + refused + givenUp + spooled` always holds.
 */
export class Lane {
  readonly #o: Required<Omit<LaneOptions, 'rejectedDir' | 'maxRejectedBytes' | 'spool' | 'gate' | 'held'>>
  readonly #spool: Spool | undefined
  readonly #gate: (done: () => void) => void
  /** Of what is not in the spool. */
  readonly #points: PointLedger = newPointLedger()
  readonly #rejected: Rejected
  #stop = new AbortController()
  /** Offered since the last commit, for the spool. */
  #offered: (Piece & { bytes: Buffer })[] = []
  readonly #held: Held
  /** Held since the last commit. */
  #holding: { points: number; text: string }[] = []
  /** Known once true time is, while points wait for it. */
  #trueTime: ClockRecord | undefined
  /** In memory, oldest first. */
  readonly #queue: Body[] = []
  #queuedBytes = 0
  readonly #works: Partial<Record<LaneName, Work>> = {}
  readonly #sending: Partial<Record<LaneName, Promise<void>>> = {}
  #retry: Timer | undefined
  #pace: Timer | undefined
  #failures = 0
  #opened: boolean
  #state: SinkStatus['state'] = 'starting'
  #sinceUs: number
  #detail: string | undefined
  /** Reasons said in this episode of being down. */
  readonly #said = new Set<string>()
  #overfull = false
  /** What waits is to be left behind, once the body on its way is taken. */
  #splits = false
  #waiters: (() => void)[] = []
  /** The newest point of each window since it knows all that waits, and which of them may be in the backlog. */
  readonly #newestUs = new Map<string, number>()
  #knowsAll: boolean
  #throughUs = new Map<string, number>()

  constructor(options: LaneOptions) {
    const { spool, gate, held = new Held(), ...rest } = options
    this.#o = { maxQueuedBytes: 32 * 2 ** 20, maxBodyBytes: 2 ** 20, maxBodyLines: 5000, random: Math.random, ...rest }
    this.#spool = spool
    this.#held = held
    this.#knowsAll = spool?.isDrained ?? true
    this.#gate = gate ?? ((done) => done())
    this.#opened = !options.sink.open
    this.#sinceUs = options.clock.nowUs()
    this.#rejected = new Rejected(options)
    this.#points.emitted = this.#points.spooled = held.points
  }

  get name(): string {
    return this.#o.name
  }

  /** The last batch whose points it has; -1 where it keeps none. */
  get batch(): number {
    return Math.max(this.#spool?.batch ?? -1, this.#held.isKept ? this.#held.batch : -1)
  }

  /** Encodes and keeps points at once; they need not outlive the call. Never fails: what finds no room is counted. */
  offer(points: Points): void {
    if (this.#state === 'closed') {
      this.#points.emitted += points.lines
      this.#points.givenUp += points.lines
      return
    }
    for (const piece of this.#pieces(points))
      if (this.#spool) this.#offered.push(piece)
      else this.#append(piece.bytes, piece.points)
  }

  /** Keeps points of a clock that is not known to be right, until `knowTime`. */
  hold(points: Points, clock: ClockRecord): void {
    if (this.#state === 'closed') {
      this.offer(points)
      return
    }
    for (const part of this.#parts(points))
      this.#holding.push({ points: part.lines, text: JSON.stringify(held(part, clock)) })
  }

  knowTime(clock: ClockRecord): void {
    this.#trueTime = clock
  }

  /** What was offered since the last call is of this batch, made at `nowUs` (default: now; null: nobody knows); what is kept of it already is not kept again. */
  commit(batch: number, nowUs: number | null = this.#o.clock.nowUs()): void {
    const spool = this.#spool
    const offered = this.#offered
    const holding = this.#holding
    this.#offered = []
    this.#holding = []
    if (this.#state === 'closed') return
    if (batch > this.#held.batch)
      for (const { points, text } of holding) {
        this.#points.emitted += points
        this.#points.spooled += points
        this.#giveUp(this.#held.append(batch, points, text), 'too many wait for the clock to be set')
      }
    const atMs = nowUs === null ? null : Math.round(nowUs / 1000)
    const hasTaken = this.#trueTime !== undefined && this.#takeHeld(batch, atMs, this.#trueTime)
    // That all which waited was taken is known by a record of this batch.
    if (hasTaken && offered.length === 0) offered.push({ bytes: Buffer.alloc(0), points: 0, tagged: false })
    if (!spool || batch <= spool.batch || offered.length === 0) return
    // Behind what waits in memory nothing may overtake it.
    const isKept = this.#queue.length === 0 && spool.append(batch, offered, atMs)
    if (!isKept) {
      for (const { bytes, points } of offered) if (points > 0) this.#append(bytes, points)
      return
    }
    this.#releaseSpooled(spool)
  }

  #releaseSpooled(spool: Spool): void {
    const { end, batch } = spool
    this.#gate(() =>
      spool.whenDurable(() => {
        spool.release(end, batch)
        this.pump()
      }),
    )
    this.#bound(spool)
  }

  /** Resolves once the points of all batches so far are as safe as configured, or delivered. */
  async whenDurable(_batch: number): Promise<void> {
    const spool = this.#spool
    if (!spool) return
    while (this.#queue.length > 0 && this.#state !== 'closed') await this.#change()
    await new Promise<void>((resolve) => spool.whenDurable(resolve))
    await new Promise<void>((resolve) => this.#held.whenDurable(resolve))
  }

  /** Starts sending if there is anything to send and nothing is on its way; the engine calls it at each tick. */
  pump(): void {
    if (this.#retry || this.#state === 'closed') return
    if (this.#opened && !this.#hasWork('live') && !this.#hasWork('backlog')) return
    this.#start('live')
    // While the sink is away one of them tries.
    const isFree = this.#state === 'up' || !this.#hasWork('live')
    if (isFree && !this.#pace && this.#hasWork('backlog')) this.#start('backlog')
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

  /**
   * Sends until nothing is left, at once and then with the usual retries; resolves at the latest when the signal aborts. What is
   * in a spool may wait for the next start: for it nothing is tried again.
   */
  async drain(signal: AbortSignal): Promise<void> {
    this.#retry?.cancel()
    this.#retry = undefined
    this.#failures = 0
    const wake = () => this.#wake()
    signal.addEventListener('abort', wake, { once: true })
    while (!signal.aborted && this.#state !== 'closed' && (this.#hasWork('live') || this.#hasWork('backlog'))) {
      if (this.#queue.length === 0 && this.#retry) break
      this.pump()
      await this.#change()
    }
    signal.removeEventListener('abort', wake)
  }

  /** Why it can't lead to this sink; undefined: it can. */
  whyFixed({ bounds, format }: SinkOfLane): string | undefined {
    if ((bounds === undefined) !== (this.#spool === undefined))
      return 'whether its points wait on a disk changed, which takes a restart'
    if (format !== this.#o.format && this.status().points.spooled > 0)
      return 'its format changed while points in the one before wait; give it another name, or wait until they are taken'
    return undefined
  }

  /** Leads to another sink from now on: all that waits goes to that one. */
  async change({ bounds, ...next }: SinkOfLane): Promise<void> {
    const { name, sink, log } = this.#o
    this.#stop.abort()
    await Promise.all(Object.values(this.#sending))
    await sink.close?.().catch((error) => log.warn({ sink: name, error }, `sink ${name}: it could not be closed`))
    this.#retry?.cancel()
    this.#retry = undefined
    if (bounds && this.#spool) this.#spool.bounds = bounds
    Object.assign(this.#o, next)
    this.#opened = !next.sink.open
    this.#failures = 0
    this.#said.clear()
    this.#detail = undefined
    this.#stop = new AbortController()
    this.#enter('starting')
    this.pump()
  }

  /** Ends what is on its way, gives up and counts what waits in memory, closes spool and sink. */
  async close(): Promise<void> {
    this.#stop.abort()
    await Promise.all(Object.values(this.#sending))
    const left = this.#points.spooled - (this.#held.isKept ? this.#held.points : 0)
    if (left > 0)
      this.#o.log.error(
        { sink: this.#o.name, points: left },
        `sink ${this.#o.name}: ${left} points given up, not delivered before the end`,
      )
    this.#end()
    await this.#spool?.close()
    this.#held.close()
    await this.#o.sink.close?.()
  }

  /** As of now. */
  status(): SinkStatus {
    const { name, type } = this.#o
    const spool = this.#spool
    const points = { ...this.#points }
    if (spool) for (const [fate, n] of Object.entries(spool.ledger)) points[fate as keyof PointLedger] += n
    return {
      name,
      type,
      state: this.#state,
      sinceUs: this.#sinceUs,
      points,
      queuedBytes: this.#queuedBytes,
      untimed: this.#held.points,
      spoolBytes: (spool?.bytes ?? 0) + this.#held.bytes,
      oldestUs: spool?.oldestMs === undefined ? null : spool.oldestMs * 1000,
      backlog: spool?.hasBacklog ?? false,
      ...(spool?.failing !== undefined && { spoolFailing: spool.failing }),
      ...(this.#detail === undefined ? {} : { detail: this.#detail }),
    }
  }

  /** Bytes that the spool wrote since the start. */
  get writtenBytes(): number {
    return (this.#spool?.writtenBytes ?? 0) + this.#held.writtenBytes
  }

  /** The last lines refused, with the server's words. */
  get rejected(): readonly { why: string; line: string }[] {
    return this.#rejected.last
  }

  /** Whether points follow others that may wait in the backlog. */
  #mustFollow({ window, timeUs, correction }: Points): boolean {
    if (!this.#spool) return false
    const newest = this.#newestUs.get(window)
    if (newest === undefined || newest < timeUs) this.#newestUs.set(window, timeUs)
    if (!this.#spool.tags) return false
    const through = this.#throughUs.get(window) ?? Number.POSITIVE_INFINITY
    return timeUs <= through && correction.includes(1)
  }

  /** Parts of points that are not too long for a body. */
  *#parts(points: Points): Generator<Points> {
    const step = Math.min(PART_LINES, this.#o.maxBodyLines)
    for (let from = 0; from < points.lines; from += step)
      yield points.lines <= step ? points : partOf(points, from, Math.min(points.lines, from + step))
  }

  *#pieces(points: Points): Generator<Piece & { bytes: Buffer }> {
    const tagged = this.#mustFollow(points)
    for (const part of this.#parts(points)) yield { bytes: this.#o.format.encode(part), points: part.lines, tagged }
  }

  /**
   * What waited for true time goes on, with its times moved by what the clock was wrong: as of the batch before, so that a process
   * which ends in between goes on where it was. True when all of it has.
   */
  #takeHeld(batch: number, atMs: number | null, clock: ClockRecord): boolean {
    const spool = this.#spool
    const wasTaken = spool !== undefined && batch <= spool.batch
    const hadAny = this.#held.points > 0
    for (const { points, text, at } of this.#held.read()) {
      if (wasTaken) {
        this.#held.passed(points, at)
        this.#points.emitted -= points
        this.#points.spooled -= points
        continue
      }
      const kept = JSON.parse(text) as HeldPoints
      const isTied = kept.boot === clock.boot
      const pieces = isTied ? [...this.#pieces(moved(kept, clock.offsetUs - kept.offsetUs))] : []
      if (spool && pieces.length > 0 && (this.#queue.length > 0 || !spool.append(batch - 1, pieces, atMs, at))) {
        // It is tried again with the next batch; what comes meanwhile waits in memory behind it.
        this.#releaseSpooled(spool)
        return false
      }
      this.#held.passed(points, at)
      if (!isTied)
        this.#giveUp(points, 'the machine was restarted before its clock was set: nobody knows when they were made')
      else {
        this.#points.emitted -= points
        this.#points.spooled -= points
        if (!spool) for (const piece of pieces) this.#append(piece.bytes, piece.points)
      }
    }
    this.#trueTime = undefined
    if (!spool || wasTaken || !hadAny) {
      this.#held.clear()
      return false
    }
    this.#releaseSpooled(spool)
    spool.whenDurable(() => this.#held.clear())
    return true
  }

  #giveUp(points: number, why: string): void {
    if (points === 0) return
    const { log, name } = this.#o
    this.#points.spooled -= points
    this.#points.givenUp += points
    log.error({ sink: name, points }, `sink ${name}: ${points} points timed by arrival are given up: ${why}`)
  }

  #append(bytes: Buffer, points: number): void {
    const { maxQueuedBytes, maxBodyBytes, maxBodyLines } = this.#o
    this.#points.emitted += points
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
    const isOut = this.#sending.live !== undefined && this.#works.live?.from === this.#queue[0]
    const [oldest] = this.#queue.splice(isOut ? 1 : 0, 1)
    if (!oldest) return false
    if (this.#works.live?.from === oldest) this.#works.live = undefined
    this.#queuedBytes -= oldest.sizeBytes
    this.#points.spooled -= oldest.points
    this.#points.givenUp += oldest.points
    this.#sayOverfull()
    return true
  }

  #sayOverfull(): void {
    if (!this.#overfull) {
      const { log, name, maxQueuedBytes } = this.#o
      log.error(
        { sink: name, maxQueuedBytes },
        `sink ${name}: queue full; the oldest points are given up and counted as givenUp until the sink takes some again`,
      )
    }
    this.#overfull = true
  }

  /** Keeps the spool within its bounds; what is on its way stays. */
  #bound(spool: Spool): void {
    const oldest = spool.oldestLane
    if (this.#sending[oldest] || !spool.isOver()) return
    this.#works[oldest] = undefined
    if (spool.bound() > 0) this.#sayOverfull()
  }

  #hasWork(lane: LaneName): boolean {
    if (this.#works[lane] || (lane === 'live' && this.#queue.length > 0)) return true
    return this.#spool !== undefined && !this.#spool.isEmpty(lane)
  }

  /** What a sender goes on with. */
  #next(lane: LaneName): Work | undefined {
    const known = this.#works[lane]
    if (known) return known
    const taken = this.#spool?.next(lane)
    const body = lane === 'live' && !taken ? this.#queue[0] : undefined
    const from = taken ?? body
    if (!from) return undefined
    if (body) {
      body.sealed = true
      if (body.pieces.length > 1) body.pieces = [Buffer.concat(body.pieces)]
    }
    const bytes = taken ? taken.bytes : body!.pieces[0]
    return { lane, from, parts: [{ bytes, points: from.points }], counts: { delivered: 0, refused: 0, givenUp: 0 } }
  }

  #start(lane: LaneName): void {
    if (this.#sending[lane]) return
    const sending = this.#run(lane).finally(() => {
      delete this.#sending[lane]
      this.#wake()
    })
    this.#sending[lane] = sending
  }

  async #run(lane: LaneName): Promise<void> {
    const { sink, clock } = this.#o
    while (!this.#stop.signal.aborted) {
      if (!this.#opened && !(await this.#open())) return
      const work = this.#next(lane)
      if (!work) return
      this.#works[lane] = work
      const fromMs = clock.monotonicMs()
      while (work.parts.length > 0) {
        const result = await sink.send(work.parts[0].bytes, this.#stop.signal)
        if (!(await this.#take(work, result))) return
      }
      this.#settle(work)
      if (lane === 'live' && this.#splits) this.#split()
      this.#wake()
      if (lane === 'live' && this.#hasWork('backlog') && this.#state === 'up') this.#startBacklog()
      if (lane === 'backlog' && this.#hasWork('backlog')) {
        // Points of now come first: the backlog leaves the sink as much time as it takes.
        const waitMs = Math.max(LEAST_PACE_MS, (clock.monotonicMs() - fromMs) * BACKLOG_PACE)
        this.#pace = clock.after(waitMs, () => {
          this.#pace = undefined
          this.pump()
        })
        return
      }
    }
  }

  /** What waited while the sink was away is its backlog from now on. */
  #split(): void {
    // Points on their way into the spool would be on neither side.
    if (this.#offered.length > 0 || !this.#spool!.split()) return
    this.#splits = false
    this.#throughUs = new Map(this.#knowsAll ? this.#newestUs : [])
  }

  #startBacklog(): void {
    if (!this.#pace) this.#start('backlog')
  }

  async #open(): Promise<boolean> {
    const { sink } = this.#o
    try {
      await sink.open!(this.#stop.signal, this.#spool?.mark)
      this.#spool?.begin(sink.mark?.())
      this.#opened = true
      this.#up()
    } catch (error) {
      this.#down(reasonOf(error))
    }
    return this.#opened
  }

  /** Books the outcome of a work's first part; true when the next may go. */
  async #take(work: Work, result: SendResult): Promise<boolean> {
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
    const part = work.parts.shift()!
    if (result.outcome === 'ok') this.#book(work, part, 'delivered')
    else if (part.points > 1) work.parts.unshift(...halves(part))
    else {
      this.#book(work, part, 'refused')
      await this.#rejected.keep(result.why, part.bytes.toString().trimEnd())
    }
    return true
  }

  #book(work: Work, { bytes, points }: Work['parts'][number], as: 'delivered' | 'refused'): void {
    work.counts[as] += points
    if ('to' in work.from) return
    this.#points[as] += points
    this.#points.spooled -= points
    this.#queuedBytes -= bytes.length
    work.from.sizeBytes -= bytes.length
    work.from.points -= points
  }

  /** All of it has its fate. */
  #settle(work: Work): void {
    this.#works[work.lane] = undefined
    if ('to' in work.from) {
      this.#spool!.taken(work.lane, work.from, work.counts, this.#o.sink.mark?.())
      this.#knowsAll ||= this.#spool!.isDrained
    } else this.#queue.shift()
  }

  #up(): void {
    const { clock, log, name, sink } = this.#o
    const spool = this.#spool
    if (this.#state === 'down') {
      const forMs = Math.round((clock.nowUs() - this.#sinceUs) / 1000)
      log.info({ sink: name, forMs }, `sink ${name}: reachable again after ${Math.round(forMs / 1000)} s`)
    }
    if (this.#state !== 'up') {
      this.#enter('up')
      const waitedMs = clock.nowUs() / 1000 - (spool?.oldestMs ?? Number.POSITIVE_INFINITY)
      this.#splits = sink.takesSeveral === true && waitedMs > BACKLOG_AGE_MS
    }
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
    this.#pace?.cancel()
    this.#retry = this.#pace = undefined
    const inMemory = this.#queue.splice(0).map(({ points }) => points)
    if (!this.#held.isKept) inMemory.push(this.#held.drop())
    for (const points of inMemory) {
      this.#points.spooled -= points
      this.#points.givenUp += points
    }
    this.#queuedBytes = 0
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

/** Several lines, cut at a line border near their middle by count. */
function halves({ bytes, points }: Work['parts'][number]): Work['parts'] {
  const first = points >> 1
  let cut = 0
  for (let i = 0; i < first; i++) cut = bytes.indexOf(10, cut) + 1
  return [
    { bytes: bytes.subarray(0, cut), points: first },
    { bytes: bytes.subarray(cut), points: points - first },
  ]
}

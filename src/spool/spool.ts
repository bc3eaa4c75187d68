// Points of one sink on their way, in its own format: a record log whose records are
//
//   u32    bytes of the head
//   head   JSON { batch, points, tag, atMs, held }
//   bytes  exactly what will be sent
//
// `tag` 1 marks what follows points that wait in the backlog: it goes there. `atMs` is when they were made, where that is known;
// `held` where the reading of points that waited for true time had come to with it.
import { join } from 'node:path'
import { isBefore, type LogPosition, RecordLog } from '../disk/record-log.js'
import type { Clock } from '../model/clock.js'
import type { Disk } from '../model/disk.js'
import { DiskError } from '../model/errors.js'
import type { PointLedger } from '../model/ledger.js'
import type { Log } from '../model/log.js'
import { type Cursor, CursorFile } from './cursor.js'
import type { HeldPosition } from './held.js'

export interface SpoolBounds {
  maxBytes: number
  maxAgeUs: number
  /** Part of the disk that stays free, 0 to 1. */
  minFree: number
}

/** Nothing is given up. */
export const UNBOUNDED: SpoolBounds = {
  maxBytes: Number.POSITIVE_INFINITY,
  maxAgeUs: Number.POSITIVE_INFINITY,
  minFree: 0,
}

export interface SpoolOptions {
  disk: Disk
  dir: string
  gateway: string
  bootId: string
  durable: boolean
  /** Records of later batches were never sent and are cut off; undefined: not known. */
  lastMark: number | undefined
  bounds: SpoolBounds
  /** As of a record log. */
  segmentBytes?: number
  clock: Clock
  log: Log
  damage: { found(path: string, offset: number, why: string): void; note(text: string): void }
}

/** Points of one batch, encoded. */
export interface Piece {
  bytes: Uint8Array
  points: number
  /** Follows points that may wait in the backlog. */
  tagged: boolean
}

export type LaneName = 'live' | 'backlog'

/** What is sent next in a lane, and where that lane is once it was taken. */
export interface Taken {
  bytes: Buffer
  points: number
  to: LogPosition
}

const TYPE = 1
const MOST_RANGES = 16
/** So much is kept on a disk that is nearly full, too. */
const LEAST_BYTES = 16 * 2 ** 20
const BODY_BYTES = 2 ** 20
const BODY_POINTS = 5000

interface RecordHead {
  batch: number
  /** Another record of the batch follows. */
  more?: true
  points: number
  tag: 0 | 1
  /** Null: not known. */
  atMs: number | null
  held?: HeldPosition | undefined
}

/** Its file, made where there is none that can be used. */
function openCursor(
  { disk, durable, damage }: SpoolOptions,
  path: string,
): { file: CursorFile; cursor: Cursor | undefined } {
  let why: string
  try {
    const file = new CursorFile(disk, path, durable)
    const { cursor, newer } = file.read()
    if (cursor || (file.isNew && !newer)) return { file, cursor }
    void file.close()
    why = newer
      ? 'it is of a newer version of weir'
      : 'none of its slots is whole; all points that are kept are sent again'
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    why = error.message
  }
  damage.found(path, 0, why)
  return { file: new CursorFile(disk, path, durable), cursor: undefined }
}

/** One sink's points on a disk. One process writes it. */
export class Spool {
  #o: SpoolOptions
  readonly #log: RecordLog
  readonly #file: CursorFile
  #cursor: Cursor
  #batch: number
  /** Points that wait, and when the oldest of them was emitted. */
  #waiting = 0
  #oldestMs: number | undefined
  /** Up to here records may be sent. */
  #sendable: LogPosition
  #heldTo: HeldPosition | undefined
  /** The body on its way in the live lane was read past records that belong behind the backlog. */
  #passesOver = false
  /** A cursor with a backlog may be found by the next start: what belongs behind it must be marked as such. */
  #tags: boolean
  /** How often there was one. */
  #splits = 0

  private constructor(options: SpoolOptions, log: RecordLog, file: CursorFile, cursor: Cursor) {
    this.#o = options
    this.#log = log
    this.#file = file
    this.#cursor = cursor
    this.#batch = cursor.batch
    this.#tags = cursor.backlog.length > 0
    this.#sendable = log.end
  }

  static open(options: SpoolOptions): Spool {
    const { dir, lastMark } = options
    const log = RecordLog.open({ ...options, what: 'spool', queueBytes: 0 })
    const path = join(dir, 'cursor')
    const first = log.first ?? log.end
    const fresh: Cursor = { batch: -1, live: first, backlog: [], points: { delivered: 0, refused: 0, givenUp: 0 } }
    const { file, cursor } = openCursor(options, path)
    if (cursor) log.goOnBehind(cursor.live)
    const spool = new Spool(options, log, file, cursor ?? fresh)
    spool.#cut(lastMark)
    spool.#recount()
    return spool
  }

  /** The last batch that it was given. */
  get batch(): number {
    return this.#batch
  }

  /** How far points that waited for true time have come into it, as far as it still tells. */
  get heldTo(): HeldPosition | undefined {
    return this.#heldTo
  }

  set bounds(bounds: SpoolBounds) {
    this.#o = { ...this.#o, bounds }
  }

  get ledger(): PointLedger {
    const { delivered, refused, givenUp } = this.#cursor.points
    return {
      emitted: delivered + refused + givenUp + this.#waiting,
      delivered,
      refused,
      givenUp,
      spooled: this.#waiting,
    }
  }

  get bytes(): number {
    return this.#log.bytes
  }

  get writtenBytes(): number {
    return this.#log.writtenBytes + this.#file.writtenBytes
  }

  /** Since when the oldest point waits, ms since the epoch. */
  get oldestMs(): number | undefined {
    return this.#waiting > 0 ? this.#oldestMs : undefined
  }

  get hasBacklog(): boolean {
    return this.#cursor.backlog.length > 0
  }

  /** Corrections are to be tagged: the backlog may hold what they correct, now or after a restart. */
  get tags(): boolean {
    return this.#tags
  }

  get isDrained(): boolean {
    return this.#waiting === 0
  }

  get failing(): string | undefined {
    return this.#log.failing ?? this.#file.failing
  }

  get mark(): string | undefined {
    return this.#cursor.mark
  }

  /** Nothing waits that may be sent. */
  isEmpty(lane: LaneName): boolean {
    const { live, backlog } = this.#cursor
    return lane === 'live' ? !isBefore(live, this.#sendable) : !backlog.some(({ from, to }) => isBefore(from, to))
  }

  /**
   * Keeps the points of a batch, made at `atMs`, null where nobody knows; default: now. False: the disk refuses, and nothing of it
   * is kept. `held`: they are those that waited for true time up to there.
   */
  append(
    batch: number,
    pieces: readonly Piece[],
    atMs: number | null = Math.round(this.#o.clock.nowUs() / 1000),
    held?: HeldPosition,
  ): boolean {
    const parts = [false, true].map((tagged) => pieces.filter((piece) => piece.tagged === tagged))
    for (const own of parts) {
      if (own.length === 0) continue
      const { tagged } = own[0]
      const more = own === parts[0] && parts[1].length > 0
      const points = own.reduce((sum, piece) => sum + piece.points, 0)
      const head: RecordHead = { batch, points, tag: tagged ? 1 : 0, atMs, held, ...(more && { more }) }
      if (!this.#log.append(TYPE, [headBytes(head), ...own.map(({ bytes }) => bytes)])) return false
      this.#waiting += points
      this.#oldestMs ??= atMs ?? undefined
    }
    this.#batch = Math.max(this.#batch, batch)
    return true
  }

  /** What was appended up to there is safe, and so is the mark of `batch`, the last of it: it may be sent. */
  release(to: LogPosition, batch: number): void {
    this.#cursor.batch = Math.max(this.#cursor.batch, batch)
    if (isBefore(this.#sendable, to)) this.#sendable = to
  }

  get end(): LogPosition {
    return this.#log.end
  }

  whenDurable(done: () => void): void {
    this.#log.whenDurable(done)
  }

  /** The sink is open, and this is where it is before its first body. */
  begin(mark: string | undefined): void {
    if (mark === undefined || mark === this.#cursor.mark) return
    this.#cursor.mark = mark
    this.#keep()
  }

  /** What points are given up from first. */
  get oldestLane(): LaneName {
    return this.isEmpty('backlog') ? 'live' : 'backlog'
  }

  /**
   * What waits now is left behind: points from here on go first. A sink that comes and goes again and again has one backlog.
   * False while there is something that may not be sent yet: it would be on neither side.
   */
  split(): boolean {
    const { live, backlog } = this.#cursor
    if (isBefore(this.#sendable, this.#log.end)) return false
    if (backlog.length >= MOST_RANGES) return true
    const last = backlog.at(-1)
    if (last && isBefore(last.to, live)) backlog.push({ from: last.to, to: live, tagged: true })
    if (isBefore(live, this.#sendable)) backlog.push({ from: live, to: this.#sendable, tagged: false })
    this.#tags = backlog.length > 0
    this.#splits++
    this.#cursor.live = this.#sendable
    return true
  }

  /** The next body of a lane; undefined where there is none. */
  next(lane: LaneName, mostRecords = Number.POSITIVE_INFINITY): Taken | undefined {
    const { live, backlog } = this.#cursor
    if (lane === 'live') {
      const found = this.#read(live, this.#sendable, backlog.length > 0 ? 0 : undefined, mostRecords)
      // Nothing for this lane: it need not be looked at again.
      if (!found) this.#move(this.#sendable)
      else this.#passesOver = backlog.length > 0
      return found
    }
    for (;;) {
      const range = backlog[0]
      if (!range) {
        this.#keep()
        return undefined
      }
      const found = this.#read(range.from, range.to, range.tagged ? 1 : undefined, mostRecords)
      if (found) return found
      if (this.#passesOver && this.isEmpty('backlog')) return undefined
      this.#pass(range.to)
    }
  }

  /** The body that `next` told of has been taken, in parts as counted; `mark` is the sink's. */
  taken(
    lane: LaneName,
    { to }: Taken,
    counts: { delivered: number; refused: number; givenUp: number },
    mark?: string,
  ): void {
    const { points } = this.#cursor
    for (const fate of ['delivered', 'refused', 'givenUp'] as const) {
      points[fate] += counts[fate]
      this.#waiting -= counts[fate]
    }
    if (mark !== undefined) this.#cursor.mark = mark
    if (lane === 'live') this.#move(to)
    else this.#pass(to)
    this.#keep()
  }

  #keep(): void {
    const first = this.#first
    const isOne = this.#cursor.backlog.length === 0
    const splits = this.#splits
    this.#file.write(this.#cursor, () => {
      // Not before the cursor is safe: a sink may have to take back what came behind the one before.
      this.#log.removeBefore(first)
      if (isOne && splits === this.#splits) this.#tags = false
    })
  }

  /** Whether points must be given up. */
  isOver(): boolean {
    if (this.#waiting === 0) return false
    const { maxBytes, maxAgeUs, minFree } = this.#o.bounds
    const { freeBytes, totalBytes } = this.#space()
    if (this.#log.bytes > (freeBytes < totalBytes * minFree ? Math.min(maxBytes, LEAST_BYTES) : maxBytes)) return true
    return this.#oldestMs !== undefined && this.#o.clock.nowUs() / 1000 - this.#oldestMs > maxAgeUs / 1000
  }

  /** Gives up the oldest points past the bounds; how many. */
  bound(): number {
    let given = 0
    for (;;) {
      if (!this.isOver()) return given
      const lane = this.oldestLane
      const oldest = this.next(lane, 1)
      if (!oldest) return given
      this.taken(lane, oldest, { delivered: 0, refused: 0, givenUp: oldest.points })
      this.#log.removeBefore(this.#first)
      given += oldest.points
    }
  }

  async close(): Promise<void> {
    this.#file.write(this.#cursor)
    await this.#file.close()
    this.#log.close()
  }

  /** Where what still waits begins. */
  get #first(): LogPosition {
    return this.#cursor.backlog[0]?.from ?? this.#cursor.live
  }

  #space(): { freeBytes: number; totalBytes: number } {
    try {
      return this.#o.disk.space(this.#o.dir)
    } catch {
      return { freeBytes: 1, totalBytes: 1 }
    }
  }

  /** The live lane goes on from here; what it passed over belongs to the backlog. */
  #move(to: LogPosition): void {
    this.#cursor.live = to
    this.#passesOver = false
    const last = this.#cursor.backlog.at(-1)
    if (last && !isBefore(last.from, last.to)) last.to = to
  }

  /**
   * The backlog goes on from here; once it has caught up with the live lane, they are one again. While that lane passes over
   * what belongs behind, an empty range stands for what is to come.
   */
  #pass(to: LogPosition): void {
    const { backlog, live } = this.#cursor
    const range = backlog[0]
    if (isBefore(to, range.to)) {
      range.from = to
      return
    }
    backlog.shift()
    if (backlog.length === 0 && (this.#passesOver || isBefore(range.to, live)))
      backlog.push({ from: range.to, to: live, tagged: true })
  }

  #read(from: LogPosition, to: LogPosition, tag: 0 | 1 | undefined, mostRecords: number): Taken | undefined {
    const pieces: Uint8Array[] = []
    let bytes = 0
    let points = 0
    let end = from
    for (const record of this.#log.records(from)) {
      if (isBefore(to, record.end)) break
      const { head, body } = split(record.body)
      if (head.points > 0 && (tag === undefined || head.tag === tag)) {
        if (pieces.length === 0) {
          // The oldest that waits, as far as is known.
          if (from === this.#first) this.#oldestMs = head.atMs ?? this.#oldestMs
        } else if (bytes + body.length > BODY_BYTES || points + head.points > BODY_POINTS) break
        if (pieces.length === mostRecords) break
        pieces.push(Buffer.from(body))
        bytes += body.length
        points += head.points
      }
      end = record.end
    }
    return pieces.length > 0 ? { bytes: Buffer.concat(pieces), points, to: end } : undefined
  }

  /** Takes away batches that were not marked, or not kept whole: they are made again. */
  #cut(lastMark = Number.POSITIVE_INFINITY): void {
    let whole = this.#log.first
    let at = whole
    for (const { body, end } of this.#log.records()) {
      const { head } = split(body)
      at = end
      if (head.batch > lastMark) break
      if (!head.more) whole = end
    }
    if (whole && at !== whole) {
      this.#log.cut(whole)
      this.#batch = this.#cursor.batch = Math.min(this.#cursor.batch, lastMark)
    }
    this.#sendable = this.#log.end
  }

  /** Counts what waits; the log knows of batches that the cursor was not told of. */
  #recount(): void {
    const { live, backlog } = this.#cursor
    const isIn = (at: LogPosition, range: { from: LogPosition; to: LogPosition }) =>
      isBefore(range.from, at) && !isBefore(range.to, at)
    const last = backlog.at(-1)?.to
    for (const { body, end } of this.#log.records(this.#first)) {
      const { head } = split(body)
      this.#batch = Math.max(this.#batch, head.batch)
      this.#heldTo = head.held ?? this.#heldTo
      const waits =
        isBefore(live, end) ||
        backlog.some((range) => isIn(end, range) && (!range.tagged || head.tag === 1)) ||
        (last !== undefined && isBefore(last, end) && head.tag === 1)
      if (!waits) continue
      this.#waiting += head.points
      this.#oldestMs ??= head.atMs ?? undefined
    }
  }
}

/** A record's beginning. */
export function headBytes(head: RecordHead): Uint8Array {
  const text = Buffer.from(JSON.stringify(head))
  const bytes = Buffer.allocUnsafe(4 + text.length)
  bytes.writeUInt32LE(text.length)
  text.copy(bytes, 4)
  return bytes
}

/** A record's head, and what is sent. */
export function split(record: Uint8Array): { head: RecordHead; body: Uint8Array } {
  const length = Buffer.from(record.buffer, record.byteOffset, 4).readUInt32LE()
  const head = JSON.parse(Buffer.from(record.subarray(4, 4 + length)).toString()) as RecordHead
  return { head, body: record.subarray(4 + length) }
}

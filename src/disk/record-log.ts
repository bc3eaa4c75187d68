import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Clock } from '../model/clock.js'
import type { Disk, DiskFile } from '../model/disk.js'
import { bug, DiskError, reasonOf, StateError } from '../model/errors.js'
import type { Log } from '../model/log.js'
import {
  HEAD_TYPE,
  isBefore,
  type LogPosition,
  later,
  MOST_BODY_BYTES,
  RECORD_HEAD_BYTES,
  recordOf,
  SEGMENT_HEAD_BYTES,
  type SegmentHead,
  segmentName,
  segmentStart,
} from './record-format.js'
import { type Damages, type Kept, type LostRecord, recover } from './record-recovery.js'
import { recordsOf } from './record-segment.js'

export { isBefore, type LogPosition } from './record-format.js'
export type { Damages, LostRecord } from './record-recovery.js'

export interface LogOptions {
  disk: Disk
  dir: string
  /** What it is of: `journal`, `spool`; in words and in its segments. */
  what: string
  gateway: string
  bootId: string
  /** What is acknowledged is synced first (durability `power`). */
  durable: boolean
  /** Default 4 MiB. */
  segmentBytes?: number
  /** What the disk refuses is kept so far. Default 8 MiB; then, or with 0, `append` answers false. */
  queueBytes?: number
  /** Told of each whole record behind damage, in order. */
  onLost?: (record: LostRecord) => void
  clock: Clock
  log: Log
  damage: Damages
}

/** Room for most records: a block of frames. */
const ROOM_BYTES = 80 * 1024
const RETRY_MS = 1000
/** A sync that takes longer is said. */
const SLOW_SYNC_MS = 1000

interface Waiting {
  /** Records appended before it was asked. */
  count: number
  done: () => void
}

interface Queued {
  type: number
  body: Uint8Array
}

/**
 * Records in the order in which they were appended, in segments on a disk. One process writes it. Appending is a write to
 * the page cache, at once; where it must be synced, one sync runs at a time for all that was appended before its start,
 * whoever it was from. What the disk refuses waits in memory, and all behind it, and is tried again each second.
 */
export class RecordLog {
  /** Of this log, in the head of each segment; anew where none was found. */
  readonly id: string
  /** Nothing was found. */
  readonly isNew: boolean
  /** Something was found, and nothing that tells which log it is of. */
  readonly isNameless: boolean
  /** Whole records, and bytes of files, that are lost to damage. */
  readonly lostRecords: number
  readonly lostBytes: number
  /** Bytes written since it was opened. */
  writtenBytes = 0
  /** Why the disk refuses; undefined while it works. */
  failing: string | undefined
  readonly #o: Required<LogOptions>
  /** What was before it is gone. */
  #begin: LogPosition | undefined
  /** Oldest first; the last is written to while #file is open. */
  readonly #segments: Kept[]
  #next: number
  #file: DiskFile | undefined
  /** Where records are put together. */
  readonly #room = Buffer.allocUnsafe(ROOM_BYTES)
  /** Bytes of the open segment before its first record. */
  #headBytes = 0
  /** Behind the last record. */
  #tail: LogPosition
  /** What was there at the start is not written again. */
  #floor: LogPosition
  /** Files that are written no more and not synced since; names likewise. */
  #ended: DiskFile[] = []
  #hasNewNames = false
  /** Up to here all is safe. */
  #safe: LogPosition
  /** Written behind it: if a sync fails, nobody knows what of it is on the disk. */
  #unsafe: Queued[] = []
  #appended = 0
  #synced = 0
  #syncing = false
  #waiting: Waiting[] = []
  #queue: Queued[] = []
  #heldBytes = 0
  #retrying = false
  #roomWaiters: (() => void)[] = []
  #isClosed = false

  private constructor(options: Required<LogOptions>) {
    this.#o = options
    const { disk, dir, durable } = options
    const found = recover(options)
    this.id = found.id ?? randomUUID()
    this.isNew = found.begin === undefined
    this.isNameless = found.begin !== undefined && found.id === undefined
    this.lostRecords = found.lostRecords
    this.lostBytes = found.lostBytes
    this.#segments = found.kept
    this.#begin = found.begin
    this.#next = found.next
    this.#tail = this.#floor = endOf(found.kept) ?? found.begin ?? { segment: 0, offset: 0 }
    this.#safe = durable && isBefore(found.synced, this.#tail) ? found.synced : this.#tail
    const unsynced = durable ? found.kept.filter(({ segment }) => segment >= this.#safe.segment) : []
    if (unsynced.length === 0) return
    this.#ended = unsynced.map(({ segment }) => disk.open(join(dir, segmentName(segment)), 'update'))
    this.#hasNewNames = true
    this.#appended = 1
  }

  /**
   * Opens the log in a directory, made where there is none. What was torn at its end is cut off and kept as `.broken`;
   * other damage goes to `damage`. It is gone on in a new segment.
   */
  static open(options: LogOptions): RecordLog {
    options.disk.makeDir(options.dir)
    return new RecordLog({ segmentBytes: 4 * 2 ** 20, queueBytes: 8 * 2 ** 20, onLost: () => {}, ...options })
  }

  /** Behind the last record. */
  get end(): LogPosition {
    return this.#file ? this.#tail : { segment: this.#next, offset: 0 }
  }

  /** Where it begins: what was before it was removed. Undefined where nothing was ever written. */
  get first(): LogPosition | undefined {
    const [first] = this.#segments
    return first?.after ?? this.#begin
  }

  /** Bytes of all segments. */
  get bytes(): number {
    return this.#segments.reduce((sum, { end }) => sum + end, 0)
  }

  /** So much is held that the disk has not taken, or not yet, that who can wait should. */
  get full(): boolean {
    return this.#heldBytes > this.#o.queueBytes / 2
  }

  async room(): Promise<void> {
    while (this.full && !this.#isClosed) await new Promise<void>((resolve) => this.#roomWaiters.push(resolve))
  }

  /**
   * Appends a record whose body is these pieces. False: the disk refuses, and so much is kept already that this is not.
   * `always`: it is kept even then, since later records rest on it.
   */
  append(type: number, pieces: readonly Uint8Array[], always = false): boolean {
    if (this.#queue.length > 0) return this.#keep(type, pieces, always)
    try {
      this.#write(type, pieces)
    } catch (error) {
      this.#fails(error)
      return this.#keep(type, pieces, always)
    }
    return true
  }

  /** Calls `done` once all that was appended so far is safe: at once, or after the sync that all share. */
  whenDurable(done: () => void): void {
    const { durable } = this.#o
    if (!durable && this.#queue.length === 0) this.#synced = this.#appended
    const count = this.#appended + this.#queue.length
    if (count <= this.#synced) {
      done()
      return
    }
    this.#waiting.push({ count, done })
    if (durable) void this.#sync()
  }

  /**
   * Records from a position on, or from the first that is left; each is valid until the next. Throws a StateError where one that
   * was whole is so no more, and a DiskError.
   */
  *records(from?: LogPosition): Generator<{ type: number; body: Uint8Array; end: LogPosition }> {
    const { disk, dir } = this.#o
    for (const { segment, end } of [...this.#segments]) {
      if (from && segment < from.segment) continue
      const start = from && segment === from.segment ? Math.max(from.offset, SEGMENT_HEAD_BYTES) : SEGMENT_HEAD_BYTES
      if (start >= end) continue
      const path = join(dir, segmentName(segment))
      const file = disk.open(path, 'read')
      try {
        let at = start
        for (const record of recordsOf(file, start, end)) {
          at = record.end
          if (record.type !== HEAD_TYPE) yield { type: record.type, body: record.body, end: { segment, offset: at } }
        }
        if (at < end)
          throw new StateError(`cannot read "${path}" at byte ${at}: its record is damaged; start weir again`, path, at)
      } finally {
        file.close()
      }
    }
  }

  /** Removes segments that lie before a position as a whole, but for the one that is written to. */
  removeBefore(position: LogPosition): void {
    for (let [first] = this.#segments; first && first.segment < position.segment; [first] = this.#segments) {
      if ((this.#file && this.#segments.length === 1) || !this.#remove(first.segment)) return
      this.#segments.shift()
      this.#begin = { segment: first.segment, offset: first.end }
    }
  }

  /** Begins a segment where none is open: then the log is known again by its id, whatever is removed. */
  touch(): void {
    try {
      this.#file ??= this.#open()
    } catch (error) {
      this.#fails(error)
    }
  }

  /** Takes away all behind a position, before anything is appended. */
  cut(to: LogPosition): void {
    this.#cutTo(to)
    this.#floor = this.#tail
    if (isBefore(this.#tail, this.#safe)) this.#safe = this.#tail
  }

  /** What is appended lies behind this position too, though nothing up to it may be left. */
  goOnBehind({ segment }: LogPosition): void {
    this.#next = Math.max(this.#next, segment + 1)
  }

  #cutTo(to: LogPosition): void {
    while (this.#segments.length > 0) {
      const last = this.#segments.at(-1)!
      if (last.segment <= to.segment) {
        if (last.segment === to.segment) last.end = Math.min(last.end, to.offset)
        break
      }
      // Where that fails, the next segment says that it does not count.
      this.#remove(last.segment)
      this.#segments.pop()
    }
    this.#tail = endOf(this.#segments) ?? to
  }

  /** What is written from here on goes into a new segment. One without records goes, unless the log is known by it alone. */
  roll(): void {
    const file = this.#file
    if (!file) return
    this.#file = undefined
    const last = this.#segments.at(-1)!
    if (last.end === this.#headBytes && this.#segments.length > 1) {
      this.#segments.pop()
      this.#tail = last.after
      file.close()
      this.#remove(last.segment)
    } else if (this.#o.durable) this.#ended.push(file)
    else file.close()
  }

  close(): void {
    this.#isClosed = true
    for (const file of this.#ended.splice(0)) file.close()
    this.#file?.close()
    this.#file = undefined
    this.#giveRoom()
  }

  /** Tries again to write what the disk refused. */
  retry(): void {
    if (this.#isClosed) return
    const { durable } = this.#o
    let isDone = false
    try {
      while (this.#queue.length > 0) {
        const [{ type, body }] = this.#queue
        this.#write(type, [body])
        this.#queue.shift()
        this.#heldBytes -= body.length
      }
      isDone = true
    } catch (error) {
      this.#fails(error)
    }
    if (isDone && !durable) this.#works()
    if (!isDone) this.#retryLater()
    if (durable) void this.#sync()
    else this.#settle(this.#appended)
    this.#giveRoom()
  }

  #write(type: number, pieces: readonly Uint8Array[]): void {
    const { segmentBytes, durable } = this.#o
    let bytes = 0
    for (const piece of pieces) bytes += piece.length
    if (bytes > MOST_BODY_BYTES) bug(`a record of ${bytes} bytes is longer than any may be`)
    if (this.#file && this.#tail.offset >= segmentBytes) this.roll()
    this.#file ??= this.#open()
    if (!durable) this.#safe = this.#tail
    // One piece is written with less work than several.
    const record = recordOf(type, pieces, this.#safe, this.#room)
    this.#file.append([record])
    this.#grow(record.length)
    this.#appended++
    if (!durable) return
    this.#unsafe.push({ type, body: Buffer.from(record.subarray(RECORD_HEAD_BYTES)) })
    this.#heldBytes += bytes
  }

  #grow(bytes: number): void {
    const last = this.#segments.at(-1)!
    last.end += bytes
    this.#tail = { segment: last.segment, offset: last.end }
    this.writtenBytes += bytes
  }

  #open(): DiskFile {
    const { disk, dir, what, gateway, bootId: boot, durable } = this.#o
    // A number is never used twice, not even where this comes to nothing.
    const segment = this.#next++
    const after = this.#tail
    const head: SegmentHead = { what, id: this.id, gateway, boot, durable, segment, after }
    const body = [Buffer.from(JSON.stringify(head))]
    const file = disk.open(join(dir, segmentName(segment)), 'new')
    const start = Buffer.concat([segmentStart(), recordOf(HEAD_TYPE, body, this.#safe)])
    try {
      file.append([start])
    } catch (error) {
      file.close()
      this.#remove(segment)
      throw error
    }
    this.#hasNewNames = true
    this.#segments.push({ segment, after, end: 0 })
    this.#headBytes = start.length
    this.#grow(start.length)
    return file
  }

  /** False: the disk refuses. */
  #remove(segment: number): boolean {
    try {
      this.#o.disk.remove(join(this.#o.dir, segmentName(segment)))
      return true
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.#o.log.debug({}, error.message)
      return false
    }
  }

  #keep(type: number, pieces: readonly Uint8Array[], always: boolean): boolean {
    const body = Buffer.concat(pieces)
    if (this.#heldBytes + body.length > this.#o.queueBytes && !always) return false
    this.#queue.push({ type, body })
    this.#heldBytes += body.length
    this.#retryLater()
    return true
  }

  #fails(error: unknown): void {
    if (!(error instanceof DiskError)) throw error
    const why = reasonOf(error)
    if (this.failing !== why)
      this.#o.log.error({}, `cannot write the ${this.#o.what}: ${why}; it is tried again until it works`)
    this.failing = why
    // A new file may do where this one does not, and nobody knows what the end of this one is like.
    this.roll()
  }

  #works(): void {
    if (this.failing === undefined) return
    this.failing = undefined
    this.#o.log.info({}, `the ${this.#o.what} is written again`)
  }

  #retryLater(): void {
    if (this.#retrying || this.#isClosed) return
    this.#retrying = true
    this.#o.clock.after(RETRY_MS, () => {
      this.#retrying = false
      this.retry()
    })
  }

  #settle(count: number): void {
    this.#synced = Math.max(this.#synced, count)
    while (this.#waiting.length > 0 && this.#waiting[0].count <= this.#synced) this.#waiting.shift()!.done()
  }

  #giveRoom(): void {
    if (!this.full || this.#isClosed) for (const resolve of this.#roomWaiters.splice(0)) resolve()
  }

  async #sync(): Promise<void> {
    if (this.#syncing) return
    this.#syncing = true
    try {
      while (this.#appended > this.#synced && !this.#isClosed) if (!(await this.#syncOnce())) return
    } finally {
      this.#syncing = false
    }
  }

  /** False: the disk refuses. */
  async #syncOnce(): Promise<boolean> {
    const { clock, log, disk, dir, what } = this.#o
    const count = this.#appended
    const to = this.#tail
    const known = this.#unsafe.length
    const ended = this.#ended.splice(0)
    const files = this.#file ? [...ended, this.#file] : ended
    const hasNewNames = this.#hasNewNames
    this.#hasNewNames = false
    const fromMs = clock.monotonicMs()
    try {
      for (const file of files) await file.sync()
      if (hasNewNames) await disk.syncDir(dir)
    } catch (error) {
      if (this.#isClosed) for (const file of ended) file.close()
      else this.#writeAgain(error, ended)
      return false
    }
    for (const file of ended) file.close()
    const tookMs = Math.round(clock.monotonicMs() - fromMs)
    if (tookMs > SLOW_SYNC_MS)
      log.warn({ ms: tookMs }, `the disk took ${tookMs} ms to sync the ${what}, which is waited for`)
    this.#safe = to
    for (const { body } of this.#unsafe.splice(0, known)) this.#heldBytes -= body.length
    if (this.#queue.length === 0) this.#works()
    this.#settle(count)
    this.#giveRoom()
    return true
  }

  /**
   * After a sync that failed nobody knows what is on the disk, and another one would not tell: all that is not known to be
   * there is written again, in a segment that says behind what it goes on.
   */
  #writeAgain(error: unknown, ended: readonly DiskFile[]): void {
    this.#fails(error)
    this.#hasNewNames = true
    // What was there at the start is in no memory: it can only be synced again.
    const isFound = ({ path }: DiskFile) => path <= join(this.#o.dir, segmentName(this.#floor.segment))
    for (const file of [...ended, ...this.#ended.splice(0)]) {
      if (isFound(file)) this.#ended.push(file)
      else file.close()
    }
    this.#appended -= this.#unsafe.length
    this.#queue.unshift(...this.#unsafe.splice(0))
    this.#cutTo(later(this.#safe, this.#floor))
    this.#retryLater()
  }
}

const endOf = (segments: readonly Kept[]): LogPosition | undefined => {
  const last = segments.at(-1)
  return last && { segment: last.segment, offset: last.end }
}

import { randomUUID } from 'node:crypto'
import type { Clock } from '../model/clock.js'
import type { Disk, DiskFile } from '../model/disk.js'
import { bug, DiskError, reasonOf } from '../model/errors.js'
import type { Log } from '../model/log.js'
import { LogSegments } from './log-segments.js'
import { HEAD_TYPE, isBefore, type LogPosition, later, MOST_BODY_BYTES } from './record-format.js'
import { type Damages, type LostRecord, recover } from './record-recovery.js'

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
  /** Why the disk refuses; undefined while it works. */
  failing: string | undefined
  readonly #o: Required<LogOptions>
  readonly #segments: LogSegments
  /** What was there at the start is not written again. */
  #floor: LogPosition
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
    const { disk, dir, what, gateway, bootId: boot, durable, segmentBytes, log } = options
    const found = recover(options)
    this.id = found.id ?? randomUUID()
    this.isNew = found.begin === undefined
    this.isNameless = found.begin !== undefined && found.id === undefined
    this.lostRecords = found.lostRecords
    this.lostBytes = found.lostBytes
    const head = { what, id: this.id, gateway, boot, durable }
    this.#segments = new LogSegments({ disk, dir, head, segmentBytes, log }, found)
    this.#safe = this.#floor = this.#segments.tail
    if (!durable) return
    if (isBefore(found.synced, this.#safe)) this.#safe = found.synced
    if (this.#segments.syncFound(this.#safe) > 0) this.#appended = 1
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
    return this.#segments.end
  }

  /** Where it begins: what was before it was removed. Undefined where nothing was ever written. */
  get first(): LogPosition | undefined {
    return this.#segments.first
  }

  /** Bytes of all segments. */
  get bytes(): number {
    return this.#segments.bytes
  }

  /** Bytes written since it was opened. */
  get writtenBytes(): number {
    return this.#segments.writtenBytes
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
    if (!this.#o.durable) this.#works()
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
  records(from?: LogPosition): Generator<{ type: number; body: Uint8Array; end: LogPosition }> {
    return this.#segments.records(from)
  }

  /** Removes segments that lie before a position as a whole, but for the one that is written to. */
  removeBefore(position: LogPosition): void {
    this.#segments.removeBefore(position)
  }

  /** Appends a record that says nothing: once it is safe the log is known again by its id, and ends where it does now. */
  touch(): void {
    this.append(HEAD_TYPE, [], true)
  }

  /** Takes away all behind a position, before anything is appended; that is for good once all so far is safe. */
  cut(to: LogPosition): void {
    this.#segments.cut(to)
    this.#floor = this.#segments.tail
    if (isBefore(this.#floor, this.#safe)) this.#safe = this.#floor
    this.touch()
  }

  /** What is appended lies behind this position too, though nothing up to it may be left. */
  goOnBehind(position: LogPosition): void {
    this.#segments.goOnBehind(position)
  }

  /** What is appended from here on goes into a new segment. */
  roll(): void {
    this.#segments.roll()
  }

  close(): void {
    this.#isClosed = true
    this.#segments.close()
    this.#giveRoom()
  }

  /** Tries again to write what the disk refused. */
  retry(): void {
    if (this.#isClosed) return
    const { durable } = this.#o
    let written = 0
    try {
      for (const { type, body } of this.#queue) {
        this.#write(type, [body])
        written++
      }
    } catch (error) {
      this.#fails(error)
    }
    for (const { body } of this.#queue.splice(0, written)) this.#heldBytes -= body.length
    if (this.#queue.length > 0) this.#retryLater()
    else if (!durable) this.#works()
    if (durable) void this.#sync()
    else this.#settle(this.#appended)
    this.#giveRoom()
  }

  #write(type: number, pieces: readonly Uint8Array[]): void {
    const { durable } = this.#o
    let bytes = 0
    for (const piece of pieces) bytes += piece.length
    if (bytes > MOST_BODY_BYTES) bug(`a record of ${bytes} bytes is longer than any may be`)
    this.#segments.write(type, pieces, durable ? this.#safe : undefined)
    this.#appended++
    if (!durable) return
    this.#unsafe.push({ type, body: Buffer.concat(pieces) })
    this.#heldBytes += bytes
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
    this.#segments.roll()
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
    const to = this.#segments.tail
    const known = this.#unsafe.length
    const { open, ended, hasNewNames } = this.#segments.takeUnsynced()
    const fromMs = clock.monotonicMs()
    try {
      for (const file of ended) await file.sync()
      await open?.sync()
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
    // What was there at the start is in no memory: it can only be synced again.
    const lastFound = this.#segments.pathOf(this.#floor.segment)
    const again: DiskFile[] = []
    for (const file of [...ended, ...this.#segments.takeUnsynced().ended]) {
      if (file.path <= lastFound) again.push(file)
      else file.close()
    }
    this.#segments.giveUnsynced(again)
    this.#appended -= this.#unsafe.length
    this.#queue.unshift(...this.#unsafe.splice(0))
    this.#segments.cut(later(this.#safe, this.#floor))
    this.#retryLater()
  }
}

import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Clock } from '../model/clock.js'
import type { Disk, DiskFile } from '../model/disk.js'
import { reasonOf } from '../model/errors.js'
import type { Log } from '../model/log.js'
import {
  HEAD_TYPE,
  isBefore,
  type LogPosition,
  MOST_BODY_BYTES,
  nextRecord,
  RECORD_HEAD_BYTES,
  recordAt,
  recordHead,
  SEGMENT_HEAD_BYTES,
  type SegmentHead,
  segmentName,
  segmentNumber,
  segmentStart,
} from './record-format.js'
import { readSegment, type SegmentFound } from './record-segment.js'

export { isBefore, type LogPosition } from './record-format.js'

/** What is done with damaged files. */
export interface Damages {
  /** Moves the file away, or throws a StateError. */
  found(path: string, offset: number, why: string): void
  note(text: string): void
}

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
  clock: Clock
  log: Log
  damage: Damages
}

const RETRY_MS = 1000
const WINDOW_BYTES = 2 ** 18
/** A sync that takes longer is said. */
const SLOW_SYNC_MS = 1000

interface Waiting {
  /** Records appended before it was asked. */
  count: number
  done: () => void
}

/**
 * Records in the order in which they were appended, in segments on a disk. One process writes it. Appending is a write to
 * the page cache, at once; where it must be synced, one sync runs at a time for all that was appended before its start,
 * whoever it was from.
 */
export class RecordLog {
  /** Of this journal, in the head of each segment; anew where none was found. */
  readonly id: string
  /** Nothing was found. */
  readonly isNew: boolean
  /** Whole records that are lost behind damage. */
  readonly lostRecords: number
  /** Bytes written since it was opened. */
  writtenBytes = 0
  /** Why the disk refuses; undefined while it works. */
  failing: string | undefined
  readonly #o: Required<LogOptions>
  /** Oldest first; the last is written to. */
  readonly #segments: { segment: number; bytes: number }[]
  #next: number
  #file: DiskFile | undefined
  #unsynced: DiskFile[] = []
  #safe: LogPosition
  #appended = 0
  #synced = 0
  #syncing = false
  #waiting: Waiting[] = []
  #queue: { type: number; body: Uint8Array }[] = []
  #queuedBytes = 0
  #retrying = false
  #roomWaiters: (() => void)[] = []
  #closed = false

  private constructor(options: Required<LogOptions>, found: SegmentFound[], lostRecords: number) {
    this.#o = options
    this.id = found[0]?.head?.id ?? randomUUID()
    this.isNew = found.length === 0
    this.lostRecords = lostRecords
    this.#segments = found.map(({ segment, goodBytes }) => ({ segment, bytes: goodBytes }))
    this.#next = (found.at(-1)?.segment ?? 0) + 1
    this.#safe = { segment: this.#next, offset: 0 }
  }

  /**
   * Opens the journal in a directory, made where there is none. What was torn at its end is cut off and kept as `.broken`;
   * other damage goes to `damage`. It is gone on in a new segment.
   */
  static open(options: LogOptions): RecordLog {
    const o: Required<LogOptions> = { segmentBytes: 4 * 2 ** 20, queueBytes: 8 * 2 ** 20, ...options }
    const { disk, dir } = o
    disk.makeDir(dir)
    const numbers = disk.list(dir).flatMap(({ name }) => segmentNumber(name) ?? [])
    const { good, lost } = check(
      o,
      numbers.sort((a, b) => a - b).map((segment) => readSegment(disk, dir, segment)),
    )
    return new RecordLog(o, good, lost)
  }

  /** Behind the last record. */
  get end(): LogPosition {
    const last = this.#segments.at(-1)
    return this.#file && last ? { segment: last.segment, offset: last.bytes } : { segment: this.#next, offset: 0 }
  }

  /** Where the oldest segment begins; undefined where there is none. */
  get first(): LogPosition | undefined {
    const [first] = this.#segments
    return first && { segment: first.segment, offset: 0 }
  }

  /** Bytes of all segments. */
  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  get full(): boolean {
    return this.#queuedBytes > this.#o.queueBytes / 2
  }

  async room(): Promise<void> {
    while (this.full && !this.#closed) await new Promise<void>((resolve) => this.#roomWaiters.push(resolve))
  }

  /** Appends a record whose body is these pieces. False: the disk refuses, and so much is kept already that this is not. */
  append(type: number, pieces: readonly Uint8Array[]): boolean {
    if (this.#queue.length > 0) return this.#keep(type, pieces)
    try {
      this.#write(type, pieces)
    } catch (error) {
      this.#fails(error)
      return this.#keep(type, pieces)
    }
    this.#appended++
    return true
  }

  /** Calls `done` once all that was appended so far is safe: at once, or after the sync that all share. */
  whenDurable(done: () => void): void {
    const count = this.#appended + this.#queue.length
    if (count <= this.#synced) return done()
    if (!this.#o.durable && this.#queue.length === 0) {
      this.#synced = this.#appended
      return done()
    }
    this.#waiting.push({ count, done })
    if (this.#o.durable) void this.#sync()
  }

  /** Records from a position on, or from the first that is left. They are valid until the next. */
  *records(from?: LogPosition): Generator<{ type: number; body: Uint8Array; end: LogPosition }> {
    const { disk, dir } = this.#o
    for (const { segment, bytes: goodBytes } of [...this.#segments]) {
      if (from && segment < from.segment) continue
      const start = from && segment === from.segment ? Math.max(from.offset, SEGMENT_HEAD_BYTES) : SEGMENT_HEAD_BYTES
      if (start >= goodBytes) continue
      const file = disk.open(join(dir, segmentName(segment)), 'read')
      try {
        let window: Buffer = Buffer.alloc(0)
        let windowAt = start
        for (let at = start; at < goodBytes; ) {
          let record = recordAt(window, at - windowAt)
          if (!record) {
            window = readWindow(file, at, goodBytes)
            windowAt = at
            record = recordAt(window, 0)
            if (!record) break
          }
          at = windowAt + record.end
          if (record.type !== HEAD_TYPE) yield { type: record.type, body: record.body, end: { segment, offset: at } }
        }
      } finally {
        file.close()
      }
    }
  }

  /** Removes segments that lie before a position as a whole; the one that is written to is ended first where it does. */
  removeBefore(position: LogPosition): void {
    const { disk, dir } = this.#o
    while (this.#segments.length > 0) {
      const [{ segment }] = this.#segments
      const isOpen = this.#file !== undefined && this.#segments.length === 1
      if (isOpen || segment >= position.segment) return
      disk.remove(join(dir, segmentName(segment)))
      this.#segments.shift()
    }
  }

  /** Begins a segment where none is open: then the log is known again by its id, whatever is removed. */
  touch(): void {
    try {
      this.#file ??= this.#begin()
    } catch (error) {
      this.#fails(error)
    }
  }

  /** Takes away all behind a position, before anything is appended. */
  cut(to: LogPosition): void {
    const { disk, dir } = this.#o
    for (const one of [...this.#segments]) {
      const path = join(dir, segmentName(one.segment))
      if (one.segment > to.segment) {
        disk.remove(path)
        this.#segments.splice(this.#segments.indexOf(one), 1)
      } else if (one.segment === to.segment && one.bytes > to.offset) {
        const file = disk.open(path, 'update')
        file.truncate(to.offset)
        file.close()
        one.bytes = to.offset
      }
    }
    this.#next = (this.#segments.at(-1)?.segment ?? this.#next - 1) + 1
  }

  /** What is written from here on goes into a new segment. */
  roll(): void {
    if (this.#file === undefined) return
    if (this.#o.durable) this.#unsynced.push(this.#file)
    else this.#file.close()
    this.#file = undefined
  }

  close(): void {
    this.#closed = true
    for (const resolve of this.#roomWaiters.splice(0)) resolve()
    for (const file of this.#syncing ? [] : this.#unsynced) file.close()
    if (!this.#syncing) this.#file?.close()
    this.#file = undefined
  }

  #write(type: number, pieces: readonly Uint8Array[]): void {
    if (this.#file && this.#segments.at(-1)!.bytes >= this.#o.segmentBytes) this.roll()
    this.#file ??= this.#begin()
    if (!this.#o.durable) this.#safe = this.end
    const head = recordHead(type, pieces, this.#safe)
    this.#file.append([head, ...pieces])
    const last = this.#segments.at(-1)!
    this.writtenBytes += this.#file.sizeBytes - last.bytes
    last.bytes = this.#file.sizeBytes
  }

  #begin(): DiskFile {
    const { disk, dir, what, gateway, bootId: boot } = this.#o
    const segment = this.#next
    const head: SegmentHead = { what, id: this.id, gateway, boot, segment }
    const body = [Buffer.from(JSON.stringify(head))]
    const path = join(dir, segmentName(segment))
    const file = disk.open(path, 'new')
    try {
      file.append([segmentStart(), recordHead(HEAD_TYPE, body, this.#safe), ...body])
    } catch (error) {
      file.close()
      disk.remove(path)
      throw error
    }
    this.#next++
    this.#segments.push({ segment, bytes: file.sizeBytes })
    this.writtenBytes += file.sizeBytes
    return file
  }

  #keep(type: number, pieces: readonly Uint8Array[]): boolean {
    const body = Buffer.concat(pieces)
    if (this.#queuedBytes + body.length > this.#o.queueBytes) return false
    this.#queue.push({ type, body })
    this.#queuedBytes += body.length + RECORD_HEAD_BYTES
    this.#retryLater()
    return true
  }

  #fails(error: unknown): void {
    const why = reasonOf(error)
    if (this.failing !== why)
      this.#o.log.error({}, `cannot write the ${this.#o.what}: ${why}; it is tried again until it works`)
    this.failing = why
    // A new file may do where this one does not.
    if (this.#segments.at(-1)?.bytes === this.#file?.sizeBytes) return
    this.roll()
  }

  #retryLater(): void {
    if (this.#retrying || this.#closed) return
    this.#retrying = true
    this.#o.clock.after(RETRY_MS, () => {
      this.#retrying = false
      this.retry()
    })
  }

  /** Tries again to write what the disk refused. */
  retry(): void {
    if (this.#closed) return
    try {
      while (this.#queue.length > 0) {
        const { type, body } = this.#queue[0]
        this.#write(type, [body])
        this.#queue.shift()
        this.#queuedBytes -= body.length + RECORD_HEAD_BYTES
        this.#appended++
      }
    } catch (error) {
      this.#fails(error)
      this.#retryLater()
      return
    }
    if (this.failing !== undefined && !this.#o.durable) this.#works()
    if (!this.full) for (const resolve of this.#roomWaiters.splice(0)) resolve()
    if (this.#o.durable) void this.#sync()
    else this.#settle(this.#appended)
  }

  #works(): void {
    this.failing = undefined
    this.#o.log.info({}, `the ${this.#o.what} is written again`)
  }

  #settle(count: number): void {
    this.#synced = Math.max(this.#synced, count)
    const ready = this.#waiting.filter((one) => one.count <= this.#synced)
    this.#waiting = this.#waiting.filter((one) => one.count > this.#synced)
    for (const { done } of ready) done()
  }

  async #sync(): Promise<void> {
    if (this.#syncing || this.#appended === this.#synced) return
    this.#syncing = true
    const { clock, log, disk, dir } = this.#o
    try {
      while (this.#appended > this.#synced && !this.#closed) {
        const count = this.#appended
        const to = this.end
        const ended = this.#unsynced.splice(0)
        const fromMs = clock.monotonicMs()
        try {
          for (const file of ended) await file.sync()
          await this.#file?.sync()
          if (this.#safe.segment !== to.segment) await disk.syncDir(dir)
        } catch (error) {
          this.#unsynced.unshift(...ended)
          this.#fails(error)
          this.#rewrite()
          this.#retryLater()
          return
        }
        for (const file of ended) file.close()
        const tookMs = clock.monotonicMs() - fromMs
        if (tookMs > SLOW_SYNC_MS)
          log.warn(
            { ms: Math.round(tookMs) },
            `the disk took ${Math.round(tookMs)} ms to sync the ${this.#o.what}, which is waited for`,
          )
        this.#safe = to
        if (this.failing !== undefined && this.#queue.length === 0) this.#works()
        this.#settle(count)
      }
    } finally {
      this.#syncing = false
    }
  }

  /** After a sync that failed nobody knows what is on the disk: all that is not known to be there is written again, elsewhere. */
  #rewrite(): void {
    const again: { type: number; body: Uint8Array }[] = []
    try {
      for (const { type, body } of this.records(this.#safe)) again.push({ type, body: Buffer.from(body) })
    } catch (error) {
      this.#fails(error)
      return
    }
    if (again.length === 0) return
    this.#appended -= again.length
    this.#queue.unshift(...again)
    for (const { body } of again) this.#queuedBytes += body.length + RECORD_HEAD_BYTES
    this.roll()
    const { disk, dir } = this.#o
    for (const file of this.#unsynced.splice(0)) file.close()
    // What is written again must not be read twice.
    for (const one of [...this.#segments]) {
      if (one.segment < this.#safe.segment) continue
      const keep = one.segment === this.#safe.segment ? this.#safe.offset : 0
      const file = disk.open(join(dir, segmentName(one.segment)), 'update')
      file.truncate(keep)
      file.close()
      one.bytes = keep
      if (keep === 0) {
        disk.remove(join(dir, segmentName(one.segment)))
        this.#segments.splice(this.#segments.indexOf(one), 1)
      }
    }
    this.#next = (this.#segments.at(-1)?.segment ?? this.#next - 1) + 1
  }
}

/** Bytes from `at` on: a window's worth, or as many as the record there has. */
function readWindow(file: DiskFile, at: number, end: number): Buffer {
  const head = Buffer.alloc(RECORD_HEAD_BYTES)
  if (file.read(head, at) < RECORD_HEAD_BYTES) return Buffer.alloc(0)
  const needed = RECORD_HEAD_BYTES + Math.min(head.readUInt32LE(8), MOST_BODY_BYTES)
  const window = Buffer.allocUnsafe(Math.min(end - at, Math.max(needed, WINDOW_BYTES)))
  return window.subarray(0, file.read(window, at))
}

/** Which segments are used, and how far; what else there is goes away. */
function check({ disk, what, gateway, damage, log }: Required<LogOptions>, found: SegmentFound[]) {
  const good: SegmentFound[] = []
  let lost = 0
  for (const [i, segment] of found.entries()) {
    const { path, head, problem, goodBytes, bytes } = segment
    const later = found.slice(i + 1)
    const expected = good.at(-1)
    const isForeign =
      head && (head.gateway !== gateway || head.what !== what || (expected?.head && head.id !== expected.head.id))
    const isGap = expected !== undefined && segment.segment !== expected.segment + 1
    if (!problem && !isForeign && !isGap) {
      good.push(segment)
      continue
    }
    const offset = problem?.offset ?? 0
    const at = { segment: segment.segment, offset: goodBytes }
    const wasSafe = [segment, ...later].some(({ bytes, goodBytes, segment: number }) => {
      const from = number === at.segment ? goodBytes : SEGMENT_HEAD_BYTES
      for (let record = nextRecord(bytes, from); record; record = nextRecord(bytes, record.end))
        if (isBefore(at, record.safe)) return true
      return false
    })
    const why = isForeign
      ? head.gateway === gateway
        ? `it is of ${head.what === what ? 'another' : 'no'} ${what}`
        : `it is of gateway "${head.gateway}"`
      : isGap
        ? `segments before it are missing, from ${expected.segment + 1} on`
        : problem!.why
    if (problem?.kind === 'torn' && !isForeign && !isGap && !wasSafe) {
      // As the end of the process or of power leaves it.
      keepBroken(disk, path, bytes, goodBytes)
      if (goodBytes > 0) good.push({ ...segment, problem: undefined as never })
      for (const { path, bytes } of later) keepBroken(disk, path, bytes, 0)
      log.warn(
        { path, offset },
        `the last ${bytes.length - goodBytes} bytes of "${path}" were torn; they are kept as "${path}.broken"`,
      )
      break
    }
    for (const one of [segment, ...later]) lost += one === segment ? one.behind : countRecords(one.bytes)
    if (problem?.kind === 'torn' && goodBytes > 0 && !isForeign && !isGap) {
      good.push({ ...segment, problem: undefined as never })
      damage.found(
        copyOf(disk, path, bytes, goodBytes),
        0,
        `behind byte ${offset} of "${path}" ${why}, though it was safe`,
      )
    } else damage.found(path, offset, why)
    for (const { path } of later) damage.found(path, 0, `it follows damage at byte ${offset} of "${segment.path}"`)
    break
  }
  return { good, lost }
}

function countRecords(bytes: Buffer): number {
  let n = 0
  for (let record = nextRecord(bytes, SEGMENT_HEAD_BYTES); record; record = nextRecord(bytes, record.end)) n++
  return n
}

/** What lies behind `from` goes into a file of its own. */
function keepBroken(disk: Disk, path: string, bytes: Buffer, from: number): void {
  copyOf(disk, path, bytes, from)
  if (from === 0) disk.remove(path)
}

function copyOf(disk: Disk, path: string, bytes: Buffer, from: number): string {
  const to = `${path}.broken`
  disk.remove(to)
  const copy = disk.open(to, 'new')
  copy.append([bytes.subarray(from)])
  copy.close()
  if (from > 0) {
    const file = disk.open(path, 'update')
    file.truncate(from)
    file.close()
  }
  return to
}

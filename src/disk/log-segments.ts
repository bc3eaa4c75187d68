import { join } from 'node:path'
import type { Disk, DiskFile } from '../model/disk.js'
import { DiskError, StateError } from '../model/errors.js'
import type { Log } from '../model/log.js'
import {
  HEAD_TYPE,
  type LogPosition,
  recordHead,
  SEGMENT_HEAD_BYTES,
  type SegmentHead,
  segmentName,
  segmentStart,
} from './record-format.js'
import type { Found, Kept } from './record-recovery.js'
import { recordsOf } from './record-segment.js'

export interface SegmentsOptions {
  disk: Disk
  dir: string
  /** What each says of itself, but for its place. */
  head: Omit<SegmentHead, 'segment' | 'after'>
  /** From so many bytes on a new one is begun. */
  segmentBytes: number
  log: Log
}

/** Files that were written since they were synced. */
export interface Unsynced {
  /** That of the open segment, which is written on. */
  open: DiskFile | undefined
  /** Written no more: to be closed afterwards. */
  ended: DiskFile[]
  /** The directory has names that are not safe. */
  hasNewNames: boolean
}

/** The segments of a record log on its disk: which there are, how far each counts, and the one that is written to. Throws DiskErrors. */
export class LogSegments {
  writtenBytes = 0
  /** Behind the last record. */
  tail: LogPosition
  readonly #o: SegmentsOptions
  /** What was before it is gone. */
  #begin: LogPosition | undefined
  /** Oldest first; the last is written to while #file is open. */
  readonly #segments: Kept[]
  #next: number
  #file: DiskFile | undefined
  /** Bytes of the open segment before its first record. */
  #headBytes = 0
  #ended: DiskFile[] = []
  #hasNewNames = false

  constructor(options: SegmentsOptions, { kept, begin, next }: Found) {
    this.#o = options
    this.#segments = kept
    this.#begin = begin
    this.#next = next
    this.tail = endOf(kept) ?? begin ?? { segment: 0, offset: 0 }
  }

  /** Where the next record comes. */
  get end(): LogPosition {
    return this.#file ? this.tail : { segment: this.#next, offset: 0 }
  }

  /** Where the log begins; undefined where nothing was ever written. */
  get first(): LogPosition | undefined {
    return this.#segments[0]?.after ?? this.#begin
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { end }) => sum + end, 0)
  }

  /** The path of a segment. */
  pathOf(segment: number): string {
    return join(this.#o.dir, segmentName(segment))
  }

  /** Writes a record that says that all was safe up to `safe`, or all before it. */
  write(type: number, pieces: readonly Uint8Array[], safe?: LogPosition): void {
    if (this.#file && this.tail.offset >= this.#o.segmentBytes) this.roll()
    const file = this.open(safe)
    const before = file.sizeBytes
    file.append([recordHead(type, pieces, safe ?? this.tail), ...pieces])
    this.#grow(file.sizeBytes - before)
  }

  /** Begins a segment where none is open. */
  open(safe = this.tail): DiskFile {
    if (this.#file) return this.#file
    // A number is never used twice, not even where this comes to nothing.
    const segment = this.#next++
    const after = this.tail
    const head: SegmentHead = { ...this.#o.head, segment, after }
    const body = [Buffer.from(JSON.stringify(head))]
    const file = this.#o.disk.open(this.pathOf(segment), 'new')
    try {
      file.append([segmentStart(), recordHead(HEAD_TYPE, body, safe), ...body])
    } catch (error) {
      file.close()
      this.#remove(segment)
      throw error
    }
    this.#file = file
    this.#hasNewNames = true
    this.#segments.push({ segment, after, end: 0 })
    this.#headBytes = file.sizeBytes
    this.#grow(file.sizeBytes)
    return file
  }

  /** What is written from here on goes into a new segment. One without records goes, unless the log is known by it alone. */
  roll(): void {
    const file = this.#file
    if (!file) return
    this.#file = undefined
    const last = this.#segments.at(-1)!
    if (last.end > this.#headBytes || this.#segments.length === 1) {
      if (this.#o.head.durable) this.#ended.push(file)
      else file.close()
      return
    }
    this.#segments.pop()
    this.tail = last.after
    file.close()
    this.#remove(last.segment)
  }

  /** Records from a position on, or from the first that is left. Throws a StateError where one that was whole is so no more. */
  *records(from?: LogPosition): Generator<{ type: number; body: Uint8Array; end: LogPosition }> {
    for (const { segment, end } of [...this.#segments]) {
      if (from && segment < from.segment) continue
      const start = from && segment === from.segment ? Math.max(from.offset, SEGMENT_HEAD_BYTES) : SEGMENT_HEAD_BYTES
      if (start >= end) continue
      const path = this.pathOf(segment)
      const file = this.#o.disk.open(path, 'read')
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

  /** Takes away all behind a position; no segment may be open. */
  cut(to: LogPosition): void {
    for (let last = this.#segments.at(-1); last && last.segment >= to.segment; last = this.#segments.at(-1)) {
      if (last.segment === to.segment) {
        last.end = Math.min(last.end, to.offset)
        break
      }
      // Where that fails, the next segment says that it does not count.
      this.#remove(last.segment)
      this.#segments.pop()
    }
    this.tail = endOf(this.#segments) ?? to
  }

  /** What is written lies behind this position too, though nothing up to it may be left. */
  goOnBehind({ segment }: LogPosition): void {
    this.#next = Math.max(this.#next, segment + 1)
  }

  /** What must be synced; it is counted as such no longer. */
  takeUnsynced(): Unsynced {
    const unsynced = { open: this.#file, ended: this.#ended.splice(0), hasNewNames: this.#hasNewNames }
    this.#hasNewNames = false
    return unsynced
  }

  /** That came to nothing, or these were written by a run before: they are to be synced. */
  giveUnsynced(ended: readonly DiskFile[]): void {
    this.#ended.push(...ended)
    this.#hasNewNames = true
  }

  /** Opens what was there at the start from a segment on, to be synced; how many that are. */
  syncFound(from: LogPosition): number {
    const found = this.#segments.filter(({ segment }) => segment >= from.segment)
    this.giveUnsynced(found.map(({ segment }) => this.#o.disk.open(this.pathOf(segment), 'update')))
    return found.length
  }

  close(): void {
    for (const file of this.#ended.splice(0)) file.close()
    this.#file?.close()
    this.#file = undefined
  }

  #grow(bytes: number): void {
    const last = this.#segments.at(-1)!
    last.end += bytes
    this.tail = { segment: last.segment, offset: last.end }
    this.writtenBytes += bytes
  }

  /** False: the disk refuses. */
  #remove(segment: number): boolean {
    try {
      this.#o.disk.remove(this.pathOf(segment))
      return true
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.#o.log.debug({}, error.message)
      return false
    }
  }
}

const endOf = (segments: readonly Kept[]): LogPosition | undefined => {
  const last = segments.at(-1)
  return last && { segment: last.segment, offset: last.end }
}

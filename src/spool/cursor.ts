import { crc32 } from 'node:zlib'
import type { LogPosition } from '../disk/record-log.js'
import type { Disk, DiskFile } from '../model/disk.js'
import { DiskError, reasonOf } from '../model/errors.js'
import type { PointLedger } from '../model/ledger.js'

/** How far a sink has taken its points. */
export interface Cursor {
  /** The last batch that was given to the spool. */
  batch: number
  /** Where points of now go on. */
  live: LogPosition
  /** What was left behind in an outage, oldest first; of ranges with `tagged` only the records that follow those before. */
  backlog: { from: LogPosition; to: LogPosition; tagged: boolean }[]
  points: Omit<PointLedger, 'emitted' | 'spooled'>
  /** What the sink said of itself when all before had been taken. */
  mark?: string
}

// A file of two slots, written by turns, the first first, so that one is whole at any time: u32 version, u32 CRC-32 of the rest,
// f64 number, then u32 bytes and JSON. Where it must outlive power the other slot is only written once the one before is safe.
const VERSION = 1
const SLOT_BYTES = 4096
const HEAD_BYTES = 20

/** A cursor to be kept, and what is to be done once it is as safe as configured. */
interface Kept {
  cursor: Cursor
  done: () => void
}

/** The file that a cursor is kept in. */
export class CursorFile {
  writtenBytes = 0
  /** Why it can't be written; undefined while it can. */
  failing: string | undefined
  readonly #file: DiskFile
  readonly #durable: boolean
  #number = 0
  /** What was found may not be safe yet. */
  #isSafe = false
  #next: Kept | undefined
  #writing: Promise<void> | undefined

  /** Makes it where there is none. `durable`: what is kept is synced. Throws a DiskError. */
  constructor(disk: Disk, path: string, durable: boolean) {
    const exists = disk.list(path.slice(0, path.lastIndexOf('/'))).some(({ name }) => path.endsWith(`/${name}`))
    this.#file = disk.open(path, exists ? 'update' : 'new')
    this.#durable = durable
  }

  /** The newer of its slots; undefined where none is whole. `newer`: by a later version of weir. */
  read(): { cursor: Cursor | undefined; newer: boolean } {
    let cursor: Cursor | undefined
    let newer = false
    for (const slot of [0, 1]) {
      const bytes = Buffer.alloc(SLOT_BYTES)
      if (this.#file.read(bytes, slot * SLOT_BYTES) < HEAD_BYTES) continue
      const length = bytes.readUInt32LE(16)
      if (length > SLOT_BYTES - HEAD_BYTES || crc32(bytes.subarray(8, HEAD_BYTES + length)) !== bytes.readUInt32LE(4))
        continue
      newer ||= bytes.readUInt32LE(0) > VERSION
      const number = bytes.readDoubleLE(8)
      if (number <= this.#number || bytes.readUInt32LE(0) !== VERSION) continue
      this.#number = number
      cursor = JSON.parse(bytes.toString('utf8', HEAD_BYTES, HEAD_BYTES + length)) as Cursor
    }
    return { cursor, newer }
  }

  /** Nothing was ever safe in it. */
  get isNew(): boolean {
    return this.#file.sizeBytes <= SLOT_BYTES
  }

  /**
   * Keeps a cursor, in place of those before; a disk that refuses is told of in `failing`. `done` is called once it is as safe
   * as configured, unless another one came meanwhile.
   */
  write(cursor: Cursor, done: () => void = () => {}): void {
    this.#next = { cursor, done }
    if (!this.#durable) {
      if (this.#writeNext()) done()
    } else this.#writing ??= this.#writeSafely()
  }

  /** Resolves once all is written and synced, as far as the disk lets it. */
  async close(): Promise<void> {
    await this.#writing
    this.#file.close()
  }

  async #writeSafely(): Promise<void> {
    try {
      while (this.#next) {
        if (!this.#isSafe) await this.#file.sync()
        this.#isSafe = true
        const { done } = this.#next
        if (!this.#writeNext()) break
        await this.#syncSlot()
        done()
      }
    } catch (error) {
      this.#fails(error)
    } finally {
      this.#writing = undefined
    }
  }

  async #syncSlot(): Promise<void> {
    try {
      await this.#file.sync()
    } catch (error) {
      // Nobody knows whether it is there: the same slot is written again, never the other.
      this.#number--
      throw error
    }
  }

  /** False: the disk refuses. */
  #writeNext(): boolean {
    try {
      this.#put(this.#next!.cursor)
      this.#next = undefined
      this.failing = undefined
      return true
    } catch (error) {
      this.#fails(error)
      return false
    }
  }

  #put(cursor: Cursor): void {
    let text = Buffer.from(JSON.stringify(cursor))
    // Without a mark a sink takes what comes again twice, which is better than none.
    if (text.length > SLOT_BYTES - HEAD_BYTES) text = Buffer.from(JSON.stringify({ ...cursor, mark: undefined }))
    const number = this.#number + 1
    const slot = Buffer.alloc(SLOT_BYTES)
    slot.writeUInt32LE(VERSION, 0)
    slot.writeDoubleLE(number, 8)
    slot.writeUInt32LE(text.length, 16)
    text.copy(slot, HEAD_BYTES)
    slot.writeUInt32LE(crc32(slot.subarray(8, HEAD_BYTES + text.length)), 4)
    const used = slot.subarray(0, HEAD_BYTES + text.length)
    this.#file.writeAt(used, ((number + 1) % 2) * SLOT_BYTES)
    this.#number = number
    this.writtenBytes += used.length
  }

  #fails(error: unknown): void {
    if (!(error instanceof DiskError)) throw error
    this.failing = reasonOf(error)
  }
}

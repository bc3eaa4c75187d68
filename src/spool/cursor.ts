import { crc32 } from 'node:zlib'
import type { LogPosition } from '../disk/record-log.js'
import type { Disk, DiskFile } from '../model/disk.js'
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

// A file of two slots, written by turns, so that one is whole at any time: u32 version, u32 CRC-32 of the rest, f64 number, then
// u32 bytes and JSON.
const VERSION = 1
const SLOT_BYTES = 4096
const HEAD_BYTES = 20

/** The file that a cursor is kept in. */
export class CursorFile {
  writtenBytes = 0
  readonly #file: DiskFile
  #number = 0

  /** Makes it where there is none. */
  constructor(disk: Disk, path: string) {
    const exists = disk.list(path.slice(0, path.lastIndexOf('/'))).some(({ name }) => path.endsWith(`/${name}`))
    this.#file = disk.open(path, exists ? 'update' : 'new')
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

  get isEmpty(): boolean {
    return this.#file.sizeBytes === 0
  }

  write(cursor: Cursor): void {
    let text = Buffer.from(JSON.stringify(cursor))
    // Without a mark a sink takes what comes again twice, which is better than none.
    if (text.length > SLOT_BYTES - HEAD_BYTES) text = Buffer.from(JSON.stringify({ ...cursor, mark: undefined }))
    const slot = Buffer.alloc(SLOT_BYTES)
    slot.writeUInt32LE(VERSION, 0)
    slot.writeDoubleLE(++this.#number, 8)
    slot.writeUInt32LE(text.length, 16)
    text.copy(slot, HEAD_BYTES)
    slot.writeUInt32LE(crc32(slot.subarray(8, HEAD_BYTES + text.length)), 4)
    const used = slot.subarray(0, HEAD_BYTES + text.length)
    this.#file.writeAt(used, (this.#number % 2) * SLOT_BYTES)
    this.writtenBytes += used.length
  }

  sync(): Promise<void> {
    return this.#file.sync()
  }

  close(): void {
    this.#file.close()
  }
}

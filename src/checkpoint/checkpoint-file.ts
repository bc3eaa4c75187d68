import { crc32 } from 'node:zlib'
import type { Disk, DiskFile } from '../model/disk.js'
import { DiskError } from '../model/errors.js'
import { FIXED_BYTES, type Head, MAGIC, MOST_HEAD_BYTES, PAGE, TABLE_ENTRY_BYTES, TRAILER, VERSION } from './format.js'

/** Why a file can't be used, and where. */
export class Unusable extends Error {
  constructor(
    readonly offset: number,
    message: string,
  ) {
    super(message)
  }
}

/** Where a page of a section lies. */
export interface PageAt {
  file: OpenedFile
  offset: number
  bytes: number
  hash: bigint
}

/** A base or delta that was opened: its head and table are whole; pages are checked as they are read. */
export class OpenedFile {
  private constructor(
    readonly path: string,
    readonly head: Head,
    readonly file: DiskFile,
    /** By section, then by number. */
    readonly pages: ReadonlyMap<string, ReadonlyMap<number, PageAt>>,
  ) {}

  /** Throws `Unusable`. */
  static open(disk: Disk, path: string): OpenedFile {
    let file: DiskFile
    try {
      file = disk.open(path, 'read')
    } catch (error) {
      if (error instanceof DiskError) throw new Unusable(0, error.message)
      throw error
    }
    try {
      return OpenedFile.#read(path, file)
    } catch (error) {
      file.close()
      if (error instanceof DiskError) throw new Unusable(0, error.message)
      throw error
    }
  }

  /** Throws `Unusable` at the first page whose bytes are not what they were. */
  check(hash: (bytes: Uint8Array) => bigint): void {
    const page = new Uint8Array(PAGE)
    for (const [section, pages] of this.pages)
      for (const [number, at] of pages) {
        const bytes = page.subarray(0, at.bytes)
        this.file.read(bytes, at.offset)
        if (hash(bytes) !== at.hash) throw new Unusable(at.offset, `page ${number} of ${section} is damaged`)
      }
  }

  static #read(path: string, file: DiskFile): OpenedFile {
    const bytesAt = (offset: number, bytes: number, what: string): Buffer => {
      if (offset + bytes > file.sizeBytes) throw new Unusable(offset, `it ends within ${what}`)
      const into = Buffer.allocUnsafe(bytes)
      file.read(into, offset)
      return into
    }
    const fixed = bytesAt(0, FIXED_BYTES, 'its head')
    if (!fixed.subarray(0, MAGIC.length).equals(MAGIC)) throw new Unusable(0, 'it is no checkpoint')
    const version = fixed.readUInt32LE(8)
    if (version > VERSION)
      throw new Unusable(8, `it has version ${version}; this weir reads up to ${VERSION}: install the newer one again`)
    const headBytes = fixed.readUInt32LE(12)
    if (version !== VERSION || headBytes > MOST_HEAD_BYTES) throw new Unusable(8, 'its head is damaged')
    const text = bytesAt(FIXED_BYTES, headBytes, 'its head')
    if (crc32(text) !== fixed.readUInt32LE(16)) throw new Unusable(FIXED_BYTES, 'its head is damaged')
    const head = JSON.parse(text.toString()) as Head
    const count = head.sections.reduce((sum, { pages }) => sum + pages, 0)
    const tableAt = FIXED_BYTES + headBytes
    const table = bytesAt(tableAt, count * TABLE_ENTRY_BYTES, 'its table')
    if (crc32(table) !== fixed.readUInt32LE(20)) throw new Unusable(tableAt, 'its table is damaged')
    const pages = new Map<string, Map<number, PageAt>>()
    const opened = new OpenedFile(path, head, file, pages)
    let offset = tableAt + table.length
    let entry = 0
    for (const section of head.sections) {
      const own = new Map<number, PageAt>()
      for (let i = 0; i < section.pages; i++, entry += TABLE_ENTRY_BYTES) {
        const number = table.readUInt32LE(entry)
        const bytes = Math.min(PAGE, section.bytes - number * PAGE)
        if (bytes <= 0) throw new Unusable(tableAt + entry, 'its table is damaged')
        own.set(number, { file: opened, offset, bytes, hash: table.readBigUInt64LE(entry + 8) })
        offset += bytes
      }
      pages.set(section.name, own)
    }
    const trailer = bytesAt(offset, TRAILER.length, 'its pages')
    if (!trailer.equals(TRAILER) || file.sizeBytes !== offset + TRAILER.length)
      throw new Unusable(offset, 'it does not end where it should')
    return opened
  }
}

/** Bytes before a file's pages. `table` has the entries as they are written. Throws a DiskError where they are more than can be read. */
export function fileStart(head: Head, table: Uint8Array): Uint8Array[] {
  const text = Buffer.from(JSON.stringify(head))
  if (text.length > MOST_HEAD_BYTES)
    throw new DiskError(
      'EFBIG',
      `the head of a checkpoint has ${text.length} bytes; at most ${MOST_HEAD_BYTES} are read`,
    )
  const fixed = Buffer.alloc(FIXED_BYTES)
  MAGIC.copy(fixed)
  fixed.writeUInt32LE(VERSION, 8)
  fixed.writeUInt32LE(text.length, 12)
  fixed.writeUInt32LE(crc32(text), 16)
  fixed.writeUInt32LE(crc32(table), 20)
  return [fixed, text, table]
}

// The format of a record log, version 1: of the journal, and of each sink's spool. A log is segments, files named by their
// number (16 digits) with the ending `.log`, read in the order of their numbers. A segment is
//
//   8 bytes   "WEIRLOG1"
//   u32       version
//   u32       0
//
// and then records one behind the other, the first of them of type 0: JSON { what, id, gateway, boot, segment }. All integers are
// little-endian. A record is
//
//   u32       marker, 0x52454357
//   u32       type: 0 the segment's head, others belong to whoever writes them
//   u32       bytes of the body, at most 16 MiB
//   u32 u32   segment and offset up to which all was safe (synced, or with durability `process` written) before it
//   u32       CRC-32 of these five words and the body
//   body
//
// A record that is wrong at the end of the log was torn when the process or the power went: it is cut off. It was
// never acknowledged, unless a whole record behind it says that it was safe: then the log is damaged.
import { crc32 } from 'node:zlib'

export const MAGIC = Buffer.from('WEIRLOG1')
export const VERSION = 1
export const SEGMENT_HEAD_BYTES = 16
export const RECORD_HEAD_BYTES = 24
export const MOST_BODY_BYTES = 16 * 2 ** 20
export const HEAD_TYPE = 0
const MARKER = 0x52454357

/** A place in a log; it survives the segments before it. */
export interface LogPosition {
  segment: number
  /** Bytes from the segment's start. */
  offset: number
}

/** What the first record of a segment tells. */
export interface SegmentHead {
  /** journal, or a spool. */
  what: string
  /** Which log it is of. */
  id: string
  gateway: string
  /** Boot of the machine in which it was begun. */
  boot: string
  segment: number
}

/** A record as it lies in a segment. */
export interface RecordAt {
  type: number
  body: Uint8Array
  safe: LogPosition
  /** Where it ends. */
  end: number
}

export const isBefore = (a: LogPosition, b: LogPosition): boolean =>
  a.segment < b.segment || (a.segment === b.segment && a.offset < b.offset)

export const segmentName = (segment: number): string => `${String(segment).padStart(16, '0')}.log`

/** The number in a segment's name, or undefined. */
export function segmentNumber(name: string): number | undefined {
  return /^\d{16}\.log$/.test(name) ? Number.parseInt(name, 10) : undefined
}

/** The bytes before a segment's first record. */
export function segmentStart(): Uint8Array {
  const start = Buffer.alloc(SEGMENT_HEAD_BYTES)
  MAGIC.copy(start)
  start.writeUInt32LE(VERSION, 8)
  return start
}

/** The head of a record whose body is these pieces. */
export function recordHead(type: number, pieces: readonly Uint8Array[], safe: LogPosition): Uint8Array {
  const head = Buffer.allocUnsafe(RECORD_HEAD_BYTES)
  let bytes = 0
  for (const piece of pieces) bytes += piece.length
  head.writeUInt32LE(MARKER, 0)
  head.writeUInt32LE(type, 4)
  head.writeUInt32LE(bytes, 8)
  head.writeUInt32LE(safe.segment, 12)
  head.writeUInt32LE(safe.offset, 16)
  let crc = crc32(head.subarray(0, 20))
  for (const piece of pieces) crc = crc32(piece, crc)
  head.writeUInt32LE(crc, 20)
  return head
}

/** The whole record at `offset` of a segment's bytes; undefined where there is none. */
export function recordAt(bytes: Buffer, offset: number): RecordAt | undefined {
  if (offset + RECORD_HEAD_BYTES > bytes.length || bytes.readUInt32LE(offset) !== MARKER) return undefined
  const length = bytes.readUInt32LE(offset + 8)
  const from = offset + RECORD_HEAD_BYTES
  const end = from + length
  if (length > MOST_BODY_BYTES || end > bytes.length) return undefined
  const body = bytes.subarray(from, end)
  if (crc32(body, crc32(bytes.subarray(offset, offset + 20))) !== bytes.readUInt32LE(offset + 20)) return undefined
  const safe = { segment: bytes.readUInt32LE(offset + 12), offset: bytes.readUInt32LE(offset + 16) }
  return { type: bytes.readUInt32LE(offset + 4), body, safe, end }
}

/** The next whole record behind `offset`, wherever it begins. */
export function nextRecord(bytes: Buffer, offset: number): (RecordAt & { start: number }) | undefined {
  const marker = Buffer.alloc(4)
  marker.writeUInt32LE(MARKER)
  for (let at = bytes.indexOf(marker, offset); at >= 0; at = bytes.indexOf(marker, at + 1)) {
    const record = recordAt(bytes, at)
    if (record) return { ...record, start: at }
  }
  return undefined
}

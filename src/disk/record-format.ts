// The format of a record log, version 1: of the journal, and of each sink's spool. A log is segments, files named by their
// number (16 digits) with the ending `.log`, read in the order of their numbers, which may have gaps. A segment is
//
//   8 bytes   "WEIRLOG1"
//   u32       version
//   u32       0
//
// and then records one behind the other, the first of them of type 0: JSON, see SegmentHead. All integers are little-endian.
// A record is
//
//   u32       marker, 0x52454357
//   u32       type: 0 the segment's head (later in it: nothing), others belong to whoever writes them
//   u32       bytes of the body, at most 65 MiB
//   u32 u32   segment and offset up to which all was safe before it (synced, or without `durable` written)
//   u32       CRC-32 of these five words and the body
//   body
//
// A segment says in its head behind which place of the log it goes on (`after`). What lies between that place and the segment
// does not count: it was torn, or its sync failed and it was written again.
//
// A record that is wrong at the end of the log was torn when the process or the power went: it is cut off. It was
// never acknowledged, unless a whole record behind it says that it was safe: then the log is damaged. Without `durable` that
// is believed as long as the machine was not started anew.
import { crc32 } from 'node:zlib'

export const MAGIC = Buffer.from('WEIRLOG1')
export const VERSION = 1
export const SEGMENT_HEAD_BYTES = 16
export const RECORD_HEAD_BYTES = 24
/** The longest frame that a configuration allows, and a block of others before it. */
export const MOST_BODY_BYTES = 65 * 2 ** 20
export const HEAD_TYPE = 0
const MARKER = 0x52454357
const MARKER_BYTES = Buffer.from(Uint32Array.of(MARKER).buffer)

/** A place in a log; it survives the segments before it. */
export interface LogPosition {
  segment: number
  /** Bytes from the segment's start. */
  offset: number
}

/** What the first record of a segment tells. */
export interface SegmentHead {
  /** `journal` or `spool`. */
  what: string
  /** Which log it is of. */
  id: string
  gateway: string
  /** Boot of the machine in which it was begun. */
  boot: string
  /** Safe means synced. */
  durable: boolean
  segment: number
  /** The end of what counts of the segments before it. */
  after: LogPosition
}

/** A record as it lies in a segment. */
export interface RecordAt {
  type: number
  body: Buffer
  safe: LogPosition
  /** Where it ends. */
  end: number
}

export const isBefore = (a: LogPosition, b: LogPosition): boolean =>
  a.segment < b.segment || (a.segment === b.segment && a.offset < b.offset)

export const later = (a: LogPosition, b: LogPosition): LogPosition => (isBefore(a, b) ? b : a)

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

/** What a segment's first record says; undefined where it is none. */
export function segmentHead(record: RecordAt | undefined): SegmentHead | undefined {
  if (record?.type !== HEAD_TYPE) return undefined
  try {
    const head = JSON.parse(record.body.toString()) as SegmentHead
    const isHead = typeof head.id === 'string' && Number.isFinite(head.after.segment + head.after.offset)
    return isHead ? head : undefined
  } catch {
    return undefined
  }
}

/** The head of a record whose body is these pieces. */
export function recordHead(type: number, pieces: readonly Uint8Array[], safe: LogPosition): Buffer {
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

/** How long the record is whose head these bytes are, if it is one; never more than a record may have. */
export const recordBytes = (head: Buffer): number => RECORD_HEAD_BYTES + Math.min(head.readUInt32LE(8), MOST_BODY_BYTES)

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

/** Whole records wherever they begin, and where that is. */
export function* scatteredRecords(bytes: Buffer): Generator<RecordAt & { start: number }> {
  for (let at = bytes.indexOf(MARKER_BYTES); at >= 0; ) {
    const record = recordAt(bytes, at)
    if (record) yield { ...record, start: at }
    at = bytes.indexOf(MARKER_BYTES, record?.end ?? at + 1)
  }
}

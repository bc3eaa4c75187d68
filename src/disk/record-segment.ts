import { join } from 'node:path'
import type { Disk, DiskFile } from '../model/disk.js'
import { DiskError } from '../model/errors.js'
import {
  HEAD_TYPE,
  isBefore,
  type LogPosition,
  later,
  MAGIC,
  RECORD_HEAD_BYTES,
  type RecordAt,
  recordAt,
  recordBytes,
  SEGMENT_HEAD_BYTES,
  type SegmentHead,
  scatteredRecords,
  segmentHead,
  segmentName,
  segmentNumber,
  VERSION,
} from './record-format.js'

/** Of a segment with damage so much is searched for whole records. */
const MOST_SEARCHED_BYTES = 128 * 2 ** 20
/** Read at once. */
const WINDOW_BYTES = 2 ** 18

/** A segment as it was found. */
export interface SegmentFound {
  segment: number
  path: string
  sizeBytes: number
  head?: SegmentHead
  /** Up to here its records are whole, from its first byte on. */
  goodBytes: number
  /** How many there are, without its head. */
  records: number
  /** What is wrong there; absent: nothing. `torn`: as the end of the process or of power may leave it. */
  problem?: { offset: number; why: string; isTorn: boolean }
  /** The furthest place that a whole record of it, wherever, says was safe. */
  claims: LogPosition
}

/** The segments of a directory, in order. Throws a DiskError where it can't be read. */
export function findSegments(disk: Disk, dir: string): SegmentFound[] {
  const numbers = disk.list(dir).flatMap(({ name }) => segmentNumber(name) ?? [])
  return numbers.map((segment) => readSegment(disk, join(dir, segmentName(segment)), segment))
}

/** Reads a segment and says how far it is whole. Never throws for what is in the file, or in its place. */
export function readSegment(disk: Disk, path: string, segment: number): SegmentFound {
  const found: SegmentFound = {
    ...{ segment, path, sizeBytes: 0, goodBytes: 0, records: 0 },
    claims: { segment: 0, offset: 0 },
  }
  let file: DiskFile | undefined
  try {
    file = disk.open(path, 'read')
    found.sizeBytes = file.sizeBytes
    examine(found, file)
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    found.problem = { offset: 0, why: error.message, isTorn: false }
  } finally {
    file?.close()
  }
  return found
}

function examine(found: SegmentFound, file: DiskFile): void {
  const claim = (start: number, safe: LogPosition) => {
    if (!isBefore({ segment: found.segment, offset: start }, safe)) found.claims = later(found.claims, safe)
  }
  found.problem = headProblem(found, file)
  if (!found.problem) {
    let at = SEGMENT_HEAD_BYTES
    for (const { type, safe, end } of recordsOf(file, at, found.sizeBytes)) {
      claim(at, safe)
      found.goodBytes = at = end
      if (type !== HEAD_TYPE) found.records++
    }
    if (at === found.sizeBytes) return
    found.problem = { offset: at, why: 'no whole record is there', isTorn: true }
  }
  for (const { start, safe } of recordsBehind(file, found.goodBytes)) claim(start, safe)
}

function headProblem(found: SegmentFound, file: DiskFile): SegmentFound['problem'] {
  const start = Buffer.alloc(SEGMENT_HEAD_BYTES)
  if (file.read(start, 0) < SEGMENT_HEAD_BYTES)
    return { offset: 0, why: file.sizeBytes === 0 ? 'it is empty' : 'it ends within its head', isTorn: true }
  if (!start.subarray(0, MAGIC.length).equals(MAGIC))
    return { offset: 0, why: 'it does not begin as a segment of a log does', isTorn: true }
  const version = start.readUInt32LE(8)
  const [first] = recordsOf(file, SEGMENT_HEAD_BYTES, file.sizeBytes)
  const head = segmentHead(first)
  if (version > VERSION && (head || !first))
    return {
      offset: 8,
      why: `its format has version ${version}; this weir reads version ${VERSION}: use the weir that wrote it, or a newer one`,
      isTorn: false,
    }
  if (version !== VERSION || start.readUInt32LE(12) !== 0 || !head)
    return { offset: 8, why: 'its head is damaged', isTorn: true }
  found.head = head
  return undefined
}

/** The whole records from one byte to another, up to the first that is not. Each is valid until the next. */
export function* recordsOf(file: DiskFile, from: number, to: number): Generator<RecordAt> {
  let window: Buffer = Buffer.alloc(0)
  let windowAt = from
  for (let at = from; at < to; ) {
    let record = recordAt(window, at - windowAt)
    if (!record) {
      window = readWindow(file, at, to)
      windowAt = at
      record = recordAt(window, 0)
      if (!record) return
    }
    at = windowAt + record.end
    yield { ...record, end: at }
  }
}

/** The whole records behind a byte, wherever they begin. */
export function* recordsBehind(file: DiskFile, from: number): Generator<RecordAt & { start: number }> {
  const bytes = Buffer.alloc(Math.min(Math.max(0, file.sizeBytes - from), MOST_SEARCHED_BYTES))
  const read = file.read(bytes, from)
  for (const record of scatteredRecords(bytes.subarray(0, read)))
    yield { ...record, start: from + record.start, end: from + record.end }
}

/** Bytes from `at` on: a window's worth, or as many as the record there has. */
function readWindow(file: DiskFile, at: number, to: number): Buffer {
  const head = Buffer.alloc(RECORD_HEAD_BYTES)
  if (file.read(head, at) < RECORD_HEAD_BYTES) return Buffer.alloc(0)
  const window = Buffer.allocUnsafe(Math.min(to - at, Math.max(recordBytes(head), WINDOW_BYTES)))
  return window.subarray(0, file.read(window, at))
}

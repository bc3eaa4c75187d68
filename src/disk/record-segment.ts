import { join } from 'node:path'
import type { Disk } from '../model/disk.js'
import { DiskError } from '../model/errors.js'
import {
  HEAD_TYPE,
  MAGIC,
  nextRecord,
  recordAt,
  SEGMENT_HEAD_BYTES,
  type SegmentHead,
  segmentName,
  VERSION,
} from './record-format.js'

/** A segment is never longer than its bound and one record. */
const MOST_SEGMENT_BYTES = 128 * 2 ** 20

/** A segment as it was found. */
export interface SegmentFound {
  segment: number
  path: string
  bytes: Buffer
  head?: SegmentHead
  /** Up to here its records are whole, from its first byte on. */
  goodBytes: number
  /** What is wrong there; absent: nothing. */
  problem?: { offset: number; why: string; kind: 'torn' | 'newer' | 'foreign' | 'unreadable' }
  /** Whole records behind the problem. */
  behind: number
}

/** Reads a segment and says how far it is whole. Never throws for what is in the file. */
export function readSegment(disk: Disk, dir: string, segment: number): SegmentFound {
  const path = join(dir, segmentName(segment))
  const found: SegmentFound = { segment, path, bytes: Buffer.alloc(0), goodBytes: 0, behind: 0 }
  const wrong = (offset: number, why: string, kind: NonNullable<SegmentFound['problem']>['kind']): SegmentFound => ({
    ...found,
    problem: { offset, why, kind },
  })
  try {
    const file = disk.open(path, 'read')
    try {
      if (file.sizeBytes > MOST_SEGMENT_BYTES)
        return wrong(0, `it has ${file.sizeBytes} bytes; a segment has at most ${MOST_SEGMENT_BYTES}`, 'unreadable')
      found.bytes = Buffer.allocUnsafe(file.sizeBytes)
      file.read(found.bytes, 0)
    } finally {
      file.close()
    }
  } catch (error) {
    if (error instanceof DiskError) return wrong(0, error.message, 'unreadable')
    throw error
  }
  const { bytes } = found
  if (bytes.length < SEGMENT_HEAD_BYTES) return wrong(0, 'it ends within its head', 'torn')
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return wrong(0, 'it is no segment of a log', 'torn')
  const version = bytes.readUInt32LE(8)
  if (version > VERSION)
    return wrong(8, `it has version ${version}; this weir reads up to ${VERSION}: install the newer one again`, 'newer')
  const first = recordAt(bytes, SEGMENT_HEAD_BYTES)
  if (version !== VERSION || bytes.readUInt32LE(12) !== 0 || first?.type !== HEAD_TYPE)
    return wrong(8, 'its head is damaged', 'torn')
  found.head = JSON.parse(Buffer.from(first.body).toString()) as SegmentHead
  found.goodBytes = first.end
  for (let record = recordAt(bytes, first.end); record; record = recordAt(bytes, record.end))
    found.goodBytes = record.end
  if (found.goodBytes === bytes.length) return found
  for (let at = nextRecord(bytes, found.goodBytes); at; at = nextRecord(bytes, at.end)) found.behind++
  return wrong(found.goodBytes, 'no whole record is there', 'torn')
}

// A recording: the frames of the sources as they came, with their arrival. Version 1. Numbers of more than one byte in
// front of segments are little-endian; `varint` is a number of 7 bits a byte, lowest first, at most 2^53 - 1; `zigzag`
// is a varint 2n for n >= 0 and -2n - 1 below.
//
//   file      magic "weir-rec", u8 version, segment…; whole or compressed by gzip
//   segment   u32 length, u32 CRC-32 of the four bytes of the length and the payload, payload: record…
//   record    u8 type, then
//     1 header    varint length, JSON: RecordingHeader. The first record, alone in the first segment.
//     2 channel   varint source, varint length, JSON: ChannelSpec without the tags that are constant in the
//                 configuration. Channels are numbered from 0 in the order of their records.
//     3 frame     varint channel, zigzag µs from the arrival of the frame before (the first: from `startedUs`), varint
//                 flags (FRAME_FLAGS), varint packet id, varint length, bytes. Frames of one read burst of a source
//                 have one arrival.
//     4 counted   varint source, u8 reason (index in REASONS), varint frames that went no further than the source
//     5 lost      varint source, varint bytes lost before they were frames
//     6 missed    varint frames, varint bytes: not recorded here, since whoever writes the recording was too slow
//     7 step      varint µs: the wall clock was set forward, so the next arrival is that much later than time has passed
//     8 end       varint length, JSON: RecordingEnd. The last record; without it the recording was cut off.
//
// A frame is whole in one segment. A segment that ends early is the torn end of a recording that was not ended in order:
// what precedes it counts. Any other segment that does not match its CRC is damage.

import { crc32 } from 'node:zlib'
import * as v from 'valibot'
import type { FrameReason } from '../model/source.js'

export const MAGIC = Buffer.from('weir-rec')
export const VERSION = 1
export const SEGMENT_HEAD_BYTES = 8
/** The longest frame that a configuration allows, and room for what surrounds it. */
export const MAX_SEGMENT_BYTES = 65 * 2 ** 20
export const MAX_CHANNELS = 1_000_000
/** Of a header, a channel or an end. */
export const MAX_JSON_BYTES = 2 ** 20

export const RECORD = { header: 1, channel: 2, frame: 3, counted: 4, lost: 5, missed: 6, step: 7, end: 8 } as const

/** Reasons by their number in a `counted` record. */
export const REASONS: readonly FrameReason[] = ['filtered', 'retained', 'duplicate', 'dropped', 'undecodable']

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

export const headerSchema = v.object({
  /** Version of weir that wrote it. */
  weir: v.string(),
  gateway: v.string(),
  /** µs since the epoch. */
  startedUs: count,
  sources: v.pipe(v.array(v.object({ name: v.string(), type: v.string() })), v.maxLength(10_000)),
})

/** What a recording says of itself at its start. */
export type RecordingHeader = v.InferOutput<typeof headerSchema>

export const channelSchema = v.object({
  name: v.string(),
  input: count,
  tags: v.record(v.string(), v.string()),
  layout: v.optional(v.string()),
  units: v.optional(v.record(v.string(), v.string())),
  field: v.optional(v.string()),
})

export const endSchema = v.object({
  /** When it ended, µs since the epoch. */
  endedUs: count,
  /** Frames in it, and frames that were not recorded since whoever wrote it was too slow. */
  frames: count,
  missed: count,
})

/** What a recording says of itself at its end. */
export type RecordingEnd = v.InferOutput<typeof endSchema>

/** The CRC of a segment. `head` holds its length. */
export function segmentCrc(head: Uint8Array, payload: Uint8Array): number {
  return crc32(payload, crc32(head.subarray(0, 4)))
}

export const zigzag = (n: number): number => (n < 0 ? -2 * n - 1 : 2 * n)
export const unzigzag = (n: number): number => (n % 2 ? -(n + 1) / 2 : n / 2)

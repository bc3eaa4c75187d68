import type { ChannelSpec, FrameReason } from '../model/source.js'
import {
  MAGIC,
  REASONS,
  RECORD,
  type RecordingEnd,
  type RecordingHeader,
  SEGMENT_HEAD_BYTES,
  segmentCrc,
  VERSION,
  zigzag,
} from './format.js'

/** A segment is handed on when it has so many bytes. */
const SEGMENT_BYTES = 65536
/** The longest varint, and more than the fixed part of any record. */
const RECORD_BYTES = 64

/** Writes a recording into segments, each handed to `emit` when it is full or flushed. Owns what it hands over to nobody. */
export class RecordingWriter {
  frames = 0
  missedFrames = 0
  channels = 0
  #buffer = Buffer.allocUnsafe(2 * SEGMENT_BYTES)
  #at = SEGMENT_HEAD_BYTES
  #arrivalUs: number

  constructor(
    header: RecordingHeader,
    private readonly emit: (bytes: Buffer) => void,
  ) {
    this.#arrivalUs = header.startedUs
    emit(Buffer.concat([MAGIC, Buffer.of(VERSION)]))
    this.#json(RECORD.header, header)
    this.flush()
  }

  /** Makes a channel and returns its number in the recording. */
  channel(source: number, spec: ChannelSpec): number {
    const text = Buffer.from(JSON.stringify(spec))
    this.#room(text.length)
    this.#byte(RECORD.channel)
    this.#varint(source)
    this.#bytes(text, 0, text.length)
    return this.channels++
  }

  /** Copies bytes[start, end) as a frame that arrived at `arrivalUs`, µs since the epoch. */
  frame(
    channel: number,
    arrivalUs: number,
    flags: number,
    packetId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    this.#room(end - start)
    this.#byte(RECORD.frame)
    this.#varint(channel)
    this.#varint(zigzag(arrivalUs - this.#arrivalUs))
    this.#varint(flags)
    this.#varint(packetId)
    this.#bytes(bytes, start, end)
    this.#arrivalUs = arrivalUs
    this.frames++
    if (this.#at >= SEGMENT_BYTES) this.flush()
  }

  counted(source: number, reason: FrameReason, frames: number): void {
    this.#room(0)
    this.#byte(RECORD.counted)
    this.#varint(source)
    this.#byte(REASONS.indexOf(reason))
    this.#varint(frames)
  }

  lost(source: number, bytes: number): void {
    this.#room(0)
    this.#byte(RECORD.lost)
    this.#varint(source)
    this.#varint(bytes)
  }

  missed(frames: number, bytes: number): void {
    this.#room(0)
    this.#byte(RECORD.missed)
    this.#varint(frames)
    this.#varint(bytes)
    this.missedFrames += frames
  }

  step(us: number): void {
    this.#room(0)
    this.#byte(RECORD.step)
    this.#varint(us)
    this.#arrivalUs += us
  }

  /** Hands over what there is. */
  flush(): void {
    if (this.#at === SEGMENT_HEAD_BYTES) return
    const segment = Buffer.from(this.#buffer.subarray(0, this.#at))
    segment.writeUInt32LE(this.#at - SEGMENT_HEAD_BYTES, 0)
    segment.writeUInt32LE(segmentCrc(segment, segment.subarray(SEGMENT_HEAD_BYTES)), 4)
    this.#at = SEGMENT_HEAD_BYTES
    // After a frame of many MiB.
    if (this.#buffer.length > 16 * SEGMENT_BYTES) this.#buffer = Buffer.allocUnsafe(2 * SEGMENT_BYTES)
    this.emit(segment)
  }

  end(endedUs: number): void {
    this.#json(RECORD.end, { endedUs, frames: this.frames, missed: this.missedFrames } satisfies RecordingEnd)
    this.flush()
  }

  #json(type: number, value: object): void {
    const text = Buffer.from(JSON.stringify(value))
    this.#room(text.length)
    this.#byte(type)
    this.#bytes(text, 0, text.length)
  }

  #room(bytes: number): void {
    const needed = this.#at + RECORD_BYTES + bytes
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(needed + SEGMENT_BYTES)
    this.#buffer.copy(larger, 0, 0, this.#at)
    this.#buffer = larger
  }

  #byte(value: number): void {
    this.#buffer[this.#at++] = value
  }

  #varint(value: number): void {
    let left = value
    for (; left >= 0x80; left = left > 0x7fffffff ? Math.floor(left / 128) : left >>> 7)
      this.#buffer[this.#at++] = (left & 0x7f) | 0x80
    this.#buffer[this.#at++] = left
  }

  #bytes(bytes: Uint8Array, start: number, end: number): void {
    this.#varint(end - start)
    this.#buffer.set(bytes.subarray(start, end), this.#at)
    this.#at += end - start
  }
}

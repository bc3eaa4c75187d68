import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { constants, createGunzip } from 'node:zlib'
import { RecordingError, reasonOf } from '../model/errors.js'
import { MAGIC, MAX_SEGMENT_BYTES, SEGMENT_HEAD_BYTES, segmentCrc, VERSION } from './format.js'

/** The payload of a segment. */
export interface Segment {
  /** Where it begins in the recording, uncompressed. */
  readonly offset: number
  readonly bytes: Buffer
}

/** The segments of a file, one after the other; at most one is held. */
export class SegmentReader {
  /** Set at the end when the last segment is not whole: where it begins. */
  tornAt: number | undefined
  #offset = 0
  #pieces: Buffer[] = []
  #held = 0
  readonly #chunks: AsyncIterator<Buffer>

  constructor(
    readonly path: string,
    chunks: AsyncIterable<Buffer>,
  ) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** Checks what stands before the first segment. Rejects with a RecordingError. */
  async begin(): Promise<void> {
    const head = await this.#take(MAGIC.length + 1)
    if (!head?.subarray(0, MAGIC.length).equals(MAGIC))
      throw this.error(0, 'it is not a recording of weir; give a file that `weir record` wrote')
    const version = head[MAGIC.length]
    if (version !== VERSION)
      throw this.error(
        MAGIC.length,
        `its format has version ${version}; this weir reads version ${VERSION}; use the weir that wrote it, or a newer one`,
      )
  }

  /** The next segment; undefined at the end. Rejects with a RecordingError at damage. */
  async next(): Promise<Segment | undefined> {
    const offset = this.#offset
    const head = await this.#take(SEGMENT_HEAD_BYTES)
    if (!head) return this.#torn(offset)
    const length = head.readUInt32LE(0)
    if (length > MAX_SEGMENT_BYTES)
      throw this.error(offset, `a segment of ${length} bytes; allowed are ${MAX_SEGMENT_BYTES}; the file is damaged`)
    const bytes = await this.#take(length)
    if (!bytes) return this.#torn(offset)
    if (segmentCrc(head, bytes) !== head.readUInt32LE(4))
      throw this.error(offset, 'a segment does not match its CRC; the file is damaged there')
    return { offset, bytes }
  }

  /** An error in the words of the house. */
  error(offset: number, why: string): RecordingError {
    return new RecordingError(`cannot read recording "${this.path}" at byte ${offset}: ${why}`)
  }

  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  #torn(offset: number): undefined {
    if (this.#held > 0 || this.#offset > offset) this.tornAt = offset
    return undefined
  }

  /** So many bytes; undefined when there are not so many. Holds no more than have come. */
  async #take(bytes: number): Promise<Buffer | undefined> {
    while (this.#held < bytes) {
      const step = await this.#chunks.next().catch((error) => {
        throw this.error(this.#offset, reasonOf(error))
      })
      if (step.done) return undefined
      this.#pieces.push(step.value)
      this.#held += step.value.length
    }
    const all = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces)
    this.#pieces = all.length > bytes ? [all.subarray(bytes)] : []
    this.#held -= bytes
    this.#offset += bytes
    return all.subarray(0, bytes)
  }
}

const GZIP = [0x1f, 0x8b]

/** The bytes of a file, unpacked when it is gzip; the end of a torn one is where its last whole piece ends. */
export async function* fileChunks(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: 262_144 })
  const first = await firstChunk(file)
  if (!first) return
  if (!GZIP.every((byte, i) => first[i] === byte)) {
    yield first
    yield* file as AsyncIterable<Buffer>
    return
  }
  const unpacked = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 262_144 })
  file.once('error', (error) => unpacked.destroy(error))
  unpacked.write(first)
  file.pipe(unpacked)
  try {
    yield* unpacked as AsyncIterable<Buffer>
  } finally {
    file.destroy()
  }
}

/** What a stream begins with; undefined when it is empty. The rest is read from the stream afterwards. */
async function firstChunk(stream: Readable): Promise<Buffer | undefined> {
  for (;;) {
    const chunk = stream.read() as Buffer | null
    if (chunk) return chunk
    if (stream.readableEnded) return undefined
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: Error) => {
        stream.off('readable', settle).off('end', settle).off('error', settle)
        if (error) reject(error)
        else resolve()
      }
      stream.once('readable', settle).once('end', settle).once('error', settle)
    })
  }
}

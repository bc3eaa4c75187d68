import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { constants, createGzip, type Gzip } from 'node:zlib'
import { RecordingError, reasonOf } from '../model/errors.js'

/** How often what was written reaches the disk also in a compressed file, ms. */
const FLUSH_MS = 1000

/** A new file for a recording; compressed when its name ends in `.gz`. */
export class RecordingFile {
  bytes = 0
  readonly #written: Promise<void>
  #flushedMs = performance.now()

  private constructor(
    readonly path: string,
    private readonly file: WriteStream,
    private readonly gzip: Gzip | undefined,
  ) {
    this.#written = gzip ? pipeline(gzip, file) : once(file, 'close').then(() => {})
    this.#written.catch(() => {})
  }

  /** Rejects with a RecordingError when the file is there already or can't be made. */
  static async create(path: string): Promise<RecordingFile> {
    const file = createWriteStream(path, { flags: 'wx' })
    try {
      await once(file, 'open')
    } catch (error) {
      const exists = (error as NodeJS.ErrnoException).code === 'EEXIST'
      const why = exists ? 'it is there already; give another name, or remove it' : reasonOf(error)
      throw new RecordingError(`cannot write recording "${path}": ${why}`)
    }
    return new RecordingFile(path, file, path.endsWith('.gz') ? createGzip() : undefined)
  }

  write(bytes: Uint8Array): void {
    this.bytes += bytes.length
    ;(this.gzip ?? this.file).write(bytes)
  }

  /** Resolves when there is room for more. Rejects with a RecordingError when the disk takes no more. */
  async room(): Promise<void> {
    if (this.gzip && performance.now() - this.#flushedMs > FLUSH_MS) {
      this.#flushedMs = performance.now()
      this.gzip.flush(constants.Z_SYNC_FLUSH)
    }
    const stream = this.gzip ?? this.file
    if (stream.writableNeedDrain) await this.#orProblem(Promise.race([once(stream, 'drain'), this.#written]))
  }

  /** Ends the file. Rejects with a RecordingError when it could not be written. */
  async close(): Promise<void> {
    ;(this.gzip ?? this.file).end()
    await this.#orProblem(this.#written)
  }

  async #orProblem(work: Promise<unknown>): Promise<void> {
    try {
      await work
    } catch (error) {
      throw new RecordingError(`cannot write recording "${this.path}": ${reasonOf(error)}`)
    }
  }
}

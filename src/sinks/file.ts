import { type FileHandle, open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Writable } from 'node:stream'
import * as v from 'valibot'
import { formats } from '../formats/index.js'
import { LinkError, reasonOf } from '../model/errors.js'
import type { SendResult, Sink, SinkComponent } from '../model/sink.js'

export interface FileOptions {
  /** `-` is stdout. */
  path: string
  /** Name of a format. */
  format: string
  /** Windows as soon as due and again when corrected, instead of once when final. */
  corrections: boolean
}

const formatNames = formats.map((format) => format.type)
const path = 'a path, or - for stdout'

/** A file that is appended to, or stdout. */
export const file: SinkComponent<FileOptions> = {
  type: 'file',
  summary: 'A file, or stdout',
  options: {
    path: v.pipe(v.string(path), v.nonEmpty(path), v.metadata({ allowed: path })),
    format: v.optional(v.picklist(formatNames, `one of ${formatNames.join(', ')}`), 'line'),
    corrections: v.optional(v.boolean('true or false'), false),
  },
  format: (options) => options.format,
  finalOnly: (options) => !options.corrections,
  usesStdout: (options) => options.path === '-',
  create(options, { durable }) {
    const header = Buffer.from(formats.find((format) => format.type === options.format)?.header ?? '')
    return options.path === '-' ? new StreamSink(process.stdout, header) : new FileSink(options.path, header, durable)
  },
}

/** Which file, and how long it was when all that is not offered again was in it. */
interface FileMark {
  path: string
  inode: number
  bytes: number
}

/** Appends bodies whole: after a failed write the file is cut back to where it was, so that a retry leaves no torn line. */
class FileSink implements Sink {
  readonly #path: string
  readonly #header: Buffer
  readonly #durable: boolean
  #handle: FileHandle | undefined
  #mark: string | undefined

  constructor(path: string, header: Buffer, durable: boolean) {
    this.#path = path
    this.#header = header
    this.#durable = durable
  }

  /** What was written behind the mark by a process that ended before it could say so comes again: it is cut off. */
  async open(_signal: AbortSignal, mark?: string): Promise<void> {
    try {
      this.#handle ??= await open(this.#path, 'a')
      const stat = await this.#handle.stat()
      if (!stat.isFile()) return
      const known = mark === undefined ? undefined : (JSON.parse(mark) as FileMark)
      // Another file under the same name, or one that was cut by somebody, is left as it is.
      const isKnown = known?.path === resolve(this.#path) && known.inode === stat.ino && known.bytes < stat.size
      if (isKnown) await this.#handle.truncate(known.bytes)
      this.#note(stat.ino, isKnown ? known.bytes : stat.size)
    } catch (error) {
      throw new LinkError(`cannot open file "${this.#path}": ${whyNot(error)}`)
    }
  }

  mark(): string | undefined {
    return this.#mark
  }

  #note(inode: number, bytes: number): void {
    this.#mark = JSON.stringify({ path: resolve(this.#path), inode, bytes } satisfies FileMark)
  }

  async send(body: Uint8Array): Promise<SendResult> {
    const handle = this.#handle!
    let sizeBytes: number | undefined
    try {
      const before = await handle.stat()
      if (before.isFile()) sizeBytes = before.size
      const bytes = sizeBytes === 0 ? Buffer.concat([this.#header, body]) : body
      await handle.appendFile(bytes)
      if (this.#durable && before.isFile()) await this.#sync(handle, sizeBytes === 0)
      if (sizeBytes !== undefined) this.#note(before.ino, sizeBytes + bytes.length)
      return { outcome: 'ok' }
    } catch (error) {
      if (sizeBytes !== undefined) await handle.truncate(sizeBytes).catch(() => {})
      return { outcome: 'retry', why: `cannot write to file "${this.#path}": ${whyNot(error)}` }
    }
  }

  /** What is said to be taken is taken for good; a file that was empty may have a new name. */
  async #sync(handle: FileHandle, isNew: boolean): Promise<void> {
    await handle.datasync()
    if (!isNew) return
    const dir = await open(dirname(this.#path), 'r')
    await dir.sync().finally(() => dir.close())
  }

  async close(): Promise<void> {
    await this.#handle?.close()
  }
}

/** Writes bodies into a stream, one at a time, and waits while nobody reads; the header goes first. Leaves the stream open. */
export class StreamSink implements Sink {
  readonly #stream: Writable
  #header: Uint8Array

  constructor(stream: Writable, header: Uint8Array) {
    this.#stream = stream
    this.#header = header
    // An error comes with the write that met it, and once more as an event, which nobody else may take.
    stream.on('error', () => {})
  }

  send(body: Uint8Array, signal: AbortSignal): Promise<SendResult> {
    return new Promise((resolve) => {
      const onAbort = () => resolve({ outcome: 'retry', why: 'cannot write to stdout: nobody reads it' })
      signal.addEventListener('abort', onAbort, { once: true })
      this.#stream.write(Buffer.concat([this.#header, body]), (error: NodeJS.ErrnoException | null | undefined) => {
        signal.removeEventListener('abort', onAbort)
        if (!error) {
          this.#header = new Uint8Array()
          resolve({ outcome: 'ok' })
        } else if (error.code === 'EPIPE' || this.#stream.destroyed)
          resolve({ outcome: 'closed', why: 'stdout was closed' })
        else resolve({ outcome: 'retry', why: `cannot write to stdout: ${whyNot(error)}` })
      })
    })
  }
}

const REMEDIES: Record<string, string> = {
  ENOENT: 'its folder does not exist; create it',
  EACCES: 'permission denied; give the user of weir the right to write there',
  EISDIR: 'it is a folder; give the path of a file',
  ENOSPC: 'the disk is full; make room',
  EROFS: 'the disk is read-only',
}

function whyNot(error: unknown): string {
  return REMEDIES[(error as NodeJS.ErrnoException | undefined)?.code ?? ''] ?? reasonOf(error)
}

import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { access, constants, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { reasonOf } from '../../model/errors.js'

/** Read ahead of the engine, in bytes. */
const AHEAD_BYTES = 256 * 1024
const GZIP_MAGIC = [0x1f, 0x8b]

/** An open file or stdin. */
export interface Input {
  /** The text, decompressed. Destroying it lets go of everything. */
  text: Readable
  /** Size of the file; absent for stdin. */
  sizeBytes?: number
  /** Bytes read so far, as they lie in the file. */
  readBytes(): number
}

/**
 * Opens the file at `path`, or stdin for `-`, and waits for its first bytes. Rejects when it can't (`fileProblem` has the
 * words) and when the signal aborts.
 */
export async function openInput(path: string, signal: AbortSignal): Promise<Input> {
  let sizeBytes: number | undefined
  if (path !== '-') {
    await access(path, constants.R_OK)
    const file = await stat(path)
    if (file.isDirectory()) throw new Error('it is a directory; name one file')
    if (!file.isFile()) throw new Error('it is no regular file; feed it to stdin and set path: "-"')
    sizeBytes = file.size
  }
  const raw = sizeBytes === undefined ? process.stdin : createReadStream(path, { highWaterMark: AHEAD_BYTES })
  try {
    await once(raw, 'readable', { signal })
  } catch (error) {
    raw.destroy()
    throw error
  }
  return { text: decompressed(raw, path.endsWith('.gz')), sizeBytes, readBytes: () => raw.bytesRead }
}

/** `raw`, or what it holds when it is gzip: by its name or its first bytes, which are there. */
function decompressed(raw: Readable, named: boolean): Readable {
  const first: Buffer | null = raw.read()
  if (first) raw.unshift(first)
  const compressed = named || (first && GZIP_MAGIC.every((byte, i) => i >= first.length || first[i] === byte))
  if (!compressed) return raw
  return pipeline(raw, createGunzip({ chunkSize: AHEAD_BYTES }), () => {
    // An error of either end reaches the reader of the text.
  })
}

/** What went wrong with an input, with the remedy where there is one. */
export function fileProblem(path: string, error: unknown): string {
  const name = path === '-' ? 'stdin' : `"${path}"`
  return `cannot read ${name}: ${explain(path, error)}`
}

function explain(path: string, error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return `no such file; looked for ${resolve(path)}`
    case 'EACCES':
      return 'permission denied; make it readable for this user'
    case 'Z_DATA_ERROR':
      return `broken gzip data (${reasonOf(error)}); try \`gzip -t\` and copy it again`
    case 'Z_BUF_ERROR':
      return 'the gzip data ends too early; copy it again'
    default:
      return reasonOf(error)
  }
}

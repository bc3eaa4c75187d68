import fs from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import type { Disk, DiskEntry, DiskFile } from '../model/disk.js'
import { DiskError, reasonOf } from '../model/errors.js'

const fdatasync = promisify(fs.fdatasync)
const fsync = promisify(fs.fsync)
/** For the user and the group of weir alone: what is kept may tell more than points do. */
const FILE_MODE = 0o640
const DIRECTORY_MODE = 0o750

const REMEDIES: Record<string, string> = {
  ENOSPC: 'the disk is full (or has no room for more files); make room',
  EDQUOT: 'the quota of its user is used up; make room',
  EROFS: 'the disk is read-only; see why it was mounted so',
  EACCES: 'permission denied; give the user of weir the right to read and write there',
  EPERM: 'permission denied; give the user of weir the right to read and write there',
  EIO: 'the disk reports an error; see the kernel log, and replace it',
  ENOENT: 'there is no such file',
  EISDIR: 'it is no file but a directory or device; move it away',
  ENOTDIR: 'a part of the path is a file, not a directory; move it away',
  EEXIST: 'there is something of that name; move it away',
  EMFILE: 'too many files are open; raise the limit (ulimit -n)',
}
/** File systems that can't sync a directory, or processes that may not read it, have nothing better to offer. */
const UNSYNCABLE = ['EINVAL', 'ENOTSUP', 'EACCES', 'EPERM']

function diskError(doing: string, path: string, error: unknown): DiskError {
  const { code = 'UNKNOWN' } = error as NodeJS.ErrnoException
  return new DiskError(code, `cannot ${doing} "${path}": ${REMEDIES[code] ?? reasonOf(error)}`, { cause: error })
}

function attempt<T>(doing: string, path: string, what: () => T): T {
  try {
    return what()
  } catch (error) {
    throw diskError(doing, path, error)
  }
}

function isCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? '')
}

/** Makes the names in a directory safe at once. */
function syncNames(dir: string): void {
  let fd: number | undefined
  try {
    fd = fs.openSync(dir, 'r')
    fs.fsyncSync(fd)
  } catch (error) {
    if (!isCode(error, ...UNSYNCABLE)) throw error
  } finally {
    if (fd !== undefined) fs.closeSync(fd)
  }
}

/** The file system. */
export class NodeDisk implements Disk {
  open(path: string, how: 'read' | 'new' | 'update'): DiskFile {
    const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_NONBLOCK } = fs.constants
    // A pipe in a file's place is not waited for.
    const flags = O_NONBLOCK | { read: O_RDONLY, new: O_RDWR | O_CREAT | O_EXCL, update: O_RDWR }[how]
    return attempt('open file', path, () => {
      const fd = fs.openSync(path, flags, FILE_MODE)
      const stat = fs.fstatSync(fd)
      if (stat.isFile()) return new NodeFile(path, fd, stat.size)
      fs.closeSync(fd)
      throw Object.assign(new Error('it is no file'), { code: 'EISDIR' })
    })
  }

  rename(from: string, to: string): void {
    attempt('rename', from, () => fs.renameSync(from, to))
  }

  remove(path: string): void {
    attempt('remove', path, () => {
      try {
        fs.unlinkSync(path)
      } catch (error) {
        if (!isCode(error, 'ENOENT')) throw error
      }
    })
  }

  list(dir: string): DiskEntry[] {
    return attempt('read directory', dir, () => {
      let entries: fs.Dirent[]
      try {
        entries = fs.readdirSync(dir, { withFileTypes: true })
      } catch (error) {
        if (isCode(error, 'ENOENT')) return []
        throw error
      }
      return entries
        .map((entry): DiskEntry => {
          const kind = entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : 'other'
          const stat = kind === 'file' ? fs.statSync(`${dir}/${entry.name}`, { throwIfNoEntry: false }) : undefined
          return { name: entry.name, kind, sizeBytes: stat?.size ?? 0 }
        })
        .sort((a, b) => (a.name < b.name ? -1 : 1))
    })
  }

  makeDir(dir: string): void {
    attempt('make directory', dir, () => {
      const first = makeWithParents(dir)
      for (let at = dir; first && at.length >= first.length; at = dirname(at)) syncNames(dirname(at))
    })
  }

  async syncDir(dir: string): Promise<void> {
    let fd: number | undefined
    try {
      fd = fs.openSync(dir, 'r')
      await fsync(fd)
    } catch (error) {
      if (!isCode(error, ...UNSYNCABLE)) throw diskError('sync directory', dir, error)
    } finally {
      if (fd !== undefined) fs.closeSync(fd)
    }
  }

  space(dir: string): { freeBytes: number; totalBytes: number } {
    return attempt('see the free space of', dir, () => {
      let at = dir
      while (!fs.existsSync(at)) at = dirname(at)
      const { bsize, bavail, blocks } = fs.statfsSync(at)
      return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
    })
  }
}

class NodeFile implements DiskFile {
  readonly path: string
  readonly #fd: number
  #size: number
  #syncs = 0
  #isClosed = false

  constructor(path: string, fd: number, sizeBytes: number) {
    this.path = path
    this.#fd = fd
    this.#size = sizeBytes
  }

  get sizeBytes(): number {
    return this.#size
  }

  append(pieces: readonly Uint8Array[]): void {
    const bytes = pieces.reduce((sum, { length }) => sum + length, 0)
    try {
      const written = fs.writevSync(this.#fd, pieces, this.#size)
      // As a disk that is nearly full does it: the rest tells why.
      if (written < bytes) this.#write(Buffer.concat(pieces).subarray(written), this.#size + written)
      this.#size += bytes
    } catch (error) {
      try {
        fs.ftruncateSync(this.#fd, this.#size)
      } catch {
        // What is too much there is written over by the next.
      }
      throw diskError('write to file', this.path, error)
    }
  }

  writeAt(bytes: Uint8Array, position: number): void {
    attempt('write to file', this.path, () => this.#write(bytes, position))
    this.#size = Math.max(this.#size, position + bytes.length)
  }

  read(into: Uint8Array, position: number): number {
    return attempt('read file', this.path, () => {
      let at = 0
      while (at < into.length) {
        const read = fs.readSync(this.#fd, into, at, into.length - at, position + at)
        if (read === 0) break
        at += read
      }
      return at
    })
  }

  truncate(sizeBytes: number): void {
    attempt('cut file', this.path, () => fs.ftruncateSync(this.#fd, sizeBytes))
    this.#size = sizeBytes
  }

  async sync(): Promise<void> {
    this.#syncs++
    try {
      await fdatasync(this.#fd)
    } catch (error) {
      throw diskError('sync file', this.path, error)
    } finally {
      this.#syncs--
      if (this.#isClosed) this.#release()
    }
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#release()
  }

  /** A number that is in use by a sync must not be given to another file. */
  #release(): void {
    if (this.#syncs > 0) return
    try {
      fs.closeSync(this.#fd)
    } catch {
      // What was to be safe was synced before.
    }
  }

  #write(bytes: Uint8Array, position: number): void {
    for (let at = 0; at < bytes.length; ) at += fs.writeSync(this.#fd, bytes, at, bytes.length - at, position + at)
  }
}

/** Makes a directory and those above it; the first of them that it made. */
function makeWithParents(dir: string): string | undefined {
  try {
    return fs.mkdirSync(dir, { recursive: true, mode: DIRECTORY_MODE })
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error
    // Node says so of a read-only disk too; asked for the first one alone, the system says why.
    let missing = dir
    while (!fs.existsSync(dirname(missing))) missing = dirname(missing)
    fs.mkdirSync(missing, { mode: DIRECTORY_MODE })
    throw error
  }
}

import { dirname } from 'node:path'
import { setImmediate as nextLoop } from 'node:timers/promises'
import type { Disk, DiskEntry, DiskFile } from '../../src/model/disk.js'
import { DiskError } from '../../src/model/errors.js'
import { type Change, found, type Survivors } from './power-loss.js'

const failure = (code: string, path: string) => new DiskError(code, `cannot use "${path}": ${code}`)

/** A file's bytes as the page cache has them, whatever it is called. */
class Content {
  #bytes = Buffer.alloc(0)
  sizeBytes = 0

  constructor(
    readonly id: number,
    bytes?: Uint8Array,
  ) {
    if (bytes) this.write(bytes, 0)
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.sizeBytes)
  }

  write(bytes: Uint8Array, position: number): void {
    const end = Math.max(this.sizeBytes, position + bytes.length)
    if (end > this.#bytes.length) {
      const more = Buffer.alloc(Math.max(end, 2 * this.#bytes.length))
      this.#bytes.copy(more)
      this.#bytes = more
    }
    this.#bytes.set(bytes, position)
    this.sizeBytes = end
  }

  truncate(sizeBytes: number): void {
    this.#bytes.fill(0, sizeBytes)
    this.sizeBytes = Math.min(sizeBytes, this.sizeBytes)
  }
}

/**
 * A disk in memory that forgets: it keeps a list of what was done to it, numbered from 1, and can say as what it may be found
 * after power was lost behind any of these. Bytes are safe after `sync`, names after `syncDir`: what was done before the call,
 * from the moment it resolves. A directory is safe once made.
 */
export class SimDisk implements Disk {
  /** How long a sync takes; a turn of the event loop unless told. */
  syncing: () => Promise<unknown> = () => nextLoop()
  /** Told of each operation, once it is done. */
  onOperation: (number: number, change: Change) => void = () => {}
  readonly changes: Change[] = []
  /** By path. */
  readonly #names = new Map<string, Content>()
  readonly #dirs = new Set<string>(['/'])
  /** As it was in the beginning, for `crash`: what is safe. */
  readonly #safe: ReadonlyMap<string, Buffer>
  readonly #safeDirs: ReadonlySet<string>
  readonly #contents: Content[] = []

  constructor(safe: ReadonlyMap<string, Buffer> = new Map(), dirs: Iterable<string> = []) {
    this.#safe = safe
    for (const dir of dirs) this.#dirs.add(dir)
    this.#safeDirs = new Set(this.#dirs)
    for (const [path, bytes] of safe) this.#names.set(path, this.#newContent(bytes))
  }

  /** How many there were. */
  get operations(): number {
    return this.changes.length
  }

  /** Contents by path. */
  get files(): ReadonlyMap<string, Buffer> {
    return new Map([...this.#names].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, { bytes }]) => [path, bytes]))
  }

  /**
   * The disk as it may be found when power is lost right behind operation `upTo` (default: the last). `pick`: `nothing` that
   * was not synced is there, or `everything` that was done, or whatever these numbers from 0 to below 1 choose: names in a
   * directory as they were at some moment since its last sync; a file's sectors each as it was at some moment since, its length
   * anything between, and zeros or noise where it is longer than what arrived. `inMemory`: a directory that power keeps.
   */
  crash({ upTo = this.operations, pick, inMemory }: { upTo?: number; pick: Survivors; inMemory?: string }): SimDisk {
    const { files, dirs } = found(this.#safe, this.#safeDirs, this.changes.slice(0, upTo), pick)
    const isThere = (path: string) => inMemory === undefined || !path.startsWith(`${inMemory}/`)
    return new SimDisk(new Map([...files].filter(([path]) => isThere(path))), [...dirs].filter(isThere))
  }

  /**
   * The disk as the next process finds it when this one is killed right behind operation `upTo`: all that was written is there,
   * though no safer than it was. Its operations go on from that number.
   */
  kill(upTo = this.operations): SimDisk {
    const disk = new SimDisk(this.#safe, this.#safeDirs)
    for (const change of this.changes.slice(0, upTo)) disk.#again(change)
    return disk
  }

  open(path: string, how: 'read' | 'new' | 'update'): DiskFile {
    if (this.#dirs.has(path)) throw failure('EISDIR', path)
    const known = this.#names.get(path)
    if (how !== 'new') {
      if (!known) throw failure('ENOENT', path)
      return new SimFile(this, path, known)
    }
    if (known) throw failure('EEXIST', path)
    this.#mustHaveDir(path)
    const content = this.#newContent()
    this.#names.set(path, content)
    this.done({ what: 'create', path, content: content.id })
    return new SimFile(this, path, content)
  }

  rename(from: string, to: string): void {
    const content = this.#names.get(from)
    if (!content || this.#dirs.has(to)) throw failure(content ? 'EISDIR' : 'ENOENT', from)
    this.#mustHaveDir(to)
    this.#names.delete(from)
    this.#names.set(to, content)
    this.done({ what: 'rename', path: from, to })
  }

  remove(path: string): void {
    if (this.#dirs.has(path)) throw failure('EISDIR', path)
    if (this.#names.delete(path)) this.done({ what: 'remove', path })
  }

  list(dir: string): DiskEntry[] {
    const under = (paths: Iterable<string>) => [...paths].filter((path) => path !== '/' && dirname(path) === dir)
    const name = (path: string) => path.slice(dir === '/' ? 1 : dir.length + 1)
    const entries: DiskEntry[] = [
      ...under(this.#names.keys()).map((path) => {
        return { name: name(path), kind: 'file' as const, sizeBytes: this.#names.get(path)!.sizeBytes }
      }),
      ...under(this.#dirs).map((path) => ({ name: name(path), kind: 'directory' as const, sizeBytes: 0 })),
    ]
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  makeDir(dir: string): void {
    if (this.#dirs.has(dir)) return
    if (this.#names.has(dir)) throw failure('ENOTDIR', dir)
    this.makeDir(dirname(dir))
    this.#dirs.add(dir)
    this.done({ what: 'makeDir', path: dir })
  }

  async syncDir(dir: string): Promise<void> {
    if (!this.#dirs.has(dir)) throw failure('ENOENT', dir)
    const upTo = this.operations
    await this.syncing()
    this.done({ what: 'syncDir', path: dir, upTo })
  }

  space(): { freeBytes: number; totalBytes: number } {
    return { freeBytes: 1e9, totalBytes: 2e9 }
  }

  /** For its files. */
  done(change: Change): void {
    this.onOperation(this.changes.push(change), change)
  }

  #again(change: Change): void {
    const { what, path } = change
    const names = this.#names
    if (what === 'create') names.set(path, this.#newContent())
    else if (what === 'write') this.#contents[change.content]!.write(change.bytes, change.position)
    else if (what === 'truncate') this.#contents[change.content]!.truncate(change.sizeBytes)
    else if (what === 'makeDir') this.#dirs.add(path)
    else if (what === 'rename' || what === 'remove') {
      const content = names.get(path)!
      names.delete(path)
      if (what === 'rename') names.set(change.to, content)
    }
    this.done(change)
  }

  #newContent(bytes?: Uint8Array): Content {
    const content = new Content(this.#contents.length, bytes)
    this.#contents.push(content)
    return content
  }

  #mustHaveDir(path: string): void {
    if (!this.#dirs.has(dirname(path))) throw failure('ENOENT', path)
  }
}

class SimFile implements DiskFile {
  #isClosed = false

  constructor(
    private readonly disk: SimDisk,
    readonly path: string,
    private readonly content: Content,
  ) {}

  get sizeBytes(): number {
    return this.content.sizeBytes
  }

  append(pieces: readonly Uint8Array[]): void {
    this.writeAt(Buffer.concat(pieces), this.sizeBytes)
  }

  writeAt(bytes: Uint8Array, position: number): void {
    this.#mustBeOpen()
    this.content.write(bytes, position)
    this.disk.done({ what: 'write', path: this.path, content: this.content.id, position, bytes: Buffer.from(bytes) })
  }

  read(into: Uint8Array, position: number): number {
    this.#mustBeOpen()
    const { bytes } = this.content
    return position >= bytes.length ? 0 : bytes.copy(into, 0, position, position + into.length)
  }

  truncate(sizeBytes: number): void {
    this.#mustBeOpen()
    this.content.truncate(sizeBytes)
    this.disk.done({ what: 'truncate', path: this.path, content: this.content.id, sizeBytes })
  }

  async sync(): Promise<void> {
    this.#mustBeOpen()
    const upTo = this.disk.operations
    await this.disk.syncing()
    this.disk.done({ what: 'sync', path: this.path, content: this.content.id, upTo })
  }

  close(): void {
    this.#isClosed = true
  }

  /** A number that was given back may be another file's. */
  #mustBeOpen(): void {
    if (this.#isClosed) throw new Error(`"${this.path}" is used after it was closed`)
  }
}

import type { Disk, DiskEntry, DiskFile } from '../../src/model/disk.js'
import { DiskError } from '../../src/model/errors.js'

/** A file system in memory; what is written stays, whatever becomes of the process. */
export class MemoryDisk implements Disk {
  readonly files = new Map<string, Buffer>()
  readonly dirs = new Set<string>()
  /** Called before each change, with what and where; may throw a DiskError. */
  before: (what: string, path: string) => void = () => {}
  freeBytes = 1e9
  writes = 0
  syncs = 0

  /** The same files on another disk, as the next process finds them. */
  copy(): MemoryDisk {
    const made = new MemoryDisk()
    for (const [path, bytes] of this.files) made.files.set(path, Buffer.from(bytes))
    for (const dir of this.dirs) made.dirs.add(dir)
    return made
  }

  open(path: string, how: 'read' | 'new' | 'update'): DiskFile {
    if (this.dirs.has(path)) throw failure('EISDIR', path)
    if (how === 'new') {
      this.before('create', path)
      if (this.files.has(path)) throw failure('EEXIST', path)
      this.files.set(path, Buffer.alloc(0))
    } else if (!this.files.has(path)) throw failure('ENOENT', path)
    return new MemoryFile(this, path)
  }

  rename(from: string, to: string): void {
    this.before('rename', from)
    if (this.dirs.has(from)) {
      this.dirs.delete(from)
      this.dirs.add(to)
      return
    }
    const bytes = this.files.get(from)
    if (!bytes) throw failure('ENOENT', from)
    this.files.delete(from)
    this.files.set(to, bytes)
  }

  remove(path: string): void {
    this.before('remove', path)
    this.files.delete(path)
  }

  list(dir: string): DiskEntry[] {
    const own = (path: string) => path.startsWith(`${dir}/`) && !path.slice(dir.length + 1).includes('/')
    const name = (path: string) => path.slice(dir.length + 1)
    const files = [...this.files]
      .filter(([path]) => own(path))
      .map(([path, { length }]): DiskEntry => ({ name: name(path), kind: 'file', sizeBytes: length }))
    const dirs = [...this.dirs]
      .filter(own)
      .map((path): DiskEntry => ({ name: name(path), kind: 'directory', sizeBytes: 0 }))
    return [...files, ...dirs].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  makeDir(dir: string): void {
    this.before('makeDir', dir)
    if (this.files.has(dir)) throw failure('ENOTDIR', dir)
    this.dirs.add(dir)
  }

  async syncDir(dir: string): Promise<void> {
    this.before('syncDir', dir)
    this.syncs++
  }

  space(): { freeBytes: number; totalBytes: number } {
    return { freeBytes: this.freeBytes, totalBytes: 2e9 }
  }
}

export const failure = (code: string, path: string) => new DiskError(code, `cannot use "${path}": ${code}`)

class MemoryFile implements DiskFile {
  constructor(
    readonly disk: MemoryDisk,
    readonly path: string,
  ) {}

  /** An opened file outlives its name. */
  get #bytes(): Buffer {
    return this.disk.files.get(this.path) ?? Buffer.alloc(0)
  }

  get sizeBytes(): number {
    return this.#bytes.length
  }

  append(pieces: readonly Uint8Array[]): void {
    this.disk.before('append', this.path)
    this.disk.writes++
    this.disk.files.set(this.path, Buffer.concat([this.#bytes, ...pieces]))
  }

  writeAt(bytes: Uint8Array, position: number): void {
    this.disk.before('writeAt', this.path)
    this.disk.writes++
    const all = Buffer.alloc(Math.max(this.sizeBytes, position + bytes.length))
    this.#bytes.copy(all)
    all.set(bytes, position)
    this.disk.files.set(this.path, all)
  }

  read(into: Uint8Array, position: number): number {
    return position >= this.sizeBytes ? 0 : this.#bytes.copy(into, 0, position, position + into.length)
  }

  truncate(sizeBytes: number): void {
    this.disk.before('truncate', this.path)
    this.disk.files.set(this.path, Buffer.from(this.#bytes.subarray(0, sizeBytes)))
  }

  async sync(): Promise<void> {
    this.disk.before('sync', this.path)
    this.disk.syncs++
  }

  close(): void {}
}

import type { Disk, DiskEntry, DiskFile } from '../../src/model/disk.js'
import { DiskError } from '../../src/model/errors.js'

export type Operation =
  | 'open'
  | 'create'
  | 'rename'
  | 'remove'
  | 'list'
  | 'makeDir'
  | 'syncDir'
  | 'append'
  | 'writeAt'
  | 'read'
  | 'truncate'
  | 'sync'

/** When an operation fails: of those it is about, from the `nth` on (0: the next), `times` of them, with this code. */
export interface Fault {
  on: readonly Operation[]
  code: string
  nth?: number
  times?: number
  /** Of which paths; default: all. */
  path?: RegExp
}

/** All that changes a disk. */
export const WRITES: readonly Operation[] = ['create', 'append', 'writeAt', 'rename', 'remove', 'makeDir', 'truncate']

/** A disk that fails when it is told to, and counts what it is asked for. */
export class FaultyDisk implements Disk {
  readonly asked: { what: Operation; path: string }[] = []
  held: Promise<void> | undefined
  #faults: { fault: Fault; seen: number }[] = []

  constructor(readonly inner: Disk) {}

  fail(fault: Fault): void {
    this.#faults.push({ fault, seen: 0 })
  }

  /** Syncs take until the answer is called. */
  holdSyncs(): () => void {
    let release = () => {}
    this.held = new Promise((resolve) => {
      release = resolve
    })
    return () => {
      this.held = undefined
      release()
    }
  }

  /** It works again. */
  mend(): void {
    this.#faults = []
  }

  count(what: Operation): number {
    return this.asked.filter((one) => one.what === what).length
  }

  /** Throws a DiskError when it is time to. */
  try(what: Operation, path: string): void {
    this.asked.push({ what, path })
    for (const one of this.#faults) {
      const { on, code, nth = 0, times = Number.POSITIVE_INFINITY, path: wanted } = one.fault
      if (!on.includes(what) || (wanted && !wanted.test(path))) continue
      const seen = one.seen++
      if (seen >= nth && seen < nth + times) throw new DiskError(code, `cannot ${what} "${path}": ${code}`)
    }
  }

  open(path: string, how: 'read' | 'new' | 'update'): DiskFile {
    this.try(how === 'new' ? 'create' : 'open', path)
    return new FaultyFile(this, this.inner.open(path, how))
  }

  rename(from: string, to: string): void {
    this.try('rename', from)
    this.inner.rename(from, to)
  }

  remove(path: string): void {
    this.try('remove', path)
    this.inner.remove(path)
  }

  list(dir: string): DiskEntry[] {
    this.try('list', dir)
    return this.inner.list(dir)
  }

  makeDir(dir: string): void {
    this.try('makeDir', dir)
    this.inner.makeDir(dir)
  }

  async syncDir(dir: string): Promise<void> {
    this.try('syncDir', dir)
    await this.inner.syncDir(dir)
  }

  space(dir: string): { freeBytes: number; totalBytes: number } {
    return this.inner.space(dir)
  }
}

class FaultyFile implements DiskFile {
  readonly path: string

  constructor(
    readonly disk: FaultyDisk,
    readonly inner: DiskFile,
  ) {
    this.path = inner.path
  }

  get sizeBytes(): number {
    return this.inner.sizeBytes
  }

  append(pieces: readonly Uint8Array[]): void {
    this.disk.try('append', this.path)
    this.inner.append(pieces)
  }

  writeAt(bytes: Uint8Array, position: number): void {
    this.disk.try('writeAt', this.path)
    this.inner.writeAt(bytes, position)
  }

  read(into: Uint8Array, position: number): number {
    this.disk.try('read', this.path)
    return this.inner.read(into, position)
  }

  truncate(sizeBytes: number): void {
    this.disk.try('truncate', this.path)
    this.inner.truncate(sizeBytes)
  }

  async sync(): Promise<void> {
    await this.disk.held
    this.disk.try('sync', this.path)
    await this.inner.sync()
  }

  close(): void {
    this.inner.close()
  }
}

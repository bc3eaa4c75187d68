import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { LogPosition } from '../disk/record-format.js'
import type { Disk, DiskFile } from '../model/disk.js'
import { DiskError, reasonOf } from '../model/errors.js'
import type { Log } from '../model/log.js'
import type { ChangedPages, Section } from './changed-pages.js'
import { roundedBytes } from './changed-pages.js'
import { fileStart, OpenedFile, type PageAt, Unusable } from './checkpoint-file.js'
import { fileName, type Head, MOST_NAMES_BYTES, PAGE, TABLE_ENTRY_BYTES, TRAILER } from './format.js'
import { pageHasher } from './page-hash.js'

export interface StoreOptions {
  disk: Disk
  dir: string
  gateway: string
  bootId: string
  /** Everything is synced before it counts. */
  durable: boolean
  log: Log
  damage: { found(path: string, offset: number, why: string): void }
}

/** A state that was found. */
export interface Loaded {
  batch: number
  boot: string
  journal: string
  position: LogPosition
  complete: boolean
  meta: string
  /** What was named, in the words of who saved it, in order. */
  names: unknown[]
  /** Fills `into` with a section as far as both reach; how many bytes that is. */
  read(section: string, into: Uint8Array): number
  /** Lets go of its files. */
  close(): void
}

/** A state to be saved. */
export interface ToSave {
  batch: number
  journal: string
  position: LogPosition
  complete: boolean
  meta: string
  /** Named since the last call, with `all` all there is: arrays of JSON. */
  names: readonly Uint8Array[]
  sections: readonly Section[]
  memory: { u8: Uint8Array; u32: Uint32Array }
  changed: ChangedPages
  /** It builds upon nothing. */
  all: boolean
  /** It counts from then on. */
  after: Promise<unknown>
}

/** Deltas are as long as so many bases: then a base is made. */
const MOST_DELTAS = 2
/** Pieces of one write. */
const PIECES = 512

/** One state of a line on a disk, and what it needs to be brought up to date: changed pages. One process writes it. */
export class CheckpointStore {
  writtenBytes = 0
  /** Why it can't be written; undefined while it can. */
  failing: string | undefined
  /** Bytes of what counts now. */
  bytes = 0
  readonly #o: StoreOptions
  /** The serial of the file that counts, and the highest one given. */
  #last: number | undefined
  #serial = 0
  #baseBytes = 0
  #deltaBytes = 0
  #names: { file: string; bytes: number } | undefined
  /** Something was not written as it should be: the next is a base. */
  #broken = true
  #saving = false

  constructor(options: StoreOptions) {
    this.#o = options
    options.disk.makeDir(options.dir)
  }

  /** The state on the disk, or undefined where there is none that is whole. Damaged files are handed to `damage`. */
  load(): Loaded | undefined {
    const { disk, dir, gateway, damage } = this.#o
    const files = disk.list(dir).map(({ name }) => name)
    const hash = pageHasher()
    const open = (name: string): OpenedFile | undefined => {
      const path = join(dir, name)
      try {
        const opened = OpenedFile.open(disk, path)
        try {
          if (opened.head.gateway === gateway) {
            opened.check(hash)
            return opened
          }
        } catch (error) {
          opened.file.close()
          if (error instanceof DiskError) throw new Unusable(0, error.message)
          throw error
        }
        opened.file.close()
        damage.found(path, 0, `it is of gateway "${opened.head.gateway}"`)
      } catch (error) {
        if (!(error instanceof Unusable)) throw error
        damage.found(path, error.offset, error.message)
      }
      return undefined
    }
    for (const name of files) this.#serial = Math.max(this.#serial, serialOf(name))
    for (const base of files.filter((name) => /^base-\d{16}$/.test(name)).reverse()) {
      const first = open(base)
      if (!first) continue
      const chain = [first]
      for (const delta of files.filter((name) => /^delta-\d{16}$/.test(name) && serialOf(name) > first.head.serial)) {
        const next = open(delta)
        if (next?.head.after !== chain.at(-1)!.head.serial) {
          next?.file.close()
          break
        }
        chain.push(next)
      }
      const names = this.#readNames(chain.at(-1)!.head)
      if (names) return this.#loaded(chain, names)
      for (const { file } of chain) file.close()
    }
    return undefined
  }

  /** Removes what is there; the next is a base. */
  clear(): void {
    const { disk, dir } = this.#o
    for (const { name, kind } of disk.list(dir)) if (kind === 'file') disk.remove(join(dir, name))
    this.#last = undefined
    this.#broken = true
  }

  /** The next save must have all names: there is nothing whole that it could build upon. */
  get needsAll(): boolean {
    return this.#broken || this.#last === undefined
  }

  get busy(): boolean {
    return this.#saving
  }

  /**
   * Writes a state at once; it counts once `published` resolves with true: when `after` has resolved, and it is as safe as
   * configured. False: it can't be written (`failing` says why), and what counted before counts on.
   */
  save(what: ToSave): { published: Promise<boolean>; bytes: number } {
    this.#saving = true
    const isBase = what.all || this.#deltaBytes > MOST_DELTAS * this.#baseBytes
    try {
      if (isBase) what.changed.reset()
      const { files, path, serial, bytes } = this.#write(what, isBase)
      return { bytes, published: this.#publish(what, isBase, files, path, serial, bytes) }
    } catch (error) {
      this.#saving = false
      this.#fails(error)
      return { bytes: 0, published: Promise.resolve(false) }
    }
  }

  #write(what: ToSave, isBase: boolean) {
    const { disk, dir, gateway, bootId: boot } = this.#o
    const { batch, journal, position, complete, meta, memory, changed } = what
    const serial = ++this.#serial
    const namesFile = this.#writeNames(what, serial)
    const sections: Head['sections'] = []
    const tables: Buffer[] = []
    const pieces: Uint8Array[] = []
    for (const section of what.sections) {
      const { pages, hashes } = changed.of(section)
      if (pages.length === 0 && !isBase) {
        sections.push({ name: section.name, bytes: section.bytes, pages: 0 })
        continue
      }
      sections.push({ name: section.name, bytes: roundedBytes(section.bytes), pages: pages.length })
      const table = Buffer.alloc(pages.length * TABLE_ENTRY_BYTES)
      const words = new Uint32Array(table.buffer, table.byteOffset, table.length / 4)
      const end = section.start + roundedBytes(section.bytes)
      let from = 0
      let to = 0
      pages.forEach((page, i) => {
        const hash = (hashes + page * 8) >>> 2
        words[i * 4] = page
        words[i * 4 + 2] = memory.u32[hash]
        words[i * 4 + 3] = memory.u32[hash + 1]
        const at = section.start + page * PAGE
        if (at !== to) {
          if (to > from) pieces.push(memory.u8.subarray(from, to))
          from = at
        }
        to = Math.min(at + PAGE, end)
      })
      if (to > from) pieces.push(memory.u8.subarray(from, to))
      tables.push(table)
    }
    const head: Head = {
      gateway,
      boot,
      batch,
      serial,
      ...(!isBase && { after: this.#last }),
      journal,
      position,
      complete,
      meta,
      names: { file: namesFile.name, bytes: namesFile.file.sizeBytes },
      sections,
    }
    const path = join(dir, fileName(isBase ? 'base' : 'delta', serial))
    const temporary = `${path}.new`
    disk.remove(temporary)
    const file = disk.open(temporary, 'new')
    const all = [...fileStart(head, Buffer.concat(tables)), ...pieces, TRAILER]
    for (let i = 0; i < all.length; i += PIECES) file.append(all.slice(i, i + PIECES))
    this.writtenBytes += file.sizeBytes
    return { files: { names: namesFile, file }, path, serial, bytes: file.sizeBytes }
  }

  async #publish(
    what: ToSave,
    isBase: boolean,
    { names, file }: { names: { name: string; file: DiskFile }; file: DiskFile },
    path: string,
    serial: number,
    bytes: number,
  ): Promise<boolean> {
    const { disk, dir, log } = this.#o
    const durable = this.#o.durable || what.complete
    try {
      if (durable) {
        await names.file.sync()
        await file.sync()
      }
      await what.after
      disk.rename(`${path}.new`, path)
      if (durable) await disk.syncDir(dir)
      this.#last = serial
      this.#names = { file: names.name, bytes: names.file.sizeBytes }
      if (isBase) this.#baseBytes = bytes
      this.#deltaBytes = isBase ? 0 : this.#deltaBytes + bytes
      this.bytes = this.#baseBytes + this.#deltaBytes + this.#names.bytes
      this.#broken = false
      if (isBase) this.#removeOthers([path, join(dir, names.name)])
      if (this.failing !== undefined) log.info({}, 'the checkpoint is written again')
      this.failing = undefined
      return true
    } catch (error) {
      this.#fails(error)
      return false
    } finally {
      file.close()
      names.file.close()
      this.#saving = false
    }
  }

  #fails(error: unknown): void {
    if (!(error instanceof DiskError)) throw error
    this.#broken = true
    const why = reasonOf(error)
    if (this.failing !== why)
      this.#o.log.error(
        {},
        `cannot write the checkpoint: ${why}; the one before it counts, and the journal since then is kept`,
      )
    this.failing = why
  }

  #removeOthers(keep: string[]): void {
    const { disk, dir } = this.#o
    for (const { name, kind } of disk.list(dir)) {
      const path = join(dir, name)
      if (kind === 'file' && /^(base|delta|names)-\d{16}(\.new)?$/.test(name) && !keep.includes(path)) disk.remove(path)
    }
  }

  #writeNames({ names, all }: ToSave, serial: number): { name: string; file: DiskFile } {
    const { disk, dir } = this.#o
    let name = this.#names?.file
    let file: DiskFile
    if (all || !name) {
      name = fileName('names', serial)
      disk.remove(join(dir, name))
      file = disk.open(join(dir, name), 'new')
    } else {
      file = disk.open(join(dir, name), 'update')
      if (file.sizeBytes > this.#names!.bytes) file.truncate(this.#names!.bytes)
    }
    for (const text of names) {
      const head = Buffer.alloc(8)
      head.writeUInt32LE(text.length, 0)
      head.writeUInt32LE(crc32(text), 4)
      file.append([head, text])
      this.writtenBytes += text.length + 8
    }
    return { name, file }
  }

  #readNames({ names }: Head): unknown[] | undefined {
    const { disk, dir, damage } = this.#o
    const path = join(dir, names.file)
    const found: unknown[] = []
    let at = 0
    try {
      if (!/^names-\d{16}$/.test(names.file)) throw new Unusable(0, 'a checkpoint calls it a file of names')
      const file = disk.open(path, 'read')
      try {
        const head = Buffer.alloc(8)
        while (at < names.bytes) {
          if (file.read(head, at) < 8) throw new Unusable(at, 'it is too short')
          const bytes = head.readUInt32LE(0)
          if (bytes > MOST_NAMES_BYTES || at + 8 + bytes > names.bytes) throw new Unusable(at, 'an entry is too long')
          const text = Buffer.allocUnsafe(bytes)
          if (file.read(text, at + 8) < bytes || crc32(text) !== head.readUInt32LE(4))
            throw new Unusable(at, 'an entry is damaged')
          found.push(...(JSON.parse(text.toString()) as unknown[]))
          at += 8 + bytes
        }
      } finally {
        file.close()
      }
    } catch (error) {
      if (!(error instanceof Unusable) && !(error instanceof DiskError)) throw error
      damage.found(path, error instanceof Unusable ? error.offset : 0, error.message)
      return undefined
    }
    return found
  }

  #loaded(chain: readonly OpenedFile[], names: unknown[]): Loaded {
    const { head } = chain.at(-1)!
    this.#last = head.serial
    this.#names = head.names
    const sizes = new Map(head.sections.map(({ name, bytes }) => [name, bytes]))
    const pagesOf = (section: string) => {
      const pages = new Map<number, PageAt>()
      for (const file of chain) for (const [number, page] of file.pages.get(section) ?? []) pages.set(number, page)
      return pages
    }
    const { batch, boot, journal, position, complete, meta } = head
    return {
      batch,
      boot,
      journal,
      position,
      complete,
      meta,
      names,
      read: (section, into) => {
        const bytes = Math.min(into.length, sizes.get(section) ?? 0)
        const page = new Uint8Array(PAGE)
        for (const [number, at] of pagesOf(section)) {
          const from = number * PAGE
          if (from >= bytes) continue
          const piece = page.subarray(0, at.bytes)
          at.file.file.read(piece, at.offset)
          into.set(piece.subarray(0, bytes - from), from)
        }
        return bytes
      },
      close: () => {
        for (const { file } of chain) file.close()
      },
    }
  }
}

const serialOf = (name: string): number => Number.parseInt(/-(\d{16})/.exec(name)?.[1] ?? '0', 10)

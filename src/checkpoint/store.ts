import { join } from 'node:path'
import type { LogPosition } from '../disk/record-format.js'
import type { DiskFile } from '../model/disk.js'
import { bug, DiskError, reasonOf } from '../model/errors.js'
import type { Log } from '../model/log.js'
import { type Chain, type ChainOptions, openChain } from './chain.js'
import type { ChangedPages, Section } from './changed-pages.js'
import { fileStart, type PageAt } from './checkpoint-file.js'
import { fileName, type Head, PAGE, serialOf, TRAILER } from './format.js'
import { namesPieces } from './names.js'
import { look, pagesToWrite } from './pages-to-write.js'
import { Unpublished } from './unpublished.js'

export interface StoreOptions extends ChainOptions {
  bootId: string
  /** Everything is synced before it counts. */
  durable: boolean
  log: Log
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
  memory: { u8: Uint8Array }
  changed: ChangedPages
  /** It builds upon nothing. */
  all: boolean
  /** It counts from then on. */
  after: Promise<unknown>
}

/** The deltas are together at most so many times as long as their base: else a base is made. */
const MOST_DELTAS = 2
/** A delta with more than this part of all pages is no cheaper than a base, and would only take room beside it. */
const MOST_CHANGED = 0.5
/** Pieces of one write. */
const PIECES = 512

/** What `save` has written. */
interface Written {
  path: string
  isBase: boolean
  serial: number
  names: Head['names']
  bytes: number
}

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
  /** What counts is complete. */
  #isComplete = false
  #baseBytes = 0
  #deltaBytes = 0
  #names: Head['names'] | undefined
  /** Something was not written as it should be: the next is a base. */
  #broken = true
  #saving = false

  constructor(options: StoreOptions) {
    this.#o = options
    options.disk.makeDir(options.dir)
  }

  /**
   * The newest state on the disk that is whole, or undefined where there is none. Damaged files are handed to `damage`: then
   * it may be an older one than was saved last.
   */
  load(): Loaded | undefined {
    const { disk, dir } = this.#o
    for (const { name } of disk.list(dir)) this.#serial = Math.max(this.#serial, serialOf(name))
    const chain = openChain(this.#o)
    if (!chain) return undefined
    const { head } = chain.files.at(-1)!
    this.#last = head.serial
    this.#names = head.names
    this.#isComplete = head.complete
    return loaded(chain)
  }

  /** Removes what is there, so that it does not come back when power is lost; the next is a base. Throws a DiskError. */
  async clear(): Promise<void> {
    this.#last = undefined
    this.#broken = true
    this.#removeOthers([])
    await this.#o.disk.syncDir(this.#o.dir)
    this.#isComplete = false
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
    const files = new Unpublished(this.#o.disk)
    try {
      const written = this.#write(what, files)
      return { bytes: written.bytes, published: this.#publish(what, written, files) }
    } catch (error) {
      files.discard()
      this.#saving = false
      this.#fails(error)
      return { bytes: 0, published: Promise.resolve(false) }
    }
  }

  #write(what: ToSave, files: Unpublished): Written {
    const { dir, gateway, bootId: boot, durable } = this.#o
    const { batch, journal, position, complete, meta } = what
    if (this.needsAll && !what.all) bug('a checkpoint has nothing to build upon')
    const looked = look(what.sections, what.changed)
    const isBase =
      what.all ||
      // What it would build upon was not synced.
      (complete && !durable) ||
      looked.changedBytes > MOST_CHANGED * looked.allBytes ||
      this.#deltaBytes + looked.changedBytes > MOST_DELTAS * this.#baseBytes
    const serial = ++this.#serial
    const names = this.#writeNames(what, serial, files)
    const { sections, table, pieces } = pagesToWrite(looked, what.memory.u8, isBase)
    const head: Head = {
      ...{ gateway, boot, batch, serial, journal, position, complete, meta, names, sections },
      ...(!isBase && { after: this.#last }),
    }
    const path = join(dir, fileName(isBase ? 'base' : 'delta', serial))
    const file = files.create(`${path}.new`)
    this.#append(file, [...fileStart(head, table), ...pieces, TRAILER])
    return { path, isBase, serial, names, bytes: file.sizeBytes }
  }

  #writeNames({ names, all }: ToSave, serial: number, files: Unpublished): Head['names'] {
    const { dir } = this.#o
    const known = all ? undefined : this.#names
    const name = known?.file ?? fileName('names', serial)
    const file = known ? files.update(join(dir, name)) : files.create(join(dir, name))
    this.#append(file, namesPieces(names))
    return { file: name, bytes: file.sizeBytes }
  }

  #append(file: DiskFile, pieces: readonly Uint8Array[]): void {
    const before = file.sizeBytes
    for (let i = 0; i < pieces.length; i += PIECES) file.append(pieces.slice(i, i + PIECES))
    this.writtenBytes += file.sizeBytes - before
  }

  async #publish({ complete, after }: ToSave, written: Written, files: Unpublished): Promise<boolean> {
    const { disk, dir, log } = this.#o
    const { path, isBase, serial, names, bytes } = written
    const durable = this.#o.durable || complete
    try {
      if (durable) await files.sync()
      await after
      disk.rename(`${path}.new`, path)
      files.keep()
      if (durable) await disk.syncDir(dir)
      if (isBase) await this.#supersede([path, join(dir, names.file)])
      this.#last = serial
      this.#names = names
      this.#isComplete = complete
      if (isBase) this.#baseBytes = bytes
      this.#deltaBytes = isBase ? 0 : this.#deltaBytes + bytes
      this.bytes = this.#baseBytes + this.#deltaBytes + names.bytes
      this.#broken = false
      if (this.failing !== undefined) log.info({}, 'the checkpoint is written again')
      this.failing = undefined
      return true
    } catch (error) {
      files.discard()
      this.#fails(error)
      return false
    } finally {
      this.#saving = false
    }
  }

  /** Removes all but these. */
  async #supersede(keep: readonly string[]): Promise<void> {
    this.#removeOthers(keep)
    // What was complete counts without a journal: were it back after a loss of power, windows would be written anew by halves.
    if (this.#isComplete) await this.#o.disk.syncDir(this.#o.dir)
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

  #removeOthers(keep: readonly string[]): void {
    const { disk, dir } = this.#o
    for (const { name, kind } of disk.list(dir)) {
      const path = join(dir, name)
      if (kind === 'file' && /^(base|delta|names)-\d{16}(\.new)?$/.test(name) && !keep.includes(path)) disk.remove(path)
    }
  }
}

function loaded({ files, names }: Chain): Loaded {
  const { batch, boot, journal, position, complete, meta, sections } = files.at(-1)!.head
  return {
    ...{ batch, boot, journal, position, complete, meta, names },
    read(name, into) {
      const bytes = Math.min(into.length, sections.find((section) => section.name === name)?.bytes ?? 0)
      const pages = new Map<number, PageAt>()
      for (const file of files) for (const [number, page] of file.pages.get(name) ?? []) pages.set(number, page)
      const room = new Uint8Array(PAGE)
      for (const [number, at] of pages) {
        const from = number * PAGE
        if (from >= bytes) continue
        const page = room.subarray(0, at.bytes)
        at.file.file.read(page, at.offset)
        into.set(page.subarray(0, bytes - from), from)
      }
      return bytes
    },
    close() {
      for (const { file } of files) file.close()
    },
  }
}

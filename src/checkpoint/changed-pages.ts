import { bug } from '../model/errors.js'

/** A stretch of the shared memory, called by what is in it. Its length is rounded up to a multiple of 32 where it is read. */
export interface Section {
  name: string
  start: number
  bytes: number
  /** Address of a bit a page, set for those that hold nothing: they are left out. */
  empty?: number
}

/** What it asks of the kernels module. */
export interface PageKernels {
  changedPages(start: number, bytes: number, hashes: number, out: number, empty: number): number
}

export const roundedBytes = (bytes: number): number => Math.ceil(bytes / 32) * 32

/**
 * Which 4 KiB pages of sections have changed since they were last asked for. Their hashes lie in a region of the same memory, 8 bytes
 * a page: the first three quarters of it; in the last one the numbers of one section's changed pages.
 */
export class ChangedPages {
  readonly #u8: Uint8Array
  readonly #u32: Uint32Array
  readonly #kernels: PageKernels
  readonly #region: { start: number; end: number }
  /** Where each section's hashes are, and of how many pages. */
  readonly #places = new Map<string, { at: number; pages: number }>()
  #next: number

  constructor(
    memory: { u8: Uint8Array; u32: Uint32Array },
    kernels: PageKernels,
    region: { start: number; end: number },
  ) {
    this.#u8 = memory.u8
    this.#u32 = memory.u32
    this.#kernels = kernels
    this.#region = region
    this.#next = region.start
  }

  /** Numbers of the section's changed pages, and the hashes of all its pages, two words each; 0 of those that hold nothing. */
  of({ name, start, bytes, empty = 0 }: Section): { pages: Uint32Array; hashes: Uint32Array } {
    const count = Math.ceil(bytes / 4096)
    const out = this.#out(count) >>> 2
    const at = this.#place(name, count)
    const found = this.#kernels.changedPages(start, roundedBytes(bytes), at, out * 4, empty)
    return { pages: this.#u32.slice(out, out + found), hashes: this.#u32.slice(at >>> 2, (at >>> 2) + count * 2) }
  }

  /** All pages count as changed. */
  #reset(): void {
    this.#u8.fill(0, this.#region.start, this.#next)
    this.#places.clear()
    this.#next = this.#region.start
  }

  #out(pages: number): number {
    return (this.#region.end - roundedBytes(pages * 4)) & ~31
  }

  /** A section that has grown gets a larger place: then all its pages count as changed once. */
  #place(name: string, pages: number): number {
    const known = this.#places.get(name)
    if (known && known.pages >= pages) return known.at
    const room = known ? pages * 2 : Math.ceil(pages * 1.25)
    const lists = this.#region.end - roundedBytes((this.#region.end - this.#region.start) / 4)
    if (this.#next + room * 8 > lists) {
      if (this.#next === this.#region.start) bug(`there is no room for hashes of ${pages} pages`)
      this.#reset()
      return this.#place(name, pages)
    }
    const at = this.#next
    this.#next += room * 8
    this.#places.set(name, { at, pages: room })
    return at
  }
}

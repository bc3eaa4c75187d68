/** A stretch of the shared memory, called by what is in it. Its length is rounded up to a multiple of 32 where it is read. */
export interface Section {
  name: string
  start: number
  bytes: number
}

/** What it asks of the kernels module. */
export interface PageKernels {
  changedPages(start: number, bytes: number, hashes: number, out: number): number
}

export const roundedBytes = (bytes: number): number => Math.ceil(bytes / 32) * 32

/**
 * Which 4 KiB pages of sections have changed since they were last asked for. Their hashes lie in a region of the same memory:
 * the first half of it; in the other half the numbers of one section's changed pages.
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

  /** All pages count as changed. */
  reset(): void {
    this.#u8.fill(0, this.#region.start, this.#next)
    this.#places.clear()
    this.#next = this.#region.start
  }

  /** Numbers of the section's changed pages, valid until the next call, and the address of the hashes of all its pages. */
  of({ name, start, bytes }: Section): { pages: Uint32Array; hashes: number } {
    const count = Math.ceil(bytes / 4096)
    const out = this.#out(count)
    const { at } = this.#place(name, count)
    const found = this.#kernels.changedPages(start, roundedBytes(bytes), at, out)
    return { pages: this.#u32.subarray(out >>> 2, (out >>> 2) + found), hashes: at }
  }

  #out(pages: number): number {
    return (this.#region.end - roundedBytes(pages * 4)) & ~31
  }

  /** A section that has grown gets a larger place: then all its pages count as changed once. */
  #place(name: string, pages: number): { at: number; pages: number } {
    const known = this.#places.get(name)
    if (known && known.pages >= pages) return known
    const room = known ? pages * 2 : Math.ceil(pages * 1.25)
    const lists = this.#region.end - roundedBytes((this.#region.end - this.#region.start) / 4)
    if (this.#next + room * 8 > lists) {
      this.reset()
      return this.#place(name, pages)
    }
    const made = { at: this.#next, pages: room }
    this.#next += room * 8
    this.#places.set(name, made)
    return made
  }
}

import { type ChangedPages, roundedBytes, type Section } from './changed-pages.js'
import { type Head, PAGE, TABLE_ENTRY_BYTES } from './format.js'

/** Sections of a memory with what changed in them since they were looked at last. */
export interface Looked {
  readonly sections: readonly { section: Section; pages: Uint32Array; hashes: Uint32Array }[]
  readonly changedBytes: number
  readonly allBytes: number
}

/** Pages as a file takes them; the pieces are views of the memory. */
export interface PagesToWrite {
  sections: Head['sections']
  table: Buffer
  pieces: Uint8Array[]
}

export function look(sections: readonly Section[], changed: ChangedPages): Looked {
  const looked = sections.map((section) => ({ section, ...changed.of(section) }))
  let changedBytes = 0
  let allBytes = 0
  for (const { section, pages } of looked) {
    const bytes = roundedBytes(section.bytes)
    allBytes += bytes
    // The last page alone may be short.
    for (const page of pages.subarray(-1)) changedBytes += Math.min(PAGE, bytes - page * PAGE) - PAGE
    changedBytes += pages.length * PAGE
  }
  return { sections: looked, changedBytes, allBytes }
}

/** All pages of what was looked at, or those that changed. Neighbours are one piece. */
export function pagesToWrite({ sections: looked }: Looked, u8: Uint8Array, all: boolean): PagesToWrite {
  const sections: Head['sections'] = []
  const tables: Buffer[] = []
  const pieces: Uint8Array[] = []
  for (const { section, pages: changed, hashes } of looked) {
    const pages = all ? holding(hashes) : changed
    const bytes = roundedBytes(section.bytes)
    sections.push({ name: section.name, bytes, pages: pages.length })
    const table = Buffer.alloc(pages.length * TABLE_ENTRY_BYTES)
    const words = new Uint32Array(table.buffer, table.byteOffset, table.length / 4)
    let from = 0
    let to = 0
    for (let i = 0; i < pages.length; i++) {
      const page = pages[i]
      words[i * 4] = page
      words[i * 4 + 2] = hashes[page * 2]
      words[i * 4 + 3] = hashes[page * 2 + 1]
      if (page * PAGE !== to) {
        if (to > from) pieces.push(u8.subarray(section.start + from, section.start + to))
        from = page * PAGE
      }
      to = Math.min((page + 1) * PAGE, bytes)
    }
    if (to > from) pieces.push(u8.subarray(section.start + from, section.start + to))
    tables.push(table)
  }
  return { sections, table: Buffer.concat(tables), pieces }
}

/** Numbers of all pages that hold anything. */
function holding(hashes: Uint32Array): Uint32Array {
  const pages = new Uint32Array(hashes.length / 2)
  let count = 0
  for (let page = 0; page < pages.length; page++)
    if (hashes[page * 2] !== 0 || hashes[page * 2 + 1] !== 0) pages[count++] = page
  return pages.subarray(0, count)
}

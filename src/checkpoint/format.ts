// The checkpoint's format, version 1. A checkpoint is a directory with one base file, deltas that each build upon the file
// before them, and one file of names. Names of files: `base-<serial>`, `delta-<serial>`, `names-<serial>`, each number in 16 digits and given once.
// All integers are little-endian. A base or a delta is
//
//   8 bytes   "WEIRCKPT"
//   u32       version
//   u32       bytes of the head, at most 256 MiB
//   u32       CRC-32 of the head
//   u32       CRC-32 of the table
//   head      JSON, see Head: what it is of, and of each section its bytes and how many pages of it follow
//   table     of each page in order: u32 its number in its section, u32 0, u64 the hash of its bytes (assembly/window/changed.ts)
//   pages     4096 bytes each, the last of a section as many as there are
//   8 bytes   "WEIRDONE"
//
// A file of names is u32 bytes, u32 CRC-32 and as many bytes of JSON (an array), again and again; the head says up to where
// it is read.
import type { LogPosition } from '../disk/record-format.js'

export const MAGIC = Buffer.from('WEIRCKPT')
export const TRAILER = Buffer.from('WEIRDONE')
export const VERSION = 1
export const FIXED_BYTES = 24
export const TABLE_ENTRY_BYTES = 16
export const PAGE = 4096
export const MOST_HEAD_BYTES = 256 * 2 ** 20
/** Of one entry in a file of names. */
export const MOST_NAMES_BYTES = 256 * 2 ** 20

/** What a file says of itself. */
export interface Head {
  gateway: string
  boot: string
  /** The last batch that is in it. */
  batch: number
  serial: number
  /** The serial of the file that it builds upon; of a base none. */
  after?: number
  /** Which journal goes on from it, and from where. */
  journal: string
  position: LogPosition
  /** Nothing has happened since: it needs no journal. */
  complete: boolean
  /** The rest of the state, in the words of who saved it. */
  meta: string
  names: { file: string; bytes: number }
  sections: { name: string; bytes: number; pages: number }[]
}

export const fileName = (kind: 'base' | 'delta' | 'names', serial: number): string =>
  `${kind}-${String(serial).padStart(16, '0')}`

/** Of what `fileName` makes; 0 of anything else. */
export const serialOf = (name: string): number => Number.parseInt(/-(\d{16})/.exec(name)?.[1] ?? '0', 10)

import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Disk, DiskFile } from '../model/disk.js'
import { DiskError } from '../model/errors.js'
import { Unusable } from './checkpoint-file.js'
import { MOST_NAMES_BYTES } from './format.js'

/** What a file of names holds. */
export interface FoundNames {
  /** Entries in order, and where each ends. */
  entries: { names: unknown[]; end: number }[]
  /** Up to here they are whole. */
  goodBytes: number
  /** Why not all of them are. */
  problem?: Unusable
}

/** Reads a file of names up to byte `bytes`, or to the first entry that is not whole. */
export function readNames(disk: Disk, dir: string, { file: name, bytes }: { file: string; bytes: number }): FoundNames {
  const found: FoundNames = { entries: [], goodBytes: 0 }
  let file: DiskFile | undefined
  try {
    if (!/^names-\d{16}$/.test(name)) throw new Unusable(0, 'a checkpoint calls it a file of names')
    file = disk.open(join(dir, name), 'read')
    while (found.goodBytes < bytes) readEntry(file, bytes, found)
  } catch (error) {
    if (error instanceof Unusable) found.problem = error
    else if (error instanceof DiskError) found.problem = new Unusable(found.goodBytes, error.message)
    else throw error
  } finally {
    file?.close()
  }
  return found
}

function readEntry(file: DiskFile, upTo: number, found: FoundNames): void {
  const at = found.goodBytes
  const head = Buffer.alloc(8)
  if (file.read(head, at) < 8) throw new Unusable(at, 'it is too short')
  const bytes = head.readUInt32LE(0)
  const end = at + 8 + bytes
  if (bytes > MOST_NAMES_BYTES || end > Math.min(upTo, file.sizeBytes)) throw new Unusable(at, 'an entry is too long')
  const text = Buffer.allocUnsafe(bytes)
  if (file.read(text, at + 8) < bytes || crc32(text) !== head.readUInt32LE(4))
    throw new Unusable(at, 'an entry is damaged')
  found.entries.push({ names: JSON.parse(text.toString()) as unknown[], end })
  found.goodBytes = end
}

/** Names as they are appended. */
export function namesPieces(names: readonly Uint8Array[]): Uint8Array[] {
  return names.flatMap((text) => {
    const head = Buffer.alloc(8)
    head.writeUInt32LE(text.length, 0)
    head.writeUInt32LE(crc32(text), 4)
    return [head, text]
  })
}

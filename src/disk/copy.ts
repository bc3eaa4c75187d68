import type { Disk } from '../model/disk.js'

const PIECE_BYTES = 2 ** 20

/** Copies what lies from byte `from` on into a new file: all of it or nothing. Throws a DiskError. */
export function copyFile(disk: Disk, path: string, from: number, to: string): void {
  const source = disk.open(path, 'read')
  try {
    const target = disk.open(to, 'new')
    try {
      const piece = new Uint8Array(PIECE_BYTES)
      for (let at = from, read = 0; (read = source.read(piece, at)) > 0; at += read)
        target.append([piece.subarray(0, read)])
    } catch (error) {
      disk.remove(to)
      throw error
    } finally {
      target.close()
    }
  } finally {
    source.close()
  }
}

/** Takes what lies from byte `from` on off a file. Throws a DiskError. */
export function cutFile(disk: Disk, path: string, from: number): void {
  const file = disk.open(path, 'update')
  try {
    file.truncate(from)
  } finally {
    file.close()
  }
}

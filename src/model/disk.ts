/**
 * The file system as journal, checkpoint and spool use it, and all that they use: tests put faults and power cuts behind
 * it. Paths are absolute. What is written is safe from the end of the process at once, and from the end of power after
 * `sync` (of a file's bytes) and `syncDir` (of names in a directory). Everything but these is synchronous: a write to
 * the page cache costs a few microseconds, a hand-over to another thread costs more.
 * Every call throws, or rejects with, a DiskError.
 */
export interface Disk {
  /** `new`: the file must not exist; `update`: it must, and is read and written. */
  open(path: string, how: 'read' | 'new' | 'update'): DiskFile
  rename(from: string, to: string): void
  /** Removes a file; it need not exist. */
  remove(path: string): void
  /** What is in a directory, sorted by name; nothing where there is none. */
  list(dir: string): DiskEntry[]
  /** Makes a directory, and those above it, for this user and group; they are safe from the end of power at once. */
  makeDir(dir: string): void
  syncDir(dir: string): Promise<void>
  space(dir: string): { freeBytes: number; totalBytes: number }
}

export interface DiskEntry {
  readonly name: string
  readonly kind: 'file' | 'directory' | 'other'
  readonly sizeBytes: number
}

export interface DiskFile {
  readonly path: string
  readonly sizeBytes: number
  /** Appends all pieces one behind the other, or nothing: after a failure the file is as long as it was. */
  append(pieces: readonly Uint8Array[]): void
  /** Overwrites or appends. */
  writeAt(bytes: Uint8Array, position: number): void
  /** Fills `into` from `position` on; fewer bytes only at the end of the file. */
  read(into: Uint8Array, position: number): number
  truncate(sizeBytes: number): void
  sync(): Promise<void>
  /** Syncs that are under way come to their end. */
  close(): void
}

// What may be left of files when power is lost: as kernels and disks do it, not as one would wish.
import { dirname } from 'node:path'

/** What was done to a disk. Files keep their number whatever they are called. */
export type Change =
  | { what: 'create'; path: string; content: number }
  | { what: 'write'; path: string; content: number; position: number; bytes: Buffer }
  | { what: 'truncate'; path: string; content: number; sizeBytes: number }
  | { what: 'rename'; path: string; to: string }
  | { what: 'remove'; path: string }
  | { what: 'makeDir'; path: string }
  /** Of this file all up to that operation is safe from here on. */
  | { what: 'sync'; path: string; content: number; upTo: number }
  /** Of this directory's names likewise. */
  | { what: 'syncDir'; path: string; upTo: number }

/** What survives of that which was not synced: numbers from 0 to below 1 choose. */
export type Survivors = 'nothing' | 'everything' | (() => number)

type Edit = Extract<Change, { what: 'write' | 'truncate' }>

/** A disk writes so much at once, or not at all. */
const SECTOR_BYTES = 512

/** How far each operation got: those up to `safe` are there, those behind `last` are not. */
interface Reach {
  safe: number
  last: number
}

/**
 * Files and directories as they may be found after these changes, which are numbered from 1, to a disk that held `safe`, whose
 * contents have the first numbers.
 */
export function found(
  safe: ReadonlyMap<string, Buffer>,
  safeDirs: ReadonlySet<string>,
  changes: readonly Change[],
  pick: Survivors,
): { files: Map<string, Buffer>; dirs: Set<string> } {
  const dirs = new Set([...safeDirs, ...changes.flatMap((one) => (one.what === 'makeDir' ? [one.path] : []))])
  const begun = [...safe.values()]
  const synced = new Map<number, number>()
  const edits = new Map<number, { number: number; edit: Edit }[]>()
  changes.forEach((change, i) => {
    if (change.what === 'sync') synced.set(change.content, Math.max(synced.get(change.content) ?? 0, change.upTo))
    if (change.what !== 'write' && change.what !== 'truncate') return
    const own = edits.get(change.content) ?? []
    edits.set(change.content, own)
    own.push({ number: i + 1, edit: change })
  })
  // Some disks keep the order of all that they are told, even where nobody asked for it.
  const ordered = typeof pick === 'function' && pick() < 0.25 ? Math.floor(pick() * (changes.length + 1)) : undefined
  const files = new Map<string, Buffer>()
  for (const [path, content] of namesLeft([...safe.keys()], changes, pick, ordered)) {
    const upTo = Math.max(synced.get(content) ?? 0, ordered ?? 0)
    const own = edits.get(content) ?? []
    const sure = own.filter(({ number }) => number <= upTo).map(({ edit }) => edit)
    const unsure = own.filter(({ number }) => number > upTo).map(({ edit }) => edit)
    const bytes = sure.reduce(edited, Buffer.from(begun[content] ?? []))
    files.set(path, ordered === undefined ? bytesLeft(bytes, unsure, pick) : bytes)
  }
  return { files, dirs }
}

/** Which names there are, of which contents. Of each directory the changes up to some moment are there. */
function namesLeft(
  before: readonly string[],
  changes: readonly Change[],
  pick: Survivors,
  ordered: number | undefined,
): Map<string, number> {
  const reaches = new Map<string, Reach>()
  const reachOf = (dir: string) => {
    const reach = reaches.get(dir) ?? { safe: 0, last: 0 }
    reaches.set(dir, reach)
    return reach
  }
  const named = changes.flatMap((change, i) => {
    if (change.what === 'syncDir') reachOf(change.path).safe = Math.max(reachOf(change.path).safe, change.upTo)
    if (change.what !== 'create' && change.what !== 'rename' && change.what !== 'remove') return []
    const touched = [change.path, ...(change.what === 'rename' ? [change.to] : [])].map((path) =>
      reachOf(dirname(path)),
    )
    for (const reach of touched) reach.last = i + 1
    return [{ number: i + 1, change, touched }]
  })
  // A rename from one directory to another is there in both or in none: in both where it is safe in one.
  const moves = named.filter(({ touched: [a, b] }) => b && a !== b)
  for (let isFirm = false; !isFirm; ) {
    isFirm = true
    for (const { number, touched } of moves) {
      const unsafe = touched.filter(({ safe }) => safe < number)
      if (unsafe.length !== 1) continue
      unsafe[0]!.safe = number
      isFirm = false
    }
  }
  for (const reach of reaches.values()) {
    const { safe, last } = reach
    if (pick === 'nothing') reach.last = safe
    else if (ordered !== undefined) reach.last = Math.max(safe, ordered)
    else if (pick !== 'everything') reach.last = between(safe, Math.max(safe, last), pick)
  }
  for (let isFirm = false; !isFirm; ) {
    isFirm = true
    for (const { number, touched } of moves) {
      const there = touched.filter(({ last }) => last >= number)
      if (there.length !== 1) continue
      there[0]!.last = number - 1
      isFirm = false
    }
  }
  const names = new Map(before.map((path, content) => [path, content]))
  for (const { number, change, touched } of named) {
    if (touched[0]!.last < number) continue
    if (change.what === 'create') names.set(change.path, change.content)
    else {
      const content = names.get(change.path)
      names.delete(change.path)
      if (change.what === 'rename' && content !== undefined) names.set(change.to, content)
    }
  }
  return names
}

/** What a file may hold that was safe as `bytes`, with any part of these edits. */
function bytesLeft(bytes: Buffer, edits: readonly Edit[], pick: Survivors): Buffer {
  if (pick === 'nothing' || edits.length === 0) return bytes
  if (pick === 'everything') return edits.reduce(edited, bytes)
  const how = pick()
  if (how < 0.15) return bytes
  if (how < 0.3) return edits.slice(0, between(0, edits.length, pick)).reduce(edited, bytes)
  return torn(bytes, edits, pick)
}

/** Each sector as it was before or behind any of the edits, the length anything between. */
function torn(bytes: Buffer, edits: readonly Edit[], pick: () => number): Buffer {
  const states = [bytes]
  for (const edit of edits) states.push(edited(states.at(-1)!, edit))
  const sizes = states.map(({ length }) => length)
  const shortest = Math.min(...sizes)
  const longest = Math.max(...sizes)
  const size = pick() < 0.5 ? sizes[between(0, edits.length, pick)]! : between(shortest, longest, pick)
  const left = Buffer.alloc(size)
  // Few sectors arrived, or nearly all.
  const likely = pick()
  const isNoisy = pick() < 0.3
  for (let at = 0; at < size; at += SECTOR_BYTES) {
    const state = pick() < likely ? states.at(-1)! : states[between(0, edits.length, pick)]!
    const end = Math.min(size, at + SECTOR_BYTES)
    left.set(state.subarray(at, end), at)
    // Space that was given to the file, and never written.
    if (isNoisy) for (let i = Math.max(at, state.length); i < end; i++) left[i] = between(0, 255, pick)
  }
  return left
}

/** The bytes of a file after an edit. */
function edited(bytes: Buffer, edit: Edit): Buffer {
  if (edit.what === 'truncate') {
    const cut = Buffer.alloc(edit.sizeBytes)
    bytes.copy(cut)
    return cut
  }
  const written = Buffer.alloc(Math.max(bytes.length, edit.position + edit.bytes.length))
  bytes.copy(written)
  written.set(edit.bytes, edit.position)
  return written
}

/** A whole number from `low` to `high`, both of them possible. */
const between = (low: number, high: number, pick: () => number): number => low + Math.floor(pick() * (high - low + 1))

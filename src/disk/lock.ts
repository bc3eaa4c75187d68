import { join } from 'node:path'
import type { Disk, DiskFile } from '../model/disk.js'
import { DiskError, StateError } from '../model/errors.js'
import { bootId, startOf } from './boot-id.js'
import { NodeDisk } from './node-disk.js'

/** What the file tells. Process ids are those of one container: two containers must not share a directory. */
interface Holder {
  pid: number
  start: string | undefined
  boot: string
}

const NAME = 'lock'
const MOST_TRIES = 5

/** Paths that this process holds: it is told from one before it that had the same process id, as in a container. */
const held = new WeakMap<object, Set<string>>()

/**
 * Takes a directory, made where there is none, for this process, so that no two weirs write to it; the answer gives it back.
 * The lock is a file that tells who holds it: it is stale once that process is gone. Throws a StateError while another one
 * lives.
 */
export function lockDirectory(disk: Disk, dir: string): { release(): void } {
  const path = join(dir, NAME)
  const me: Holder = { pid: process.pid, start: startOf(process.pid), boot: bootId() }
  const mine = `${JSON.stringify(me)}\n`
  // All NodeDisks are one file system.
  const owner = disk instanceof NodeDisk ? NodeDisk : disk
  const own = held.get(owner) ?? new Set()
  held.set(owner, own)
  const refuseIfAlive = (where: string) => {
    const holder = holderOf(read(disk, where))
    if (holder && isAlive(holder, me) && (holder.pid !== me.pid || own.has(path)))
      throw new StateError(
        `cannot use "${dir}": weir with process id ${holder.pid} uses it; stop that one, or give this one another stateDir and runtimeDir`,
        path,
        0,
      )
  }
  disk.makeDir(dir)
  for (let tries = 0; !make(disk, path, mine); tries++) {
    refuseIfAlive(path)
    takeAway(disk, path, refuseIfAlive)
    if (tries === MOST_TRIES)
      throw new StateError(`cannot use "${dir}": others start to use it at the same time; stop those`, path, 0)
  }
  own.add(path)
  return {
    release() {
      own.delete(path)
      try {
        disk.remove(path)
      } catch {
        // It is stale from then on.
      }
    },
  }
}

/** False: there is one, or who looked at it before it told whose it is took it away. */
function make(disk: Disk, path: string, text: string): boolean {
  let file: DiskFile
  try {
    file = disk.open(path, 'new')
  } catch (error) {
    if (error instanceof DiskError && error.reason === 'EEXIST') return false
    throw error
  }
  try {
    file.append([Buffer.from(text)])
  } catch (error) {
    disk.remove(path)
    throw error
  } finally {
    file.close()
  }
  return read(disk, path) === text
}

/** Removes a stale lock, but not one that another process has made meanwhile. */
function takeAway(disk: Disk, path: string, refuseIfAlive: (path: string) => void): void {
  const aside = `${path}.${process.pid}`
  try {
    disk.rename(path, aside)
  } catch (error) {
    if (error instanceof DiskError && error.reason === 'ENOENT') return
    throw error
  }
  try {
    refuseIfAlive(aside)
  } catch (error) {
    disk.rename(aside, path)
    throw error
  }
  disk.remove(aside)
}

/** The text of a lock; undefined where there is none. */
function read(disk: Disk, path: string): string | undefined {
  try {
    const file = disk.open(path, 'read')
    try {
      const bytes = Buffer.alloc(Math.min(1024, file.sizeBytes))
      return bytes.toString('utf8', 0, file.read(bytes, 0))
    } finally {
      file.close()
    }
  } catch (error) {
    if (error instanceof DiskError && error.reason === 'ENOENT') return undefined
    throw error
  }
}

/** Undefined: nobody, as who had no time to write who it is. */
function holderOf(text: string | undefined): Holder | undefined {
  try {
    const holder = JSON.parse(text ?? '')
    return typeof holder?.pid === 'number' ? holder : undefined
  } catch {
    return undefined
  }
}

function isAlive({ pid, start, boot }: Holder, me: Holder): boolean {
  return boot === me.boot && startOf(pid) !== undefined && startOf(pid) === start
}

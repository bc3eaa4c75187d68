import { join } from 'node:path'
import type { Disk } from '../model/disk.js'
import { DiskError, StateError } from '../model/errors.js'
import { bootId, startOf } from './boot-id.js'

interface Holder {
  pid: number
  start: string | undefined
  boot: string
}

const NAME = 'lock'

/** Paths that this process holds: it is told from one before it that had the same process id, as in a container. */
const held = new WeakMap<Disk, Set<string>>()

/**
 * Takes a directory for this process, so that no two weirs write to it; the answer gives it back. The lock is a file that
 * tells who holds it: it is stale once that process is gone. Throws a StateError while another one lives.
 */
export function lockDirectory(disk: Disk, dir: string): { release(): void } {
  const path = join(dir, NAME)
  const me: Holder = { pid: process.pid, start: startOf(process.pid), boot: bootId() }
  disk.makeDir(dir)
  for (let tries = 0; ; tries++) {
    try {
      const file = disk.open(path, 'new')
      file.append([Buffer.from(`${JSON.stringify(me)}\n`)])
      file.close()
      const own = held.get(disk) ?? new Set()
      held.set(disk, own.add(path))
      return {
        release() {
          own.delete(path)
          disk.remove(path)
        },
      }
    } catch (error) {
      if (!(error instanceof DiskError && error.reason === 'EEXIST') || tries > 1) throw error
    }
    const holder = read(disk, path)
    if (holder && isAlive(holder, me) && (holder.pid !== me.pid || held.get(disk)?.has(path)))
      throw new StateError(
        `cannot use "${dir}": weir with process id ${holder.pid} uses it; stop that one, or give this one another stateDir and runtimeDir`,
        path,
        0,
      )
    disk.remove(path)
  }
}

function read(disk: Disk, path: string): Holder | undefined {
  try {
    const file = disk.open(path, 'read')
    const bytes = Buffer.alloc(Math.min(1024, file.sizeBytes))
    file.read(bytes, 0)
    file.close()
    return JSON.parse(bytes.toString()) as Holder
  } catch (error) {
    if (error instanceof DiskError && error.reason === 'EACCES') throw error
    return undefined
  }
}

function isAlive({ pid, start, boot }: Holder, me: Holder): boolean {
  return boot === me.boot && startOf(pid) !== undefined && startOf(pid) === start
}

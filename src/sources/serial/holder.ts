import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Processes that have one of these files open, as `name (pid)` by file; only those that this user may look into. Reads
 * /proc once for all of them.
 */
export async function holdersOf(files: readonly string[], proc = '/proc'): Promise<Map<string, string[]>> {
  const wanted = new Set(files)
  const holders = new Map<string, string[]>()
  for (const pid of await namesIn(proc)) {
    if (!/^\d+$/.test(pid)) continue
    const open = new Set<string>()
    for (const fd of await namesIn(join(proc, pid, 'fd'))) {
      const target = await readlink(join(proc, pid, 'fd', fd)).catch(() => '')
      if (wanted.has(target)) open.add(target)
    }
    for (const file of open) {
      const name = (await readFile(join(proc, pid, 'comm'), 'utf8').catch(() => '')).trim() || 'a process'
      holders.set(file, [...(holders.get(file) ?? []), `${name} (${pid})`])
    }
  }
  return holders
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => [])

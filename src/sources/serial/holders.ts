import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** A process that has a port open. */
export interface Holder {
  pid: number
  /** Its command line, or the start of it. */
  command: string
}

const MOST_CHARACTERS = 60

/**
 * Who has these devices open, by device, read from /proc. Of other users' processes only root learns; a device of which
 * nothing is known is absent.
 */
export async function holdersOf(devices: ReadonlySet<string>, proc = '/proc'): Promise<Map<string, Holder[]>> {
  const holders = new Map<string, Holder[]>()
  if (devices.size === 0) return holders
  for (const pid of await namesIn(proc)) {
    if (!/^\d+$/.test(pid)) continue
    const folder = join(proc, pid, 'fd')
    const held = new Set<string>()
    for (const fd of await namesIn(folder)) {
      const target = await readlink(join(folder, fd)).catch(() => '')
      if (devices.has(target) && !(await isElsewhere(join(folder, fd), target))) held.add(target)
    }
    for (const device of held) {
      const own = holders.get(device) ?? []
      own.push({ pid: Number(pid), command: await commandOf(join(proc, pid)) })
      holders.set(device, own)
    }
  }
  return holders
}

/** Holders in words, as `gpsd -N (process 812)`. */
export const holdersText = (holders: readonly Holder[]): string =>
  holders.map(({ pid, command }) => `${command} (process ${pid})`).join(', ')

async function commandOf(folder: string): Promise<string> {
  const line = await textOf(join(folder, 'cmdline'))
  const [program = '', ...rest] = line.split('\0').filter(Boolean)
  const words = [program.slice(program.lastIndexOf('/') + 1), ...rest].join(' ') || (await textOf(join(folder, 'comm')))
  return words.length > MOST_CHARACTERS ? `${words.slice(0, MOST_CHARACTERS)}…` : words
}

/** A name of another file system, as of a container, may be the same. */
async function isElsewhere(open: string, device: string): Promise<boolean> {
  const [there, here] = await Promise.all([open, device].map((path) => stat(path).catch(() => undefined)))
  return there !== undefined && here !== undefined && (there.dev !== here.dev || there.ino !== here.ino)
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => [])
const textOf = async (path: string): Promise<string> => (await readFile(path, 'utf8').catch(() => '')).trim()

import { basename, join } from 'node:path'
import type { Disk } from '../model/disk.js'
import { DiskError, reasonOf, StateError } from '../model/errors.js'
import type { Log } from '../model/log.js'
import { copyFile, cutFile } from './copy.js'

export interface DamageOptions {
  disk: Disk
  stateDir: string
  /** setAside: it moves away, is counted, and weir goes on; refuse: a StateError says where. */
  policy: 'setAside' | 'refuse'
  log: Log
}

/** Bound of what is set aside; the oldest goes, but never the newest. */
const MOST_BYTES = 64 * 2 ** 20
const MOST_ALARMS = 20

/** What is done with kept files that are damaged, of a newer version, or another gateway's: never read on, never deleted unseen. */
export class Damage {
  /** In words, for those who look at the status. */
  readonly alarms: string[] = []
  /** Files set aside, and of those how many went since there were too many. */
  setAside = 0
  removed = 0
  readonly #o: DamageOptions

  constructor(options: DamageOptions) {
    this.#o = options
  }

  /**
   * Says what is wrong with a file at `offset`, and moves it away; only what lies from byte `from` on, where that is given and
   * more than 0. Throws a StateError where that is not wanted, or not possible: then the file is as it was.
   */
  found(path: string, offset: number, why: string, from = 0): void {
    const { disk, stateDir, policy, log } = this.#o
    const what = `"${path}" at byte ${offset}: ${why}`
    if (policy === 'refuse')
      throw new StateError(
        `cannot use kept state: ${what}; move the file away, or write onDamage: setAside`,
        path,
        offset,
      )
    const dir = join(stateDir, 'set-aside')
    let to: string
    try {
      disk.makeDir(dir)
      const numbers = disk.list(dir).map(({ name }) => Number.parseInt(name, 10) || 0)
      to = join(dir, `${String(1 + Math.max(0, ...numbers)).padStart(6, '0')}-${basename(path)}`)
      to = move(disk, path, from, to)
    } catch (error) {
      throw new StateError(
        `cannot use kept state: ${what}; nor set it aside: ${reasonOf(error)}; move the file away`,
        path,
        offset,
        { cause: error },
      )
    }
    this.setAside++
    this.#tell(`kept state was damaged: ${what}; it is set aside as "${to}"`)
    log.error({ path, offset }, `kept state is damaged: ${what}; set aside as "${to}"`)
    this.#bound(dir)
  }

  /** Notes a loss that no file stands for. */
  note(text: string): void {
    this.#tell(text)
    this.#o.log.error({}, text)
  }

  #tell(text: string): void {
    if (this.alarms.length < MOST_ALARMS) this.alarms.push(text)
  }

  #bound(dir: string): void {
    const { disk, log } = this.#o
    try {
      const files = disk.list(dir).filter(({ kind }) => kind === 'file')
      let bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
      for (const { name, sizeBytes } of files.slice(0, -1)) {
        if (bytes <= MOST_BYTES) break
        disk.remove(join(dir, name))
        bytes -= sizeBytes
        this.removed++
        log.warn({ file: name }, `"${join(dir, name)}" was removed: more than ${MOST_BYTES >> 20} MiB were set aside`)
      }
    } catch (error) {
      log.warn({}, `cannot bound what is set aside: ${reasonOf(error)}`)
    }
  }
}

/** Where it has gone: what lies on another file system is copied; a directory there only gets another name. */
function move(disk: Disk, path: string, from: number, to: string): string {
  if (from > 0) {
    copyFile(disk, path, from, to)
    cutFile(disk, path, from)
    return to
  }
  try {
    disk.rename(path, to)
    return to
  } catch (error) {
    if (!(error instanceof DiskError && error.reason === 'EXDEV')) throw error
  }
  try {
    copyFile(disk, path, 0, to)
  } catch (error) {
    if (!(error instanceof DiskError && ['EISDIR', 'EACCES'].includes(error.reason))) throw error
    const beside = `${path}.set-aside`
    disk.rename(path, beside)
    return beside
  }
  disk.remove(path)
  return to
}

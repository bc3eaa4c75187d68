import { basename, dirname, join } from 'node:path'
import type { Disk } from '../model/disk.js'
import { DiskError, reasonOf, StateError } from '../model/errors.js'
import type { Log } from '../model/log.js'

export interface DamageOptions {
  disk: Disk
  stateDir: string
  /** setAside: it moves away, is counted, and weir goes on; refuse: a StateError says where. */
  policy: 'setAside' | 'refuse'
  log: Log
}

/** Bound of what is set aside; the oldest goes. */
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

  /** Says what is wrong with a file at `offset`, and moves it away. Throws a StateError where that is not wanted, or not possible. */
  found(path: string, offset: number, why: string): void {
    const { disk, stateDir, policy, log } = this.#o
    const what = `"${path}" at byte ${offset}: ${why}`
    if (policy === 'refuse')
      throw new StateError(
        `cannot use kept state: ${what}; move the file away, or write onDamage: setAside`,
        path,
        offset,
      )
    const dir = join(stateDir, 'set-aside')
    const taken = new Set(disk.list(dir).map(({ name }) => name))
    const number = 1 + Math.max(0, ...[...taken].map((name) => Number.parseInt(name, 10) || 0))
    const to = join(dir, `${String(number).padStart(6, '0')}-${basename(path)}`)
    try {
      disk.makeDir(dir)
      move(disk, path, to)
    } catch (error) {
      throw new StateError(`cannot use kept state: ${what}; nor set it aside: ${reasonOf(error)}`, path, offset, {
        cause: error,
      })
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
    const files = disk.list(dir).filter(({ kind }) => kind === 'file')
    let bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    for (const { name, sizeBytes } of files.slice(0, -1)) {
      if (bytes <= MOST_BYTES) break
      disk.remove(join(dir, name))
      bytes -= sizeBytes
      this.removed++
      log.warn({ file: name }, `"${join(dir, name)}" was removed: more than ${MOST_BYTES >> 20} MiB were set aside`)
    }
  }
}

/** What lies on another file system is copied; a directory there only gets another name. */
function move(disk: Disk, from: string, to: string): void {
  try {
    disk.rename(from, to)
  } catch (error) {
    if (!(error instanceof DiskError && error.reason === 'EXDEV')) throw error
    const isFile = disk.list(dirname(from)).some(({ name, kind }) => name === basename(from) && kind === 'file')
    if (!isFile) return disk.rename(from, `${from}.set-aside`)
    const source = disk.open(from, 'read')
    const target = disk.open(to, 'new')
    const piece = new Uint8Array(1 << 20)
    for (let at = 0; at < source.sizeBytes; ) {
      const read = source.read(piece, at)
      if (read === 0) break
      target.append([piece.subarray(0, read)])
      at += read
    }
    target.close()
    source.close()
    disk.remove(from)
  }
}

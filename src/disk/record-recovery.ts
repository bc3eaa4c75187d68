import { basename, join } from 'node:path'
import type { Disk, DiskFile } from '../model/disk.js'
import { DiskError, reasonOf } from '../model/errors.js'
import type { Log } from '../model/log.js'
import { copyFile, cutFile } from './copy.js'
import { HEAD_TYPE, type LogPosition, later } from './record-format.js'
import { findSegments, recordsBehind } from './record-segment.js'
import { type Judgement, judge, type Verdict } from './record-verdict.js'

/** What is done with damaged files. */
export interface Damages {
  /** Moves the file away, or what lies from byte `from` on; or throws a StateError. */
  found(path: string, offset: number, why: string, from?: number): void
  note(text: string): void
}

/** A whole record that is not read, since it lies behind damage. */
export interface LostRecord {
  type: number
  body: Buffer
  end: LogPosition
}

export interface RecoveryOptions {
  disk: Disk
  dir: string
  what: string
  gateway: string
  bootId: string
  onLost: (record: LostRecord) => void
  log: Log
  damage: Damages
}

/** A segment that counts, up to byte `end`. */
export interface Kept {
  segment: number
  after: LogPosition
  end: number
}

export interface Found {
  kept: Kept[]
  /** Of the log; undefined where nothing of it is known. */
  id: string | undefined
  begin: LogPosition | undefined
  /** Number of the next segment. */
  next: number
  /** So far it was synced. */
  synced: LogPosition
  lostRecords: number
  lostBytes: number
}

/** Kept ends of logs, each at most as long as what was not safe. */
const BROKEN = '.broken'
const MOST_BROKEN = 16
const MOST_BROKEN_BYTES = 8 * 2 ** 20

/**
 * Finds out which segments of a directory count, and takes the others away: what is torn is kept as `.broken`, what is damaged
 * goes to `damage`. Throws a DiskError where the directory can't be read, and what `damage` throws.
 */
export function recover(options: RecoveryOptions): Found {
  const { disk, dir, log } = options
  const segments = findSegments(disk, dir)
  const { verdicts, head, begin }: Judgement = judge(segments, options)
  const lost = { lostRecords: 0, lostBytes: 0 }
  for (const verdict of verdicts) {
    const { found, is, end, offset, why } = verdict
    if (is === 'void') tryTo(log, () => disk.remove(found.path))
    else if (is === 'torn') keepBroken(options, verdict)
    else if (is === 'damaged') {
      lost.lostRecords += tellLost(options, verdict)
      lost.lostBytes += found.sizeBytes - end
      options.damage.found(found.path, offset, why, end)
    }
  }
  const durable = segments.filter((one) => one.head?.durable).map(({ claims }) => claims)
  const kept = verdicts
    .filter(({ end }) => end > 0)
    .map(({ found, end }): Kept => ({ segment: found.segment, after: found.head!.after, end }))
  return {
    ...{ kept, begin, ...lost },
    id: head?.id,
    next: 1 + (segments.at(-1)?.segment ?? 0),
    synced: durable.reduce(later, { segment: 0, offset: 0 }),
  }
}

/** Tells of the whole records that don't count; how many there are. */
function tellLost({ disk, onLost }: RecoveryOptions, { found, end: from }: Verdict): number {
  let count = 0
  let file: DiskFile | undefined
  try {
    file = disk.open(found.path, 'read')
    for (const { type, body, end } of recordsBehind(file, from)) {
      if (type === HEAD_TYPE) continue
      count++
      onLost({ type, body, end: { segment: found.segment, offset: end } })
    }
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
  } finally {
    file?.close()
  }
  return count
}

/** Where there is no room for it, it stays where it is: the next segment says that it does not count. */
function keepBroken({ disk, dir, log }: RecoveryOptions, { found, end, why }: Verdict): void {
  const { path, sizeBytes } = found
  const to = `${path}${BROKEN}`
  const isKept = tryTo(log, () => {
    if (end === 0) {
      disk.rename(path, to)
      return
    }
    disk.remove(to)
    copyFile(disk, path, end, to)
    cutFile(disk, path, end)
  })
  log.warn(
    { path, offset: end },
    `the last ${sizeBytes - end} bytes of "${path}" were torn when weir or power ended (${why}); nothing rested on them; ${isKept ? `they are kept as "${basename(to)}"` : 'they stay there'}`,
  )
  tryTo(log, () => boundBroken(disk, dir))
}

/** The newest stay. */
function boundBroken(disk: Disk, dir: string): void {
  const broken = disk.list(dir).filter(({ name }) => name.endsWith(BROKEN))
  let bytes = 0
  for (const [i, { name, sizeBytes }] of broken.reverse().entries()) {
    bytes += sizeBytes
    if (i > 0 && (i >= MOST_BROKEN || bytes > MOST_BROKEN_BYTES)) disk.remove(join(dir, name))
  }
}

/** False: the disk refuses. */
function tryTo(log: Log, what: () => void): boolean {
  try {
    what()
    return true
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    log.warn({}, reasonOf(error))
    return false
  }
}

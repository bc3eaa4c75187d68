import { join, resolve } from 'node:path'
import { components } from '../components.js'
import { loadConfig } from '../config/load.js'
import { bootId } from '../disk/boot-id.js'
import { Damage } from '../disk/damage.js'
import { lockDirectory } from '../disk/lock.js'
import { NodeDisk } from '../disk/node-disk.js'
import { SystemClock } from '../engine/clock.js'
import { rejectedFiles } from '../engine/rejected.js'
import type { DiskFile } from '../model/disk.js'
import { silent } from '../model/log.js'
import type { Plan } from '../model/plan.js'
import { alignedLines, countText } from '../observe/text-table.js'
import { Held } from '../spool/held.js'
import { Spool, UNBOUNDED } from '../spool/spool.js'
import { EXIT } from './exit-codes.js'

interface Options {
  sink?: string
  json?: boolean
  yes?: boolean
}

const disk = new NodeDisk()
const clock = new SystemClock()
const PIECE_LINES = 1000

/** Calls `each` for the spool of each sink, while no weir uses the directory. */
async function withSpools(
  files: readonly string[],
  { sink }: Options,
  each: (name: string, spool: Spool, stateDir: string, untimed: number) => void | Promise<void>,
): Promise<Plan> {
  const plan = await loadConfig(files, { components, offline: true })
  const stateDir = resolve(plan.stateDir)
  const lock = lockDirectory(disk, stateDir)
  try {
    const damage = new Damage({ disk, stateDir, policy: 'refuse', log: silent })
    const there = disk
      .list(join(stateDir, 'spool'))
      .filter(({ name, kind }) => kind === 'directory' && (sink ?? name) === name)
    for (const { name } of there) {
      const options = {
        disk,
        dir: join(stateDir, 'spool', name),
        gateway: plan.gateway,
        bootId: bootId(),
        durable: true,
        lastMark: undefined,
        bounds: UNBOUNDED,
        clock,
        log: silent,
        damage,
      }
      const spool = Spool.open(options)
      const held = new Held({ ...options, dir: join(options.dir, 'held') }, spool.heldTo)
      try {
        await each(name, spool, stateDir, held.points)
      } finally {
        held.close()
        await spool.close()
      }
    }
  } finally {
    lock.release()
  }
  return plan
}

/** `weir spool status`: what waits for each sink while weir does not run. */
export async function spoolStatus(files: readonly string[], options: Options): Promise<number> {
  const rows: {
    sink: string
    waiting: number
    /** Made before the clock was known to be right; they wait for it. */
    untimed: number
    bytes: number
    oldest: string | null
    backlog: boolean
    rejected: number
  }[] = []
  await withSpools(files, options, (sink, spool, stateDir, untimed) => {
    const { oldestMs, bytes, hasBacklog: backlog } = spool
    const oldest = oldestMs === undefined ? null : new Date(oldestMs).toISOString()
    const rejected = rejectedLines(stateDir, sink).length
    rows.push({ sink, waiting: spool.ledger.spooled, untimed, bytes, oldest, backlog, rejected })
  })
  if (options.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`)
  else if (rows.length === 0) process.stdout.write('no points wait\n')
  else {
    const cells = rows.map(({ sink, waiting, untimed, bytes, oldest, rejected }) => [
      sink,
      countText(waiting),
      countText(untimed),
      countText(bytes),
      oldest ?? '-',
      countText(rejected),
    ])
    process.stdout.write(
      `${alignedLines([['sink', 'points', 'untimed', 'bytes', 'oldest', 'rejected'], ...cells]).join('\n')}\n`,
    )
  }
  return EXIT.ok
}

/** `weir spool retry`: lines that a server refused wait for it again, behind what waits already. */
export async function spoolRetry(files: readonly string[], options: Options): Promise<number> {
  await withSpools(files, options, async (sink, spool, stateDir) => {
    const lines = rejectedLines(stateDir, sink)
    const pieces = []
    for (let i = 0; i < lines.length; i += PIECE_LINES) {
      const some = lines.slice(i, i + PIECE_LINES)
      pieces.push({ bytes: Buffer.from(`${some.join('\n')}\n`), points: some.length, tagged: spool.tags })
    }
    if (pieces.length > 0 && !spool.append(spool.batch, pieces)) throw new Error(`cannot spool them: ${spool.failing}`)
    await new Promise<void>((resolve) => spool.whenDurable(resolve))
    for (const path of rejectedFiles(join(stateDir, 'rejected'), sink)) disk.remove(path)
    process.stdout.write(`${sink}: ${countText(lines.length)} refused lines wait for it again\n`)
  })
  return EXIT.ok
}

/** `weir spool drop`: gives up what waits, counted as givenUp. */
export async function spoolDrop(files: readonly string[], options: Options): Promise<number> {
  let waits = 0
  await withSpools(files, options, (sink, spool) => {
    const { spooled } = spool.ledger
    waits += spooled
    if (!options.yes) {
      process.stdout.write(`${sink}: ${countText(spooled)} points would be given up\n`)
      return
    }
    for (const lane of ['backlog', 'live'] as const)
      for (let body = spool.next(lane); body; body = spool.next(lane))
        spool.taken(lane, body, { delivered: 0, refused: 0, givenUp: body.points })
    process.stdout.write(`${sink}: ${countText(spooled)} points given up\n`)
  })
  if (options.yes || waits === 0) return EXIT.ok
  process.stderr.write('nothing was given up: say --yes to do it\n')
  return EXIT.usage
}

function rejectedLines(stateDir: string, sink: string): string[] {
  return rejectedFiles(join(stateDir, 'rejected'), sink).flatMap((path) => {
    let file: DiskFile
    try {
      file = disk.open(path, 'read')
    } catch {
      return []
    }
    const bytes = Buffer.alloc(file.sizeBytes)
    file.read(bytes, 0)
    file.close()
    const lines = bytes.toString().split('\n')
    // The server's words, a tab, the line.
    return lines.flatMap((line) => (line.includes('\t') ? [line.slice(line.indexOf('\t') + 1)] : []))
  })
}

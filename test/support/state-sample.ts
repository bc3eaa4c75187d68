// The state of a gateway that was killed, as a version of weir left it, and what the next start must make of it. Each version of the
// formats of journal, checkpoint or spool keeps one under test/vectors/state: `node build/test/support/state-sample.js NAME` writes
// it, once, when the formats change.
import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import { MemoryDisk } from './memory-disk.js'
import { Rig } from './rig.js'

const START_MS = 1_704_067_200_000
const KILLED_BEHIND = 77
const FRAMES = 120

const config = {
  gateway: 'sample',
  durability: 'process',
  stateDir: '/state',
  checkpoint: '2s',
  maxMemory: '1MiB',
  maxSeries: 64,
  sources: {
    a: { type: 'script', wait: '0s', time: { path: 't', unit: 'ms' }, decode: { type: 'json', fields: ['v', 'w'] } },
  },
  derived: {
    both: {
      sum: [
        { source: 'a', field: 'v' },
        { source: 'a', field: 'w' },
      ],
    },
  },
  windows: {
    second: {
      of: '*',
      every: '1s',
      lateness: '2s',
      reduce: ['count', 'sum', 'stddev', 'p99', 'distinct', 'twa', 'last'],
    },
    slow: { of: '*', size: '4s', every: '1s', lateness: '1s', reduce: ['count', 'max', 'median'] },
    session: { of: '*', session: '3s', reduce: ['count', 'sum'] },
    three: { of: '*', count: 7, reduce: ['count', 'mean'] },
  },
  sinks: { kept: { type: 'memory' } },
}

/** The files of a disk, and what sinks get from then on. */
export interface StateSample {
  dirs: string[]
  /** Base64, by path. */
  files: Record<string, string>
  lines: string[]
}

const rigOn = (disk: MemoryDisk, behind: number) =>
  new Rig({ config, disk, boot: 'sample', startUs: (START_MS + behind * 100) * 1000 })

async function feed(rig: Rig, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    const t = START_MS + i * 100 - (i % 7) * 50
    await rig.push('a', `d${i % 3}`, JSON.stringify({ t, v: (i * 37) % 101, w: i / 8 }))
    rig.script('a').out.endBurst()
    await rig.advance(100)
  }
}

/** The disk of a gateway that was killed. */
export async function killed(): Promise<MemoryDisk> {
  const disk = new MemoryDisk()
  const rig = rigOn(disk, 0)
  await rig.start()
  await feed(rig, 0, KILLED_BEHIND)
  return disk.copy()
}

/** What a sink gets from a start on this disk on. */
export async function goOn(disk: MemoryDisk): Promise<string[]> {
  const rig = rigOn(disk, KILLED_BEHIND)
  await rig.start()
  await feed(rig, KILLED_BEHIND, FRAMES)
  await rig.advance(20_000)
  await rig.stop()
  return rig.sunk.get('kept') ?? []
}

export function readSample(path: string): { disk: MemoryDisk; lines: string[] } {
  const { dirs, files, lines } = JSON.parse(gunzipSync(readFileSync(path)).toString()) as StateSample
  const disk = new MemoryDisk()
  for (const dir of dirs) disk.dirs.add(dir)
  for (const [name, text] of Object.entries(files)) disk.files.set(name, Buffer.from(text, 'base64'))
  return { disk, lines }
}

async function write(path: string): Promise<void> {
  const disk = await killed()
  const files = Object.fromEntries([...disk.files].map(([name, bytes]) => [name, bytes.toString('base64')]))
  const sample: StateSample = { dirs: [...disk.dirs], files, lines: await goOn(disk.copy()) }
  writeFileSync(path, gzipSync(JSON.stringify(sample), { level: 9 }))
}

if (process.argv[1] === import.meta.filename) await write(`test/vectors/state/${process.argv[2]}.json.gz`)

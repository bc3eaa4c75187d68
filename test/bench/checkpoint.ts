// How long a checkpoint holds everything up: 32 MB of state, as 100,000 series have it in a few open panes, of which all, one
// page in a hundred or nothing changed.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ChangedPages } from '../../src/checkpoint/changed-pages.js'
import { CheckpointStore } from '../../src/checkpoint/store.js'
import { NodeDisk } from '../../src/disk/node-disk.js'
import { instantiateKernels } from '../../src/memory/modules.js'
import { Memory } from '../../src/memory/regions.js'
import { silent } from '../../src/model/log.js'
import type { Bench } from './main.js'

const STATE_BYTES = 32 * 2 ** 20
const PAGES = STATE_BYTES / 4096
const TIMES = 25

const median = (list: number[]) => [...list].sort((a, b) => a - b)[list.length >> 1]
const rounded = (ms: number) => Math.round(ms * 10) / 10

async function measure(under: string, durable: boolean, what: string, changes: number): Promise<Bench['rows'][number]> {
  const dir = mkdtempSync(join(under, 'weir-bench-'))
  const memory = new Memory({ state: STATE_BYTES, hashes: PAGES * 32 })
  const { state, hashes } = memory.regions
  for (let i = state.start >>> 2; i < state.end >>> 2; i++) memory.u32[i] = i * 2654435761
  const changed = new ChangedPages(memory, instantiateKernels(memory.memory), hashes)
  const store = new CheckpointStore({
    ...{ disk: new NodeDisk(), dir, gateway: 'bench', bootId: '', durable, log: silent },
    damage: { found() {} },
  })
  const pauses: number[] = []
  const cpu: number[] = []
  const published: number[] = []
  let mostBytes = 0
  for (let batch = 1; batch <= TIMES; batch++) {
    for (let i = 0; i < changes; i++) memory.u32[(state.start + ((i * PAGES) / changes) * 4096) >>> 2] += batch
    const before = process.cpuUsage()
    const fromMs = performance.now()
    const saved = store.save({
      ...{ batch, journal: '', position: { segment: 0, offset: 0 }, complete: false, meta: '', names: [] },
      sections: [{ name: 'state', start: state.start, bytes: STATE_BYTES }],
      ...{ memory, changed, all: batch === 1, after: Promise.resolve() },
    })
    const ms = performance.now() - fromMs
    const { user, system } = process.cpuUsage(before)
    if (!(await saved.published)) throw new Error(`cannot measure: ${store.failing}`)
    // The first looks at all pages anew.
    if (batch === 1) continue
    pauses.push(ms)
    cpu.push((user + system) / 1000)
    published.push(performance.now() - fromMs)
    mostBytes = Math.max(mostBytes, saved.bytes)
  }
  rmSync(dir, { recursive: true })
  return {
    what,
    'pause, ms, least': rounded(Math.min(...pauses)),
    median: rounded(median(pauses)),
    longest: rounded(Math.max(...pauses)),
    'CPU, ms': rounded(median(cpu)),
    'until it counts, ms': rounded(median(published)),
    'most MB written': Math.round(mostBytes / 1e5) / 10,
  }
}

export async function run(): Promise<Bench> {
  const tmpfs = process.env.WEIR_BENCH_TMPFS ?? '/dev/shm'
  const rows: Bench['rows'] = []
  for (const [where, under, durable] of [
    ['in memory', tmpfs, false],
    ['on disk', tmpdir(), false],
    ['on disk, synced', tmpdir(), true],
  ] as const)
    for (const [what, changes] of [
      ['all changed', PAGES],
      ['1 % changed', Math.round(PAGES / 100)],
      ['nothing changed', 0],
    ] as const)
      rows.push(await measure(under, durable, `${what}, ${where}`, changes))
  return {
    title: `A checkpoint of ${STATE_BYTES / 2 ** 20} MiB of state`,
    rows,
    notes: [
      `${TIMES - 1} checkpoints each; the pause is what everything waits for, CPU that of it alone.`,
      `In memory is ${tmpfs}; other work on the machine shows in the pause, and hardly in the least of them.`,
    ],
  }
}

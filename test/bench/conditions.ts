import * as layout from '../../assembly/layout.js'
import { MemoryArena } from '../../src/memory/arena.js'
import { instantiateKernels } from '../../src/memory/modules.js'
import { DecodeRig } from '../support/decode-rig.js'
import type { Bench } from './main.js'

const ROWS = 65_536
const ROUNDS = 15
const SERIES = [1, 1000, 10_000, 100_000]
const MESSAGES = 20_000

type Kind = 'none' | 'scale, offset' | 'table of 16' | 'valid' | 'deadband' | 'all three'
const KINDS: Kind[] = ['none', 'scale, offset', 'table of 16', 'valid', 'deadband', 'all three']

/** What conditioning costs a row by kind of rule and number of series, in random order; and what numbers cost a message. */
export async function run(): Promise<Bench> {
  const rows = [...KINDS.map((kind) => ({ rule: kind, ...conditioning(kind) })), ...sequences()]
  return {
    title: 'Conditions: ns a row, series in random order; a message for `sequence`',
    rows,
    notes: [
      `The best of ${ROUNDS} rounds of ${ROWS.toLocaleString('en')} rows; "none" are series without rules beside others with.`,
      `sequence: the best of ${ROUNDS * 4} rounds that take turns, of ${MESSAGES.toLocaleString('en')} JSON messages of one device, number and one value.`,
    ],
  }
}

function conditioning(kind: Kind): Record<string, number> {
  return Object.fromEntries(SERIES.map((series) => [`${series.toLocaleString('en')} series`, nsARow(kind, series)]))
}

function nsARow(kind: Kind, series: number): number {
  const pages = 256
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const arena = new MemoryArena(memory, 4096, pages * 65_536)
  const { u32, f64 } = arena
  const kernels = instantiateKernels(memory)
  const column = (offset: number, bytes: number) => (u32[(columns + offset) >>> 2] = arena.alloc(ROWS * bytes))
  const columns = arena.alloc(layout.COLUMNS_BYTES)
  u32[(columns + layout.COLUMNS_ROWS) >>> 2] = ROWS
  const ids = column(layout.COLUMNS_SERIES, 4)
  const times = column(layout.COLUMNS_TIME, 8)
  const values = column(layout.COLUMNS_VALUE, 8)
  const fates = column(layout.COLUMNS_FATE, 1)
  let random = 1
  const next = () => (random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0)
  for (let i = 0; i < ROWS; i++) {
    u32[(ids >>> 2) + i] = next() % series
    f64[(times >>> 3) + i] = i * 1e6
  }
  const rules = {
    linear: arena.alloc(layout.CALIBRATION_BYTES),
    table: arena.alloc(layout.CALIBRATION_BYTES + 16 * layout.POINT_BYTES),
    valid: arena.alloc(16),
    deadband: arena.alloc(16),
  }
  f64.set([2, 1], (rules.linear + layout.CALIBRATION_SCALE) >>> 3)
  u32[(rules.table + layout.CALIBRATION_POINTS) >>> 2] = 16
  for (let i = 0; i < 16; i++) f64.set([i * 64, i * i], ((rules.table + layout.CALIBRATION_TABLE) >>> 3) + 2 * i)
  f64.set([0, 1e4], rules.valid >>> 3)
  f64.set([50, 60e6], rules.deadband >>> 3)
  const conditions = arena.alloc(series * layout.CONDITION_BYTES)
  for (let id = 0; id < series; id++) {
    const at = (conditions + id * layout.CONDITION_BYTES) >>> 2
    const all = kind === 'all three'
    u32[at] = kind === 'table of 16' ? rules.table : kind === 'scale, offset' || all ? rules.linear : 0
    u32[at + 1] = kind === 'valid' || all ? rules.valid : 0
    u32[at + 2] = kind === 'deadband' || all ? rules.deadband : 0
  }
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < ROWS; i++) f64[(values >>> 3) + i] = next() % 1024
    arena.u8.fill(0, fates, fates + ROWS)
    const from = process.hrtime.bigint()
    kernels.condition(columns, conditions)
    best = Math.min(best, Number(process.hrtime.bigint() - from) / ROWS)
  }
  return best
}

function sequences(): Record<string, string | number>[] {
  const made = [undefined, { path: 'seq' }].map((sequence) => {
    const rig = new DecodeRig({ input: { options: { fields: ['x'] }, ...(sequence && { sequence }) } })
    rig.decode(Array.from({ length: MESSAGES }, (_, i) => JSON.stringify({ seq: i + 1_000_000, x: i / 4 })))
    return { rig, best: Number.POSITIVE_INFINITY }
  })
  for (let round = 0; round < ROUNDS * 4; round++)
    for (const one of made) {
      const from = process.hrtime.bigint()
      one.rig.runRaw()
      one.best = Math.min(one.best, Number(process.hrtime.bigint() - from) / MESSAGES)
    }
  return made.map(({ best }, i) => ({ rule: `decode ${i ? 'with' : 'without'} sequence`, '1 series': best }))
}

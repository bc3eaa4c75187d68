import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as layout from '../../assembly/layout.js'
import { instantiateKernels } from '../../src/memory/modules.js'
import { benchKernels, measure } from '../../src/reduce/bench.js'
import type { Bench } from './main.js'

/** Runs against plain JavaScript and C; then rows of many series, interleaved, one by one into their slots. */
export async function run(): Promise<Bench> {
  const runs = benchKernels()
  const cNs = measureC(runs[0]!.rows)
  const rows: Bench['rows'] = runs.map(({ name, rows, wasmNs, jsNs, ratio }, i) => ({
    kernels: name,
    layout: `run of ${rows.toLocaleString('en')} rows`,
    'wasm ns': wasmNs,
    'js ns': jsNs,
    'js/wasm': ratio,
    ...(i === 0 ? { 'C ns': cNs, 'C/wasm': cNs / wasmNs } : {}),
  }))
  for (const series of [100, 1000, 10_000, 100_000]) {
    const [wasmNs, jsNs] = interleaved(series)
    rows.push({
      kernels: runs[0]!.name,
      layout: `${series.toLocaleString('en')} series, interleaved`,
      'wasm ns': wasmNs!,
      'js ns': jsNs!,
      'js/wasm': jsNs! / wasmNs!,
    })
  }
  return {
    title: 'Kernels: nanoseconds a row, best of 15 rounds taking turns',
    rows,
    notes: [
      'wasm keeps the rounding errors of its sums; JavaScript and C (gcc -O3 -ffast-math -msse2: count, sum, min, max,',
      'sum of squares) do not. Interleaved rows come in random order of series, an exact square each.',
    ],
  }
}

function measureC(rows: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  try {
    const program = join(folder, 'kernels')
    const source = fileURLToPath(new URL('../../../test/bench/kernels.c', import.meta.url))
    execFileSync('gcc', ['-O3', '-ffast-math', '-msse2', '-o', program, source, '-lm'])
    return Number(execFileSync(program, [String(rows)], { encoding: 'utf8' }))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** As the engine does it: columns whose slots `route` has found, reduced into pages of 64 slots. */
function interleaved(series: number): number[] {
  const rows = 200_000
  const groups = Math.ceil(series / 64)
  let end = 65536
  const take = (bytes: number) => {
    const address = end
    end += Math.ceil(bytes / layout.PAGE_BYTES) * layout.PAGE_BYTES
    return address
  }
  const [columns, state, chunks] = [take(layout.COLUMNS_BYTES), take(layout.STATE_BYTES), take(layout.CHUNK_BYTES)]
  const [slots, times, values] = [take(rows * 4), take(rows * 8), take(rows * 8)]
  const [groupList, pages] = [take(groups * layout.GROUP_BYTES), take(groups * layout.PAGE_BYTES)]
  const memory = new WebAssembly.Memory({ initial: Math.ceil(end / 65536), maximum: 65536 })
  const wasm = instantiateKernels(memory, 'kernels-unshared')
  const words = new Uint32Array(memory.buffer)
  words[(columns + layout.COLUMNS_ROWS) / 4] = rows
  words[(columns + layout.COLUMNS_SLOT) / 4] = slots
  words[(columns + layout.COLUMNS_TIME) / 4] = times
  words[(columns + layout.COLUMNS_VALUE) / 4] = values
  words[(state + layout.STATE_SLOT_SHIFT) / 4] = 6
  for (let group = 0; group < groups; group++) {
    words[(groupList + group * layout.GROUP_BYTES + layout.GROUP_PAGES) / 4] = pages + group * layout.PAGE_BYTES
  }
  const ids = new Uint32Array(rows)
  const column = new Float64Array(memory.buffer, values, rows)
  let random = 1
  for (let row = 0; row < rows; row++) {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0
    const id = Math.floor((random / 2 ** 32) * series)
    ids[row] = id
    words[slots / 4 + row] = (groupList + (id >> 6) * layout.GROUP_BYTES) | (id & 63)
    column[row] = 20 + Math.sin(row)
  }
  const copy = column.slice()
  const sums = new Float64Array(series * 8)
  return measure(rows, [() => wasm.reduce(state, columns, 0, rows, chunks), () => plain(ids, copy, sums)])
}

/** The same in JavaScript, a cache line a series, compensating nothing. */
function plain(ids: Uint32Array, values: Float64Array, sums: Float64Array): void {
  for (let i = 0; i < ids.length; i++) {
    const value = values[i]!
    const at = ids[i]! * 8
    if (sums[at] === 0 || value < sums[at + 3]!) sums[at + 3] = value
    if (sums[at] === 0 || value > sums[at + 4]!) sums[at + 4] = value
    sums[at]!++
    sums[at + 1]! += value
    sums[at + 2]! += value * value
  }
}

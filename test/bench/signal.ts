import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { instantiateKernels } from '../../src/memory/modules.js'
import { measure } from '../../src/reduce/bench/measure.js'
import { kernels } from '../../src/reduce/registry.js'
import { reductionOf, written } from '../support/kernels.js'
import type { Bench } from './main.js'
import { bandRms, envelopeRms, zerocross } from './plain-signal.js'

const ROWS = 10_000
const RATE_HZ = 10_000
const [ARGUMENTS, RUNS, TIMES, VALUES] = [1024, 2048, 65536, 196608]
const [TABLES, SCRATCH, SCRATCH_END] = [327680, 458752, 983040]

/** Each kernel over a second of 10 kHz: its spectrum is made each time, but for the last row. */
export async function run(): Promise<Bench> {
  const native = measureNative()
  const memory = new WebAssembly.Memory({ initial: SCRATCH_END / 65536, maximum: 65536 })
  const wasm = instantiateKernels(memory, 'kernels-unshared')
  const doubles = new Float64Array(memory.buffer)
  const values = Float64Array.from({ length: ROWS }, (_, i) => 9.8 + Math.sin(i / 3) + Math.sin(i * i))
  const out = values.slice()
  doubles.set(values, VALUES / 8)
  new Uint32Array(memory.buffer).set([0, ROWS], RUNS / 4)
  doubles[RUNS / 8 + 1] = RATE_HZ
  wasm.viewScratch(SCRATCH, SCRATCH_END, TABLES)
  wasm.viewRuns(RUNS, 1)
  const call = (reduction: string, anew: boolean) => {
    const { kernel, arguments: args } = reductionOf(reduction)
    const place = wasm.places.get(kernel)!
    const at = ARGUMENTS / 8
    return () => {
      doubles.set(args, at)
      if (anew) wasm.viewRows(ROWS, TIMES, VALUES)
      return wasm.kernelFinish(place, 0, ARGUMENTS)
    }
  }
  const plain: Record<string, () => number> = {
    band_rms: () => bandRms(values, 4, 410),
    envelope_rms: () => envelopeRms(values, out, 4, 205),
    zerocross: () => zerocross(values),
  }
  const rows: Bench['rows'] = []
  for (const kernel of kernels.filter(({ family }) => family === 'signal')) {
    const { name } = kernel
    const [wasmNs, jsNs] = measure(ROWS, [call(written(kernel), true), ...(plain[name] ? [plain[name]] : [])])
    rows.push({
      kernel: name,
      'wasm ns': wasmNs!,
      ...(jsNs ? { 'js ns': jsNs, 'js/wasm': jsNs / wasmNs! } : {}),
      ...(native[0]?.[name] ? { 'C -O3 ns': native[0][name], 'C/wasm': native[0][name] / wasmNs! } : {}),
      ...(native[1]?.[name] ? { 'C -ffast-math ns': native[1][name], 'fast C/wasm': native[1][name] / wasmNs! } : {}),
    })
  }
  const [sharedNs] = measure(ROWS, [call('band_rms(10,1000)', false)])
  rows.push({ kernel: 'band_rms, spectrum there', 'wasm ns': sharedNs! })
  return {
    title: `Signal kernels: nanoseconds a sample of ${ROWS.toLocaleString('en')} at 10 kHz, best of 15 rounds`,
    rows,
    notes: [
      'A spectrum is three segments of 4,096; kernels of one pane share it (last row). C: g++ -O3 -fcx-limited-range over',
      'kissfft in double, and with -ffast-math besides; C and JavaScript take the mean without compensation.',
    ],
  }
}

function measureNative(): Record<string, number>[] {
  if (!existsSync('/usr/include/kissfft/kissfft.hh'))
    throw new Error('cannot compare signal kernels: kissfft.hh is missing; run `apt install libkissfft-dev`')
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  try {
    const source = fileURLToPath(new URL('../../../test/bench/signal.cc', import.meta.url))
    return [['-fcx-limited-range'], ['-ffast-math']].map((flags, i) => {
      const program = join(folder, `signal-${i}`)
      execFileSync('g++', ['-O3', ...flags, '-o', program, source])
      return JSON.parse(execFileSync(program, [String(ROWS)], { encoding: 'utf8' }))
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

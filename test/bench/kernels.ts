import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { choose } from '../../src/reduce/bench/choose.js'
import { benchInterleaved, SERIES } from '../../src/reduce/bench/interleaved.js'
import { benchKernels, SIZES } from '../../src/reduce/bench/kernels.js'
import type { Bench } from './main.js'

const ROUNDS = 3
const ROWS = SIZES.at(-1)!

/** What kernels.c calls it, where it does it, and the reduction that does the same work. */
const PAIRS: Readonly<Record<string, string>> = {
  moments: 'variance',
  tails: 'kurtosis',
  ends: 'delta',
  trend: 'slope',
  circle: 'circmean',
  histogram: 'histogram(19,20,21)',
  ranks: 'quantile(0.99)',
  distinct: 'distinct',
  integral: 'integral',
  twa: 'twa',
  duty: 'duty(>20)',
  ewma: 'ewma(10)',
  increase: 'increase(u16)',
  zerocross: 'zerocross',
}

const COMPILED = { 'C -O3': [], 'C -O3 -ffast-math': ['-ffast-math'] }

/** Runs against plain JavaScript and C of the same algorithm; then rows of many series, interleaved, one by one into their slots. */
export async function run(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  try {
    const best = new Map<string, Record<string, number>>()
    const note = (what: string, column: string, ns: number) => {
      const row = best.get(what) ?? {}
      best.set(what, { ...row, [column]: Math.min(row[column] ?? Number.POSITIVE_INFINITY, ns) })
    }
    const programs = Object.entries(COMPILED).map(([name, flags], i) => ({ name, inC: compiled(folder, i, flags) }))
    const chosen = Object.entries(PAIRS).flatMap(([name, written]) => {
      const found = choose([written])
      return 'problem' in found ? [] : found.map((reduction) => ({ name, reduction }))
    })
    for (let round = 0; round < ROUNDS; round++) {
      for (const { name, reduction } of chosen) {
        const { wasmNs, jsNs } = benchKernels([reduction])[0]!.sizes.at(-1)!
        note(name, 'wasm ns', wasmNs)
        note(name, 'js ns', jsNs)
      }
      const folds = chosen.map(({ reduction }) => reduction.kernel.state)
      for (const { state, counts } of benchInterleaved(round === 0 ? folds : ['moments'])) {
        for (const { series, wasmNs, jsNs } of counts) {
          const what = state === 'moments' ? `interleaved-${series}` : `${state}, interleaved-${series}`
          note(what, 'wasm ns', wasmNs)
          if (jsNs > 0) note(what, 'js ns', jsNs)
        }
      }
      for (const { name, inC } of programs) for (const [what, ns] of inC()) note(what, `${name} ns`, ns)
    }
    const rows = [...best].flatMap(([what, ns]): Bench['rows'] => {
      if (ns['wasm ns'] === undefined) return []
      const ratios = Object.keys(COMPILED).flatMap((name) => {
        const inC = ns[`${name} ns`]
        return inC === undefined ? [] : [[`${name}/wasm`, inC / ns['wasm ns']!] as const]
      })
      const [, state = 'moments', series] = /^(?:(\w+), )?interleaved-(\d+)$/.exec(what) ?? []
      return [
        {
          what: series ? state : what,
          reduction: PAIRS[series ? state : what] ?? '',
          layout: series
            ? `${Number(series).toLocaleString('en')} series, interleaved`
            : `run of ${ROWS.toLocaleString('en')} rows`,
          ...ns,
          ...Object.fromEntries(ratios),
        },
      ]
    })
    return {
      title: `Kernels: nanoseconds a row, best of ${ROUNDS} rounds taking turns`,
      rows,
      notes: [
        'wasm keeps the rounding errors of its sums; JavaScript and C (gcc -msse2) do not. Spectra: npm run bench fft.',
        'Interleaved: 100,000 rows in random order of series, into slots of a cache line or two.',
      ],
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function compiled(folder: string, i: number, flags: readonly string[]): () => [string, number][] {
  const program = join(folder, `kernels-${i}`)
  const source = fileURLToPath(new URL('../../../test/bench/kernels.c', import.meta.url))
  execFileSync('gcc', ['-O3', ...flags, '-msse2', '-o', program, source, '-lm'])
  return () =>
    execFileSync(program, [ROWS, ...SERIES].map(String), { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .map(([what, ns]) => [what!, Number(ns)])
}

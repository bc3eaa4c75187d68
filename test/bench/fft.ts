import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileProbe, testArena } from '../support/probe.js'
import type { Bench } from './main.js'

const ROUNDS = 5
const programs = {
  'kissfft -O3': { flags: [], as: 'kissfft' },
  'kissfft -O3 -fcx-limited-range': { flags: ['-fcx-limited-range'], as: 'kissfft' },
  'kissfft -O3 -ffast-math': { flags: ['-ffast-math'], as: 'kissfft' },
  'kissfft of floats (Debian)': { flags: ['-DKISS_FLOAT'], as: 'kissfft' },
  'FFTW (Debian)': { flags: [], as: 'fftw' },
}

/** The transform of real values against kissfft and FFTW, taking turns. */
export async function run(): Promise<Bench> {
  for (const file of ['/usr/include/kissfft/kissfft.hh', '/usr/include/fftw3.h'])
    if (!existsSync(file))
      throw new Error(`cannot compare transforms: ${file} is missing; run \`apt install libkissfft-dev libfftw3-dev\``)
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  try {
    const source = fileURLToPath(new URL('../../../test/bench/fft.cc', import.meta.url))
    const built = Object.entries(programs).map(([name, { flags, as }], i) => {
      const program = join(folder, `fft-${i}`)
      execFileSync('g++', ['-O3', ...flags, '-o', program, source, '-lfftw3', '-lkissfft-float'])
      return { name, time: (size: number) => Number(execFileSync(program, [`${size}`, as], { encoding: 'utf8' })) }
    })
    const module = await inWebAssembly()
    const rows: Bench['rows'] = []
    for (const size of [512, 1024, 2048, 4096]) {
      const all = [{ name: 'weir, WebAssembly', time: module }, ...built]
      const best = all.map(() => Number.POSITIVE_INFINITY)
      for (let round = 0; round < ROUNDS; round++)
        for (const [i, { time }] of all.entries()) best[i] = Math.min(best[i]!, time(size))
      for (const [i, { name }] of all.entries())
        rows.push({ values: size, transform: name, ns: Math.round(best[i]!), 'ratio to weir': best[i]! / best[0]! })
    }
    return {
      title: 'Transform of real values: nanoseconds, best of rounds taking turns',
      rows,
      notes: [
        "kissfft is its own C++ template in double, since Debian's library is of floats; without -fcx-limited-range g++",
        'checks each complex product for NaN, which the C version does not. FFTW plans with FFTW_MEASURE and may use AVX2.',
      ],
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function inWebAssembly(): Promise<(size: number) => number> {
  const arena = testArena(8)
  const { realFft, viewScratch } = await compileProbe('signal', arena.memory)
  const data = arena.alloc(32768 + 2112)
  const [work, tables] = [arena.alloc(32768), arena.alloc(131072)]
  viewScratch!(data, tables, tables)
  return (size) => {
    const values = Float64Array.from({ length: size }, () => Math.random() - 0.5)
    let best = Number.POSITIVE_INFINITY
    for (let round = 0; round < 15; round++) {
      let spent = 0n
      for (let i = 0; i < 300; i++) {
        arena.f64.set(values, data / 8)
        const start = process.hrtime.bigint()
        realFft!(data, work, size)
        spent += process.hrtime.bigint() - start
      }
      best = Math.min(best, Number(spent) / 300)
    }
    return best
  }
}

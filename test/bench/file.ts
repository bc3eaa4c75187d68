import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bench } from './main.js'

const ROWS = 10_000_000
const main = fileURLToPath(new URL('../../src/main.js', import.meta.url))

/** A file of 10 million CSV rows through 1 s windows of six reductions into a file, on one thread; the plain way beside it. */
export async function run(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  try {
    const csv = join(folder, 'rows.csv')
    writeRows(csv)
    const out = join(folder, 'out.line')
    const config = join(folder, 'weir.yaml')
    writeFileSync(
      config,
      `
workers: 0
sources:
  s: { type: file, path: ${csv}, time: { path: ts, unit: ms }, decode: { type: csv, header: true, fields: [value] } }
windows:
  second: { every: 1s, reduce: [count, sum, mean, min, max, stddev] }
sinks:
  out: { type: file, path: ${out} }
`,
    )
    const weir = timed([main, 'run', config])
    const plain = timed([fileURLToPath(new URL('./file/plain.js', import.meta.url)), csv])
    const counted = readFileSync(out, 'utf8')
      .split('\n')
      .reduce((sum, line) => sum + Number(/value_count=(\d+)i/.exec(line)?.[1] ?? 0), 0)
    const row = (name: string, seconds: number) => ({
      what: name,
      'wall s': seconds,
      'rows/s': Math.round(ROWS / seconds),
      'times faster': plain / seconds,
    })
    return {
      title: `${ROWS.toLocaleString('en')} CSV rows through 1 s windows, the whole process from start to exit`,
      rows: [row('weir, workers: 0', weir), row('plain Node: readline, split, Number, Map', plain)],
      notes: [`rows counted in weir's output: ${counted.toLocaleString('en')}`],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function timed(args: string[]): number {
  const fromMs = performance.now()
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${args.join(' ')} failed:\n${stderr}`)
  return (performance.now() - fromMs) / 1000
}

function writeRows(path: string): void {
  const file = openSync(path, 'w')
  writeSync(file, 'ts,value\n')
  let lines: string[] = []
  for (let i = 0; i < ROWS; i++) {
    lines.push(`${1_700_000_000_000 + i},${(20 + ((i * 7919) % 1000) / 100).toFixed(2)}\n`)
    if (lines.length === 50_000) {
      writeSync(file, lines.join(''))
      lines = []
    }
  }
  closeSync(file)
}

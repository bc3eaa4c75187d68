import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Bench } from './main.js'

const ROUNDS = 9
const main = fileURLToPath(new URL('../../src/main.js', import.meta.url))
const config = `
http: false
sources:
  plant: { type: mqtt, url: "mqtt://127.0.0.1:1", topics: ["a/{device}"], decode: { type: json } }
windows:
  second: { every: 1s, reduce: [count, mean] }
sinks:
  db: { type: influxdb, url: "http://127.0.0.1:1", database: weir }
`

/** Wall time from the start of the process: `weir check` to its end, `weir run` to its "ready". */
export async function run(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  try {
    const file = join(folder, 'weir.yaml')
    writeFileSync(file, config)
    const check: number[] = []
    const ready: number[] = []
    for (let i = 0; i < ROUNDS; i++) {
      const fromMs = performance.now()
      const { status, stderr } = spawnSync(process.execPath, [main, 'check', file], { encoding: 'utf8' })
      if (status !== 0) throw new Error(stderr)
      check.push(performance.now() - fromMs)
      ready.push(await untilReady(file, folder))
    }
    const row = (what: string, ms: number[]) => {
      const sorted = ms.toSorted((a, b) => a - b)
      return { what, 'median ms': sorted[ROUNDS >> 1], 'least ms': sorted[0], 'most ms': sorted[ROUNDS - 1] }
    }
    return {
      title: `Start-up, ${ROUNDS} rounds`,
      rows: [row('weir check, whole process', check), row('weir run, to ready', ready)],
      notes: [],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function untilReady(file: string, folder: string): Promise<number> {
  const fromMs = performance.now()
  const child = spawn(process.execPath, [main, 'run', file], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  let ms = Number.NaN
  for await (const line of createInterface({ input: child.stderr })) {
    if (!line.includes('"ready"')) continue
    ms = performance.now() - fromMs
    break
  }
  child.kill('SIGTERM')
  await once(child, 'exit')
  return ms
}

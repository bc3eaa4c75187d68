import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { settle } from './fake-clock.js'
import type { Rig } from './rig.js'
import type { Scope } from './weir.js'

/** What weir says of workers that never come to an end. */
export const STUCK = /workers do not come to an end/

/** How a worker may go wrong once it has claimed its work, and what weir says of it. */
export const WRONGS: [what: string, goesWrong: string, says: RegExp][] = [
  ['that are killed in the middle of a task', 'process.exit(mine)', /a worker failed/],
  ['that spin for ever', 'for (;;);', STUCK],
  ['that run out of memory', 'for (const all = []; ; ) all.push(new Array(1e5).fill(0.5))', /a worker failed/],
]

/** A worker that claims something of the list as the real one does, and then goes wrong. */
export function wrongWorker(t: Scope, goesWrong: string): URL {
  const folder = mkdtempSync(join(tmpdir(), 'weir-workers-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'worker.mjs')
  writeFileSync(
    path,
    `import { workerData } from 'node:worker_threads'
const words = new Int32Array(workerData.memory.buffer)
export default (pool) => { const mine = Atomics.add(words, pool >>> 2, 1); ${goesWrong} }`,
  )
  return pathToFileURL(path)
}

/** Lets time pass; with `spins` weir waits by this clock for workers that never come to an end. */
export async function advanceWith(rig: Rig, ms: number, spins: boolean): Promise<void> {
  let isOver = false
  const advancing = rig.advance(ms).then(() => {
    isOver = true
  })
  for (let loops = 1; spins && !isOver; loops++) {
    await settle()
    if (loops % 500 === 0) await rig.clock.advance(10_000)
  }
  await advancing
}

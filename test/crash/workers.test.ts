import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { settle } from '../support/fake-clock.js'
import { RecordingLog } from '../support/recording-log.js'
import { Rig } from '../support/rig.js'

// What becomes of the pool alone is in test/pool/pool.test.ts.

const T0_US = 1_704_067_200_000_000
const folder = mkdtempSync(join(tmpdir(), 'weir-workers-'))
after(() => rmSync(folder, { recursive: true }))

/** A worker that claims a chunk as the real one does, and then goes wrong. */
function worker(name: string, goesWrong: string): URL {
  const path = join(folder, `${name}.mjs`)
  writeFileSync(
    path,
    `import { workerData } from 'node:worker_threads'
const words = new Int32Array(workerData.memory.buffer)
export default (pool) => { const mine = Atomics.add(words, pool >>> 2, 1); ${goesWrong} }`,
  )
  return pathToFileURL(path)
}

/** Arrays long enough to become chunks; the points of it, and what was said. */
async function play(program?: URL, spins = false) {
  const log = new RecordingLog()
  const rig = new Rig({
    config: {
      workers: program ? 2 : 0,
      sources: {
        s: { type: 'script', time: { path: 't', unit: 'us', rate: 10_000 }, decode: { type: 'json', samples: ['x'] } },
      },
      windows: { w: { of: '*', every: '1s', reduce: ['count', 'mean', 'stddev', 'kurtosis'] } },
    },
    handOverMs: 0,
    log,
    ...(program && { worker: program }),
  })
  await rig.start()
  for (let i = 0; i < 8; i++) {
    const x = Array.from({ length: 4000 + i }, (_, k) => Math.sin(k * 0.7 + i) * 1e3)
    await rig.push('s', `d${i % 2}`, JSON.stringify({ t: T0_US + 2_000_000 + i * 400_000, x }))
    rig.script('s').out.endBurst()
    let isOver = false
    const advancing = rig.advance(400).then(() => {
      isOver = true
    })
    // Who waits for workers that never come to an end waits by this clock.
    for (let loops = 1; spins && !isOver; loops++) {
      await settle()
      if (loops % 500 === 0) await rig.clock.advance(10_000)
    }
    await advancing
  }
  await rig.advance(30_000)
  await rig.stop()
  const { pool, sources } = rig.gateway.status()
  return { points: [...rig.last()].map(([key, { fields }]) => [key, fields]), pool, sources, said: log.said.join('\n') }
}

const STUCK = /workers do not come to an end/
const wrong: [what: string, program: string, says: RegExp][] = [
  ['that are killed in the middle of a task', 'process.exit(mine)', /a worker failed/],
  ['that spin for ever', 'for (;;);', STUCK],
  ['that run out of memory', 'for (const all = []; ; ) all.push(new Array(1e5).fill(0.5))', /a worker failed/],
]
for (const [what, program, says] of wrong)
  test(`workers ${what} change no point and lose no sample: their chunks run on the ingest thread`, async () => {
    const alone = await play()
    const { points, pool, sources, said } = await play(worker(what.replaceAll(' ', '-'), program), says === STUCK)
    assert.ok(pool.tasks > 0)
    assert.match(said, says)
    assert.equal(points.length, alone.points.length)
    assert.deepEqual(points, alone.points)
    assert.equal(sources[0].samples.reduced, 8 * 4000 + 28)
  })

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecordingLog } from '../support/recording-log.js'
import { Rig } from '../support/rig.js'
import { advanceWith, STUCK, WRONGS, wrongWorker } from '../support/wrong-workers.js'

// What becomes of the pool alone is in test/pool/pool.test.ts.

const T0_US = 1_704_067_200_000_000
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
    await advanceWith(rig, 400, spins)
  }
  await rig.advance(30_000)
  await rig.stop()
  const { pool, sources } = rig.gateway.status()
  return { points: [...rig.last()].map(([key, { fields }]) => [key, fields]), pool, sources, said: log.said.join('\n') }
}

for (const [what, goesWrong, says] of WRONGS)
  test(`workers ${what} change no point and lose no sample: their chunks run on the ingest thread`, async (t) => {
    const alone = await play()
    const { points, pool, sources, said } = await play(wrongWorker(t, goesWrong), says === STUCK)
    assert.ok(pool.tasks > 0)
    assert.match(said, says)
    assert.equal(points.length, alone.points.length)
    assert.deepEqual(points, alone.points)
    assert.equal(sources[0].samples.reduced, 8 * 4000 + 28)
  })

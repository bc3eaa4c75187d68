import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecordingLog } from '../support/recording-log.js'
import { Rig } from '../support/rig.js'
import { advanceWith, STUCK, WRONGS, wrongWorker } from '../support/wrong-workers.js'

const T0_US = 1_704_067_200_000_000
/** Five devices' arrays over spectra, filters and detrended states, with late ones that correct; all points in their order. */
async function play(workers: number, program?: URL, spins = false) {
  const log = new RecordingLog()
  const rig = new Rig({
    config: {
      workers,
      sources: {
        s: { type: 'script', time: { path: 't', unit: 'us', rate: 2_000 }, decode: { type: 'json', samples: ['x'] } },
      },
      windows: {
        w: {
          of: '*',
          every: '1s',
          detrend: 'mean',
          reduce: [
            'count',
            'rms',
            'kurtosis',
            'p99',
            'band_rms(10,500)',
            'dominant_hz',
            'envelope_rms(300,800,10,100)',
            'twa',
          ],
        },
        v: { of: '*', every: '500ms', reduce: ['spectral_centroid', 'peak'] },
      },
    },
    handOverMs: 0,
    log,
    ...(program && { worker: program }),
  })
  await rig.start()
  for (let i = 0; i < 14; i++) {
    // The last is of a pane that was written already.
    const at = i === 13 ? 2 : i
    for (let device = 0; device < 5; device++) {
      const x = Array.from({ length: 1000 }, (_, k) => Math.sin(k * (0.1 + device / 7) + i) * 1e3 + Math.sin(k * k))
      const t = T0_US + 2_000_000 + at * 500_000 + (i === 13 ? 250 : 0)
      await rig.push('s', `d${device}`, JSON.stringify({ t, x }))
    }
    rig.script('s').out.endBurst()
    await advanceWith(rig, 500, spins)
  }
  await rig.advance(30_000)
  await rig.stop()
  const { pool, sources } = rig.gateway.status()
  return { points: rig.due, last: rig.last(), pool, sources, said: log.said.join('\n') }
}

/** Fields by window, time and device. */
const valuesOf = (last: ReturnType<Rig['last']>) => [...last].map(([key, { fields }]) => [key, fields]).sort()

let alone: Awaited<ReturnType<typeof play>> | undefined
const aloneOnce = async () => (alone ??= await play(0))

for (const workers of [1, 2])
  test(`${workers} workers give the points of none, in their order, to the last bit`, async () => {
    const { points, pool, sources } = await play(workers)
    const expected = await aloneOnce()
    assert.ok(pool.ahead > 0)
    assert.ok(pool.tasks > 0)
    assert.ok(pool.roundTripMs! > 0)
    assert.ok(expected.points.length > 100, `${expected.points.length}`)
    assert.ok(expected.points.some(({ correction }) => correction))
    assert.deepEqual(points, expected.points)
    assert.deepEqual(sources[0].samples, expected.sources[0].samples)
    assert.equal(expected.pool.ahead, 0)
  })

for (const [what, goesWrong, says] of WRONGS)
  test(`workers ${what} change no point: its series are computed as their lines are written`, async (t) => {
    const { last, pool, said } = await play(2, wrongWorker(t, goesWrong), says === STUCK)
    assert.ok(pool.ahead > 0)
    assert.match(said, says)
    assert.deepEqual(valuesOf(last), valuesOf((await aloneOnce()).last))
  })

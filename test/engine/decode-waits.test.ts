import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextLoop } from 'node:timers/promises'
import { Rig } from '../support/rig.js'

const T0 = 1_704_067_200_000_000

test('frames that come while a block waits for workers are taken, not lost with the block', async () => {
  const rig = new Rig({
    config: {
      batch: '100ms',
      workers: 1,
      sources: {
        s: {
          type: 'script',
          time: { path: 't', unit: 'us', rate: 10_000 },
          decode: { type: 'json', samples: ['x'] },
        },
      },
      windows: { w: { every: '1s', reduce: ['count', 'mean'] } },
    },
    // Columns that are full in the middle of the block, and workers that are woken for any chunk.
    sizes: { rows: 2048 },
    handOverMs: 0,
  })
  await rig.start()
  await rig.advance(3000)
  const send = (n: number) =>
    rig.push('s', 'a', JSON.stringify({ t: T0 + 2_000_000, x: Array.from({ length: n }, (_, i) => i / 4) }))
  await send(3000)
  await send(3000)
  const tick = rig.clock.advance(100)
  let samples = 6000
  for (let i = 0; i < 300; i++) {
    await send(10)
    samples += 10
    await nextLoop()
  }
  await tick
  await rig.advance(1000)
  await rig.stop()
  const { frames, samples: ledger } = rig.gateway.status().sources[0]
  assert.ok(rig.gateway.status().pool.tasks > 0)
  assert.deepEqual([frames.in, frames.decoded, ledger.reduced], [302, 302, samples])
})

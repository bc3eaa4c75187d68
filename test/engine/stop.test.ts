import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SendResult, Sink, SinkComponent } from '../../src/model/sink.js'
import { settle } from '../support/fake-clock.js'
import { Rig } from '../support/rig.js'

const config = {
  stopTimeout: '10s',
  sources: { s: { type: 'script', decode: { type: 'number' } } },
  windows: { w: { every: '1s', reduce: ['count'], to: ['m'] } },
  sinks: { m: { type: 'memory' } },
}

async function started(options: Partial<ConstructorParameters<typeof Rig>[0]> = {}): Promise<Rig> {
  const rig = new Rig({ config, ...options })
  await rig.start()
  await rig.advance(1000)
  await rig.push('s', 'a', '1')
  rig.script('s').out.endBurst()
  await rig.advance(500)
  await rig.push('s', 'a', '2')
  return rig
}

const state = <T>(promise: Promise<T>) => {
  const seen = { settled: false }
  const done = () => {
    seen.settled = true
  }
  promise.then(done, done)
  return seen
}

test('a graceful stop reduces what was read, also from a burst that never ended, and emits every open window once', async () => {
  const rig = await started()
  await rig.stop()
  assert.deepEqual(
    rig.sunk.get('m')!.map((line) => /count=\d+i/.exec(line)![0]),
    ['count=2i'],
  )
  assert.equal(rig.clock.waiting, 0)
  await rig.gateway.finished
  await rig.gateway.stop({ graceful: false })
})

test('a stop that is not graceful reduces what was read and emits nothing', async () => {
  const rig = await started()
  await rig.gateway.stop({ graceful: false })
  rig.assertBalanced()
  const { samples, frames } = rig.gateway.status().sources[0]
  assert.deepEqual([frames.pending, samples.pending, samples.reduced], [0, 0, 2])
  assert.deepEqual(rig.sunk.get('m'), [])
  assert.equal(rig.clock.waiting, 0)
})

test('a source that does not let go delays a graceful stop to its bound, and a hard one by half a second', async () => {
  for (const [graceful, boundMs] of [
    [true, 8000],
    [false, 500],
  ] as const) {
    const rig = await started()
    rig.script('s').hang()
    const stopped = rig.gateway.stop({ graceful })
    const seen = state(stopped)
    await rig.clock.advance(boundMs - 1)
    assert.equal(seen.settled, false)
    await rig.clock.advance(1)
    await settle()
    assert.equal(seen.settled, true)
    await stopped
    rig.assertBalanced()
    assert.equal(rig.clock.waiting, 0)
  }
})

test('a hard stop while a graceful one waits for a source is at once', async () => {
  const rig = await started()
  rig.script('s').hang()
  const seen = state(rig.gateway.stop({ graceful: true }))
  await rig.clock.advance(1000)
  assert.equal(seen.settled, false)
  await rig.gateway.stop({ graceful: false })
  assert.equal(seen.settled, true)
  assert.equal(rig.clock.waiting, 0)
})

test('a sink that is down delays a graceful stop to its bound where points wait in memory; what it did not take is given up and counted', async () => {
  const rig = await started({
    answer: async (): Promise<SendResult> => ({ outcome: 'retry', why: 'cannot write: down' }),
    transient: true,
  })
  const seen = state(rig.gateway.stop({ graceful: true }))
  await rig.clock.advance(7999)
  assert.equal(seen.settled, false)
  await rig.clock.advance(1)
  await settle()
  assert.equal(seen.settled, true)
  rig.assertBalanced()
  const { points, state: at } = rig.gateway.status().sinks[0]
  assert.deepEqual([points.emitted, points.givenUp, at], [1, 1, 'closed'])
  assert.equal(rig.clock.waiting, 0)
})

test('frames offered after the stop go nowhere and arm nothing', async () => {
  const rig = await started()
  const { out } = rig.script('s')
  await rig.stop()
  const bytes = Buffer.from('3')
  out.frame(0, bytes, 0, 1, 0, 0)
  out.endBurst()
  assert.equal(rig.clock.waiting, 0)
  rig.assertBalanced()
})

test('an engine that fails closes its sinks and says why', async () => {
  let closed = 0
  const broken: SinkComponent = {
    type: 'broken',
    summary: 'cannot encode',
    options: {},
    format: () => 'line',
    finalOnly: () => false,
    create: (): Sink => ({
      send: async () => ({ outcome: 'ok' }),
      close: async () => {
        closed++
      },
    }),
  }
  const rig = new Rig({
    config: { ...config, sinks: { m: { type: 'broken' } } },
    sinks: [broken],
    onPoints: () => {
      throw new Error('a bug')
    },
  })
  await rig.start()
  await rig.advance(1000)
  await rig.push('s', 'a', '1')
  rig.script('s').out.endBurst()
  await rig.clock.advance(2000)
  await assert.rejects(rig.gateway.finished, /a bug/)
  await rig.gateway.stop({ graceful: false })
  await settle()
  assert.equal(closed, 1)
  assert.equal(rig.clock.waiting, 0)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextLoop } from 'node:timers/promises'
import * as fc from 'fast-check'
import { ConfigError } from '../../src/model/errors.js'
import { Rig } from '../support/rig.js'

const S = 1e6
const T0 = 1_704_067_200_000_000
const source = { time: { path: 't', unit: 'us' }, decode: { type: 'json', fields: ['x'] } }

const config = (types: Record<string, string>) => ({
  batch: '100ms',
  sources: Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type, ...source }])),
  sinks: { m: { type: 'memory' } },
  windows: { w: { every: '1s', lateness: '2s', reduce: ['count', 'sum'] } },
})

/** Hands over its blocks, as a file does, waiting a few turns of the event loop before each. */
async function play(rig: Rig, name: string, blocks: readonly number[][], waits: readonly number[]): Promise<void> {
  const script = rig.script(name)
  for (const [i, block] of blocks.entries()) {
    for (let n = waits[i % waits.length]; n > 0; n--) await nextLoop()
    for (const ms of block) await rig.push(name, `${name}${ms % 3}`, JSON.stringify({ t: T0 + ms * 1000, x: ms }))
    script.out.endBurst()
    await script.out.turn()
  }
  script.end()
}

const blocks = (from: number, n: number) =>
  Array.from({ length: n }, (_, i) => Array.from({ length: 20 }, (_, k) => from + i * 700 + ((k * 377) % 2000)))

async function run(waits: Record<string, readonly number[]>) {
  const rig = new Rig({ config: config({ a: 'finite-script', b: 'finite-script', c: 'finite-script' }) })
  await rig.start()
  await Promise.all([
    play(rig, 'a', blocks(0, 12), waits.a),
    play(rig, 'b', blocks(-5000, 5), waits.b),
    play(rig, 'c', blocks(9000, 20), waits.c),
  ])
  await rig.gateway.finished
  rig.assertBalanced()
  return { due: rig.due, sunk: rig.sunk.get('m')!, batches: rig.gateway.status().batch.number }
}

test('finite sources give the same output in the same order, whoever reads faster; final lines come once', async () => {
  const expected = await run({ a: [0], b: [0], c: [0] })
  assert.equal(new Set(expected.sunk.map((line) => line.replace(/ .* /, ' '))).size, expected.sunk.length)
  const sums = expected.sunk.reduce((sum, line) => sum + Number(/x_count=(\d+)i/.exec(line)![1]), 0)
  assert.equal(sums, 37 * 20)
  const waits = fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(waits, waits, waits, async (a, b, c) => assert.deepEqual(await run({ a, b, c }), expected)),
    { numRuns: 20 },
  )
})

test('a finite source beside a live one: its windows end with it, once, while the other goes on', async () => {
  const rig = new Rig({ config: config({ f: 'finite-script', l: 'script' }) })
  await rig.start()
  await rig.advance(1000)
  const live = async () => {
    await rig.push('l', 'live', JSON.stringify({ t: rig.clock.nowUs(), x: 1 }))
    rig.script('l').out.endBurst()
    await rig.advance(100)
  }
  const file = rig.script('f')
  for (let block = 0; block < 10; block++) {
    for (let i = 0; i < 50; i++)
      await rig.push('f', 'file', JSON.stringify({ t: T0 - 3600 * S + (block * 50 + i) * 100_000, x: 1 }))
    await file.out.turn()
    await live()
  }
  // The last block is still open when it ends, in the middle of a tick.
  for (let i = 500; i < 520; i++) await rig.push('f', 'file', JSON.stringify({ t: T0 - 3600 * S + i * 100_000, x: 1 }))
  const tick = live()
  file.end()
  await tick
  await live()
  const lines = rig.sunk.get('m')!.filter((line) => line.includes('device=file'))
  assert.equal(lines.length, 52)
  assert.ok(lines.every((line) => line.includes('x_count=10i')))
  assert.equal(rig.gateway.status().sources[0].link.state, 'ended')
  await rig.advance(10_000)
  await rig.stop()
  const all = rig.sunk.get('m')!.map((line) => line.replace(/ .* /, ' '))
  assert.equal(new Set(all).size, all.length)
  assert.equal(rig.gateway.status().sources[1].samples.reduced, 12)
})

test('a finite source that fails fails the run, and what it had is counted', async () => {
  const rig = new Rig({ config: config({ f: 'finite-script', g: 'finite-script' }) })
  await rig.start()
  await rig.push('f', 'a', JSON.stringify({ t: T0, x: 1 }))
  rig.script('f').fail(new ConfigError([{ path: 'sources.f.path', message: 'cannot read "x": it is gone' }]))
  await assert.rejects(rig.gateway.finished, /it is gone/)
  await rig.gateway.stop({ graceful: false })
  rig.assertBalanced()
  const { sources } = rig.gateway.status()
  assert.equal(sources[0].samples.reduced, 1)
  assert.equal(rig.clock.waiting, 0)
})

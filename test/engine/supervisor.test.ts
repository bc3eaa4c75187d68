import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LinkError } from '../../src/model/errors.js'
import { settle } from '../support/fake-clock.js'
import { RecordingLog } from '../support/recording-log.js'
import { Rig } from '../support/rig.js'

const config = {
  sources: { s: { type: 'script', decode: { type: 'number' } } },
  windows: { w: { every: '1s', reduce: ['count'] } },
}

/** Fails the source's run and says how long it takes until it is run again, ms. */
async function gapAfter(rig: Rig, error: unknown): Promise<number> {
  const { attempts } = rig.gateway.status().sources[0].link
  const from = rig.clock.monotonicMs()
  rig.script('s').fail(error)
  await settle()
  while (rig.gateway.status().sources[0].link.attempts === attempts) await rig.clock.advance(10)
  return rig.clock.monotonicMs() - from
}

test('a link that fails is tried again ever less often, said once, and from the start once it held a minute', async () => {
  const log = new RecordingLog()
  const rig = new Rig({ config, log })
  await rig.start()
  const warned = () => log.said.filter((text) => text.startsWith('warn'))
  const gaps = []
  for (let i = 0; i < 9; i++)
    gaps.push(await gapAfter(rig, new LinkError(`cannot connect: ${i % 2 ? 'no name' : 'refused'}`)))
  assert.deepEqual(gaps, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  assert.deepEqual(warned(), [
    'warn: cannot connect: refused; trying again until it works',
    'warn: cannot connect: no name; trying again until it works',
  ])
  // Up, but not for long.
  rig.script('s').out.link('up')
  await rig.clock.advance(1000)
  assert.equal(await gapAfter(rig, new LinkError('cannot connect: refused')), 30_000)
  assert.equal(warned().length, 3)
  rig.script('s').out.link('up')
  await rig.clock.advance(60_000)
  assert.equal(await gapAfter(rig, new LinkError('cannot read: closed')), 500)
  assert.equal(warned().length, 4)
  assert.match(rig.gateway.status().alarms.join(), /source s \(script\) is down: cannot read: closed/)
  await rig.stop()
  assert.equal(rig.clock.waiting, 0)
})

test('a source with a bug is started again like any other; the bug is said', async () => {
  const log = new RecordingLog()
  const rig = new Rig({ config, log })
  await rig.start()
  assert.equal(await gapAfter(rig, new TypeError('x is not a function')), 500)
  assert.match(log.said[0], /error: a source failed in a way it should not/)
  await rig.push('s', 'a', '1')
  rig.script('s').out.endBurst()
  await rig.advance(300)
  assert.equal(rig.gateway.status().sources[0].samples.decoded, 1)
  await rig.stop()
})

test('a stop ends the wait for the next try', async () => {
  const rig = new Rig({ config })
  await rig.start()
  rig.script('s').fail(new LinkError('cannot connect: refused'))
  await settle()
  await rig.stop()
  assert.equal(rig.clock.waiting, 0)
})

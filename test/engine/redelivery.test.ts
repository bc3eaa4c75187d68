import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FRAME_FLAGS } from '../../src/model/source.js'
import { failure, MemoryDisk } from '../support/memory-disk.js'
import { Rig } from '../support/rig.js'

const config = {
  durability: 'process',
  stateDir: '/state',
  checkpoint: '1s',
  sources: { a: { type: 'script', wait: '0s' } },
  windows: { w: { of: '*', every: '1h', reduce: ['count', 'sum'] } },
}

/** A session of QoS 1 by hand: frames carry packet ids. */
async function session(rig: Rig, resumed: boolean) {
  await rig.start()
  const { out } = rig.script('a')
  out.session(resumed)
  const channel = out.channel({ name: 'c', input: 0, tags: { device: 'd' } })
  return async (text: string, id: number, again = false) => {
    const bytes = Buffer.from(text)
    assert.ok(out.frame(channel, bytes, 0, bytes.length, again ? FRAME_FLAGS.dup : 0, id))
    let acknowledged = false
    out.endBurst(() => {
      acknowledged = true
    })
    await rig.advance(300)
    return acknowledged
  }
}

const frames = (rig: Rig) => {
  const { in: all, decoded, duplicate } = rig.gateway.status().sources[0].frames
  return { all, decoded, duplicate }
}

test('a message that is sent again since its acknowledgement was lost counts once, also over a crash and a checkpoint', async () => {
  const disk = new MemoryDisk()
  const first = new Rig({ config, disk })
  const send = await session(first, false)
  assert.ok(await send('1', 7))
  assert.ok(await send('2', 8))
  await first.advance(3000)
  assert.ok(await send('3', 9))
  const after = new Rig({ config, disk: disk.copy(), startUs: first.clock.nowUs() })
  const again = await session(after, true)
  assert.ok(await again('2', 8, true))
  assert.ok(await again('3', 9, true))
  assert.deepEqual(frames(after), { all: 5, decoded: 3, duplicate: 2 })
  // Another message under an id that came before, and one that never came: both are new, whatever their flag says.
  await again('5', 7, true)
  await again('4', 10, true)
  assert.deepEqual(frames(after), { all: 7, decoded: 5, duplicate: 2 })
})

test('on one connection, and in a session that begins anew, nothing is taken for a duplicate', async () => {
  const disk = new MemoryDisk()
  const rig = new Rig({ config, disk })
  const send = await session(rig, false)
  await send('1', 7)
  await send('1', 7, true)
  assert.deepEqual(frames(rig), { all: 2, decoded: 2, duplicate: 0 })
  rig.script('a').out.session(false)
  await send('1', 7, true)
  assert.deepEqual(frames(rig), { all: 3, decoded: 3, duplicate: 0 })
  rig.script('a').out.session(true)
  await send('1', 7, true)
  assert.deepEqual(frames(rig), { all: 4, decoded: 3, duplicate: 1 })
})

test('nothing is acknowledged before the journal has it; while the disk refuses, a source that can wait does', async () => {
  const disk = new MemoryDisk()
  const rig = new Rig({ config, disk })
  const send = await session(rig, false)
  assert.equal(await send('1', 1), true)
  const { before } = disk
  disk.before = (_what, path) => {
    if (path.includes('/state')) throw failure('ENOSPC', path)
  }
  assert.equal(await send('2', 2), false)
  assert.match(rig.gateway.status().alarms.join(), /state is not kept: .*ENOSPC/)
  disk.before = before
  await rig.advance(1500)
  assert.equal(await send('3', 3), true)
  assert.deepEqual(rig.gateway.status().alarms, [])
  const again = new Rig({ config, disk: disk.copy(), startUs: rig.clock.nowUs() })
  await again.start()
  assert.equal(frames(again).decoded, 3)
})

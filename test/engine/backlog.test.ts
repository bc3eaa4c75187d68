import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../support/rig.js'

const S = 1e6
const T0 = 1_704_067_200_000_000

const config = (sources: object, more: object = {}) => ({
  batch: '250ms',
  maxMemory: '1MiB',
  sources,
  windows: { w: { every: '1s', lateness: '2s', reduce: ['count', 'sum'] } },
  ...more,
})
const source = { wait: '500ms', time: { path: 't', unit: 'us' }, decode: { type: 'json', fields: ['x'] } }

test('a silent hour and then its backlog: nobody is late, and the backlog takes no more room than the present', async () => {
  const rig = new Rig({ config: config({ s: { type: 'script', ...source } }) })
  const free = rig.gateway.status().memory.slabFreeBytes
  await rig.start()
  await rig.advance(1000)
  const send = async (device: string, timeUs: number) => {
    await rig.push('s', device, JSON.stringify({ t: timeUs, x: 1 }))
  }
  for (const device of ['a', 'b', 'dead']) await send(device, T0 + 1 * S)
  rig.script('s').out.endBurst()
  let next = 2
  for (let second = 0; second < 3600; second += 60) {
    await rig.advance(60_000)
    await send('a', rig.clock.nowUs())
    rig.script('s').out.endBurst()
  }
  await rig.advance(5000)
  while (next < 3600) {
    for (let i = 0; i < 60; i++, next++) await send('b', T0 + next * S)
    await send('a', rig.clock.nowUs())
    rig.script('s').out.endBurst()
    await rig.advance(250)
    assert.ok(free - rig.gateway.status().memory.slabFreeBytes < 100 * 3 * 4096)
  }
  const { samples } = rig.gateway.status().sources[0]
  assert.deepEqual([samples.late, samples.rejected, samples.lost], [0, 0, 0])
  assert.ok(rig.gateway.status().windows[0].openPanes < 16)
  await rig.stop()
  assert.equal(rig.last().size, rig.due.length)
  assert.equal(rig.gateway.status().memory.slabFreeBytes, free)
})

test('two finite sources of different years take turns in little memory, each window once', async () => {
  const rig = new Rig({
    config: config(
      { a: { type: 'finite-script', ...source }, b: { type: 'finite-script', ...source } },
      {
        sinks: { m: { type: 'memory' } },
        windows: { w: { every: '1s', lateness: '2s', reduce: ['count', 'sum'], to: ['m'] } },
      },
    ),
  })
  const free = rig.gateway.status().memory.slabFreeBytes
  await rig.start()
  const rows = 3000
  const play = async (name: string, fromUs: number) => {
    const script = rig.script(name)
    for (let i = 0; i < rows; ) {
      for (let n = 0; n < 50; n++, i++) await rig.push(name, name, JSON.stringify({ t: fromUs + i * S, x: i }))
      await script.out.turn()
      assert.ok(free - rig.gateway.status().memory.slabFreeBytes < 62 * 3 * 4096)
    }
    script.end()
  }
  await Promise.all([play('a', T0), play('b', T0 - 365 * 86400 * S)])
  await rig.gateway.finished
  rig.assertBalanced()
  const { sources } = rig.gateway.status()
  assert.deepEqual(
    sources.map(({ samples }) => [samples.reduced, samples.rejected]),
    [
      [rows, 0],
      [rows, 0],
    ],
  )
  const lines = rig.sunk.get('m')!
  assert.equal(lines.length, 2 * rows)
  assert.equal(new Set(lines).size, 2 * rows)
  assert.equal(rig.gateway.status().memory.slabFreeBytes, free)
})

test('windows of a dead device wait for it alone, and cost no more than they must', async () => {
  const rig = new Rig({
    config: config({ s: { type: 'script', ...source, forget: '10min' } }, { sinks: { m: { type: 'memory' } } }),
  })
  await rig.start()
  await rig.advance(1000)
  for (let tick = 0; tick < 12; tick++) {
    await rig.advance(1000)
    for (const device of tick < 6 ? ['a', 'b', 'dead'] : ['a', 'b'])
      await rig.push('s', device, JSON.stringify({ t: rig.clock.nowUs(), x: tick }))
    rig.script('s').out.endBurst()
  }
  await rig.advance(250)
  const lines = () => rig.sunk.get('m')!.map((line) => /device=(\w+).* (\d+)$/.exec(line)!.slice(1).join(' '))
  // Whatever ended 2.5 s before a's last row is final.
  assert.equal(lines().filter((line) => line.startsWith('a ')).length, 8)
  assert.equal(lines().filter((line) => line.startsWith('b ')).length, 8)
  for (let minute = 0; minute < 12; minute++) {
    await rig.advance(60_000)
    await rig.push('s', 'a', JSON.stringify({ t: rig.clock.nowUs(), x: 1 }))
    rig.script('s').out.endBurst()
  }
  await rig.advance(500)
  assert.equal(lines().filter((line) => line.startsWith('dead ')).length, 6)
  await rig.stop()
  assert.equal(new Set(lines()).size, lines().length)
})

test('a device that joins the windows of a dead one late gets its own as soon as they are final', async () => {
  const rig = new Rig({ config: config({ s: { type: 'script', ...source } }, { sinks: { m: { type: 'memory' } } }) })
  await rig.start()
  const send = async (device: string, timeUs: number) => {
    await rig.push('s', device, JSON.stringify({ t: timeUs, x: 1 }))
    rig.script('s').out.endBurst()
  }
  await rig.advance(10_000)
  await send('dead', T0 + 5 * S)
  for (let minute = 0; minute < 30; minute++) {
    await rig.advance(60_000)
    await send('a', rig.clock.nowUs())
  }
  await rig.advance(1000)
  await send('b', T0 + 5.5 * S)
  await rig.advance(1000)
  await send('a', rig.clock.nowUs())
  await send('b', T0 + 100 * S)
  await rig.advance(500)
  const lines = () => rig.sunk.get('m')!.filter((line) => / 1704067205000000000$/.test(line))
  assert.deepEqual(
    lines().map((line) => /device=(\w+)/.exec(line)![1]),
    ['b'],
  )
  await rig.stop()
  assert.equal(lines().length, 2)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../support/rig.js'

const T0 = 1_704_067_200_000_000
const at = (ms: number) => T0 + ms * 1000

const source = {
  type: 'script',
  wait: '500ms',
  ahead: '10s',
  time: { path: 't', unit: 'us' },
  decode: { type: 'json', fields: ['x'] },
}

/** A batch every 100 ms, started at T0; `say` sends a row at the rig's time. */
async function started(sources: object = { s: source }) {
  const rig = new Rig({
    config: { batch: '100ms', sources, windows: { w: { every: '1s', lateness: '2s', reduce: ['count'] } } },
  })
  await rig.start()
  let nowMs = 0
  const until = async (ms: number) => {
    await rig.advance(ms - nowMs)
    nowMs = ms
  }
  const say = async (device: string, ms: number, name = 's') => {
    await rig.push(name, device, JSON.stringify({ t: at(ms), x: 1 }))
    rig.script(name).out.endBurst()
  }
  const out = () => rig.due.map((p) => `${p.device} ${(p.timeUs - T0) / 1e6} ${p.correction ? 'again' : 'first'}`)
  const watermarkMs = (i = 0) => {
    const us = rig.gateway.status().sources[i].watermarkUs
    return us === null ? null : (us - T0) / 1000
  }
  return { rig, until, say, out, watermarkMs }
}

test("a window is due when its source's highest event time, whichever device's, has passed its end by `wait`", async () => {
  const { rig, until, say, out, watermarkMs } = await started()
  await until(1650)
  await say('a', 1600)
  await until(2550)
  await say('b', 2499)
  await until(2610)
  assert.deepEqual([out(), watermarkMs()], [[], 1999])
  await say('b', 2500)
  await say('d', 900)
  await until(2710)
  assert.deepEqual([out(), watermarkMs()], [['d 0 first', 'a 1 first'], 2000])
  // An older row of another device takes nothing back; it corrects its own.
  await say('c', 1700)
  await say('a', 1701)
  await until(2810)
  assert.deepEqual([out(), watermarkMs()], [['d 0 first', 'a 1 first', 'a 1 again', 'c 1 first'], 2000])
  await rig.stop()
})

test('no event time counts for more than its arrival; beyond `ahead` it counts for nothing', async () => {
  const { rig, until, say, out, watermarkMs } = await started()
  await until(1650)
  await say('a', 1600)
  await say('fast', 11_650)
  await say('mad', 11_651)
  await until(1710)
  assert.equal(watermarkMs(), 1150)
  assert.equal(rig.gateway.status().sources[0].samples.future, 1)
  await until(2450)
  await say('fast', 11_000)
  await until(2510)
  assert.deepEqual([out(), watermarkMs()], [[], 1950])
  await until(2550)
  await say('fast', 11_001)
  await until(2610)
  assert.deepEqual([out(), watermarkMs()], [['a 1 first'], 2050])
  await rig.stop()
})

test('a source silent for `idle` emits by the clock, less `wait`; its watermark never falls', async () => {
  const { rig, until, say, out, watermarkMs } = await started()
  await until(1650)
  await say('a', 1600)
  await until(2640)
  assert.deepEqual([out(), watermarkMs()], [[], 1100])
  await until(2710)
  assert.deepEqual([out(), watermarkMs()], [['a 1 first'], 2200])
  await until(60_050)
  assert.equal(rig.clock.waiting, 0)
  // It comes back with a backlog: nothing is late, and the watermark stays.
  await say('a', 2300)
  await until(60_110)
  assert.deepEqual([out().slice(1), watermarkMs()], [[], 2200])
  await until(62_000)
  await say('a', 62_000)
  await until(62_110)
  await say('a', 61_000)
  await until(62_210)
  assert.deepEqual([out().slice(1), watermarkMs()], [['a 2 first'], 61_500])
  assert.equal(rig.gateway.status().sources[0].samples.late, 0)
  await rig.stop()
})

test('sources do not wait for each other', async () => {
  const { rig, until, say, out, watermarkMs } = await started({ s: source, z: { ...source, idle: '1h' } })
  await until(1650)
  await say('a', 1600)
  await say('z', 1600, 'z')
  await until(2850)
  await say('a', 2850)
  await until(2910)
  assert.deepEqual([out(), watermarkMs(0), watermarkMs(1)], [['a 1 first'], 2350, 1100])
  await rig.stop()
  assert.deepEqual(out().slice(1).sort(), ['a 2 first', 'z 1 first'])
})

test('what is late goes by the rows of its own device before it, to the microsecond', async () => {
  const { rig, until, say } = await started()
  await until(10_000)
  // Windows that ended 2.5 s before the device's highest event time are closed to it.
  await say('a', 9_499)
  await say('a', 6_500)
  await say('b', 9_500)
  await say('b', 6_500)
  await say('b', 7_000)
  await say('c', 6_500)
  await until(10_110)
  const { samples } = rig.gateway.status().sources[0]
  assert.deepEqual([samples.late, samples.reduced], [1, 5])
  await rig.stop()
})

test('windows that began before the start are lost, to the microsecond', async () => {
  const rig = new Rig({
    startUs: T0 + 1,
    config: { batch: '100ms', sources: { s: source }, windows: { w: { every: '1s', reduce: ['count'] } } },
  })
  await rig.start()
  const say = async (us: number) => rig.push('s', 'a', JSON.stringify({ t: us, x: 1 }))
  for (const us of [T0, T0 + 1, T0 + 999_999, T0 + 1_000_000]) await say(us)
  rig.script('s').out.endBurst()
  await rig.advance(200)
  const { samples } = rig.gateway.status().sources[0]
  assert.deepEqual([samples.lost, samples.reduced], [3, 1])
  await rig.stop()
})

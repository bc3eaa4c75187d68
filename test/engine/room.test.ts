import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../support/rig.js'

const live = (more: object = {}, source: object = {}) => ({
  batch: '250ms',
  sources: { s: { type: 'script', wait: 0, time: { path: 't', unit: 'us' }, decode: { type: 'json' }, ...source } },
  windows: { w: { every: '1s', lateness: '1s', reduce: ['count', 'sum'] } },
  ...more,
})

async function send(rig: Rig, device: string, fields: object, source = 's') {
  await rig.push(source, device, JSON.stringify({ t: rig.clock.nowUs(), ...fields }))
  rig.script(source).out.endBurst()
}

const slabFree = (rig: Rig) => rig.gateway.status().memory.slabFreeBytes

test('a full slab rejects and counts; afterwards there is room again, and all of it', async () => {
  const rig = new Rig({ config: live({ maxMemory: '1MiB', maxSeries: 100_000 }) })
  const before = slabFree(rig)
  await rig.start()
  await rig.advance(1000)
  // A page holds the slots of 64 series, and there are 256 pages.
  const wide = (d: number) => Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`f${d}_${i}`, i]))
  for (let d = 0; d < 20; d++) await send(rig, `d${d}`, wide(d))
  await rig.advance(250)
  const held = rig.gateway.status()
  assert.equal(held.memory.slabFreeBytes, 0)
  assert.match(held.alarms.join(), /maxMemory/)
  const { reduced, rejected } = held.sources[0].samples
  assert.equal(reduced + rejected, 20_000)
  assert.ok(reduced > 200 * 64 && rejected > 0)
  assert.equal(held.windows[0].rejected, rejected)
  // Time moves on for every device, then for one more second.
  for (let s = 0; s < 6; s++) {
    await rig.advance(1000)
    for (let d = 0; d < 20; d++) await send(rig, `d${d}`, { [`f${d}_0`]: 1 })
  }
  await rig.advance(300)
  assert.ok(slabFree(rig) > before / 2)
  assert.equal(rig.gateway.status().alarms.length, 0)
  await rig.stop()
  assert.equal(slabFree(rig), before)
})

test('past maxSeries samples are rejected with an alarm, until series are forgotten', async () => {
  const rig = new Rig({ config: live({ maxSeries: 3 }, { forget: '1min', tags: { id: '{.id}' } }) })
  await rig.start()
  await rig.advance(1000)
  const say = (id: string) => send(rig, '', { id, x: 1 })
  for (const id of ['a', 'b', 'c', 'd', 'e']) await say(id)
  await rig.advance(2000)
  const full = rig.gateway.status()
  assert.deepEqual([full.series, full.sources[0].samples.rejected, full.sources[0].samples.reduced], [3, 2, 3])
  assert.match(full.alarms.join(), /maxSeries/)
  // Only `a` goes on speaking; the others leave, and whoever comes has room.
  for (let minute = 0; minute < 5; minute++) {
    await rig.advance(60_000)
    await say('a')
  }
  await rig.advance(250)
  assert.equal(rig.gateway.status().series, 1)
  for (const id of ['d', 'e', 'f']) await say(id)
  await rig.advance(2000)
  const again = rig.gateway.status()
  assert.deepEqual([again.series, again.devices, again.sources[0].samples.rejected], [3, 3, 3])
  await rig.stop()
})

test('devices whose series found no room leave the tables, too', async () => {
  const rig = new Rig({ config: live({ maxSeries: 4 }, { forget: '1min', tags: { id: '{.id}' } }) })
  await rig.start()
  await rig.advance(1000)
  for (let round = 0; round < 12; round++) {
    // Two devices whose fields take all there is, and one that comes too late.
    await send(rig, '', { id: `a${round}`, x: 1, y: 1 })
    await send(rig, '', { id: `b${round}`, x: 1, y: 1 })
    await send(rig, '', { id: `c${round}`, x: 1 })
    await rig.advance(125_000)
    await send(rig, '', { id: `a${round}`, other: 'text' })
    await rig.advance(61_000)
  }
  const { samples } = rig.gateway.status().sources[0]
  assert.equal(samples.reduced, 12 * 4)
  assert.ok(rig.gateway.status().devices <= 3)
  await rig.stop()
})

test('series that one source has left are there for another', async () => {
  const source = { type: 'script', wait: 0, forget: '1min', time: { path: 't', unit: 'us' }, decode: { type: 'json' } }
  const rig = new Rig({ config: live({ maxSeries: 512, sources: { a: source, b: source } }) })
  await rig.start()
  await rig.advance(1000)
  const wide = Object.fromEntries(Array.from({ length: 512 }, (_, i) => [`f${i}`, i]))
  for (let round = 0; round < 4; round++) {
    for (const name of ['a', 'b']) {
      await send(rig, 'd', wide, name)
      await rig.advance(61_000)
      await send(rig, 'x', { s: 'no number' }, name)
      await rig.advance(61_000)
      await send(rig, 'x', { s: 'no number' }, name)
      await rig.advance(61_000)
    }
  }
  const { sources } = rig.gateway.status()
  assert.deepEqual(
    sources.map(({ samples }) => [samples.reduced, samples.rejected]),
    [
      [2048, 0],
      [2048, 0],
    ],
  )
  await rig.stop()
})

test('a device of thousands of series, in many groups and group pages, is one line, longer than the output if need be', async () => {
  const rig = new Rig({ config: live({ maxSeries: 10_000 }), sizes: { outputBytes: 4096 } })
  await rig.start()
  await rig.advance(1000)
  for (let part = 0; part < 9; part++) {
    const fields = Array.from({ length: 1000 }, (_, i) => [`f${part}_${i}`, part * 1000 + i])
    await send(rig, 'd', Object.fromEntries(fields))
    await send(rig, 'e', { x: part })
  }
  await rig.advance(2000)
  assert.equal(rig.due.length, 2)
  const d = rig.due.find((p) => p.device === 'd')!
  assert.equal(Object.keys(d.fields).length, 18_000)
  assert.equal(d.fields.f8_999_sum, 8999)
  assert.equal(d.fields.f4_96_sum, 4096)
  assert.equal(rig.due.find((p) => p.device === 'e')!.fields.x_sum, 36)
  await rig.stop()
})

test('two topics that meet in one tag set are one device and one line', async () => {
  const rig = new Rig({ config: live({}, { tags: { device: '{.id}' } }) })
  await rig.start()
  await rig.advance(1000)
  const { out } = rig.script('s')
  const t = rig.clock.nowUs()
  for (const name of ['topic/1', 'topic/2']) {
    const channel = out.channel({ name, input: 0, tags: {} })
    for (const id of ['a', 'b']) {
      const bytes = Buffer.from(JSON.stringify({ t, id, x: 1, [name.slice(-1)]: 2 }))
      assert.equal(out.frame(channel, bytes, 0, bytes.length, 0, 0), true)
    }
  }
  out.endBurst()
  await rig.advance(2000)
  assert.deepEqual(
    rig.due.map((p) => [p.device, p.fields.x_count, p.fields['1_sum'], p.fields['2_sum']]),
    [
      ['a', 2, 2, 2],
      ['b', 2, 2, 2],
    ],
  )
  assert.equal(rig.gateway.status().devices, 2)
  await rig.stop()
})

test('a frame of exactly maxFrameBytes goes in, whatever lies in the block', async () => {
  const source = { maxFrameBytes: 1000, decode: { type: 'number' }, time: 'arrival' }
  for (let before = 0; before < 40; before++) {
    const rig = new Rig({ config: live({}, source), sizes: { blockBytes: 64 } })
    await rig.start()
    await rig.push('s', 'a', '1'.padStart(before))
    await rig.push('s', 'a', '7'.padStart(1000))
    await rig.push('s', 'a', '8'.padStart(1000))
    await assert.rejects(rig.push('s', 'a', '9'.padStart(1001)))
    rig.script('s').out.endBurst()
    await rig.advance(2000)
    const { frames, samples } = rig.gateway.status().sources[0]
    assert.equal(samples.decoded, 3)
    assert.equal(frames.in, 3)
    await rig.stop()
  }
})

test('topics that find no room are dropped, counted, and there is an alarm', async () => {
  for (const source of [{ decode: { type: 'number' }, time: 'arrival' }, { tags: { id: '{.id}' } }]) {
    const rig = new Rig({ config: live({ maxSeries: 3 }, source) })
    await rig.start()
    for (let i = 0; i < 5; i++) await rig.push('s', `d${i}`, '1')
    rig.script('s').out.endBurst()
    await rig.advance(500)
    assert.equal(rig.gateway.status().sources[0].frames.dropped, 2)
    assert.match(rig.gateway.status().alarms.join(), /no room for 2 topics or ports/)
    await rig.stop()
  }
})

test('however much a topic wants of the memory for topics, there is an end to it', async () => {
  const fields = Array.from({ length: 1000 }, (_, i) => `f${i}`)
  const rig = new Rig({ config: live({ maxSeries: 10_000 }, { decode: { type: 'json', fields } }) })
  await rig.start()
  for (let i = 0; i < 2000; i++) await rig.push('s', `d${i}`, '{}')
  await rig.push('s', 'd0', JSON.stringify({ t: rig.clock.nowUs(), f7: 1 }))
  rig.script('s').out.endBurst()
  await rig.advance(500)
  const { frames, link } = rig.gateway.status().sources[0]
  assert.equal(frames.in, 2001)
  assert.equal(frames.decoded, 1)
  assert.ok(frames.dropped > 0 && frames.filtered > 0)
  assert.notEqual(link.state, 'down')
  await rig.stop()
})

test('every series of a group has slots of its own, whatever their size', async () => {
  const config = live({ windows: { w: { every: '1s', reduce: ['skewness', 'last', 'sum', 'kurtosis'] } } })
  const rig = new Rig({ config })
  await rig.start()
  await rig.advance(1000)
  const fields = Array.from({ length: 150 }, (_, i) => `f${i}`)
  for (const x of [0, 0, 0, 1, 3]) await send(rig, 'd', Object.fromEntries(fields.map((f, i) => [f, x * (i + 1)])))
  await rig.advance(2000)
  const point = rig.due[0].fields
  for (const [i, f] of fields.entries()) {
    assert.equal(point[`${f}_sum`], 4 * (i + 1))
    assert.equal(point[`${f}_last`], 3 * (i + 1))
    // Both are the same for all scales.
    assert.ok(Math.abs(point[`${f}_skewness`] - point.f0_skewness) < 1e-12)
    assert.ok(Math.abs(point[`${f}_kurtosis`] - point.f0_kurtosis) < 1e-12)
  }
  assert.ok(point.f0_skewness > 1)
  await rig.stop()
})

test('a series number used again in a window that is still open begins from nothing', async () => {
  const rig = new Rig({ config: live({ maxSeries: 64 }, { forget: '1min', tags: { device: '{.id}' } }) })
  await rig.start()
  await rig.advance(1000)
  const t = rig.clock.nowUs()
  await send(rig, '', { t, id: 'a', x: 5 })
  // It keeps the window open: its clock stands still.
  for (let i = 0; i < 6; i++) {
    await send(rig, '', { t, id: 'b', x: 1 })
    await rig.advance(30_000)
  }
  assert.equal(rig.gateway.status().series, 1)
  // As many as there are numbers left: one of them gets a's.
  for (let c = 0; c < 63; c++) await send(rig, '', { t, id: `c${c}`, x: 7 })
  await rig.advance(2000)
  await rig.stop()
  const last = (device: string) => rig.due.findLast((p) => p.device === device)
  for (let c = 0; c < 63; c++) {
    assert.deepEqual(last(`c${c}`)!.fields, { x_count: 1, x_sum: 7 })
    assert.equal(last(`c${c}`)!.correction, false)
  }
  assert.deepEqual(last('b')!.fields, { x_count: 6, x_sum: 6 })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../support/rig.js'

const S = 1e6
const T0 = 1_704_067_200_000_000
const decode = { type: 'json', fields: ['x'] }
const time = { path: 't', unit: 'us' }

const config = (source: object, windows: object, more: object = {}) => ({
  batch: '250ms',
  sources: { s: { type: 'script', wait: 0, time, decode, ...source } },
  windows,
  ...more,
})

test('hostile times: each sample has a fate, nothing is written that should not, and nothing is kept', async () => {
  const rig = new Rig({ config: config({}, { w: { every: '1s', reduce: ['count'] } }, { maxMemory: '1MiB' }) })
  const free = rig.gateway.status().memory.slabFreeBytes
  await rig.start()
  await rig.advance(1000)
  const times = [0, -0, -1, 2 ** 53, 2 ** 53 - 1, -(2 ** 53) + 1, 1e18, -1e300, 1.5, T0 + 61 * S, T0 + 3600 * S]
  for (let i = 0; i < 500; i++) times.push(-i * S * 86400, i * 1000)
  for (const t of times) await rig.push('s', 'evil', JSON.stringify({ t, x: 1 }))
  await rig.push('s', 'good', JSON.stringify({ t: rig.clock.nowUs(), x: 1 }))
  rig.script('s').out.endBurst()
  await rig.advance(3000)
  const { samples } = rig.gateway.status().sources[0]
  assert.equal(samples.reduced, 2, 'the good one and 61 s ahead, of which arrival is 1 s')
  assert.equal(samples.invalid, 3)
  assert.equal(samples.future, 2)
  await rig.stop()
  assert.deepEqual(rig.due.map((p) => p.device).sort(), ['evil', 'good'])
  assert.equal(rig.gateway.status().memory.slabFreeBytes, free)
})

test('a finite source takes any time, a pane per row, and gives all memory back', async () => {
  const rig = new Rig({
    config: {
      maxMemory: '64MiB',
      sources: { s: { type: 'finite-script', time, decode } },
      windows: { w: { every: '1s', reduce: ['sum'] }, odd: { every: '1001ms', offset: '7ms', reduce: ['sum'] } },
    },
  })
  const free = rig.gateway.status().memory.slabFreeBytes
  await rig.start()
  const most = 2 ** 53 - 1
  const times = [-most, -1, 0, 1, most]
  for (let i = 0; i < 1000; i++) times.push(-5e15 + i * 9_876_543_210_123)
  times.sort((a, b) => a - b)
  for (const t of times) await rig.push('s', 'a', JSON.stringify({ t, x: t }))
  await rig.script('s').out.turn()
  rig.script('s').end()
  await rig.gateway.finished
  rig.assertBalanced()
  for (const [name, every, offset] of [
    ['w', S, 0],
    ['odd', 1_001_000, 7000],
  ] as const) {
    const points = [...rig.last().values()].filter((p) => p.measurement === name)
    assert.equal(
      points.reduce((sum, p) => sum + p.fields.x_sum, 0),
      times.reduce((sum, t) => sum + t, 0),
    )
    for (const p of points) {
      if (Math.abs(p.timeUs) < 2 ** 52) assert.equal(((((p.timeUs - offset) % every) + every) % every) % every, 0)
      assert.ok(p.timeUs <= p.fields.x_sum + every * 2, `${p.timeUs} ${p.fields.x_sum}`)
    }
  }
  assert.equal(rig.gateway.status().memory.slabFreeBytes, free)
})

test('arrays that run out of time leave no trace in it', async () => {
  for (const type of ['script', 'finite-script']) {
    const rig = new Rig({
      config: config(
        { type, time: { ...time, rate: 1e-300 }, decode: { type: 'json', samples: ['x'] } },
        { w: { every: '1s', reduce: ['count'] } },
      ),
    })
    await rig.start()
    await rig.advance(1000)
    await rig.push('s', 'a', JSON.stringify({ t: T0 + S, x: [1, 2, 3] }))
    if (type === 'script') {
      rig.script('s').out.endBurst()
      await rig.advance(500)
    } else await rig.script('s').out.turn()
    const { samples, watermarkUs } = rig.gateway.status().sources[0]
    assert.equal(samples.reduced, 1)
    assert.ok(watermarkUs! <= T0 + 2 * S)
    await rig.stop()
  }
})

test('windows of one source reduce by field, the first match wins, and what matches none is not taken', async () => {
  const rig = new Rig({
    config: config(
      { decode: { type: 'json' } },
      {
        one: { every: '1s', reduce: { 'temp*': ['mean'], temperature: ['sum'], '?': ['max', 'count'] } },
        two: { every: '2s', offset: '500ms', of: { field: 'temp' }, reduce: { '*': ['min', 'kurtosis', 'last'] } },
        all: { every: '366d', lateness: 0, reduce: ['count'], of: [{ field: 'h' }, { tags: { device: 'b*' } }] },
      },
    ),
    startUs: 0,
  })
  await rig.start()
  await rig.advance(2500)
  for (const device of ['a', 'b']) {
    for (let i = 0; i < 3; i++) {
      const fields = { temp: 10 + i, temperature: 5, h: i, other: 1 }
      await rig.push('s', device, JSON.stringify({ t: rig.clock.nowUs() + i * 1000, ...fields }))
    }
  }
  rig.script('s').out.endBurst()
  await rig.advance(4000)
  await rig.stop()
  const of = (measurement: string, device: string) =>
    rig.due.filter((p) => p.measurement === measurement && p.device === device).map((p) => [p.timeUs, p.fields])
  for (const device of ['a', 'b']) {
    assert.deepEqual(of('one', device), [[2 * S, { temp_mean: 11, temperature_mean: 5, h_max: 2, h_count: 3 }]])
    assert.deepEqual(of('two', device), [[2.5 * S, { temp_min: 10, temp_kurtosis: 1.5, temp_last: 12 }]])
  }
  assert.deepEqual(of('all', 'a'), [[0, { h_count: 3 }]])
  assert.deepEqual(of('all', 'b'), [[0, { temp_count: 3, temperature_count: 3, h_count: 3, other_count: 3 }]])
  const { samples } = rig.gateway.status().sources[0]
  assert.deepEqual([samples.reduced, samples.unmatched], [21, 3])
})

test('what overflows is left out and counted, and the rest of its line stays', async () => {
  const rig = new Rig({
    config: config({}, { w: { every: '1s', reduce: ['sum', 'max', 'range'] }, v: { every: '1s', reduce: ['sum'] } }),
  })
  await rig.start()
  await rig.advance(1000)
  for (const x of [1e308, 1e308, -1e308, 1e308]) {
    await rig.push('s', 'a', JSON.stringify({ t: rig.clock.nowUs(), x }))
  }
  rig.script('s').out.endBurst()
  await rig.advance(3000)
  await rig.stop()
  for (const p of rig.due) for (const x of Object.values(p.fields)) assert.ok(Number.isFinite(x))
  assert.deepEqual(
    rig.gateway.status().windows.map(({ notFinite, lines }) => [notFinite, lines]),
    [
      [2, 1],
      [1, 0],
    ],
  )
})

test('a row late for two windows is one late row of its device', async () => {
  const rig = new Rig({
    config: config(
      {},
      Object.fromEntries(['u', 'v', 'w'].map((n) => [n, { every: '1s', lateness: '1s', reduce: ['count'] }])),
    ),
  })
  await rig.start()
  await rig.advance(10_000)
  for (let i = 0; i < 30; i++) {
    const behind = i % 3 === 1 ? 5 * S : 0
    await rig.push('s', 'a', JSON.stringify({ t: rig.clock.nowUs() - behind, x: 1 }))
    rig.script('s').out.endBurst()
  }
  await rig.advance(500)
  assert.equal(rig.gateway.status().sources[0].samples.late, 10)
  assert.deepEqual(rig.gateway.status().alarms, [])
  for (let i = 0; i < 50; i++) await rig.push('s', 'a', JSON.stringify({ t: rig.clock.nowUs() - 5 * S, x: 1 }))
  rig.script('s').out.endBurst()
  await rig.advance(500)
  assert.match(rig.gateway.status().alarms.join(), /device=a.*: 60 of 80 rows came late.*behind by 50\d\d ms/)
  await rig.stop()
})

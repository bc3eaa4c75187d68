import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../support/fake-clock.js'
import { recorded, type Step } from '../support/recordings.js'
import { replayed } from '../support/replays.js'

const T0 = 1_704_067_200_000_000
const S = 1e6

const config = (changes: object = {}, source: object = {}) => ({
  gateway: 'test',
  batch: '100ms',
  workers: 0,
  sources: {
    plant: {
      type: 'mqtt',
      url: 'mqtt://127.0.0.1:1',
      topics: ['plant/{machine}'],
      time: { path: 't', unit: 'us' },
      ...source,
    },
  },
  windows: { w: { every: '1s', lateness: '500ms', reduce: ['count', 'sum', 'mean', 'stddev', 'first', 'last'] } },
  ...changes,
})

/** Uneven frames of a few machines: arrays, disorder, and some that come late. */
function uneven(frames: number): Step[] {
  let seed = 7
  const random = () => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
    return seed / 0x7fffffff
  }
  let atUs = T0 + 1
  return Array.from({ length: frames }, () => {
    if (random() < 0.6) atUs += Math.round(random() ** 4 * 0.4 * S)
    const t = atUs - Math.round(random() ** 6 * 3 * S)
    const text = JSON.stringify({ t, temp: random() * 100, x: random() })
    return { channel: `plant/${Math.floor(random() * 5)}`, atUs, text }
  })
}

const many = recorded(uneven(5000), { segmentFrames: 300 })

test('a recording and a configuration give the same points, whatever the workers, each time', async () => {
  const first = await replayed(many, config())
  assert.ok(first.points.length > 500, `${first.points.length} points`)
  const { late } = first.side.gateway.status().sources[0].samples
  assert.ok(late > 10)
  for (const workers of [0, 1, 4])
    for (const _ of [1, 2]) assert.deepEqual((await replayed(many, config({ workers }))).points, first.points)
})

test('series derived from others are derived again alike; a source that is not recorded has none', async () => {
  const of = (source: string, field: string) => ({ source, field })
  const base = config()
  const derived = {
    power: { product: [of('plant', 'temp'), of('plant', 'x')] },
    other: { sum: [of('plant', 'temp'), of('press', 'temp')] },
  }
  const sources = { ...base.sources, press: { ...base.sources.plant, url: 'mqtt://127.0.0.1:2' } }
  const changes = { derived, sources, windows: { w: { ...base.windows.w, of: { source: 'derived' } } } }
  const first = await replayed(many, config(changes))
  assert.ok(first.points.length > 500, `${first.points.length} points`)
  assert.ok(first.points.every((point) => point.includes('power_sum')))
  assert.deepEqual(first.side.silent, ['press'])
  for (const workers of [1, 4])
    assert.deepEqual((await replayed(many, config({ ...changes, workers }))).points, first.points)
})

test('the same when workers take part in earnest', async () => {
  const rate = { path: 't', unit: 'us', rate: 100_000 }
  const source = { time: rate, decode: { type: 'json', samples: ['x'] } }
  const windows = { w: { every: '100ms', reduce: ['mean', 'stddev', 'kurtosis', 'first'] } }
  const steps = Array.from({ length: 120 }, (_, i) => {
    const x = Array.from({ length: 1000 }, (_, k) => Math.sin(i * 1000 + k) * 100)
    const atUs = T0 + i * 3000
    return { channel: 'plant/1', atUs, text: JSON.stringify({ t: atUs, x }) }
  })
  const bytes = recorded(steps)
  const alone = await replayed(bytes, config({ windows }, source))
  for (const workers of [1, 4]) {
    const { points, side } = await replayed(bytes, config({ windows, workers }, source), { handOverMs: 0 })
    assert.ok(side.gateway.status().pool.tasks > 0)
    assert.deepEqual(points, alone.points)
  }
})

test('at any speed the points are the same, and time passes as it should', async () => {
  const steps = uneven(400)
  const bytes = recorded(steps)
  const atMost = (await replayed(bytes, config())).points
  const recordedMs = ((steps.at(-1) as { atUs: number }).atUs - T0) / 1000
  for (const speed of [1, 10]) {
    const clock = new FakeClock()
    let over = false
    const run = replayed(bytes, config(), { speed, clock }).finally(() => {
      over = true
    })
    while (!over) await clock.advance(1)
    assert.deepEqual((await run).points, atMost)
    const ratio = clock.monotonicMs() / (recordedMs / speed)
    assert.ok(ratio > 0.99 && ratio < 1.1, `speed ${speed}: ${ratio}`)
  }
})

test('windows close by recorded time: a silent source by `idle`, arrival windows by the clock', async () => {
  const steps: Step[] = [1, 2, 3].map((s) => ({ channel: 'plant/a', atUs: T0 + s * S, text: '5' }))
  const arrival = config({}, { time: undefined, decode: { type: 'number' }, topics: ['plant/{field}'] })
  const { points } = await replayed(recorded(steps, { endedUs: T0 + 60 * S }), {
    ...arrival,
    windows: { w: { every: '1s', reduce: ['count'] } },
  })
  assert.deepEqual(
    points,
    [1, 2, 3].map((s) => `w,gateway=test,source=plant a_count=1 ${T0 + s * S}`),
  )
})

test('frames of one burst keep one arrival, also when bursts of sources overlap', async () => {
  const sources = ['a', 'b'].map((name) => ({ name, type: 'mqtt' }))
  const source = { type: 'mqtt', url: 'mqtt://127.0.0.1:1', topics: ['plant/{machine}'], decode: { type: 'number' } }
  const steps: Step[] = [
    { source: 0, channel: 'plant/1', atUs: T0 + 999_999, text: '1' },
    { source: 1, channel: 'plant/1', atUs: T0 + S, text: '2' },
    // The burst of a goes on.
    { source: 0, channel: 'plant/1', atUs: T0 + 999_999, text: '3' },
    { source: 0, channel: 'plant/1', atUs: T0 + S, text: '4' },
  ]
  const { points } = await replayed(recorded(steps, { sources }), {
    gateway: 'test',
    sources: { a: source, b: source },
    windows: { w: { every: '1s', reduce: ['count', 'sum'] } },
  })
  assert.deepEqual(points, [
    `w,gateway=test,machine=1,source=a value_count=2,value_sum=4 ${T0}`,
    `w,gateway=test,machine=1,source=a value_count=1,value_sum=4 ${T0 + S}`,
    `w,gateway=test,machine=1,source=b value_count=1,value_sum=2 ${T0 + S}`,
  ])
})

test('today’s topics, tags and decoding apply, and what they leave out is counted', async () => {
  const steps: Step[] = [
    { channel: { name: 'plant/1', input: 0, tags: { machine: '1' } }, atUs: T0, text: `{"t":${T0},"temp":1}` },
    {
      channel: { name: 'plant/1', input: 0, tags: { machine: '1' } },
      atUs: T0,
      text: `{"t":${T0},"temp":9}`,
      flags: 2,
    },
    { channel: { name: 'other/1', input: 3, tags: {} }, atUs: T0, text: '{}' },
    { reason: 'filtered', frames: 4 },
    { lost: 9 },
  ]
  const changed = config(
    { windows: { w: { every: '1s', reduce: ['last'] } } },
    { topics: ['plant/{press}'], tags: { hall: 'north' }, decode: { type: 'json', fields: { celsius: 'temp' } } },
  )
  const { points, side } = await replayed(recorded(steps), changed)
  assert.deepEqual(points, [`w,gateway=test,hall=north,press=1,source=plant celsius_last=9 ${T0}`])
  const [{ frames, lostBytes }] = side.gateway.status().sources
  assert.deepEqual([frames.in, frames.decoded, frames.filtered, lostBytes], [7, 2, 5, 9])
  const skipping = await replayed(recorded(steps), config({}, { retained: 'skip' }))
  assert.equal(skipping.side.gateway.status().sources[0].frames.retained, 1)
})

test('a source without names of its own keeps its channels; constant tags are today’s', async () => {
  const steps: Step[] = [
    { channel: { name: '/dev/ttyUSB0', input: 0, tags: { own: 'x' } }, atUs: T0, text: '4' },
    { channel: { name: 'second', input: 1, tags: {} }, atUs: T0, text: '5' },
    { channel: { name: '/dev/ttyUSB0', input: 0, tags: { own: 'x' } }, atUs: T0, text: 'x'.repeat(100) },
  ]
  const sources = [{ name: 'press', type: 'serial' }]
  const { points, side } = await replayed(recorded(steps, { sources }), {
    gateway: 'test',
    sources: {
      press: { type: 'serial', path: '/dev/null', decode: { type: 'number' }, tags: { hall: 's' }, maxFrameBytes: 64 },
    },
    windows: { w: { every: '1s', reduce: ['last'] } },
  })
  assert.deepEqual(points, [`w,gateway=test,hall=s,own=x,source=press value_last=4 ${T0}`])
  const { decoded, filtered, dropped } = side.gateway.status().sources[0].frames
  assert.deepEqual([decoded, filtered, dropped], [1, 1, 1])
})

test('a stream of the bridge is read by the layout it was recorded with; a layout that is none costs its frames alone', async () => {
  const field = { type: 3, offset: 0, multiplier: 1, divisor: 10, name: 'flow', unit: 'l/min' }
  const frame = Buffer.alloc(20)
  frame.writeDoubleLE(T0 + 5, 0)
  frame.writeDoubleLE(1000, 8)
  frame.writeUInt16LE(415, 16)
  frame.writeUInt16LE(425, 18)
  const channel = (layout: string) => ({ name: '/dev/ttyUSB0 pump', input: 0, tags: { stream: 'pump' }, layout })
  const hostile = ['', 'null', '{}', '[]', '[1]', JSON.stringify([{ ...field, type: 99 }]), '{"length":1e9}']
  const steps: Step[] = [
    { channel: channel(JSON.stringify([field])), atUs: T0 + 10, text: frame },
    ...hostile.flatMap((layout) => [1, 2].map(() => ({ channel: channel(layout), atUs: T0 + 11, text: frame }))),
  ]
  const bytes = recorded(steps, { sources: [{ name: 'press', type: 'serial' }] })
  const press = { type: 'serial', path: '/dev/null', frame: { type: 'bridge' } }
  const windows = { w: { every: '1s', reduce: ['count', 'mean'] } }
  const { points, side } = await replayed(bytes, { gateway: 'test', sources: { press }, windows })
  assert.deepEqual(points, [`w,gateway=test,source=press,stream=pump flow_count=2,flow_mean=42 ${T0}`])
  assert.equal(side.gateway.status().sources[0].frames.dropped, 2 * hostile.length)
  const other = { type: 'serial', path: '/dev/null', decode: { type: 'json' } }
  const json = await replayed(bytes, { gateway: 'test', sources: { press: other }, windows })
  assert.equal(json.side.gateway.status().sources[0].frames.dropped, steps.length)
})

test('sources on one side only are told: what nobody takes is counted, what nobody recorded is silent', async () => {
  const sources = ['plant', 'old'].map((name) => ({ name, type: 'mqtt' }))
  const steps: Step[] = [
    { source: 1, channel: 'x', atUs: T0, text: '1' },
    { source: 1, channel: 'x', atUs: T0 + 1, text: '1' },
    { source: 0, channel: 'plant/1', atUs: T0 + 2, text: `{"t":${T0},"a":1}` },
  ]
  const two = config()
  const { side, points } = await replayed(recorded(steps, { sources }), {
    ...two,
    sources: { ...two.sources, young: { ...two.sources.plant } },
  })
  assert.deepEqual(side.unclaimed, [0, 2])
  assert.deepEqual(side.silent, ['young'])
  assert.equal(points.length, 1)
  await assert.rejects(replayed(recorded([], { sources: [{ name: 'x', type: 'mqtt' }] }), config()), {
    code: 'WEIR_CONFIG',
    message: /the recording holds no live source of this configuration; it holds "x"/,
  })
})

test('windows that began before the recording are lost, or written when asked', async () => {
  const startedUs = T0 + 0.5 * S
  const steps: Step[] = [0.7, 1.2].map((s) => {
    const t = T0 + s * S
    return { channel: 'plant/1', atUs: t, text: `{"t":${t},"a":1}` }
  })
  const times = ({ points }: { points: string[] }) => points.map((point) => Number(point.split(' ').at(-1)))
  const bytes = recorded(steps, { startedUs })
  const whole = await replayed(bytes, config())
  assert.deepEqual(times(whole), [T0 + S])
  assert.equal(whole.side.gateway.status().sources[0].samples.lost, 1)
  assert.deepEqual(times(await replayed(bytes, config(), { partial: true })), [T0, T0 + S])
})

test('a wall clock that was set is set at the same frame, and no time passes', async () => {
  const year = 365 * 86_400 * S
  const number = config(
    { windows: { w: { every: '1s', reduce: ['count'] } } },
    { time: undefined, decode: { type: 'number' } },
  )
  const steps: Step[] = [
    { channel: 'plant/1', atUs: T0, text: '1' },
    { stepUs: year },
    { channel: 'plant/1', atUs: T0 + year + S, text: '1' },
    { channel: 'plant/1', atUs: T0 + S, text: '1' },
  ]
  const clock = new FakeClock()
  let over = false
  const run = replayed(recorded(steps), number, { speed: 1, clock }).finally(() => {
    over = true
  })
  while (!over) await clock.advance(10)
  assert.ok(clock.monotonicMs() < 1200, `${clock.monotonicMs()} ms`)
  const { points, side } = await run
  assert.deepEqual(
    points.map((point) => Number(point.split(' ').at(-1))),
    [T0, T0 + S, T0 + year + S],
  )
  // Behind a step nothing is late for what was seen before it.
  const { samples } = side.gateway.status().sources[0]
  assert.deepEqual([samples.reduced, samples.late], [3, 0])
})

test('what the recording itself missed is known', async () => {
  const { played } = await replayed(recorded([{ missed: 12 }, { channel: 'plant/1', atUs: T0, text: '{}' }]), config())
  assert.deepEqual(played, { frames: 1, bytes: 2, missed: 12 })
})

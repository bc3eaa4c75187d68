import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseYaml } from '../../src/config/yaml.js'
import type { EngineOptions } from '../../src/model/engine.js'
import { ConfigError } from '../../src/model/errors.js'
import type { Plan } from '../../src/model/plan.js'
import type { Points } from '../../src/model/points.js'
import type { Status } from '../../src/model/status.js'
import { fileSink, influxdb, json, mqtt, serial, struct } from '../../src/stream/fragments.js'
import { StreamingContext } from '../../src/stream/streaming-context.js'
import { device, pointField } from '../support/points.js'
import { stubComponents } from '../support/stub-components.js'

const url = 'http://localhost:8086'
const topical = { type: 'topical', url: 'mqtt://localhost', topics: ['a'], decode: { type: 'json' } }
const database = { type: 'database', url }

/** An engine that only notes what is done to it. */
function recordingEngine() {
  const calls: string[] = []
  let plan: Plan | undefined
  let options: EngineOptions | undefined
  return {
    calls,
    plan: () => plan!,
    hand: (points: Points) => options!.onPoints!(points),
    engine: (given: Plan, more: EngineOptions) => {
      plan = given
      options = more
      return {
        start: async () => void calls.push('start'),
        finished: Promise.resolve(),
        stop: async ({ graceful }: { graceful: boolean }) => void calls.push(`stop ${graceful}`),
        status: () => ({ gateway: given.gateway }) as Status,
      }
    },
  }
}

const points = (window: string): Points => {
  const from = device({ gateway: 'g', source: 's' })
  return {
    window,
    measurement: 'm',
    timeUs: 5e6,
    startUs: 5e6,
    endUs: 6e6,
    final: false,
    lines: 2,
    device: [from, from],
    correction: [0, 1],
    firstField: [0, 2, 3],
    field: [pointField('a'), pointField('b'), pointField('a')],
    value: [1, 2, 3],
  }
}

test('the words compile to what a YAML file would say', () => {
  const ssc = new StreamingContext({ batch: '250ms', stateDir: './state' })
  const acc = ssc.stream(
    mqtt({
      url: 'mqtt://localhost',
      topics: ['plant/{line}/{machine}/telemetry'],
      time: { path: 'ts', unit: 'ms' },
      decode: json(),
    }),
  )
  acc
    .filter({ field: 'temp' })
    .window('1s', { lateness: '2s' })
    .reduce('mean', 'max', 'p99')
    .to(influxdb({ url, database: 'plant' }))
  const { value } = parseYaml(
    `
batch: 250ms
stateDir: ./state
sources:
  mqtt:
    type: mqtt
    url: mqtt://localhost
    topics: ["plant/{line}/{machine}/telemetry"]
    time: { path: ts, unit: ms }
    decode: { type: json }
windows:
  window1: { of: [{ source: mqtt, field: temp }], every: 1s, lateness: 2s, reduce: [mean, max, p99], to: [influxdb] }
sinks:
  influxdb: { type: influxdb, url: "http://localhost:8086", database: plant }
`,
    'same.yaml',
  )
  assert.deepEqual(ssc.toConfig(), value)
})

test('what is done to samples before windows, and units as a tag, are words of a program too', async () => {
  const ssc = new StreamingContext()
  const input = {
    calibrate: {
      temp: { scale: 0.1, unit: '°C' },
      level: {
        table: [
          [0, 0],
          [10, 3],
        ] as const,
        outside: 'clip' as const,
      },
    },
    valid: { temp: [-40, 125] as const },
    deadband: { temp: { band: 0.5, every: '5min' }, level: 1 },
    sequence: { path: 'seq', modulus: 65536 },
  }
  ssc
    .stream(mqtt({ url: 'mqtt://localhost', unit: { hum: '%' }, topics: ['a', { topic: 'b', ...input }] }), 'plant')
    .window('1s', { unitTag: 'unit' })
    .reduce('mean')
    .to(fileSink({ path: '-' }))
  const plan = await ssc.plan()
  const [a, b] = plan.sources[0].inputs
  assert.deepEqual([a.conditions, a.sequence, b.sequence], [undefined, undefined, input.sequence])
  assert.deepEqual(
    [b.conditions?.calibrate.length, b.conditions?.valid, b.conditions?.deadband.length],
    [2, [{ field: 'temp', min: -40, max: 125 }], 2],
  )
  assert.deepEqual([plan.windows[0].unitTag, plan.sources[0].units], ['unit', { hum: '%' }])
})

test('binary payloads whose samples are counted', () => {
  const ssc = new StreamingContext()
  const decode = struct({
    fields: [
      { name: 'n', type: 'u32' },
      { name: 'x', type: 'i16', count: 'rest' },
    ],
  })
  const time = { clock: 'samples', rate: 1000, counter: 'n' } as const
  ssc
    .stream(serial({ path: '/dev/ttyS9', frame: { type: 'cobs' }, time, decode }))
    .countByWindow('1s')
    .to(fileSink({ path: '-' }))
  assert.deepEqual((ssc.toConfig().sources as Record<string, object>).serial, {
    type: 'serial',
    path: '/dev/ttyS9',
    frame: { type: 'cobs' },
    time,
    decode: {
      type: 'struct',
      fields: [
        { name: 'n', type: 'u32' },
        { name: 'x', type: 'i16', count: 'rest' },
      ],
    },
  })
})

test('names are numbered, a sink given twice is one, union and filter choose series', () => {
  const ssc = new StreamingContext()
  const out = fileSink({ path: '-' })
  const [a, b, c] = [ssc.stream(topical), ssc.stream(topical), ssc.stream(topical, 'third')]
  a.union(b)
    .filter({ field: 't*', tags: { line: '4' } })
    .countByWindow('1s')
    .to(out)
    .to(out, database)
  c.window('1min', { name: 'minute', measurement: 'm', offset: '5s' })
    .reduce({ 't*': ['mean'], '*': ['count'] })
    .to(out, { ...database })
  assert.deepEqual(ssc.toConfig(), {
    sources: { topical, topical2: topical, third: topical },
    windows: {
      window1: {
        of: [
          { source: 'topical', field: 't*', tags: { line: '4' } },
          { source: 'topical2', field: 't*', tags: { line: '4' } },
        ],
        every: '1s',
        reduce: ['count'],
        to: ['file', 'database'],
      },
      minute: {
        of: [{ source: 'third' }],
        every: '1min',
        measurement: 'm',
        offset: '5s',
        reduce: { 't*': ['mean'], '*': ['count'] },
        to: ['file', 'database2'],
      },
    },
    sinks: { file: out, database, database2: database },
  })
})

test('what cannot be meant is refused at once', () => {
  const ssc = new StreamingContext()
  const stream = ssc.stream(topical, 'a')
  assert.throws(() => ssc.stream(topical, 'a'), /cannot name two sources "a"/)
  assert.throws(() => stream.filter({ source: 'b' }), /cannot filter sources by "a" and by "b"/)
  stream.window('1s', { name: 'w' }).reduce('count').to(database)
  assert.throws(() => stream.window('2s', { name: 'w' }).reduce('count').to(database), /cannot name two windows "w"/)
})

test('it runs: start once, points to the program, stop', async () => {
  const { engine, calls, plan, hand } = recordingEngine()
  const ssc = new StreamingContext({ gateway: 'g' }, { engine, components: stubComponents })
  const seen: unknown[] = []
  ssc
    .stream(topical)
    .window('1s')
    .reduce('mean')
    .foreach((point) => seen.push(point))
  await assert.rejects(ssc.stop(), /cannot do this before start/)
  await ssc.start()
  await assert.rejects(ssc.start(), /cannot start a StreamingContext twice/)
  assert.deepEqual(plan().windows[0].to, [])
  hand(points('window1'))
  hand(points('another'))
  const tags = { gateway: 'g', source: 's' }
  assert.deepEqual(seen, [
    { measurement: 'm', timeUs: 5e6, tags, fields: { a: 1, b: 2 }, final: false },
    { measurement: 'm', timeUs: 5e6, tags, fields: { a: 3 }, final: false },
  ])
  assert.equal((await ssc.status()).gateway, 'g')
  await ssc.stop({ graceful: false })
  await ssc.awaitTermination()
  assert.deepEqual(calls, ['start', 'stop false'])
})

test('a listener that throws is logged and harms nobody', async () => {
  const { engine, hand } = recordingEngine()
  const said: string[] = []
  const log = { debug() {}, info() {}, warn() {}, error: (_: object, message: string) => void said.push(message) }
  const ssc = new StreamingContext({}, { engine, components: stubComponents, log })
  let good = 0
  const windows = ssc.stream(topical).window('1s').reduce('mean')
  windows.foreach(() => {
    throw new Error('oh')
  })
  windows.foreach(() => good++)
  await ssc.start()
  hand(points('window1'))
  assert.equal(good, 2)
  assert.deepEqual(said, Array(2).fill('cannot hand a point to the program: oh'))
})

test('a wrong pipeline has the problems of a wrong file', async () => {
  const ssc = new StreamingContext({ batch: 'often' }, { components: stubComponents })
  ssc.stream(topical).window('1s').reduce('mode').to(database)
  await assert.rejects(ssc.start(), (error: unknown) => {
    assert.ok(error instanceof ConfigError)
    assert.deepEqual(
      error.problems.map(({ path }) => path),
      ['batch', 'windows.window1.reduce[0]'],
    )
    return true
  })
})

test('a series derived from two streams is one more stream', () => {
  const ssc = new StreamingContext()
  const meter = ssc.stream(mqtt({ url: 'mqtt://localhost', topics: ['m'], decode: json() }), 'meter')
  const volt = meter.filter({ field: 'volt' })
  const amp = meter.filter({ field: 'amp', tags: { phase: '1' } })
  const power = ssc.derive('power', 'product', volt, amp, { unit: 'W', by: [] })
  power
    .window('1s')
    .reduce('mean')
    .foreach(() => {})
  const { derived, windows } = ssc.toConfig()
  assert.deepEqual(derived, {
    power: {
      product: [
        { source: 'meter', field: 'volt' },
        { source: 'meter', field: 'amp', tags: { phase: '1' } },
      ],
      unit: 'W',
      by: [],
    },
  })
  assert.deepEqual(windows, {
    window1: { of: [{ source: 'derived', field: 'power' }], every: '1s', reduce: ['mean'], to: [] },
  })
  assert.throws(() => ssc.derive('power', 'sum', volt, amp), /cannot derive two series "power"/)
  assert.throws(() => ssc.derive('x', 'sum', meter, amp), /not one field of one source/)
  assert.throws(() => ssc.derive('x', 'sum', volt.union(amp), amp), /not one field of one source/)
})

test('windows of every kind are words of a program', async () => {
  const ssc = new StreamingContext()
  const plant = ssc.stream(mqtt({ url: 'mqtt://localhost', topics: ['a'] }), 'plant')
  const out = fileSink({ path: '-' })
  plant.window('1h', { slide: '1min', stamp: 'end', quality: true }).reduce('mean').to(out)
  plant.window('1d', { zone: 'Europe/Berlin', between: 'linear', hold: '1h' }).reduce('twa').to(out)
  plant
    .sessions('30s', { by: ['line'] })
    .reduce('count')
    .to(out)
  plant.windowOf(100).reduce('p99').to(out)
  plant.raw({ name: 'archive' }).to(out)
  const { windows } = await ssc.plan()
  assert.deepEqual(
    windows.map(({ kind, everyUs, sizeUs, rows }) => [kind, everyUs / 1e6, sizeUs / 1e6, rows]),
    [
      ['hopping', 60, 3600, 0],
      ['tumbling', 86_400, 86_400, 0],
      ['session', 0, 30, 0],
      ['count', 0, 0, 100],
      ['raw', 0, 0, 0],
    ],
  )
  assert.deepEqual(
    [windows[0].stamp, windows[0].quality, windows[1].zone, windows[1].between, windows[2].by, windows[4].name],
    ['end', true, 'Europe/Berlin', 'linear', ['line'], 'archive'],
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_CONFIGURATION, measurable } from '../../src/capacity/configuration.js'
import { payloadText, recipesOf, topicsOf } from '../../src/capacity/messages.js'
import { components } from '../../src/components.js'
import { parseConfig } from '../../src/config/parse.js'
import { ConfigError } from '../../src/model/errors.js'
import { parseTopic, type TopicPattern } from '../../src/sources/mqtt/topics.js'

const environment = { env: {}, hostname: 'h', cores: 2, readText: () => '' }
const planOf = (document: unknown) =>
  parseConfig(measurable(document, 'mqtt://127.0.0.1:1', '/f'), components, environment)

const with_ = (source: object, more: object = {}) => ({
  sources: { s: { type: 'mqtt', url: 'mqtts://far', ...source } },
  windows: { w: { of: '*', every: '1s', reduce: ['mean'] } },
  sinks: { db: { type: 'influxdb', url: 'http://far', database: 'd' } },
  ...more,
})

const bodies = (source: object): unknown[] =>
  recipesOf(planOf(with_(source)), 3).map((recipe) => {
    const text = payloadText(recipe, 5, 1_760_000_000_123)
    return recipe.pieces.length > 2 ? JSON.parse(text) : text
  })

test('messages of the default configuration have its fields and its time', () => {
  const [recipe, ...more] = recipesOf(planOf(DEFAULT_CONFIGURATION), 2)
  assert.equal(more.length, 0)
  assert.deepEqual(recipe!.topics, ['sensors/d1000/data', 'sensors/d1001/data'])
  assert.equal(payloadText(recipe!, 0, 1_760_000_000_123), '{"temp":0,"hum":0.31,"bat":0.62,"ts":1760000000123}')
})

test('paths, arrays, tags and numbers of a payload are where the configuration reads them', () => {
  assert.deepEqual(
    bodies({
      topics: ['{line}/x'],
      time: { path: 'meta.t', unit: 'iso' },
      tags: { id: '{.meta.id}' },
      sequence: 'n',
      decode: { type: 'json', fields: { rms: 'vib[1].rms' } },
    }),
    [{ vib: [null, { rms: 355.95 }], meta: { id: 'x', t: '2025-10-09T08:53:20.123Z' }, n: 5 }].map((body) => ({
      ...body,
      vib: [null, { rms: ((5 * 7919) % 4000) / 100 }],
    })),
  )
  const [{ temp, ts }] = bodies({
    topics: ['a'],
    time: { path: 'ts', unit: 'us', rate: 100 },
    decode: { type: 'json', samples: ['temp'] },
  }) as [{ temp: number[]; ts: number }]
  assert.equal(temp.length, 10)
  assert.equal(ts, 1_760_000_000_123_000)
})

test('each topic gets messages of its own kind', () => {
  const found = bodies({
    qos: 1,
    topics: ['a/{d}', { topic: '{d}/{field}/state', time: 'arrival', decode: { type: 'number' } }],
  })
  assert.deepEqual(found, [{ temp: 35.95, hum: 36.26, bat: 36.57 }, '35.95'])
})

test('topics differ in their first wildcard, and the others are filled in', () => {
  const topics = (text: string) => topicsOf(parseTopic(text) as TopicPattern, 2)
  assert.deepEqual(topics('p/{line}/{machine}/t'), ['p/d1000/x/t', 'p/d1001/x/t'])
  assert.deepEqual(topics('{field}/+/#'), ['value/d1000/x', 'value/d1001/x'])
  assert.deepEqual(topics('p/{rest#}'), ['p/d1000', 'p/d1001'])
  assert.deepEqual(topics('p/q'), ['p/q'])
})

test('a format that no messages are made of is named', () => {
  assert.throws(
    () => bodies({ topics: ['a', 'b'], decode: { type: 'csv', columns: ['x'] } }),
    (error: ConfigError) =>
      error instanceof ConfigError &&
      error.problems.length === 2 &&
      error.problems[1]!.path === 'sources.s.topics[1]' &&
      /cannot make messages: their format is `csv`; allowed: json, number/.test(error.problems[1]!.message),
  )
})

test('the link, the sinks and the state are the measurement’s own; sources of other types go, and what is of them alone', () => {
  const document = with_(
    { topics: ['a'], username: 'u', password: 'p', ca: '/ca.pem', clientId: 'me' },
    {
      http: false,
      stateDir: '/var/lib/weir',
      batch: '100ms',
      windows: {
        w: { of: '*', every: '1s', reduce: ['mean'] },
        ofMqtt: { of: { source: 's' }, every: '1s', reduce: ['mean'] },
        ofSerial: { of: { source: 'press' }, every: '1s', reduce: ['mean'] },
      },
    },
  )
  Object.assign(document.sources, { press: { type: 'serial', path: '/dev/ttyUSB0' } })
  assert.deepEqual(measurable(document, 'mqtt://127.0.0.1:1', '/f'), {
    batch: '100ms',
    http: '127.0.0.1:0',
    stateDir: '/f/state',
    runtimeDir: '/f/run',
    sources: { s: { type: 'mqtt', url: 'mqtt://127.0.0.1:1', topics: ['a'] } },
    windows: {
      w: { of: '*', every: '1s', reduce: ['mean'] },
      ofMqtt: { of: { source: 's' }, every: '1s', reduce: ['mean'] },
    },
    sinks: { db: { type: 'file', path: '/f/db.lp', format: 'line', corrections: true } },
  })
  assert.throws(
    () => measurable({ sources: { f: { type: 'file' } } }, 'mqtt://x', '/f'),
    /cannot measure: none of them/,
  )
})

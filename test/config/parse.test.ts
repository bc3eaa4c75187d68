// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration are meant
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Environment } from '../../src/config/environment.js'
import { parseConfig } from '../../src/config/parse.js'
import { ConfigError } from '../../src/model/errors.js'
import { stubComponents } from '../support/stub-components.js'

const environment: Environment = {
  env: { SECRET: 'swordfish', STATE_DIRECTORY: '/var/lib/weir' },
  hostname: 'pi 4',
  cores: 4,
  readText: () => assert.fail('nothing is to be read'),
}

type Raw = Record<string, unknown>
const plant = { type: 'topical', url: 'mqtt://localhost', topics: ['a'], decode: { type: 'json' } }
const base = {
  sources: { plant },
  windows: { second: { every: '1s', reduce: ['mean'] } },
  sinks: { db: { type: 'database', url: 'http://localhost' } },
}
const parse = (raw: unknown, more: Partial<Environment> = {}) =>
  parseConfig(raw, stubComponents, { ...environment, ...more })

function problems(raw: unknown, more?: Partial<Environment>): string[] {
  try {
    parse(raw, more)
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.problems.map(({ path, message }) => `${path}: ${message}`)
  }
  return []
}
const one = (raw: unknown, expected: RegExp, more?: Partial<Environment>) => {
  const found = problems(raw, more)
  assert.equal(found.length, 1, found.join('\n') || 'no problem')
  assert.match(found[0], expected)
}
const source = (more: Raw) => ({ ...base, sources: { plant: { ...plant, ...more } } })
const window = (more: Raw) => ({ ...base, windows: { second: { every: '1s', reduce: ['mean'], ...more } } })
const top = (more: Raw) => ({ ...base, ...more })

test('the least configuration has every default in its plan', () => {
  assert.deepEqual(parse(base), {
    gateway: 'pi-4',
    batchUs: 250_000,
    workers: 3,
    maxMemoryBytes: 128 * 2 ** 20,
    maxSeries: 10_000,
    stopTimeoutMs: 10_000,
    stateDir: '/var/lib/weir',
    runtimeDir: '/var/lib/weir',
    durability: 'process',
    checkpointUs: 10_000_000,
    onDamage: 'setAside',
    http: { host: '127.0.0.1', port: 9470 },
    sources: [
      {
        name: 'plant',
        type: 'topical',
        options: { url: 'mqtt://localhost', qos: 0, topics: ['a'] },
        inputs: [
          {
            time: { kind: 'arrival' },
            decode: { type: 'json', options: {} },
            payloadTags: {},
            constantTags: {},
          },
        ],
        finite: false,
        units: {},
        waitUs: 500_000,
        expectUs: 0,
        idleUs: 1_000_000,
        aheadUs: 60e6,
        forgetUs: 86_400e6,
        maxLatencyUs: 250_000,
        arrivalErrorUs: 20_000,
        maxFrameBytes: 1 << 20,
      },
    ],
    windows: [
      {
        name: 'second',
        measurement: 'second',
        of: [{}],
        kind: 'tumbling',
        everyUs: 1e6,
        sizeUs: 1e6,
        rows: 0,
        offsetUs: 0,
        latenessUs: 10e6,
        stamp: 'start',
        holdUs: 10e6,
        between: 'step',
        quality: false,
        expectUs: 0,
        detrend: 'default',
        maxRows: 100000,
        reduce: [{ field: '*', reductions: [{ kernel: 'mean', arguments: [], suffix: 'mean' }] }],
        to: ['db'],
      },
    ],
    sinks: [
      {
        name: 'db',
        type: 'database',
        options: { url: 'http://localhost' },
        spool: { maxBytes: 256 * 2 ** 20, maxAgeUs: 7 * 86_400e6, minFree: 0.1 },
      },
    ],
  })
})

test('defaults follow batch, cores and the longest window', () => {
  const plan = parse({ ...window({ every: '7d' }), batch: '1s' }, { cores: 2 })
  assert.equal(plan.workers, 1)
  assert.equal(parse(base, { cores: 1 }).workers, 0)
  assert.equal(plan.sources[0].idleUs, 3e6)
  assert.equal(plan.sources[0].maxLatencyUs, 1e6)
  assert.equal(plan.sources[0].forgetUs, 14 * 86_400e6 + 10e6)
  assert.equal(parse(base, { env: {} }).stateDir, './weir-state')
})

test('all problems at once, each with its path', () => {
  const found = problems({
    bacth: '1s',
    checkpoint: '10ms',
    durability: 'disk',
    maxSeries: 0,
    sources: {
      'no name': {},
      plant: {
        type: 'topical',
        wiat: '1s',
        oddity: 1,
        wait: 'soon',
        topics: [{ topic: 'x', decode: { type: 'jsno' } }],
        qos: 2,
      },
      odd: { type: 'mqtt5' },
      none: {},
    },
    windows: {
      a: { every: '0', reduce: [], to: ['nowhere'] },
      b: { reduce: ['mean', 'mode'], every: '1s', hold: '5', of: { source: 'plont' } },
    },
    sinks: { db: { type: 'database' }, x: 5 },
  })
  const paths = found.map((problem) => problem.slice(0, problem.indexOf(': ')))
  assert.deepEqual(paths.sort(), [
    'bacth',
    'checkpoint',
    'durability',
    'maxSeries',
    'sinks.db.url',
    'sinks.x',
    'sources.none.type',
    'sources.odd.type',
    'sources.plant.oddity',
    'sources.plant.qos',
    'sources.plant.topics[0].decode.type',
    'sources.plant.url',
    'sources.plant.wait',
    'sources.plant.wiat',
    'sources["no name"]',
    'windows.a.every',
    'windows.a.reduce',
    'windows.a.to[0]',
    'windows.b.hold',
    'windows.b.of.source',
    'windows.b.reduce[1]',
  ])
  const said = (path: string) => found.find((problem) => problem.startsWith(`${path}: `))!
  assert.match(said('bacth'), /cannot take `bacth`: no such key; allowed: .*; did you mean `batch`\?/)
  assert.match(said('durability'), /got "disk"; allowed: .*memory, process/)
  assert.match(said('maxSeries'), /got 0; allowed: a whole number from 1 to 1000000/)
  assert.match(
    said('sources.plant.url'),
    /cannot do without `url`: it is missing; allowed: a URL such as mqtt:\/\/localhost|text/,
  )
  assert.match(said('sources.plant.wait'), /got "soon"; allowed: a duration such as/)
  assert.match(said('sources.plant.wiat'), /did you mean `wait`\?/)
  assert.match(said('sources.plant.qos'), /got 2; allowed: 0 \| 1/)
  assert.match(said('sources.plant.topics[0].decode.type'), /got "jsno"; allowed: json; did you mean `json`\?/)
  assert.match(said('windows.a.every'), /got "0"; allowed: .* at least 1ms/)
  assert.match(said('windows.b.hold'), /got "5"; allowed: a duration/)
})

test('references that lead nowhere, in windows that are right otherwise', () => {
  one(
    window({ of: { source: 'plont' } }),
    /^windows\.second\.of\.source: cannot find source "plont"; allowed: plant; did you/,
  )
  one(window({ of: [{ field: 'x' }, { source: 'y' }] }), /^windows\.second\.of\[1\]\.source: /)
  one(window({ to: ['db', 'dc'] }), /^windows\.second\.to\[1\]: cannot find sink "dc"; allowed: db; did you mean `db`/)
  one(
    window({ reduce: { 'temp*': ['mean', 'mode'] } }),
    /^windows\.second\.reduce\["temp\*"\]\[1\]: cannot reduce by "mode"/,
  )
  one(window({ reduce: ['mean', 'mean'] }), /^windows\.second\.reduce\[1\]: cannot reduce by "mean" twice/)
})

test('a sink or source in error is still a name that windows may use', () => {
  one({ ...base, sinks: { db: { type: 'databas', url: 'x' } } }, /^sinks\.db\.type: .*did you mean `database`/)
  one(
    { ...window({ of: { source: 'plant' } }), sources: { plant: { ...plant, url: 5 } } },
    /^sources\.plant\.url: .*got 5/,
  )
})

test('empty sections and a configuration that is no map', () => {
  const found = problems({ sources: {}, windows: null })
  assert.equal(found.length, 3)
  assert.match(found[0], /^sources: cannot run without a source/)
  one([], /^: cannot read the configuration: not a map; got a list/)
  one(top({ sinks: ['db'] }), /^sinks: cannot read `sinks`: not a map; got a list/)
})

test('windows need a sink unless the program takes the points', () => {
  one(window({ to: [] }), /^windows\.second\.to: cannot run a window without a sink/)
  assert.deepEqual(parse({ ...window({ to: [] }), sinks: {} }, { pointsTaken: true }).windows[0].to, [])
})

test('two windows of one measurement must both say so', () => {
  const both = (a: Raw, b: Raw) =>
    top({ windows: { a: { every: '1s', reduce: ['mean'], ...a }, b: { every: '1min', reduce: ['mean'], ...b } } })
  one(
    both({}, { measurement: 'a' }),
    /^windows\.b\.measurement: cannot use the measurement "a" twice: window `a` writes it too/,
  )
  assert.deepEqual(problems(both({ measurement: 'm' }, { measurement: 'm' })), [])
})

test('offset is less than every', () => {
  one(window({ offset: '1s' }), /^windows\.second\.offset: /)
  assert.equal(parse(window({ offset: '250ms' })).windows[0].offsetUs, 250_000)
})

test('time in its forms', () => {
  const time = (given: unknown) => parse(source({ time: given })).sources[0].inputs[0].time
  assert.deepEqual(time('arrival'), { kind: 'arrival' })
  assert.deepEqual(time({ path: 'ts', unit: 'ms' }), { kind: 'path', path: 'ts', unit: 'ms', missing: 'reject' })
  assert.deepEqual(time({ path: 't', unit: 'iso', zone: 'Europe/Berlin', or: 'arrival', rate: 1000 }), {
    kind: 'path',
    path: 't',
    unit: 'iso',
    zone: 'Europe/Berlin',
    missing: 'arrival',
    rateHz: 1000,
  })
  one(source({ time: 'now' }), /^sources\.plant\.time: .*got "now"; allowed: arrival, or \{ path/)
  one(
    source({ time: { path: 't' } }),
    /^sources\.plant\.time\.unit: cannot do without `unit`.*s \| ms \| us \| ns \| iso/,
  )
  one(source({ time: { path: 't', unit: 'ms', zone: 'UTC' } }), /^sources\.plant\.time\.zone: cannot use `zone` here/)
  one(
    source({ time: { path: 't', unit: 'iso', zone: 'Mars/Base' } }),
    /^sources\.plant\.time\.zone: .*got "Mars\/Base"/,
  )
  one(source({ time: { path: 't', unit: 'ms', rate: 0 } }), /^sources\.plant\.time\.rate: .*got 0/)
})

test('time by counting samples, and a rate that the payload tells', () => {
  const time = (given: unknown) => parse(source({ time: given })).sources[0].inputs[0].time
  assert.deepEqual(time({ clock: 'samples', rate: 10000 }), { kind: 'clock', rateHz: 10000 })
  assert.deepEqual(time({ clock: 'samples', rate: 10000, counter: 'n' }), {
    kind: 'clock',
    rateHz: 10000,
    counterPath: 'n',
  })
  assert.deepEqual(time({ path: 't', unit: 'us', rate: 'fs' }), {
    kind: 'path',
    path: 't',
    unit: 'us',
    missing: 'reject',
    ratePath: 'fs',
  })
  one(source({ time: { clock: 'samples' } }), /^sources\.plant\.time\.rate: cannot do without a number for `rate`/)
  one(source({ time: { clock: 'samples', rate: 'fs' } }), /^sources\.plant\.time\.rate: cannot do without a number/)
  one(source({ time: { clock: 'ticks', rate: 1 } }), /^sources\.plant\.time\.clock: .*got "ticks"; allowed: samples/)
  one(source({ time: { path: 't', unit: 'us', counter: 'n' } }), /^sources\.plant\.time\.counter: cannot use `counter`/)
  one(source({ time: { path: 't', unit: 'us', rate: '' } }), /^sources\.plant\.time\.rate: .*allowed: samples a second/)
  assert.deepEqual(
    problems(source({ time: { clock: 'samples', rate: 1, path: 't', unit: 'us', or: 'arrival' } })).map(
      (text) => text.split(': ')[0],
    ),
    ['path', 'unit', 'or'].map((key) => `sources.plant.time.${key}`),
  )
  assert.match(problems(source({ time: { rate: 1 } })).join(), /time\.path: cannot do without.*time\.unit: cannot do/)
})

test('tags are constants and values of the payload; weir keeps its own', () => {
  const { constantTags, payloadTags } = parse(source({ tags: { site: 'hall3', line: 4, id: '{.id}' } })).sources[0]
    .inputs[0]
  assert.deepEqual(constantTags, { site: 'hall3', line: '4' })
  assert.deepEqual(payloadTags, { id: 'id' })
  one(source({ tags: { gateway: 'x' } }), /^sources\.plant\.tags\.gateway: cannot set the tags gateway and source/)
  one(source({ tags: { id: 'x-{.id}' } }), /^sources\.plant\.tags\.id: .*allowed: a text, or "\{\.path\}"/)
  one(source({ tags: { 'a b': 'x' } }), /^sources\.plant\.tags\["a b"\]: cannot take this name of a tag/)
  one(source({ tags: { id: '' } }), /^sources\.plant\.tags\.id: /)
})

test('topics have inputs of their own, whose problems have their own paths', () => {
  const [first, second] = parse(
    source({ topics: ['a', { topic: 'b', time: { path: 'ts', unit: 's' }, tags: { kind: 'b' } }] }),
  ).sources[0].inputs
  assert.deepEqual(first.time, { kind: 'arrival' })
  assert.deepEqual(second.time, { kind: 'path', path: 'ts', unit: 's', missing: 'reject' })
  assert.deepEqual(second.constantTags, { kind: 'b' })
  const found = problems(
    source({
      topics: [
        { topic: 'a', decode: { type: 'json', fields: 5 } },
        { topic: 'b', decode: { type: 'json', feilds: [] } },
        { topic: 'c', decode: { type: 'json', samples: ['x'] } },
        { topic: 'd', time: { path: 5, unit: 'ms' } },
      ],
    }),
  ).map((problem) => problem.slice(0, problem.indexOf(':')))
  assert.deepEqual(found, [
    'sources.plant.topics[0].decode.fields',
    'sources.plant.topics[1].decode.feilds',
    'sources.plant.topics[3].time.path',
    'sources.plant.topics[2].decode',
  ])
})

test('a topic whose codec the source chooses still has its own path', () => {
  one(
    source({
      decode: undefined,
      topics: [
        { topic: 'a', time: 'arrival' },
        { topic: 'b', time: { path: '', unit: 's' } },
      ],
    }),
    /^sources\.plant\.topics\[1\]\.time\.path: /,
  )
})

test('what codec and source say against a combination is a problem in its place', () => {
  one(source({ decode: { type: 'json', samples: ['x'] } }), /^sources\.plant\.decode: cannot time the samples/)
  one(source({ decode: undefined }), /^sources\.plant: cannot read the topic "a": it has no decode/)
  one(source({ decode: 'json' }), /^sources\.plant\.decode: cannot read `decode`: not a map; got "json"/)
  one(
    top({ sinks: { db: { type: 'database', url: 'x', bucket: 'b' } } }),
    /^sinks\.db: cannot write to a bucket without `org`/,
  )
})

test('finite sources have times of their own, and no page', () => {
  const file = (more: Raw) => top({ sources: { f: { type: 'finite', path: 'x', decode: { type: 'json' }, ...more } } })
  const plan = parse(file({ time: { path: 't', unit: 's' } }))
  assert.equal(plan.sources[0].finite, true)
  assert.equal(plan.http, undefined)
  for (const time of [undefined, 'arrival', { path: 't', unit: 's', or: 'arrival' }])
    one(file({ time }), /^sources\.f\.time: cannot time a finite source by arrival/)
})

test('http off this machine needs a token', () => {
  const http = (given: unknown) => parse(top({ http: given })).http
  assert.deepEqual(http('[::1]:80'), { host: '::1', port: 80 })
  assert.equal(http(false), undefined)
  assert.deepEqual(http({ listen: '0.0.0.0:80', token: 't' }), { host: '0.0.0.0', port: 80, token: 't' })
  one(top({ http: '0.0.0.0:9470' }), /^http: cannot listen off this machine without a token/)
  one(top({ http: { listen: 'pi:9470' } }), /^http: cannot listen off this machine without a token/)
  one(top({ http: { listen: '127.0.0.1:80', port: 1 } }), /^http\.port: cannot take `port`/)
  one(top({ http: 9470 }), /^http: .*allowed: host:port/)
  one(top({ http: 'none' }), /^http: .*an address and port/)
  one(top({ http: { listen: 'none', token: 't' } }), /^http.*an address and port/)
})

test('no secret is shown', () => {
  const shown = (raw: unknown) => {
    const found = problems(raw, { readText: () => 'swordfish' }).join('\n')
    assert.ok(found.length > 0)
    assert.doesNotMatch(found, /swordfish/)
    return found
  }
  assert.match(shown(source({ url: 'x${env:SECRET}' })), /got the text x\$\{env:SECRET\}/)
  assert.match(shown(source({ password: { a: 'swordfish' } })), /sources\.plant\.password: .*not shown/)
  shown(source({ password: ['swordfish'] }))
  shown(source({ url: 'http://u:swordfish@host' }))
  shown(window({ reduce: ['${env:SECRET}'] }))
  shown(window({ to: ['${file:/x}'] }))
})

test('offline, placeholders are taken without reading', () => {
  const offline = { offline: true, env: {} }
  const plan = parse(source({ url: '${env:URL}', wait: '${env:WAIT}', password: '${credential:p}' }), offline)
  assert.equal(plan.sources[0].waitUs, 500_000)
  assert.deepEqual(plan.sources[0].inputs, [])
  assert.equal(parse(source({ password: '${env:P}' }), offline).sources[0].inputs.length, 1)
  assert.equal(parse(top({ gateway: '${env:GATEWAY}', batch: '1s' }), offline).batchUs, 1e6)
  assert.equal(parse(window({ lateness: '${env:L}' }), offline).windows[0].latenessUs, 10e6)
  assert.deepEqual(parse(window({ every: '${env:E}' }), offline).windows, [])
  one(source({ url: '${env:URL}', qos: 7 }), /^sources\.plant\.qos/, offline)
})

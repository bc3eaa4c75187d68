// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration are meant
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { components } from '../../src/components.js'
import { describePlan } from '../../src/config/describe.js'
import { loadConfig } from '../../src/config/load.js'
import { ConfigError } from '../../src/model/errors.js'

const example = (name: string) => new URL(`../../../test/examples/${name}.yaml`, import.meta.url).pathname
const load = (names: string[], env: Record<string, string> = {}, offline = false) =>
  loadConfig(names.map(example), { components, env, offline, hostname: 'pi', cores: 4 })

async function problems(name: string): Promise<Record<string, string>> {
  try {
    await load([name])
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return Object.fromEntries(error.problems.map(({ path, message }) => [path, message]))
  }
  return {}
}

test('a plant with MQTT and serial into InfluxDB', async () => {
  const plan = await load(['plant'], { INFLUX_PASSWORD: 'secret' })
  assert.equal(plan.gateway, 'press-hall-3')
  assert.equal(plan.stateDir, '/var/lib/weir')
  assert.equal(plan.workers, 3)
  const [plant, home, press] = plan.sources
  assert.deepEqual([plant.type, home.type, press.type], ['mqtt', 'mqtt', 'serial'])
  assert.deepEqual(
    plant.inputs.map(({ time, decode }) => [time, decode.type]),
    [[{ kind: 'path', path: 'ts', unit: 'ms', missing: 'arrival' }, 'json']],
  )
  assert.deepEqual(
    home.inputs.map(({ time, decode }) => [time, decode.type]),
    [
      [{ kind: 'arrival' }, 'json'],
      [{ kind: 'path', path: 'Time', unit: 'iso', zone: 'Europe/Berlin', missing: 'reject' }, 'json'],
      [{ kind: 'arrival' }, 'number'],
    ],
  )
  assert.ok(plan.sources.every(({ finite }) => !finite))
  const [second, vibration, meters] = plan.windows
  assert.deepEqual(
    second.reduce[0].reductions.map(({ suffix }) => suffix),
    ['count', 'mean', 'min', 'max', 'stddev'],
  )
  assert.deepEqual(vibration.of, [{ source: 'press', field: 'acc_*' }])
  assert.deepEqual(
    meters.reduce.map(({ field, reductions }) => [field, ...reductions.map(({ kernel }) => kernel)]),
    [
      ['power', 'mean', 'max'],
      ['energy', 'delta'],
      ['*', 'last'],
    ],
  )
  assert.deepEqual(
    plan.windows.map(({ to, everyUs }) => [to, everyUs]),
    [
      [['plantdb'], 1e6],
      [['plantdb'], 1e6],
      [['plantdb'], 60e6],
    ],
  )
  assert.equal((plan.sinks[0].options as { password: string }).password, 'secret')
})

test('the plant needs its secret, but not offline', async () => {
  await assert.rejects(load(['plant']), /sinks\.plantdb\.password: cannot fill in \$\{env:INFLUX_PASSWORD\}/)
  assert.equal((await load(['plant'], {}, true)).sinks.length, 1)
})

test('a file is a source and a sink like any other', async () => {
  const plan = await load(['history'])
  assert.equal(plan.http, undefined)
  const [history] = plan.sources
  assert.equal(history.finite, true)
  assert.deepEqual(history.inputs[0].time, {
    kind: 'path',
    path: 'timestamp',
    unit: 'iso',
    zone: 'UTC',
    missing: 'reject',
  })
  assert.equal(plan.windows[0].everyUs, 3600e6)
  assert.deepEqual(
    plan.sinks.map(({ name, type }) => [name, type]),
    [['out', 'file']],
  )
})

test('several files are one, the later wins', async () => {
  const plan = await load(['history', 'history-over'])
  assert.equal(plan.batchUs, 1e6)
  assert.equal(plan.windows[0].everyUs, 60e6)
  assert.equal(plan.windows[0].reduce[0].reductions.length, 3)
})

test('every mistake of a wrong file is told at once', async () => {
  const said = await problems('wrong')
  const expected: Record<string, RegExp> = {
    batch: /got "1ms"; allowed: .* at least 5ms/,
    wokers: /did you mean `workers`/,
    maxBatchBytes: /not in this version/,
    http: /without a token/,
    'sources.plant.url': /it is missing/,
    'sources.plant.decode.feilds': /did you mean `fields`/,
    'sources.plant.resume': /not in this version/,
    'sources.press.type': /got "sirial"; allowed: .*; did you mean `serial`/,
    'windows.second.every': /got "1 second"; allowed: a duration/,
    'windows.second.reduce[1]': /cannot use `p999`: unknown reduction/,
    'windows.second.to[0]': /did you mean `plantdb`/,
    'windows.day.reduce["*"][0]': /known ones are .*count, .*mean/,
    'windows.day.zone': /a time zone such as Europe\/Berlin/,
    'sinks.plantdb.url': /got "ftp:\/\/x"/,
    'sinks.plantdb.password': /got a value not shown here/,
  }
  assert.deepEqual(Object.keys(said).sort(), Object.keys(expected).sort())
  for (const [path, words] of Object.entries(expected)) assert.match(said[path], words)
})

test('a broken file is told by line and column', async () => {
  await assert.rejects(load(['broken']), /cannot read .*broken\.yaml:\d+:\d+: /)
  await assert.rejects(load(['missing']), /cannot read .*missing\.yaml: ENOENT/)
})

test('series derived from others stand behind their sources, and apart where they wait for others', async () => {
  const plan = await load(['derived'])
  assert.deepEqual(
    plan.sources.map(({ name, derives }) => [name, derives?.from, derives?.series.map(({ field }) => field)]),
    [
      ['meter', undefined, undefined],
      ['drive', undefined, undefined],
      ['encoder', undefined, undefined],
      ['derived', ['meter'], ['power']],
      ['derived', ['drive', 'encoder'], ['slip']],
      ['derived', ['meter'], ['share']],
    ],
  )
  assert.deepEqual(plan.sources[4].derives?.series, [
    {
      field: 'slip',
      function: 'difference',
      inputs: [
        { source: 'drive', field: 'set', tags: { drive: 'main' } },
        { source: 'encoder', field: 'speed' },
      ],
      by: ['machine'],
      holdUs: 5e6,
    },
  ])
  assert.match(
    describePlan(plan, components),
    /\nderived\n {2}power: \(meter volt\) × \(meter amp\), values held 1min, in W\n {2}slip: \(drive set, drive=main\) - \(encoder speed\), by machine, values held 5s\n/,
  )
})

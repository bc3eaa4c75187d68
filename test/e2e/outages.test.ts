import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { type Influxd, startInfluxd } from '../support/influxd.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { publisher } from '../support/publisher.js'
import { until } from '../support/until.js'
import { folderWith, startWeir, type WeirProcess, weir } from '../support/weir.js'

// Broker and database that are not there, go away, come back, or do not let us in.

async function both(t: TestContext, options: { users?: Record<string, string>; auth?: boolean } = {}) {
  const [broker, server] = await Promise.all([startMosquitto(options), startInfluxd(options)])
  t.after(() => Promise.all([broker.stop(), server.stop()]))
  return { broker, server }
}

const job = (broker: Mosquitto, server: Influxd, { source = '', sink = '' } = {}) => `
gateway: hall-3
durability: memory
http: 127.0.0.1:0
sources:
  plant: { type: mqtt, url: "${broker.url}", topics: ["plant/{machine}"], time: { path: ts, unit: ms }, ${source} }
windows:
  second: { every: 1s, reduce: [count, sum] }
sinks:
  plantdb: { type: influxdb, url: "${server.url}", database: plant, create: true, ${sink} }
`

const nextSecondMs = () => Math.ceil(Date.now() / 1000) * 1000

const isUp = (running: WeirProcess) => running.shows('link up', ({ sources }) => sources[0].link.state === 'up')

/** Counts and sums of all windows. */
async function totals(server: Influxd): Promise<{ count: number; sum: number }> {
  const [row] = await server
    .client('plant')
    .query<{ count: number; sum: number }>('select sum(x_count) as "count", sum(x_sum) as "sum" from second')
  return row ? { count: row.count, sum: row.sum } : { count: 0, sum: 0 }
}

/** Messages whose times lie in the coming seconds, so that a stop at any time writes them all. */
async function sendSome(
  t: TestContext,
  broker: Mosquitto,
  count: number,
  options: { qos?: 0 | 1; from?: number } = {},
) {
  const { qos = 0, from = 0 } = options
  const sender = await publisher(t, broker.url)
  const startMs = nextSecondMs()
  for (let i = 0; i < count; i++) await sender.send(`plant/m${i % 3}`, { ts: startMs + i * 10, x: from + i }, { qos })
}

const occurrences = (messages: string[], pattern: RegExp) => messages.filter((message) => pattern.test(message)).length

test('neither broker nor database there: it starts, says so once each, and works when they come', async (t) => {
  const { broker, server } = await both(t)
  await Promise.all([broker.kill(), server.halt()])
  const running = startWeir(t, ['run', 'weir.yaml'], { cwd: folderWith(t, { 'weir.yaml': job(broker, server) }) })
  assert.equal((await running.get('/readyz')).status, 200)
  await running.shows('tried more than once', ({ sources, sinks }) => {
    return sources[0].link.attempts >= 3 && sources[0].link.state === 'down' && sinks[0].state === 'down'
  })
  const warnings = running.messages('warn', 'error')
  assert.equal(
    occurrences(warnings, /source "plant" cannot reach mqtt:.*nothing listens there.*trying again/),
    1,
    warnings.join('\n'),
  )
  assert.equal(
    occurrences(warnings, /sink plantdb: cannot create database .*no server there.*tried again/),
    1,
    warnings.join('\n'),
  )
  assert.equal(warnings.length, 2, warnings.join('\n'))
  const { alarms } = await running.status()
  assert.equal(alarms.length, 2, alarms.join('\n'))

  await broker.start()
  await isUp(running)
  await sendSome(t, broker, 100)
  await running.shows('all arrived', ({ sources }) => sources[0].frames.in === 100)
  await server.restart()
  await running.shows('sink up', ({ sinks }) => sinks[0].state === 'up')
  assert.deepEqual((await running.status()).alarms, [])
  assert.equal(await running.terminate(), 0)
  assert.deepEqual(await totals(server), { count: 100, sum: 4950 })
  assert.match(running.stderr(), /^balances$/m)
  const said = running.messages('info')
  assert.equal(occurrences(said, /source "plant" is up/), 1, said.join('\n'))
  assert.equal(occurrences(said, /sink plantdb: reachable again/), 1, said.join('\n'))
})

test('a broker killed and started again: messages before and after count', async (t) => {
  const { broker, server } = await both(t)
  const cwd = folderWith(t, { 'weir.yaml': job(broker, server, { source: 'qos: 1' }) })
  const running = startWeir(t, ['run', 'weir.yaml'], { cwd })
  await isUp(running)
  await sendSome(t, broker, 50, { qos: 1 })
  await running.shows('half arrived', ({ sources }) => sources[0].frames.in === 50)
  await broker.kill()
  await running.shows('link down', ({ sources, alarms }) => sources[0].link.state === 'down' && alarms.length === 1)
  await broker.start()
  await isUp(running)
  await sendSome(t, broker, 50, { qos: 1, from: 50 })
  await running.shows('all arrived', ({ sources }) => sources[0].frames.in === 100)
  assert.equal(await running.terminate(), 0)
  assert.deepEqual(await totals(server), { count: 100, sum: 4950 })
  assert.match(running.stderr(), /^balances$/m)
})

test('with QoS 1, what is sent while weir is down waits in the broker', async (t) => {
  const { broker, server } = await both(t)
  const cwd = folderWith(t, { 'weir.yaml': job(broker, server, { source: 'qos: 1' }) })
  const first = startWeir(t, ['run', 'weir.yaml'], { cwd })
  await isUp(first)
  assert.equal(await first.terminate(), 0)
  const sender = await publisher(t, broker.url)
  const aheadMs = nextSecondMs() + 20_000
  for (let i = 0; i < 100; i++) await sender.send('plant/m', { ts: aheadMs + i, x: i }, { qos: 1 })
  const second = startWeir(t, ['run', 'weir.yaml'], { cwd })
  const session = await second.shows(
    'all arrived',
    ({ sources }) => sources[0].frames.in === 100 && sources[0].details.session,
  )
  assert.equal(session, 'resumed')
  assert.equal(await second.terminate(), 0)
  assert.deepEqual(await totals(server), { count: 100, sum: 4950 })
})

test('a database restarted: points wait and all arrive', async (t) => {
  const { broker, server } = await both(t)
  const running = startWeir(t, ['run', 'weir.yaml'], { cwd: folderWith(t, { 'weir.yaml': job(broker, server) }) })
  await isUp(running)
  await sendSome(t, broker, 50)
  await until('the first points', async () => (await totals(server)).count === 50)
  await server.halt()
  await sendSome(t, broker, 50, { from: 50 })
  const { points } = await running.shows('points wait', ({ sinks }) => {
    return sinks[0].state === 'down' && sinks[0].points.spooled > 0 && sinks[0]
  })
  assert.equal(points.givenUp, 0)
  await server.restart()
  await running.shows('delivered', ({ sinks }) => sinks[0].points.emitted === 6 && sinks[0].points.spooled === 0)
  assert.deepEqual(await totals(server), { count: 100, sum: 4950 })
  assert.equal(await running.terminate(), 0)
})

test('a database that does not come: SIGTERM ends within stopTimeout, and the points wait for the next start', async (t) => {
  const { broker, server } = await both(t)
  await server.halt()
  const text = `stopTimeout: 1s\n${job(broker, server)}`
  const cwd = folderWith(t, { 'weir.yaml': text })
  const running = startWeir(t, ['run', 'weir.yaml'], { cwd })
  await isUp(running)
  await sendSome(t, broker, 9)
  await running.shows('all arrived', ({ sources }) => sources[0].frames.in === 9)
  assert.equal(await running.terminate(), 0)
  assert.match(running.stderr(), /^points +emitted +delivered +spooled\n +plantdb +3 +0 +3$/m)
  assert.match(running.stderr(), /^balances$/m)
  await server.restart()
  const next = startWeir(t, ['run', 'weir.yaml'], { cwd })
  await next.shows('all delivered', ({ sinks }) => sinks[0].points.delivered === 3 && sinks[0].points.spooled === 0)
  assert.equal(await next.terminate(), 0)
  assert.equal((await totals(server)).count, 9)
})

test('peers that take connections and never answer: it starts, and stops at once', async (t) => {
  const hole = net.createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1')
  await once(hole, 'listening')
  t.after(() => hole.close())
  const at = `127.0.0.1:${(hole.address() as net.AddressInfo).port}`
  const text = `
http: 127.0.0.1:0
stopTimeout: 1min
sources:
  plain: { type: mqtt, url: "mqtt://${at}", topics: [a] }
  secure: { type: mqtt, url: "mqtts://${at}", topics: [a] }
  web: { type: mqtt, url: "ws://${at}", topics: [a] }
windows:
  second: { every: 1s, reduce: [count] }
sinks:
  made: { type: influxdb, url: "http://${at}", database: a, create: true }
  there: { type: influxdb, url: "http://${at}", database: a }
`
  const running = startWeir(t, ['run', 'weir.yaml'], { cwd: folderWith(t, { 'weir.yaml': text }) })
  const connections = () => promisify(hole.getConnections.bind(hole))() as Promise<number>
  await until('all but the last, which has nothing to send, have connected', async () => (await connections()) >= 4)
  const { sources } = await running.status()
  assert.deepEqual(
    sources.map(({ link }) => link.state),
    ['starting', 'starting', 'starting'],
  )
  // The test's own bound is far below stopTimeout.
  running.child.kill('SIGTERM')
  assert.equal(await until('it has ended', () => running.child.exitCode ?? undefined), 0)
  assert.match(running.stderr(), /^balances$/m)
})

test('wrong passwords: one line each that names who, and no secret anywhere', async (t) => {
  const { broker, server } = await both(t, { users: { weir: 'mqtt-right-word' }, auth: true })
  const secrets = { MQTT_WORD: 'mqtt-wrong-word', DB_WORD: 'db-wrong-word' }
  const cwd = folderWith(t, {
    'weir.yaml': job(broker, server, {
      source: 'username: weir, password: "${env:MQTT_WORD}"',
      sink: 'username: admin, password: "${env:DB_WORD}"',
    }),
  })
  const running = startWeir(t, ['run', 'weir.yaml', '--log-level', 'trace'], { cwd, env: secrets })
  await running.shows('tried more than once', ({ sources, sinks }) => {
    return sources[0].link.attempts >= 3 && sinks[0].state === 'down'
  })
  const warnings = running.messages('warn', 'error')
  assert.equal(warnings.length, 2, warnings.join('\n'))
  const ofSource = /source "plant" cannot log in to mqtt:.* as user "weir".*check its `username`, `password`/
  assert.equal(occurrences(warnings, ofSource), 1, warnings.join('\n'))
  assert.equal(occurrences(warnings, /sink plantdb: .*refuses user "admin" \(401\)/), 1, warnings.join('\n'))
  const pages = await Promise.all(['/status', '/metrics', '/'].map(async (path) => (await running.get(path)).text()))
  assert.equal(await running.terminate(), 0)
  const check = await weir(t, ['check', 'weir.yaml', '--json'], { cwd, env: secrets })
  const all = [...pages, running.stderr(), running.stdout(), check.stdout, check.stderr].join('\n')
  assert.match(all, /plantdb/)
  const hidden = Object.values(secrets).flatMap((word) => [word, Buffer.from(`admin:${word}`).toString('base64')])
  for (const word of hidden) assert.ok(!all.includes(word), word)
})

test('right passwords from the environment and a file; a second file changes the first', async (t) => {
  const { broker, server } = await both(t, { users: { weir: 'mqtt-right-word' }, auth: true })
  const folder = folderWith(t, { word: 'mqtt-right-word\n' })
  const cwd = folderWith(t, {
    'base.yaml': job(broker, server, {
      source: `username: weir, password: "\${file:${folder}/word}"`,
      sink: 'username: nobody, password: "${env:DB_WORD}"',
    }),
    'site.yaml': 'gateway: hall-4\nsinks: { plantdb: { username: "${env:DB_USER:-admin}" } }\n',
  })
  const running = startWeir(t, ['run', 'base.yaml', 'site.yaml'], { cwd, env: { DB_WORD: 'secret' } })
  await isUp(running)
  const startMs = nextSecondMs()
  const sender = await publisher(t, broker.url, { username: 'weir', password: 'mqtt-right-word' })
  for (let i = 0; i < 10; i++) await sender.send('plant/m', { ts: startMs, x: i })
  await running.shows('all arrived', ({ sources }) => sources[0].frames.in === 10)
  assert.equal(await running.terminate(), 0)
  const rows = await server.client('plant').query<{ gateway: string; x_count: number }>('select * from second')
  assert.deepEqual(
    [...rows].map(({ gateway, x_count }) => [gateway, x_count]),
    [['hall-4', 10]],
  )
})

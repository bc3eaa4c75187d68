import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Influxd, startInfluxd } from '../support/influxd.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { publisher } from '../support/publisher.js'
import { until } from '../support/until.js'
import { folderWith, startWeir } from '../support/weir.js'

// The main job: a real broker, a real database, and the command between them.

let broker: Mosquitto
let server: Influxd
before(async () => {
  ;[broker, server] = await Promise.all([startMosquitto(), startInfluxd()])
})
after(() => Promise.all([broker.stop(), server.stop()]))

interface Job {
  database: string
  source?: string
  window?: string
  top?: string
}

const job = ({ database, source = '', window = '', top = '' }: Job) => `
gateway: hall-3
durability: memory
http: 127.0.0.1:0
${top}
sources:
  plant:
    type: mqtt
    url: ${broker.url}
    topics: ["${database}/{line}/{machine}/telemetry"]
    time: { path: ts, unit: ms }
    decode: { type: json, fields: [temp, vib.rms] }
    ${source}
windows:
  second: { every: 1s, reduce: [count, sum, mean, max], ${window} }
sinks:
  plantdb: { type: influxdb, url: "${server.url}", database: ${database}, create: true }
`

/** The first whole second that a weir which is ready now writes. */
const nextSecondMs = () => Math.ceil(Date.now() / 1000) * 1000

interface Row {
  time: { getTime(): number }
  [column: string]: unknown
}

const rowsOf = async (database: string): Promise<Row[]> => [
  ...(await server.client(database).query<Row>('select * from second')),
]

const DEVICES = 10
const SECONDS = 3
const A_SECOND = 20

interface Message {
  topic: string
  device: number
  ts: number
  temp: number
  rms: number
}

/** Messages of ten machines over three seconds, in the order of their times. */
function messagesFrom(fromMs: number, database: string): Message[] {
  const messages: Message[] = []
  for (let i = 0; i < SECONDS * A_SECOND; i++) {
    for (let device = 0; device < DEVICES; device++) {
      messages.push({
        topic: `${database}/line ${device % 2}/m${device}/telemetry`,
        device,
        ts: fromMs + i * (1000 / A_SECOND),
        temp: 20 + device + Math.sin(i) / 3,
        rms: (i * 7919 + device) / 1000,
      })
    }
  }
  return messages
}

const payload = ({ ts, temp, rms }: Message) => ({ ts, temp, vib: { rms }, note: 'ok' })

/** What the database must hold of them: a row per machine and second. */
function expected(messages: readonly Message[]): Map<string, Message[]> {
  const groups = new Map<string, Message[]>()
  for (const message of messages) {
    const key = `m${message.device} ${Math.floor(message.ts / 1000) * 1000}`
    groups.set(key, [...(groups.get(key) ?? []), message])
  }
  return groups
}

function assertRows(rows: readonly Row[], messages: readonly Message[]) {
  const groups = expected(messages)
  assert.equal(rows.length, groups.size)
  for (const row of rows) {
    const group = groups.get(`${row.machine} ${row.time.getTime()}`)
    assert.ok(group, JSON.stringify(row))
    assert.equal(row.gateway, 'hall-3')
    assert.equal(row.source, 'plant')
    assert.equal(row.line, `line ${group[0].device % 2}`)
    for (const [field, values] of [
      ['temp', group.map(({ temp }) => temp)],
      ['vib_rms', group.map(({ rms }) => rms)],
    ] as const) {
      const sum = values.reduce((a, b) => a + b)
      const close = (got: unknown, wanted: number) =>
        assert.ok(Math.abs((got as number) - wanted) <= 1e-9 * Math.abs(wanted), `${field}: ${got}, not ${wanted}`)
      assert.equal(row[`${field}_count`], values.length)
      close(row[`${field}_sum`], sum)
      close(row[`${field}_mean`], sum / values.length)
      assert.equal(row[`${field}_max`], Math.max(...values))
    }
  }
}

/** The ledger as it is printed at the end: what came in is in results, and all of those are delivered. */
function assertLedger(stderr: string, frames: number, samples: number, points: number) {
  const number = (n: number) => String(n).replace(/\B(?=(\d{3})+$)/g, '[^0-9]?')
  assert.match(stderr, new RegExp(`^frames +in +decoded\\n +plant +${number(frames)} +${number(frames)}$`, 'm'))
  assert.match(stderr, new RegExp(`^samples +decoded +reduced\\n +plant +${number(samples)} +${number(samples)}$`, 'm'))
  assert.match(stderr, new RegExp(`^points +emitted +delivered\\n +plantdb +${points} +${points}$`, 'm'))
  assert.match(stderr, /^balances$/m)
}

test('windows of a second per machine arrive by themselves; SIGTERM ends with the ledger', async (t) => {
  const database = 'seconds'
  const cwd = folderWith(t, { 'weir.yaml': job({ database }) })
  const running = startWeir(t, ['run', 'weir.yaml'], { cwd })
  await running.shows('link up', ({ sources }) => sources[0].link.state === 'up')
  const messages = messagesFrom(nextSecondMs(), database)
  const sender = await publisher(t, broker.url)
  for (const message of messages) await sender.send(message.topic, payload(message))
  await until('every window is in the database', async () => (await rowsOf(database)).length === DEVICES * SECONDS)
  assertRows(await rowsOf(database), messages)
  const status = await running.status()
  assert.equal(status.sources[0].frames.in, messages.length)
  assert.equal(status.devices, DEVICES)
  assert.equal(status.series, 2 * DEVICES)

  const types = await server.client(database).query<Record<string, string>>('show field keys from second')
  assert.deepEqual(
    [...types].map(({ fieldKey, fieldType }) => `${fieldKey} ${fieldType}`),
    ['temp', 'vib_rms'].flatMap((field) => [
      `${field}_count integer`,
      `${field}_max float`,
      `${field}_mean float`,
      `${field}_sum float`,
    ]),
  )
  const tags = await server.client(database).query<{ tagKey: string }>('show tag keys from second')
  assert.deepEqual(
    [...tags].map(({ tagKey }) => tagKey),
    ['gateway', 'line', 'machine', 'source'],
  )

  assert.equal(await running.terminate(), 0)
  assertLedger(running.stderr(), messages.length, 2 * messages.length, DEVICES * SECONDS)
  assert.equal(running.stdout(), '')
})

for (const [version, qos] of [
  ['3.1.1', 1],
  ['5', 0],
  ['5', 1],
] as const) {
  test(`MQTT ${version} with QoS ${qos}: a stop in the middle of the windows writes them as they stand`, async (t) => {
    const database = `v${version[0]}q${qos}`
    const cwd = folderWith(t, { 'weir.yaml': job({ database, source: `qos: ${qos}\n    version: ${version}` }) })
    const running = startWeir(t, ['run', 'weir.yaml'], { cwd })
    await running.shows('link up', ({ sources }) => sources[0].link.state === 'up')
    const messages = messagesFrom(nextSecondMs(), database)
    const sender = await publisher(t, broker.url, { protocolVersion: version === '5' ? 5 : 4 })
    await Promise.all(messages.map((message) => sender.send(message.topic, payload(message), { qos })))
    // Acknowledgements follow their burst.
    const acks = qos === 1 ? messages.length : 0
    const details = await running.shows(
      'all arrived',
      ({ sources: [{ frames, details }] }) => frames.in >= messages.length && Number(details.acks) >= acks && details,
    )
    assert.deepEqual([details.messages, details.acks], [messages.length, acks])
    assert.equal(await running.terminate(), 0)
    assertRows(await rowsOf(database), messages)
    assertLedger(running.stderr(), messages.length, 2 * messages.length, DEVICES * SECONDS)
  })
}

test('a late row corrects the point under its key and time; one too late is counted', async (t) => {
  const database = 'corrected'
  const cwd = folderWith(t, { 'weir.yaml': job({ database, window: 'lateness: 2s', source: 'wait: 100ms' }) })
  const running = startWeir(t, ['run', 'weir.yaml'], { cwd })
  await running.shows('link up', ({ sources }) => sources[0].link.state === 'up')
  const sender = await publisher(t, broker.url)
  const fromMs = nextSecondMs()
  const send = (ms: number, temp: number) =>
    sender.send(`${database}/a/b/telemetry`, { ts: fromMs + ms, temp, vib: { rms: 1 } })
  await send(100, 20)
  await send(900, 22)
  const rowIs = (count: number, sum: number, max: number) =>
    until(`${count} rows in the first window`, async () => {
      const rows = (await rowsOf(database)).filter((row) => row.time.getTime() === fromMs)
      assert.ok(rows.length <= 1)
      return rows[0]?.temp_count === count && rows[0].temp_sum === sum && rows[0].temp_max === max
    })
  await rowIs(2, 42, 22)
  await send(1200, 5)
  await send(500, 30)
  await rowIs(3, 72, 30)
  assert.ok((await running.status()).windows[0].corrections >= 1)
  await send(3200, 5)
  // Its device has not been heard past the end of lateness until the clock is there too.
  await until('time passes', () => Date.now() > fromMs + 3200)
  await send(3300, 5)
  await send(600, 99)
  await running.shows('too late', ({ windows }) => windows[0].late >= 2)
  assert.equal(await running.terminate(), 0)
  await rowIs(3, 72, 30)
  assert.match(running.stderr(), /^samples +decoded +reduced +late\n +plant +14 +12 +2$/m)
  assert.match(running.stderr(), /^balances$/m)
})

test('retained messages: taken where the payload has its time, else skipped and counted', async (t) => {
  const database = 'retained'
  const sender = await publisher(t, broker.url)
  const aheadMs = nextSecondMs() + 20_000
  await sender.send(`${database}/a/b/telemetry`, { ts: aheadMs, temp: 20 }, { retain: true })
  await sender.send(`${database}/old/temp`, '21', { retain: true })
  const second = `
sources:
  plain: { type: mqtt, url: "${broker.url}", topics: ["${database}/{device}/{field}"], decode: { type: number } }
`
  const cwd = folderWith(t, { 'weir.yaml': job({ database }), 'plain.yaml': second })
  const running = startWeir(t, ['run', 'weir.yaml', 'plain.yaml'], { cwd })
  await running.shows('both retained messages', ({ sources }) => sources.every(({ frames }) => frames.in === 1))
  const [plant, plain] = (await running.status()).sources
  assert.equal(plant.frames.retained, 0)
  assert.equal(plain.frames.retained, 1)
  assert.equal(await running.terminate(), 0)
  const rows = await rowsOf(database)
  assert.deepEqual(
    rows.map((row) => [row.source, row.time.getTime(), row.temp_sum]),
    [['plant', aheadMs, 20]],
  )
  assert.match(running.stderr(), /^balances$/m)
})

test('a shared subscription: two gateways share the messages, each counted once', async (t) => {
  const database = 'shared'
  const gateways = ['left', 'right'].map((gateway) => {
    const text = job({ database, source: 'share: weirs' }).replace('hall-3', gateway)
    return startWeir(t, ['run', 'weir.yaml'], { cwd: folderWith(t, { 'weir.yaml': text }) })
  })
  for (const running of gateways) await running.shows('link up', ({ sources }) => sources[0].link.state === 'up')
  const messages = messagesFrom(nextSecondMs(), database)
  const sender = await publisher(t, broker.url)
  await Promise.all(messages.map((message) => sender.send(message.topic, payload(message))))
  const counts = await until('all arrived', async () => {
    const each = await Promise.all(gateways.map(async (running) => (await running.status()).sources[0].frames.in))
    return each[0] + each[1] >= messages.length && each
  })
  assert.equal(counts[0] + counts[1], messages.length)
  assert.ok(
    counts.every((count) => count > 0),
    counts.join(),
  )
  for (const running of gateways) assert.equal(await running.terminate(), 0)
  const [{ sum }] = await server.client(database).query<{ sum: number }>('select sum(temp_count) from second')
  assert.equal(sum, messages.length)
})

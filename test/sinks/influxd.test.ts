import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Lane } from '../../src/engine/lane.js'
import { line } from '../../src/formats/line.js'
import type { Points } from '../../src/model/points.js'
import { influxdb } from '../../src/sinks/influxdb.js'
import { tamed } from '../formats/line-protocol.js'
import { FakeClock } from '../support/fake-clock.js'
import { type Influxd, startInfluxd } from '../support/influxd.js'
import { points } from '../support/points.js'
import { RecordingLog } from '../support/recording-log.js'
import { startVictoria } from '../support/victoria.js'
import { parse } from './options.js'

// Against real servers: InfluxDB 1 with users, and VictoriaMetrics for the writes of InfluxDB 2.

let server: Influxd
before(async () => {
  server = await startInfluxd({ auth: true, maxBodyBytes: 20_000 })
})
after(() => server.stop())

const admin = { username: 'admin', password: 'secret' }

function laneTo(options: object) {
  const clock = new FakeClock()
  const log = new RecordingLog()
  // The lane's time flies; the sink's stands still, so that a real server never seems slow.
  const context = { name: 'db', gateway: 'g', durable: false, clock: new FakeClock(), log }
  const sink = influxdb.create(parse(influxdb, options), context)
  const lane = new Lane({ name: 'db', type: 'influxdb', sink, format: line, clock, log })
  /** Ticks until something holds; each tick takes 50 ms of the lane's time. */
  const until = async (done: () => boolean) => {
    for (let i = 0; !done(); i++) {
      if (i > 200_000) throw new Error(`never: ${JSON.stringify(lane.status())} ${log.said.join('\n')}`)
      lane.pump()
      await clock.advance(50)
    }
  }
  const delivered = async (some: Points) => {
    lane.offer(some)
    await until(() => lane.status().points.spooled === 0)
  }
  return { lane, log, until, delivered }
}

const rowsOf = async (database: string, measurement = 'second') => {
  const rows = await server
    .client(database)
    .query<Record<string, unknown>>(`select * from "${measurement}" order by time`)
  return [...rows]
}

test('creates the database, writes, and the influx package reads it back', async () => {
  const { lane, delivered } = laneTo({ url: server.url, database: 'pl"ant one', create: true, ...admin })
  await delivered(
    points([
      {
        tags: { gateway: 'g', source: 's' },
        fields: { temp_count: 3, temp_mean: 0.1 + 0.2, temp_min: 5e-324, temp_max: 1.7976931348623157e308 },
      },
    ]),
  )
  const [row] = await rowsOf('pl"ant one')
  const { time, ...rest } = row
  assert.deepEqual(rest, {
    gateway: 'g',
    source: 's',
    temp_count: 3,
    temp_mean: 0.1 + 0.2,
    temp_min: 5e-324,
    temp_max: 1.7976931348623157e308,
  })
  assert.equal((time as { getNanoTime(): string }).getNanoTime(), '1704067200000000000')
  assert.equal(lane.status().state, 'up')
  await lane.close()
})

test('writes again what is corrected: one row, the later values', async () => {
  const { lane, delivered } = laneTo({ url: server.url, database: 'corrected', create: true, gzip: true, ...admin })
  for (const temp_mean of [1, 2]) await delivered(points([{ tags: { source: 's' }, fields: { temp_mean } }]))
  assert.deepEqual(
    (await rowsOf('corrected')).map((row) => row.temp_mean),
    [2],
  )
  await lane.close()
})

test('a wrong password holds the points until it is right', async () => {
  await server.client().createUser('weir', 'right', true)
  await server.client().createDatabase('guarded')
  const { lane, log, until } = laneTo({ url: server.url, database: 'guarded', username: 'weir', password: 'wrong-pw' })
  lane.offer(points([{ tags: { source: 's' }, fields: { x: 1 } }]))
  await until(() => lane.status().state === 'down')
  assert.match(log.said[0], /the server refuses user "weir" \(401\); check `username`, `password`/)
  assert.ok(!log.said.join().includes('wrong-pw'))
  await server.client().setPassword('weir', 'wrong-pw')
  await until(() => lane.status().points.delivered === 1)
  assert.equal((await rowsOf('guarded')).length, 1)
  await lane.close()
})

test('creating under a wrong password or without the right says what to do', async () => {
  const wrong = laneTo({ url: server.url, database: 'x', create: true, username: 'weir', password: 'no' })
  await wrong.until(() => wrong.lane.status().state === 'down')
  assert.match(wrong.lane.status().detail!, /cannot create database "x".*refuses user "weir" \(401\)/)
  await server.client().createUser('small', 'pw')
  const small = laneTo({ url: server.url, database: 'x', create: true, username: 'small', password: 'pw' })
  await small.until(() => small.lane.status().state === 'down')
  assert.match(small.lane.status().detail!, /user "small" may not \(403\); create it by hand/)
  await Promise.all([wrong.lane.close(), small.lane.close()])
})

test('an unknown database holds the points until it is there', async () => {
  const { lane, log, until } = laneTo({ url: server.url, database: 'later', ...admin })
  lane.offer(points([{ tags: { source: 's' }, fields: { x: 1 } }]))
  await until(() => lane.status().state === 'down')
  assert.match(log.said[0], /404: database not found: "later"; create the database or set `create: true`/)
  await server.client().createDatabase('later')
  await until(() => lane.status().points.delivered === 1)
  await lane.close()
})

test('a field type conflict: good lines arrive, refused ones are kept with the words of the server', async () => {
  const { lane, delivered } = laneTo({ url: server.url, database: 'conflict', create: true, ...admin })
  await delivered(points([{ tags: { source: 's' }, fields: { x: 1 } }], { timeUs: 0 }))
  const rows = Array.from({ length: 20 }, (_, i) => ({ tags: { source: 's', n: `n${i}` }, fields: { x: i } }))
  const mixed = points(rows, { timeUs: 1_000_000 })
  await delivered({ ...mixed, field: mixed.field.map((f, i) => (i === 4 || i === 15 ? { ...f, integer: true } : f)) })
  assert.deepEqual(lane.status().points, { emitted: 21, delivered: 19, refused: 2, givenUp: 0, spooled: 0 })
  assert.equal((await rowsOf('conflict')).length, 19)
  assert.deepEqual(
    lane.rejected.map(({ line }) => line),
    ['second,n=n4,source=s x=4i 1000000000', 'second,n=n15,source=s x=15i 1000000000'],
  )
  assert.match(lane.rejected[0].why, /400: partial write: field type conflict/)
  await lane.close()
})

test('a body that is too large is halved until it fits', async () => {
  const { lane, delivered } = laneTo({ url: server.url, database: 'large', create: true, ...admin })
  const rows = Array.from({ length: 2000 }, (_, i) => ({ tags: { source: 's', n: `n${i}` }, fields: { x: i } }))
  await delivered(points(rows))
  assert.deepEqual(lane.status().points, { emitted: 2000, delivered: 2000, refused: 0, givenUp: 0, spooled: 0 })
  const [count] = await server.client('large').query<{ count: number }>('select count(x) from second')
  assert.equal(count.count, 2000)
  await lane.close()
})

test('a server gone for a while loses nothing', async () => {
  const { lane, until, delivered } = laneTo({ url: server.url, database: 'gone', create: true, ...admin })
  await delivered(points([{ tags: { source: 's' }, fields: { x: 0 } }], { timeUs: 0 }))
  await server.halt()
  for (let x = 1; x < 5; x++) lane.offer(points([{ tags: { source: 's' }, fields: { x } }], { timeUs: x }))
  await until(() => lane.status().state === 'down')
  await server.restart()
  await until(() => lane.status().points.delivered === 5)
  assert.deepEqual(
    (await rowsOf('gone')).map((row) => row.x),
    [0, 1, 2, 3, 4],
  )
  await lane.close()
})

const hostile = [
  'plain',
  'with space',
  'comma,equals=quote"',
  'C:\\plant\\',
  '\\',
  'a\\ b',
  'a\\\\,b',
  '\\" x="',
  'two\nlines\r',
  '\t tab',
  '#hash',
  'Küche °C 😀',
  "it's",
  '\ninjected,source=evil x=1 1\n',
  'a\0b',
  ' leading and trailing ',
]

test('hostile names stay names: what comes back is what was documented to go out', async () => {
  const { lane, delivered } = laneTo({ url: server.url, database: 'hostile', create: true, ...admin })
  for (const [i, name] of hostile.entries()) {
    await delivered(
      points([{ tags: { [name]: hostile[(i + 1) % hostile.length], n: String(i) }, fields: { [`${name}_mean`]: i } }], {
        measurement: `m${name}`,
        timeUs: i,
      }),
    )
  }
  assert.deepEqual(lane.rejected, [])
  const measurements = await server.client('hostile').getMeasurements()
  assert.deepEqual(measurements.sort(), hostile.map((name) => tamed(`m${name}`)).sort())
  for (const [i, name] of hostile.entries()) {
    const measurement = tamed(`m${name}`).replace(/["\\]/g, '\\$&')
    const [row, more] = await rowsOf('hostile', measurement)
    assert.equal(more, undefined)
    const { time: _, n, ...rest } = row
    assert.equal(n, String(i))
    assert.deepEqual(rest, { [tamed(name)]: tamed(hostile[(i + 1) % hostile.length]), [tamed(`${name}_mean`)]: i })
  }
  await lane.close()
})

test('VictoriaMetrics takes the writes of InfluxDB 2, and hostile tags stay tags', async () => {
  const victoria = await startVictoria()
  try {
    const { lane, delivered } = laneTo({ url: victoria.url, bucket: 'plant', org: 'acme', token: 't', gzip: true })
    const rows = hostile.map((name, i) => ({
      tags: { source: 's', n: String(i), tag: name },
      fields: { temp_mean: i + 0.5, temp_count: i },
    }))
    await delivered(points(rows))
    assert.equal(lane.status().points.delivered, hostile.length)
    const means = await victoria.series('{__name__="second_temp_mean"}')
    assert.deepEqual(
      means.map(({ metric, values, timestamps }) => [metric.n, metric.source, values, timestamps]).sort(),
      rows.map(({ tags, fields }) => [tags.n, 's', [fields.temp_mean], [1_704_067_200_000]]).sort(),
    )
    for (const { metric } of means) assert.deepEqual(Object.keys(metric).sort(), ['__name__', 'n', 'source', 'tag'])
    assert.equal(new Set(means.map(({ metric }) => metric.tag)).size, hostile.length)
    assert.equal((await victoria.series('{__name__="second_temp_count"}')).length, hostile.length)
    assert.equal((await victoria.series('{__name__!~"second_.*",__name__=~".+"}')).length, 0)
    await lane.close()
  } finally {
    await victoria.stop()
  }
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pass } from 'node:timers/promises'
import { type HttpStub, type StubAnswer, type StubRequest, startHttpStub } from '../support/http-stub.js'
import { startInfluxd } from '../support/influxd.js'
import { startMosquitto } from '../support/mosquitto.js'
import { type Plant, startPlant } from '../support/plant.js'
import { publisher } from '../support/publisher.js'
import { folderWith, startWeir } from '../support/weir.js'

// One weir lives through all that may become of its database, while samples flow; after each of it the database holds what
// it must, to the last bit. Stops, starts and words for it are in test/e2e/outages.test.ts and test/sinks/influxdb.test.ts.

const ends: (() => unknown)[] = []
let plant: Plant
let stub: HttpStub
before(async () => {
  stub = await startHttpStub()
  plant = await startPlant(
    { after: (end: () => unknown) => void ends.push(end) },
    { before: async ({ influxd }) => ({ databaseUrl: through(influxd.url) }) },
  )
})
after(async () => {
  for (const end of ends.reverse()) await end()
  await stub?.stop()
})

/** The stub's own address; it passes all on. */
function through(url: string): string {
  stub.otherwise = (request) => passOn(url, request)
  return stub.url
}

async function passOn(url: string, { method, url: path, body }: StubRequest): Promise<StubAnswer | 'cut'> {
  try {
    const answer = await fetch(`${url}${path}`, { method, body })
    return answer.status === 204 ? { status: 204 } : { status: answer.status, body: await answer.text() }
  } catch {
    return 'cut'
  }
}

/** For a while the database is as `otherwise` says; then it works again, and all is as it must be. */
async function during(otherwise: HttpStub['otherwise'], then: () => Promise<void>) {
  const working = stub.otherwise
  stub.otherwise = otherwise
  try {
    await then()
  } finally {
    stub.otherwise = working
  }
  await plant.shows('all works', ({ alarms }) => alarms.length === 0)
  await plant.agrees()
}

/** The sink is down, which weir says; samples flow on, and points wait. */
async function isDown(says: RegExp, forMs = 1500) {
  await plant.shows('it says so', ({ sinks: [sink], alarms }) => sink.state === 'down' && says.test(alarms.join()))
  const from = (await plant.status()).sources[0].frames.in
  await pass(forMs)
  const { sources, sinks } = await plant.status()
  assert.ok(sources[0].frames.in > from, 'samples flow on')
  assert.ok(sinks[0].points.spooled > 0, 'points wait')
  assert.equal(sinks[0].points.givenUp, 0)
  assert.equal(sinks[0].queuedBytes, 0, 'they wait on disk, not in memory')
  assert.equal(sinks[1].state, 'up', 'the other sink goes on')
}

const no = (status: number, error = ''): StubAnswer => ({ status, body: JSON.stringify({ error }) })

const answers: [what: string, answer: HttpStub['otherwise'], says: RegExp][] = [
  ['a database that answers 500', no(500, 'timeout'), /answers 500: timeout/],
  ['a wrong password (401) that is right again later', no(401, 'authorization failed'), /refuses .*401/],
  ['a database that is gone from its server (404)', no(404, 'database not found'), /answers 404: database not found/],
  ['a server that takes requests and never answers, and is left after `timeout`', 'hang', /no answer within 3 s/],
  ['a server that ends connections instead of an answer', 'cut', /socket hang up/],
]
for (const [what, answer, says] of answers)
  test(`${what}: points wait, and none is lost`, () => during(answer, () => isDown(says)))

test('429 with Retry-After: points wait for as long as the server asks for, and none is lost', async () => {
  const from = stub.requests.length
  await during({ ...no(429), headers: { 'retry-after': '2' } }, async () => {
    await isDown(/answers 429/)
    assert.equal(stub.requests.length, from + 1)
  })
})

test('a server that stores what it gets and then does not say so: what is sent again comes once', () =>
  during(
    async (request) => {
      await passOn(plant.influxd.url, request)
      return 'cut' as const
    },
    () => isDown(/socket hang up/),
  ))

test('a slow server (0.7 s a request): it is no outage, points wait in line, and none is lost', () =>
  during(
    async (request) => {
      await pass(700)
      return passOn(plant.influxd.url, request)
    },
    async () => {
      await pass(2500)
      assert.equal((await plant.status()).sinks[0].state, 'up')
      await plant.agrees()
    },
  ))

test('a server that is gone for 6 s: points wait, and none is lost', async () => {
  const { otherwise, port } = stub
  await stub.stop()
  try {
    await isDown(/ECONNREFUSED/, 6000)
  } finally {
    stub = await startHttpStub(port)
    stub.otherwise = otherwise
  }
  await plant.agrees()
})

test('a database that is killed in the middle of a request: none is lost, and none comes twice', async () => {
  await during(
    async (request) => {
      plant.influxd.kill()
      return passOn(plant.influxd.url, request)
    },
    async () => {
      await isDown(/./)
      await plant.influxd.restart()
    },
  )
})

test('weir killed while the database is away: what waits is on disk, and none is lost', () =>
  during(no(503), async () => {
    await isDown(/answers 503/, 500)
    await plant.host.kill()
    await isDown(/answers 503/, 500)
  }))

test('after all of it each message counted once, and each point was delivered', async () => {
  assert.deepEqual(await plant.end(), [])
})

test('one line in 10,000 that the server refuses (400): it alone is kept aside with the words of the server, and all others arrive', async (t) => {
  const [broker, influxd, refusing] = await Promise.all([startMosquitto(), startInfluxd(), startHttpStub()])
  t.after(() => Promise.all([broker.stop(), influxd.stop(), refusing.stop()]))
  await influxd.client().createDatabase('k')
  refusing.otherwise = async (request) =>
    request.body.includes('device=d7351,') ? no(400, 'not this one') : passOn(influxd.url, request)
  const cwd = folderWith(t, {
    'weir.yaml': JSON.stringify({
      http: '127.0.0.1:0',
      sources: {
        m: {
          type: 'mqtt',
          url: broker.url,
          qos: 1,
          topics: ['k/{device}'],
          time: { path: 't', unit: 'ms' },
          decode: { type: 'json', fields: ['v'] },
        },
      },
      windows: { w: { of: '*', every: '1s', reduce: ['count'] } },
      sinks: { db: { type: 'influxdb', url: refusing.url, database: 'k' } },
    }),
  })
  const weir = startWeir(t, ['run', 'weir.yaml'], { cwd })
  await weir.shows('up', ({ sources }) => sources[0].link.state === 'up')
  const { send } = await publisher(t, broker.url)
  const ms = Math.ceil(Date.now() / 1000) * 1000 + 1000
  const all = Array.from({ length: 10_000 }, (_, i) => send(`k/d${i}`, { t: ms, v: i }, { qos: 1 }))
  await Promise.all(all)
  const { points } = await weir.shows('all have their fate', ({ sinks: [sink] }) => {
    return sink.points.delivered + sink.points.refused === 10_000 && sink
  })
  assert.equal(points.refused, 1)
  const [{ count }] = await influxd.client('k').query<{ count: number }>('select count(v_count) from w')
  assert.equal(count, 9999)
  const rejected = readFileSync(join(cwd, 'weir-state/rejected/db.rejected'), 'utf8')
  assert.match(rejected, /not this one/)
  assert.match(rejected, /\tw,device=d7351,.*v_count=1i/)
})

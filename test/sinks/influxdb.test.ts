import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { after, test } from 'node:test'
import { Lane } from '../../src/engine/lane.js'
import { line } from '../../src/formats/line.js'
import type { SendResult, Sink } from '../../src/model/sink.js'
import { influxdb } from '../../src/sinks/influxdb.js'
import { FakeClock } from '../support/fake-clock.js'
import { type HttpStub, type StubAnswer, startHttpStub } from '../support/http-stub.js'
import { points } from '../support/points.js'
import { RecordingLog } from '../support/recording-log.js'
import { parse } from './options.js'

const clock = new FakeClock()
const never = new AbortController().signal
const body = Buffer.from('m,source=s x=1 1000\n')
const stops: (() => Promise<void>)[] = []
after(() => Promise.all(stops.map((stop) => stop())))

function make(options: object, over: { clock?: FakeClock; log?: RecordingLog } = {}): Sink {
  const parsed = parse(influxdb, options)
  assert.equal(influxdb.check?.(parsed), undefined)
  const sink = influxdb.create(parsed, {
    durable: false,
    name: 'db',
    gateway: 'g',
    clock,
    log: new RecordingLog(),
    ...over,
  })
  stops.push(() => sink.close!())
  return sink
}

async function stub(): Promise<HttpStub> {
  const server = await startHttpStub()
  stops.push(() => server.stop())
  return server
}

async function answering(
  answer: StubAnswer,
  options: object = { database: 'plant', username: 'weir', password: 'pw-secret' },
) {
  const server = await stub()
  server.answers.push(answer)
  const result = await make({ url: server.url, ...options }).send(body, never)
  assert.ok(!JSON.stringify(result).includes('secret'))
  return { result, port: server.port }
}

test('InfluxDB 1: path, precision, user and body', async () => {
  const server = await stub()
  const sink = make({ url: `${server.url}/influx/`, database: 'my plant&', username: 'weir', password: 'p:ä' })
  assert.deepEqual(await sink.send(body, never), { outcome: 'ok' })
  const [request] = server.requests
  assert.equal(request.method, 'POST')
  assert.equal(request.url, '/influx/write?db=my+plant%26&precision=ns')
  assert.equal(request.headers.authorization, `Basic ${Buffer.from('weir:p:ä').toString('base64')}`)
  assert.equal(request.headers['content-encoding'], undefined)
  assert.equal(request.headers['content-length'], String(body.length))
  assert.equal(request.body, body.toString())
})

test('without a user nothing is said of one', async () => {
  const server = await stub()
  await make({ url: server.url, database: 'plant' }).send(body, never)
  assert.equal(server.requests[0].headers.authorization, undefined)
})

test('InfluxDB 2: path, organisation, bucket and token', async () => {
  const server = await stub()
  await make({ url: server.url, bucket: 'plant', org: 'acme', token: 't0ken' }).send(body, never)
  assert.equal(server.requests[0].url, '/api/v2/write?org=acme&bucket=plant&precision=ns')
  assert.equal(server.requests[0].headers.authorization, 'Token t0ken')
})

test('a gzipped body says so and inflates to the same bytes', async () => {
  const server = await stub()
  const long = Buffer.from('m,source=s x=1 1000\n'.repeat(1000))
  await make({ url: server.url, database: 'plant', gzip: true }).send(long, never)
  assert.equal(server.requests[0].headers['content-encoding'], 'gzip')
  assert.ok(Number(server.requests[0].headers['content-length']) < long.length / 10)
  assert.equal(server.requests[0].body, long.toString())
})

test('one connection serves all bodies', async () => {
  const server = await stub()
  const sink = make({ url: server.url, database: 'plant' })
  for (let i = 0; i < 5; i++) await sink.send(body, never)
  assert.equal(server.requests.length, 5)
  assert.equal(server.connections, 1)
})

test('a connection that was closed while idle is replaced without a word', async () => {
  let connections = 0
  const server: Server = createServer((socket) => {
    connections++
    let answered = 0
    socket.on('error', () => {})
    socket.on('data', () => {
      // The second request on a connection meets a reset.
      if (answered++) socket.resetAndDestroy()
      else socket.write('HTTP/1.1 204 No Content\r\n\r\n')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(async () => void server.close())
  const sink = make({ url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, database: 'plant' })
  for (let i = 0; i < 3; i++) assert.deepEqual(await sink.send(body, never), { outcome: 'ok' })
  assert.equal(connections, 3)
})

const refusing = (who: string, status: number) => new RegExp(`the server refuses ${who} \\(${status}\\)`)

test('a wrong password is retried with a clear line and no secret', async () => {
  for (const status of [401, 403]) {
    const { result, port } = await answering({ status, body: '{"error":"authorization failed"}' })
    assert.equal(result.outcome, 'retry')
    assert.match((result as { why: string }).why, refusing('user "weir"', status))
    assert.ok(
      (result as { why: string }).why.startsWith(`cannot write to database "plant" at http://127.0.0.1:${port}: `),
    )
  }
  const token = await answering({ status: 401 }, { bucket: 'b', org: 'o', token: 'secret' })
  assert.match((token.result as { why: string }).why, refusing('the token', 401))
  const anonymous = await answering({ status: 401 }, { database: 'plant' })
  assert.match((anonymous.result as { why: string }).why, refusing('writing without a user', 401))
})

test('what may pass is retried: 404, 429, 5xx, and what makes no sense', async () => {
  for (const status of [301, 404, 405, 408, 429, 500, 502, 503]) {
    const { result } = await answering({ status, body: '{"error":"words of the server"}' })
    assert.equal(result.outcome, 'retry', String(status))
    assert.match((result as { why: string }).why, new RegExp(String(status)))
  }
})

test('Retry-After is understood as seconds and as a date by the clock of the server', async () => {
  const wait = async (headers: Record<string, string>) => {
    const { result } = await answering({ status: 429, headers })
    return (result as { afterMs?: number }).afterMs
  }
  assert.equal(await wait({ 'retry-after': '7' }), 7000)
  const date = 'Mon, 01 Jan 1990 00:00:00 GMT'
  assert.equal(await wait({ 'retry-after': 'Mon, 01 Jan 1990 00:01:00 GMT', date }), 60_000)
  assert.equal(await wait({ 'retry-after': 'soon' }), undefined)
  assert.equal(await wait({}), undefined)
})

test('what the server will never take is refused with its words, bounded and in one line', async () => {
  const v1 = await answering({ status: 400, body: '{"error":"partial write:\\nfield type conflict"}' })
  assert.deepEqual(v1.result, {
    outcome: 'refused',
    why: `http://127.0.0.1:${v1.port} answers 400: partial write: field type conflict`,
  })
  const v2 = await answering({ status: 422, body: '{"code":"unprocessable entity","message":"outside retention"}' })
  assert.match((v2.result as { why: string }).why, /answers 422: outside retention$/)
  const plain = await answering({ status: 413, body: 'x'.repeat(100_000) })
  assert.equal(plain.result.outcome, 'refused')
  assert.ok((plain.result as { why: string }).why.length < 600)
})

test('a server that accepts and never answers is left after the timeout', async () => {
  const server = await stub()
  server.answers.push('hang')
  const own = new FakeClock()
  const sent = make({ url: server.url, database: 'plant', timeout: '5s' }, { clock: own }).send(body, never)
  await server.received(1)
  await own.advance(4999)
  assert.equal(own.waiting, 1)
  await own.advance(1)
  const result = await sent
  assert.equal(result.outcome, 'retry')
  assert.match((result as { why: string }).why, /no answer within 5 s/)
  assert.equal(own.waiting, 0)
})

test('a server that takes no more bytes is left after the timeout', async () => {
  const server = createServer((socket) => socket.pause()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const own = new FakeClock()
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  const sent = make({ url, database: 'plant' }, { clock: own }).send(Buffer.alloc(32 * 2 ** 20, 10), never)
  const result = await Promise.race([sent, ticking(own)])
  assert.match((result as { why: string }).why, /no answer within 10 s/)
  server.close()
})

/** Lets a fake clock run until the other side of a race settles. */
async function ticking(own: FakeClock): Promise<SendResult> {
  for (let i = 0; i < 10_000; i++) await own.advance(100)
  throw new Error('never ended')
}

test('an answer without end is cut off', async () => {
  const server = await stub()
  server.answers.push({ status: 400, body: 'y'.repeat(10 * 2 ** 20) })
  const result = await make({ url: server.url, database: 'plant' }).send(body, never)
  assert.equal(result.outcome, 'refused')
})

test('stopping aborts a request', async () => {
  const server = await stub()
  server.answers.push('hang')
  const stop = new AbortController()
  const sent = make({ url: server.url, database: 'plant' }).send(body, stop.signal)
  await server.received(1)
  stop.abort()
  assert.equal((await sent).outcome, 'retry')
})

test('no server there: retried, with address and cause', async () => {
  const server = await startHttpStub()
  await server.stop()
  const result = await make({ url: server.url, database: 'plant' }).send(body, never)
  assert.equal(result.outcome, 'retry')
  assert.match((result as { why: string }).why, /^cannot write to database "plant" at http:.*ECONNREFUSED/)
})

test('a server gone and back gets everything, in order, said once each way', async () => {
  let server = await startHttpStub()
  const { port } = server
  const own = new FakeClock()
  const log = new RecordingLog()
  const sink = make({ url: server.url, database: 'plant' })
  const lane = new Lane({ name: 'db', type: 'influxdb', sink, format: line, clock: own, log })
  const offer = (x: number) => lane.offer(points([{ tags: { source: 's' }, fields: { x } }], { timeUs: x }))
  const tickUntil = async (done: () => boolean) => {
    while (!done()) {
      lane.pump()
      await own.advance(250)
    }
  }
  offer(1)
  await tickUntil(() => lane.status().points.delivered === 1)
  await server.stop()
  for (let x = 2; x < 6; x++) {
    offer(x)
    await tickUntil(() => lane.status().state === 'down')
  }
  server = await startHttpStub(port)
  stops.push(() => server.stop())
  await tickUntil(() => lane.status().points.delivered === 5)
  const lines = server.requests.flatMap((request) => request.body.trimEnd().split('\n'))
  assert.deepEqual(
    lines,
    [2, 3, 4, 5].map((x) => `second,source=s x=${x} ${x}000`),
  )
  assert.equal(log.said.filter((text) => text.startsWith('info')).length, 1)
  assert.ok(log.said.filter((text) => text.startsWith('warn')).length <= 2, log.said.join('\n'))
  await lane.close()
})

test('options that do not go together are told', () => {
  const problem = (options: object) =>
    influxdb.check?.(parse(influxdb, { url: 'http://localhost:8086', ...options })) ?? ''
  assert.match(problem({}), /neither is set/)
  assert.match(problem({ database: 'a', bucket: 'b' }), /both are set/)
  assert.match(problem({ database: 'a', token: 't' }), /cannot use `token` with `database`/)
  assert.match(problem({ bucket: 'a', org: 'o', create: true }), /cannot use `create` with `bucket`/)
  assert.match(problem({ bucket: 'a', org: 'o', username: 'u' }), /cannot use `username` with `bucket`/)
  assert.match(problem({ bucket: 'a' }), /without `org`/)
  assert.match(problem({ database: 'a', password: 'p' }), /without `username`/)
  assert.match(problem({ database: 'a', url: 'http://u:hush@h' }), /cannot take a user/)
  assert.equal(problem({ database: 'a', url: 'http://u:hush@h' }).includes('hush'), false)
  assert.equal(problem({ database: 'a' }), '')
  assert.equal(problem({ bucket: 'a', org: 'o', token: 't' }), '')
  for (const url of ['localhost:8086', 'ftp://h', 'x'])
    assert.throws(() => parse(influxdb, { url, database: 'a' }), /http or https address/)
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { listen } from '../../src/http/server.js'
import type { Log } from '../../src/model/log.js'
import { silent } from '../../src/model/log.js'
import { exampleStatus } from '../support/status.js'

async function start(t: TestContext, changes: { ready?: boolean; host?: string; token?: string } = {}) {
  const { ready = true, host = '127.0.0.1', token } = changes
  const server = await listen({ host, port: 0, token }, { status: () => exampleStatus({ ready }), log: silent })
  assert.ok(server)
  t.after(() => server.close())
  return server
}

async function text(url: string, init?: RequestInit): Promise<[number, string]> {
  const response = await fetch(url, init)
  return [response.status, await response.text()]
}

/** Bytes as they are, for what fetch would never send; the answer up to the end of the connection. */
async function raw(url: string, request: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  let answer = ''
  socket.setEncoding('latin1').on('data', (chunk) => {
    answer += chunk
  })
  socket.write(request)
  await once(socket, 'close')
  return answer
}

test('health, readiness, status and metrics', async (t) => {
  const { url } = await start(t)
  assert.deepEqual(await text(`${url}/healthz`), [200, 'alive\n'])
  assert.deepEqual(await text(`${url}/readyz`), [200, 'ready\n'])
  const [code, status] = await text(`${url}/status`)
  assert.equal(code, 200)
  assert.deepEqual(JSON.parse(status), exampleStatus())
  const metrics = await fetch(`${url}/metrics`)
  assert.match(metrics.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  assert.match(await metrics.text(), /^weir_series 2$/m)
  const [rootCode, root] = await text(`${url}/`)
  assert.equal(rootCode, 200)
  for (const endpoint of ['/healthz', '/readyz', '/status', '/metrics']) assert.ok(root.includes(endpoint))
  assert.equal((await text(`${url}/nothing`))[0], 404)
  assert.equal((await fetch(`${url}/status`, { method: 'HEAD' })).status, 200)
})

test('not ready is 503, and alive all the same', async (t) => {
  const { url } = await start(t, { ready: false })
  assert.deepEqual(await text(`${url}/readyz`), [503, 'not ready\n'])
  assert.deepEqual(await text(`${url}/healthz`), [200, 'alive\n'])
})

test('off loopback nothing is told without the token', async (t) => {
  const { url } = await start(t, { host: '0.0.0.0', token: 'secret' })
  const local = url.replace('0.0.0.0', '127.0.0.1')
  for (const path of ['/', '/healthz', '/readyz', '/status', '/metrics'])
    assert.equal((await text(`${local}${path}`))[0], 401, path)
  assert.equal((await text(`${local}/status`, { headers: { authorization: 'Bearer secret' } }))[0], 200)
})

test('a page that rebinds its name gets nothing', async (t) => {
  const { url } = await start(t)
  const answer = await raw(url, 'GET /status HTTP/1.1\r\nHost: evil.example\r\n\r\n')
  assert.match(answer, /^HTTP\/1\.1 403 /)
  assert.doesNotMatch(answer, /hall-3/)
})

test('hostile requests are answered or cut', async (t) => {
  const { url } = await start(t)
  const host = 'Host: localhost\r\nConnection: close\r\n'
  assert.match(await raw(url, `POST /status HTTP/1.1\r\n${host}\r\n`), /^HTTP\/1\.1 405 /)
  assert.match(await raw(url, `GET /status HTTP/1.1\r\n${host}Content-Length: 4\r\n\r\nbody`), /^HTTP\/1\.1 413 /)
  assert.match(await raw(url, `GET /${'a'.repeat(9000)} HTTP/1.1\r\n${host}\r\n`), /^HTTP\/1\.1 431 /)
  assert.match(await raw(url, `GET //evil.example/%zz?\\ HTTP/1.1\r\n${host}\r\n`), /^HTTP\/1\.1 404 /)
  assert.match(await raw(url, `GET http://[/ HTTP/1.1\r\n${host}\r\n`), /^HTTP\/1\.1 404 /)
  assert.match(await raw(url, 'nonsense\r\n\r\n'), /^HTTP\/1\.1 400 /)
  assert.equal((await text(`${url}/healthz`))[0], 200)
})

test('a taken port is a warning, and there is no server', async (t) => {
  const { url } = await start(t)
  const warnings: string[] = []
  const log: Log = { ...silent, warn: (_fields, message) => warnings.push(message) }
  const context = { status: exampleStatus, log }
  assert.equal(await listen({ host: '127.0.0.1', port: Number(new URL(url).port) }, context), undefined)
  assert.equal(warnings.length, 1)
  assert.match(warnings[0], /cannot listen for status and metrics/)
})

test('further addresses are answered, and streams are sent as they are read', async (t) => {
  let pieces = 0
  let cancelled = () => {}
  const cancelling = new Promise<void>((resolve) => {
    cancelled = resolve
  })
  const endless = () =>
    new ReadableStream({
      pull(controller) {
        pieces++
        controller.enqueue(Buffer.alloc(65536, 'x'))
      },
      cancel: cancelled,
    })
  const routes = [
    { path: '/page/*', answer: (request: Request) => new Response(new URL(request.url).pathname) },
    { path: '/endless', answer: () => new Response(endless()) },
  ]
  const server = await listen({ host: '127.0.0.1', port: 0 }, { status: () => exampleStatus(), log: silent, routes })
  assert.ok(server)
  t.after(() => server.close())
  assert.deepEqual(await text(`${server.url}/page/app.js`), [200, '/page/app.js'])

  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.write('GET /endless HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
  await once(socket, 'readable')
  // Nobody reads on: what the kernel takes is bounded, and so is what is made.
  let before = -1
  while (before !== pieces) {
    before = pieces
    for (let i = 0; i < 100; i++) await new Promise(setImmediate)
  }
  assert.ok(pieces < 1000, `${pieces} pieces`)
  socket.destroy()
  await cancelling
})

test('HEAD of a stream lets go of it at once', async (t) => {
  let cancelled = 0
  const answer = () => new Response(new ReadableStream({ cancel: () => void cancelled++ }, { highWaterMark: 0 }))
  const routes = [{ path: '/stream', answer }]
  const server = await listen({ host: '127.0.0.1', port: 0 }, { status: () => exampleStatus(), log: silent, routes })
  assert.ok(server)
  t.after(() => server.close())
  const head = await fetch(`${server.url}/stream`, { method: 'HEAD' })
  assert.deepEqual([head.status, await head.text(), cancelled], [200, '', 1])
})

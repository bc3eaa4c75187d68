import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLoopback, refusalOf } from '../../src/http/guard.js'

const ask = (headers: Record<string, string>, method = 'GET') => ({ method, headers })

test('loopback is told from the rest', () => {
  for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.8.9.1', '::1', '[::1]']) assert.ok(isLoopback(host))
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.org', 'localhost.example.org', ''])
    assert.ok(!isLoopback(host), host)
})

test('on loopback the Host header must name this machine', () => {
  for (const host of ['localhost:9470', '127.0.0.1', '[::1]:9470'])
    assert.equal(refusalOf(ask({ host }), '127.0.0.1'), undefined)
  for (const host of ['evil.example', 'evil.example:9470', '127.0.0.1.evil.example', 'localhost:9470:1', ''])
    assert.equal(refusalOf(ask({ host }), '127.0.0.1')?.status, 403, host)
  assert.equal(refusalOf(ask({}), '127.0.0.1')?.status, 403)
})

test('off loopback every request needs the token', () => {
  const host = 'gateway.local:9470'
  const withToken = (authorization: string) => refusalOf(ask({ host, authorization }), '0.0.0.0', 'secret')
  assert.equal(withToken('Bearer secret'), undefined)
  assert.equal(withToken('bearer  secret'), undefined)
  for (const authorization of ['Bearer secre', 'Bearer secrets', 'Bearer ', 'Basic secret', 'secret', ''])
    assert.equal(withToken(authorization)?.status, 401, authorization)
  assert.equal(refusalOf(ask({ host }), '0.0.0.0', 'secret')?.status, 401)
  assert.equal(refusalOf(ask({ host, authorization: 'Bearer undefined' }), '0.0.0.0')?.status, 401)
})

test('a token is asked for on loopback too where one is set', () => {
  assert.equal(refusalOf(ask({ host: 'localhost' }), '127.0.0.1', 'secret')?.status, 401)
  assert.equal(refusalOf(ask({ host: 'localhost', authorization: 'Bearer secret' }), '127.0.0.1', 'secret'), undefined)
})

test('only reading, and no bodies', () => {
  const host = 'localhost'
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])
    assert.equal(refusalOf(ask({ host }, method), '127.0.0.1')?.status, 405)
  assert.equal(refusalOf(ask({ host, 'content-length': '1' }), '127.0.0.1')?.status, 413)
  assert.equal(refusalOf(ask({ host, 'transfer-encoding': 'chunked' }), '127.0.0.1')?.status, 413)
  assert.equal(refusalOf(ask({ host, 'content-length': '0' }, 'HEAD'), '127.0.0.1'), undefined)
})

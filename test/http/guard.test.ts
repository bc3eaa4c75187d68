import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { test } from 'node:test'
import { isLoopback, loginCookie, refusalOf } from '../../src/http/guard.js'

const ask = (headers: Record<string, string>, method = 'GET') => ({ method, headers })

test('loopback is told from the rest', () => {
  for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.8.9.1', '::1', '[::1]']) assert.ok(isLoopback(host))
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.org', 'localhost.example.org', ''])
    assert.ok(!isLoopback(host), host)
})

test('on loopback the Host header must name this machine', () => {
  for (const host of ['localhost:9470', '127.0.0.1', '[::1]:9470'])
    assert.equal(refusalOf(ask({ host }), { host: '127.0.0.1' }), undefined)
  for (const host of ['evil.example', 'evil.example:9470', '127.0.0.1.evil.example', 'localhost:9470:1', ''])
    assert.equal(refusalOf(ask({ host }), { host: '127.0.0.1' })?.status, 403, host)
  assert.equal(refusalOf(ask({}), { host: '127.0.0.1' })?.status, 403)
})

test('off loopback every request needs the token', () => {
  const host = '192.168.1.7:9470'
  const withToken = (authorization: string) =>
    refusalOf(ask({ host, authorization }), { host: '0.0.0.0', token: 'secret' })
  assert.equal(withToken('Bearer secret'), undefined)
  assert.equal(withToken('bearer  secret'), undefined)
  for (const authorization of ['Bearer secre', 'Bearer secrets', 'Bearer ', 'Basic secret', 'secret', ''])
    assert.equal(withToken(authorization)?.status, 401, authorization)
  assert.equal(refusalOf(ask({ host }), { host: '0.0.0.0', token: 'secret' })?.status, 401)
  assert.equal(refusalOf(ask({ host, authorization: 'Bearer undefined' }), { host: '0.0.0.0' })?.status, 401)
})

test('a token is asked for on loopback too where one is set', () => {
  assert.equal(refusalOf(ask({ host: 'localhost' }), { host: '127.0.0.1', token: 'secret' })?.status, 401)
  assert.equal(
    refusalOf(ask({ host: 'localhost', authorization: 'Bearer secret' }), { host: '127.0.0.1', token: 'secret' }),
    undefined,
  )
})

test('only reading, and no bodies', () => {
  const host = 'localhost'
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])
    assert.equal(refusalOf(ask({ host }, method), { host: '127.0.0.1' })?.status, 405)
  assert.equal(refusalOf(ask({ host, 'content-length': '1' }), { host: '127.0.0.1' })?.status, 413)
  assert.equal(refusalOf(ask({ host, 'transfer-encoding': 'chunked' }), { host: '127.0.0.1' })?.status, 413)
  assert.equal(refusalOf(ask({ host, 'content-length': '0' }, 'HEAD'), { host: '127.0.0.1' }), undefined)
})

test('off loopback the Host header must be an address or a known name', () => {
  const plan = { host: '0.0.0.0', token: 'secret', hosts: ['Weir.example'] }
  const status = (host: string) => refusalOf(ask({ host, authorization: 'Bearer secret' }), plan)?.status
  const short = hostname().split('.')[0]
  for (const host of ['10.0.0.7:9470', '[fe80::1]:9470', hostname(), `${short}.local:9470`, 'weir.example'])
    assert.equal(status(host), undefined, host)
  for (const host of ['evil.example', '10.0.0.7.evil.example', '']) assert.equal(status(host), 403, host)
})

test('the login cookie stands for the token, and does not tell it', () => {
  const [cookie, ...attributes] = loginCookie('secret').split('; ')
  assert.deepEqual(attributes, ['HttpOnly', 'SameSite=Lax', 'Path=/', 'Max-Age=7776000'])
  assert.ok(!cookie.includes('secret'))
  const plan = { host: '0.0.0.0', token: 'secret' }
  const status = (value: string) => refusalOf(ask({ host: '10.0.0.7', cookie: value }), plan)?.status
  assert.equal(status(cookie), undefined)
  assert.equal(status(`a=b; ${cookie}; c=d`), undefined)
  for (const wrong of [loginCookie('other').split('; ')[0], cookie.slice(0, -1), `x${cookie}`, 'weir='])
    assert.equal(status(wrong), 401)
})

test('pages of other sites may link here, and may not ask', () => {
  const from = (site: string, mode: string) =>
    refusalOf(ask({ host: 'localhost', 'sec-fetch-site': site, 'sec-fetch-mode': mode }), { host: '127.0.0.1' })?.status
  assert.equal(from('cross-site', 'cors'), 403)
  assert.equal(from('cross-site', 'no-cors'), 403)
  assert.equal(from('cross-site', 'navigate'), undefined)
  assert.equal(from('same-origin', 'cors'), undefined)
})

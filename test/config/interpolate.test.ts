// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration are meant
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Environment } from '../../src/config/environment.js'
import { interpolate } from '../../src/config/interpolate.js'

const files: Record<string, string> = { '/run/creds/influx': 'hunter2\n', '/etc/site': 'hall 3\r\n' }
const environment: Environment = {
  env: { PORT: '1883', EMPTY: '' },
  credentialsDir: '/run/creds',
  hostname: 'pi',
  cores: 4,
  readText(path) {
    if (path in files) return files[path]
    throw Object.assign(new Error('no'), { code: 'ENOENT' })
  },
}
const fill = (text: string, more: Partial<Environment> = {}) => interpolate({ k: text }, { ...environment, ...more })
const filled = (text: string, more?: Partial<Environment>) => (fill(text, more).value as { k: string }).k
const why = (text: string, more?: Partial<Environment>) => fill(text, more).problems[0]

test('variables, defaults, files and credentials become text', () => {
  assert.equal(filled('${env:PORT}'), '1883')
  assert.equal(filled('mqtt://${env:HOST:-localhost}:${env:PORT}'), 'mqtt://localhost:1883')
  assert.equal(filled('${env:EMPTY:-x}'), 'x')
  assert.equal(filled('${env:EMPTY}'), '')
  assert.equal(filled('${file:/etc/site}'), 'hall 3')
  assert.equal(filled('${credential:influx}'), 'hunter2')
})

test('an escape stands for itself, a lone dollar too', () => {
  assert.equal(filled('$${env:PORT} $5 $'), '${env:PORT} $5 $')
})

test('what is filled in is not filled in again', () => {
  assert.equal(filled('${env:A}', { env: { A: '${env:PORT}' } }), '${env:PORT}')
})

test('keys are left alone, lists are walked', () => {
  const { value } = interpolate({ '${env:PORT}': ['${env:PORT}', 5] }, environment)
  assert.deepEqual(value, { '${env:PORT}': ['1883', 5] })
})

test('what cannot be filled in is a problem with its path', () => {
  assert.deepEqual(why('${env:NOPE}'), {
    path: 'k',
    message:
      'cannot fill in ${env:NOPE}: the environment variable NOPE is not set; set it, or give a default as ${env:NOPE:-text}',
  })
  assert.match(why('${PORT}').message, /no such placeholder; allowed: /)
  assert.match(why('${env:PORT').message, /no such placeholder/)
  assert.match(why('${file:etc/site}').message, /the path must be absolute/)
  assert.match(why('${file:/nowhere}').message, /no such file/)
  assert.match(why('${credential:../x}').message, /no name of a credential/)
  assert.match(why('${credential:influx}', { credentialsDir: undefined }).message, /CREDENTIALS_DIRECTORY is not set/)
})

test('offline nothing is read and nothing is missing', () => {
  const readText = () => assert.fail('read')
  const { value, unread, problems } = interpolate(
    { a: '${env:PORT}', b: '${file:/x}', c: ['${credential:y}'], d: '${env:NOPE:-d}' },
    { ...environment, offline: true, readText },
  )
  assert.deepEqual(value, { a: '${env:PORT}', b: '${file:/x}', c: ['${credential:y}'], d: 'd' })
  assert.deepEqual([...unread], ['a', 'b', 'c[0]'])
  assert.deepEqual(problems, [])
})

test('data that holds itself and data without end in depth are problems', () => {
  const loop: Record<string, unknown> = {}
  loop.a = [loop, loop]
  assert.equal(interpolate(loop, environment).problems.length, 2)
  let deep: unknown = 1
  for (let i = 0; i < 5000; i++) deep = { deep }
  assert.match(interpolate(deep, environment).problems[0].message, /nested too deep/)
})

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readHttpAddress } from '../../src/config/http-address.js'
import { ConfigError } from '../../src/model/errors.js'
import { emptyFolder } from '../support/weir.js'

async function read(t: TestContext, text: string, token?: string, env: Record<string, string> = {}) {
  const file = join(emptyFolder(t), 'weir.yaml')
  writeFileSync(file, text)
  return readHttpAddress([file], token, { env })
}

const secured = 'http: { listen: "0.0.0.0:8000", token: "${env:WORD}" }\nsinks: { db: { password: "${env:OTHER}" } }\n'

test('address and token, and no other secret', async (t) => {
  assert.deepEqual(await read(t, 'sources: {}\n'), { host: '127.0.0.1', port: 9470 })
  assert.deepEqual(await read(t, 'http: "[::1]:80"\n'), { host: '::1', port: 80 })
  assert.deepEqual(await read(t, secured, undefined, { WORD: 'w' }), { host: '0.0.0.0', port: 8000, token: 'w' })
  assert.deepEqual(await read(t, secured, 'given'), { host: '0.0.0.0', port: 8000, token: 'given' })
})

test('what can not be asked is said', async (t) => {
  const said = async (text: string) => {
    try {
      return JSON.stringify(await read(t, text))
    } catch (error) {
      assert.ok(error instanceof ConfigError)
      return error.message
    }
  }
  assert.match(await said(secured), /http\.token: .*WORD is not set/)
  assert.match(await said('http: false\n'), /http: cannot ask it: it answers nowhere/)
  assert.match(await said('http: 127.0.0.1:0\n'), /--at/)
  assert.match(await said('http: 5\n'), /^http: /)
})

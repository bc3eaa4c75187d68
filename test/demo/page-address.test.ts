import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { freeAddress, openInBrowser } from '../../src/demo/page-address.js'
import { until } from '../support/until.js'
import { folderWith } from '../support/weir.js'

test('the planned port where it is free, else a later one', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const taken = await freeAddress({ host: '127.0.0.1', port, token: 'kept' })
  assert.ok(taken.port > port || taken.port === 0)
  assert.equal(taken.token, 'kept')
  server.close()
  await once(server, 'close')
  assert.equal((await freeAddress({ host: '127.0.0.1', port })).port, port)
})

test('the browser is given the address; without one nothing happens', async (t) => {
  const path = process.env.PATH
  t.after(() => (process.env.PATH = path))
  const folder = folderWith(t, { 'xdg-open': '#!/bin/sh\necho "$1" > "$0.asked"\n' })
  chmodSync(join(folder, 'xdg-open'), 0o755)
  process.env.PATH = `${folder}${delimiter}${path}`
  openInBrowser('http://127.0.0.1:9470')
  const asked = join(folder, 'xdg-open.asked')
  const text = await until('the address', () => existsSync(asked) && (readFileSync(asked, 'utf8') || undefined))
  assert.equal(text, 'http://127.0.0.1:9470\n')
  process.env.PATH = '/nowhere'
  openInBrowser('http://127.0.0.1:9470')
})

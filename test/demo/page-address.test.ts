import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { freeAddress } from '../../src/demo/page-address.js'

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

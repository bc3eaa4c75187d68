import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectAsync } from 'mqtt'
import { startBroker } from '../../src/demo/broker.js'
import { startDevices } from '../../src/demo/devices.js'

test('devices speak over the demo broker', async () => {
  const broker = await startBroker()
  const client = await connectAsync(broker.url)
  await client.subscribeAsync('demo/#')
  const lines: string[] = []
  const line = { write: (text: string) => void lines.push(text) }
  const devices = await startDevices({ brokerUrl: broker.url, line, pace: 1, onNote() {} })
  const topic = await new Promise<string>((resolve) => client.once('message', resolve))
  assert.match(topic, /^demo\//)
  assert.match(lines[0], /^[\d.]+,[\d.]+,[\d.]+\n$/)
  await devices.stop()
  await client.endAsync(true)
  await broker.close()
})

test('the broker closes while a client is connected', async () => {
  const broker = await startBroker()
  const client = await connectAsync(broker.url, { reconnectPeriod: 0 })
  const closed = new Promise<void>((resolve) => client.once('close', resolve))
  await broker.close()
  await closed
})

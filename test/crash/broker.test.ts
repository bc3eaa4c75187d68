import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as pass } from 'node:timers/promises'
import { type BrokerProxy, startBrokerProxy } from '../support/broker-proxy.js'
import { draws } from '../support/orders.js'
import { type Plant, startPlant } from '../support/plant.js'
import { until } from '../support/until.js'

// One weir lives through all that may become of its connection to the broker, while samples of QoS 1 flow; after each of it
// the database holds what it must, to the last bit. What single packets do is in test/sources/mqtt.test.ts.

const ends: (() => unknown)[] = []
let plant: Plant
let proxy: BrokerProxy
before(async () => {
  plant = await startPlant(
    { after: (end: () => unknown) => void ends.push(end) },
    {
      source: { keepalive: '3s' },
      // What it was given survives kill -9.
      broker: { config: 'max_inflight_messages 1000\nautosave_interval 1\nautosave_on_changes true' },
      rateHz: 300,
      async before({ broker }) {
        proxy = await startBrokerProxy(broker.port)
        return { brokerUrl: proxy.url }
      },
    },
  )
})
after(async () => {
  await proxy?.stop()
  for (const end of ends.reverse()) await end()
})

// The next try comes ever later the more there were; a start forgets them.
beforeEach(async () => {
  await plant.host.kill()
  await isUp()
})

const isUp = () => plant.shows('it is up', ({ sources }) => sources[0].link.state === 'up')

/** A connection more than there were, and all is as it must be. */
async function isBackAndRight(before: number) {
  await until('it connects again', () => proxy.connections > before)
  await isUp()
  await plant.shows('all works', ({ sources, alarms }) => sources[0].link.state === 'up' && alarms.length === 0)
  await plant.agrees()
}

const isDown = (says = /./) =>
  plant.shows('it says so', ({ sources: [{ link }], alarms }) => link.state !== 'up' && says.test(alarms.join()))

test('a broker that closes in the middle of a packet, again and again: what was not acknowledged comes again and counts once', async () => {
  const random = draws(3)
  let { connections } = proxy
  for (let i = 0; i < 3; i++) {
    connections = proxy.connections
    proxy.answers = 200 + Math.floor(random() * 20_000)
    await until('it is cut and connects again', () => proxy.connections > connections)
    await isUp()
  }
  await isBackAndRight(connections)
})

test('acknowledgements that never arrive: messages come again, each counts once', async () => {
  const { connections } = proxy
  const from = (await plant.status()).sources[0].frames.duplicate
  proxy.hears = false
  await pass(500)
  proxy.cut()
  proxy.hears = true
  await isBackAndRight(connections)
  assert.ok((await plant.status()).sources[0].frames.duplicate > from)
})

test('a broker that falls silent without a word is left after a keep-alive, and nothing is lost', async () => {
  const { connections } = proxy
  proxy.answers = 'none'
  await isDown(/no answer|timeout/i)
  proxy.answers = 'all'
  proxy.cut()
  await isBackAndRight(connections)
})

test('a broker that sends garbage is left, its bytes are counted, and nothing is lost', async () => {
  const garbage: [says: RegExp, bytes: Buffer][] = [
    [/packet of type 0/, Buffer.from([0, 0])],
    [/a length that does not end/, Buffer.from('90ffffffffff', 'hex')],
    [/shorter than its topic/, Buffer.from('3003000961', 'hex')],
    [/QoS 3/, Buffer.from('36080001610001787878', 'hex')],
    [/wrong flags/, Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ]
  let { connections } = proxy
  for (const [says, bytes] of garbage) {
    connections = proxy.connections
    const from = (await plant.status()).sources[0].lostBytes
    proxy.inject(bytes)
    await isDown(says)
    assert.ok((await plant.status()).sources[0].lostBytes > from)
    await plant.host.kill()
    await isUp()
  }
  await isBackAndRight(connections)
})

test('another client takes the session over and dies: weir takes it back, and nothing is lost', async () => {
  const { connections } = proxy
  const { clientId } = (await plant.status()).sources[0].details
  const thief = net.connect(plant.broker.port, '127.0.0.1')
  await once(thief, 'connect')
  const id = Buffer.from(String(clientId))
  // CONNECT of MQTT 3.1.1 that goes on with the session; it acknowledges nothing.
  const body = Buffer.from([0, 4, ...Buffer.from('MQTT'), 4, 0, 0, 60, 0, id.length, ...id])
  thief.write(Buffer.from([0x10, body.length, ...body]))
  await isDown(/closed the connection/)
  thief.destroy()
  await isBackAndRight(connections)
})

for (const how of ['killed', 'stopped'] as const)
  test(`a broker that is ${how} with messages on their way, and comes back: each counts once`, async () => {
    const { connections } = proxy
    proxy.hears = false
    await pass(500)
    // The sender's own repeats would be messages of their own.
    await plant.load.pause()
    await pass(200)
    if (how === 'killed') await plant.broker.kill()
    else await plant.broker.halt()
    await isDown()
    proxy.hears = true
    await plant.broker.start()
    await isUp()
    plant.load.resume()
    await isBackAndRight(connections)
  })

test('after all of it each message counted once, and each point was delivered', async () => {
  assert.deepEqual(await plant.end(), [])
})

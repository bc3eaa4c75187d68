// Records what brokers send: `node test/vectors/mqtt/record.mjs PORT` beside a mosquitto on PORT writes sessions.json.
// Each session is mqtt.js's, through a proxy that keeps the bytes from the broker as they came.
import { writeFileSync } from 'node:fs'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Aedes } from 'aedes'
import mqtt from 'mqtt'

const mosquitto = Number(process.argv[2])
const sessions = []

async function record(broker, port, version, qos) {
  const kept = []
  const proxy = net.createServer((client) => {
    const server = net.connect(port, '127.0.0.1')
    const chunks = []
    kept.push(chunks)
    client.pipe(server)
    server.on('data', (bytes) => {
      chunks.push(bytes)
      client.write(bytes)
    })
    for (const socket of [client, server]) socket.on('error', () => {})
    client.on('close', () => server.destroy())
    server.on('close', () => client.destroy())
  })
  proxy.listen(0, '127.0.0.1')
  await sleep(50)
  const common = { protocolVersion: version, reconnectPeriod: 0 }
  const name = `rec-${broker}-${version}-${qos}`
  const sender = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, common)
  await sender.publishAsync('plant/kept', '{"temp":19.5}', { retain: true, qos })
  const listen = async (clean) => {
    const client = mqtt.connect(`mqtt://127.0.0.1:${proxy.address().port}`, {
      ...common, clean, clientId: name, keepalive: 1, ...(version === 5 && !clean ? { properties: { sessionExpiryInterval: 60 } } : {}),
    })
    client.on('error', () => {})
    await new Promise((done) => client.once('connect', done))
    return client
  }
  const first = await listen(qos === 0)
  await first.subscribeAsync(['plant/#', 'press/+/acc', 'ünï/+'], { qos })
  const payloads = ['{"temp":21.5,"hum":40}', '', Buffer.from([0, 1, 255]), 'x'.repeat(130), `[${'1.25,'.repeat(60)}1]`]
  for (let i = 0; i < 30; i++) await sender.publishAsync(['plant/a', 'plant/b/c', 'press/7/acc', 'ünï/kö'][i % 4], payloads[i % payloads.length], { qos: i % 3 === 0 ? 0 : qos,
    ...(version === 5 && i % 5 === 0 ? { properties: { contentType: 'application/json', userProperties: { unit: 'mm' }, messageExpiryInterval: 60 } } : {}) })
  await sleep(1800) // a ping or two
  if (qos === 1) {
    // Cut off unanswered, so that the session is resumed with messages sent again.
    first.handleMessage = () => {}
    for (let i = 0; i < 6; i++) await sender.publishAsync('plant/a', `{"n":${i}}`, { qos })
    await sleep(200)
    first.stream.destroy()
    await sleep(200)
    const second = await listen(false)
    await sleep(400)
    await second.unsubscribeAsync('press/+/acc')
    await second.endAsync()
  } else {
    await first.unsubscribeAsync('press/+/acc')
    await first.endAsync()
  }
  await sender.publishAsync('plant/kept', '', { retain: true })
  await sender.endAsync()
  proxy.close()
  for (const chunks of kept) sessions.push({ broker, version: version === 5 ? '5' : '3.1.1', bytes: Buffer.concat(chunks).toString('base64') })
}

for (const qos of [0, 1]) for (const version of [4, 5]) await record('mosquitto 2.0.11', mosquitto, version, qos)
const aedes = await Aedes.createBroker()
const server = net.createServer(aedes.handle).listen(0, '127.0.0.1')
await sleep(50)
for (const qos of [0, 1]) await record('aedes 1.2.0', server.address().port, 4, qos)
writeFileSync(new URL('sessions.json', import.meta.url), `${JSON.stringify(sessions, null, 1)}\n`)
process.exit(0)

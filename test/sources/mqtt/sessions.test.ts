import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import { MqttClient, type Packet } from 'mqtt'
import { generate } from 'mqtt-packet'
import { type Framed, frame } from '../../support/mqtt-framing.js'

interface Session {
  broker: string
  version: '3.1.1' | '5'
  /** Base64. */
  bytes: string
}

const file = new URL('../../../../test/vectors/mqtt/sessions.json', import.meta.url)
const sessions = JSON.parse(readFileSync(file, 'utf8')) as Session[]
const BOUNDS = { payloadBytes: 100_000, publishBytes: 200_000, controlBytes: 100_000 }

const versionOf = (session: Session) => (session.version === '5' ? 5 : 4)

/** What plain mqtt.js makes of a session, and what it answers messages with. */
async function byMqttJs(session: Session): Promise<Pick<Framed, 'acks'> & { seen: unknown[] }> {
  const seen: unknown[] = []
  const acks: string[] = []
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      if (chunk[0] === 0x40) acks.push(chunk.toString('hex'))
      done()
    },
    writev(chunks, done) {
      const bytes = Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer))
      if (bytes[0] === 0x40) acks.push(bytes.toString('hex'))
      done()
    },
  })
  const client = new MqttClient((() => stream) as never, {
    protocolVersion: versionOf(session),
    reconnectPeriod: 0,
    keepalive: 0,
    log: () => {},
  })
  client.on('error', () => {})
  client.on('packetreceive', (packet: Packet) => {
    if (packet.cmd !== 'publish') seen.push({ control: packet.cmd })
    else
      seen.push({
        topic: Buffer.from(packet.topic).toString('latin1'),
        payload: Buffer.from(packet.payload).toString('latin1'),
        flags: (packet.retain ? 2 : 0) | (packet.dup ? 4 : 0),
        packetId: packet.messageId ?? 0,
      })
  })
  const isLast = (packet: Packet) => packet.cmd === 'publish' && packet.topic === 'last'
  const ended = new Promise<void>((resolve) => {
    client.on('packetreceive', (packet: Packet) => isLast(packet) && resolve())
  })
  stream.push(Buffer.from(session.bytes, 'base64'))
  stream.push(
    generate({ cmd: 'publish', topic: 'last', payload: '', qos: 0, dup: false, retain: false }, client.options),
  )
  await ended
  client.end(true)
  seen.pop()
  return { seen, acks: acks.join('') }
}

const NAMES = ['', '', 'connack', 'publish', 'puback', '', 'pubrel', '', '', 'suback', '', 'unsuback', '', 'pingresp']

for (const [i, session] of sessions.entries())
  test(`session ${i} of ${session.broker}, MQTT ${session.version}: the same as plain mqtt.js, in whatever pieces`, async () => {
    const bytes = Buffer.from(session.bytes, 'base64')
    const plain = await byMqttJs(session)
    assert.ok(plain.seen.length > 4, `${plain.seen.length} packets`)
    for (const size of [bytes.length, 1000, 61, 7, 1]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, k) =>
        bytes.subarray(k * size, (k + 1) * size),
      )
      const { seen, acks, error, dropped } = frame(pieces, versionOf(session), BOUNDS)
      assert.deepEqual([error, dropped], [undefined, 0])
      const named = seen.map((s) => ('control' in s ? { control: NAMES[Number.parseInt(s.control[0], 16)] } : s))
      assert.deepEqual({ seen: named, acks }, plain)
    }
  })

test('the sessions have what they are for', () => {
  const all = sessions.map((session) => frame([Buffer.from(session.bytes, 'base64')], versionOf(session), BOUNDS))
  const messages = all.flatMap(({ seen }) => seen.filter((s) => 'topic' in s))
  assert.ok(
    messages.some(({ flags }) => flags & 4),
    'a message sent again',
  )
  assert.ok(
    messages.some(({ flags }) => flags & 2),
    'a retained message',
  )
  assert.ok(
    messages.some(({ payload }) => payload === ''),
    'an empty message',
  )
  assert.deepEqual([...new Set(sessions.map(({ broker }) => broker.split(' ')[0]))], ['mosquitto', 'aedes'])
})

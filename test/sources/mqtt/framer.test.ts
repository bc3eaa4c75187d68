import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generate, type Packet, parser } from 'mqtt-packet'
import { type Framed, frame, plainly } from '../../support/mqtt-framing.js'

type Version = 4 | 5
const BOUNDS = { payloadBytes: 4000, publishBytes: 5000, controlBytes: 2000 }

const publish = (topic: string, payload: string | Buffer, more: object = {}): Packet =>
  ({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false, ...more }) as Packet

/** What a broker sends in a session of some variety. */
function session(version: Version): Buffer {
  const v5 = version === 5
  const packets: Packet[] = [
    {
      cmd: 'connack',
      sessionPresent: true,
      ...(v5 ? { reasonCode: 0, properties: { topicAliasMaximum: 10 } } : { returnCode: 0 }),
    },
    { cmd: 'suback', messageId: 1, granted: [0, 1] },
    publish('plant/a/1', '{"temp":21.5}'),
    publish('plant/a/2', '{"temp":22}', { qos: 1, messageId: 7, retain: true }),
    publish('plant/ä/3', Buffer.alloc(300, 0x41), { qos: 1, messageId: 65535, dup: true }),
    publish('t', ''),
    publish('left/over', 'x', { qos: 2, messageId: 9 }),
    { cmd: 'pubrel', messageId: 9 },
    publish('plant/a/1', 'y', {
      properties: v5
        ? {
            topicAlias: 3,
            userProperties: { a: 'b', c: 'd' },
            contentType: 'json',
            messageExpiryInterval: 5,
            correlationData: Buffer.from('12'),
            subscriptionIdentifier: 300,
            responseTopic: 'r',
            payloadFormatIndicator: true,
          }
        : undefined,
    }),
    { cmd: 'unsuback', messageId: 4, ...(v5 ? { granted: [0] } : {}) } as Packet,
    { cmd: 'puback', messageId: 2, ...(v5 ? { reasonCode: 16, properties: { reasonString: 'none' } } : {}) },
    { cmd: 'pingresp' },
    ...(v5 ? [{ cmd: 'disconnect', reasonCode: 142, properties: { reasonString: 'taken over' } } as Packet] : []),
  ]
  return Buffer.concat(packets.map((packet) => generate(packet, { protocolVersion: version })))
}

/** The same by mqtt-packet's parser: controls by their names. */
function reference(bytes: Buffer, version: Version): unknown[] {
  const seen: unknown[] = []
  const p = parser({ protocolVersion: version })
  p.on('error', (error) => assert.fail(error as Error))
  p.on('packet', (packet) => {
    if (packet.cmd !== 'publish' || packet.qos === 2) seen.push({ control: packet.cmd })
    else
      seen.push({
        topic: Buffer.from(packet.topic).toString('latin1'),
        payload: Buffer.from(packet.payload).toString('latin1'),
        flags: (packet.retain ? 2 : 0) | (packet.dup ? 4 : 0),
        packetId: packet.messageId ?? 0,
      })
  })
  p.parse(bytes)
  return seen
}

/** By the framer, which must say the same as the plain one, whatever comes. */
function both(pieces: Buffer[], version: Version): Framed {
  const framed = frame(pieces, version, BOUNDS)
  assert.deepEqual(framed, plainly(pieces, version, BOUNDS))
  return framed
}

/** What there is of a stream that is sound. */
function sound(pieces: Buffer[], version: Version): Framed['seen'] {
  const { seen, error } = both(pieces, version)
  assert.equal(error, undefined)
  return seen
}

const withNames = (seen: Framed['seen']) =>
  seen.map((s) => ('control' in s ? { control: NAMES[Number.parseInt(s.control[0], 16)] } : s))
const NAMES: Record<number, string> = {
  2: 'connack',
  3: 'publish',
  4: 'puback',
  6: 'pubrel',
  9: 'suback',
  11: 'unsuback',
  13: 'pingresp',
  14: 'disconnect',
}

/** A small generator of numbers that are the same every time. */
function numbers(seed: number): (below: number) => number {
  return (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
}

for (const version of [4, 5] as const) {
  const bytes = session(version)

  test(`version ${version}: the same packets as mqtt-packet finds`, () => {
    assert.deepEqual(withNames(sound([bytes], version)), reference(bytes, version))
  })

  test(`version ${version}: cut anywhere, once and twice, the same packets`, () => {
    const whole = sound([bytes], version)
    for (let cut = 0; cut <= bytes.length; cut++) {
      assert.deepEqual(sound([bytes.subarray(0, cut), bytes.subarray(cut)], version), whole)
      const second = Math.min(bytes.length, cut + 3)
      const three = [bytes.subarray(0, cut), bytes.subarray(cut, second), bytes.subarray(second)]
      assert.deepEqual(sound(three, version), whole)
    }
    const single = [...bytes].map((byte) => Buffer.from([byte]))
    assert.deepEqual(sound(single, version), whole)
  })

  test(`version ${version}: any bit flipped gives the packets, or the protocol error, of the plain framer`, () => {
    let errors = 0
    for (let at = 0; at < bytes.length; at++)
      for (let bit = 0; bit < 8; bit++) {
        const wrong = Buffer.from(bytes)
        wrong[at] ^= 1 << bit
        if (both([wrong], version).error) errors++
      }
    assert.ok(errors > 100, `${errors} errors`)
  })

  test(`version ${version}: a soup of bytes gives the same`, () => {
    const next = numbers(version)
    for (let round = 0; round < 3000; round++) {
      const soup = Buffer.from(Array.from({ length: next(200) }, () => next(256)))
      // Mostly sound headers, so that bodies are reached.
      if (soup.length > 2 && next(4) > 0) {
        soup[0] = (next(13) + 2) << 4
        soup[1] = next(soup.length)
      }
      both([soup.subarray(0, soup.length >> 1), soup.subarray(soup.length >> 1)], version)
    }
  })

  test(`version ${version}: a soup of packets gives the same`, () => {
    const next = numbers(version + 20)
    let framed = 0
    for (let round = 0; round < 1500; round++) {
      const soup = Buffer.concat(Array.from({ length: 1 + next(12) }, () => anyPacket(version, next)))
      for (let flips = next(3); flips > 0; flips--) soup[next(soup.length)] ^= 1 << next(8)
      const cuts = Array.from({ length: next(4) }, () => next(soup.length)).sort((a, b) => a - b)
      const pieces = [...cuts, soup.length].map((cut, i) => soup.subarray(cuts[i - 1] ?? 0, cut))
      framed += both(pieces, version).seen.length
    }
    assert.ok(framed > 3000, `${framed} packets`)
  })

  test(`version ${version}: what the framer lets through, mqtt-packet reads without throwing`, () => {
    const next = numbers(version + 10)
    let passed = 0
    for (let round = 0; round < 20_000; round++) {
      const body = Array.from({ length: next(14) }, () => (next(3) === 0 ? next(256) : next(8)))
      const packet = Buffer.from([((next(13) + 2) << 4) | (next(3) === 0 ? 2 : 0), body.length, ...body])
      for (const seen of both([packet], version).seen) {
        if (!('control' in seen)) continue
        passed++
        const p = parser({ protocolVersion: version })
        p.on('error', () => {})
        p.parse(Buffer.from(seen.control, 'hex'))
      }
    }
    assert.ok(passed > 100, `${passed} passed`)
  })

  test(`version ${version}: a message too long is skipped and acknowledged, and what follows is read`, () => {
    const long = generate(publish('big', Buffer.alloc(100_000), { qos: 1, messageId: 77 }), {
      protocolVersion: version,
    })
    const after = generate(publish('small', 'x'), { protocolVersion: version })
    const stream = Buffer.concat([long, after])
    for (const size of [1, 7, 1000, stream.length]) {
      const pieces = Array.from({ length: Math.ceil(stream.length / size) }, (_, i) =>
        stream.subarray(i * size, (i + 1) * size),
      )
      const { seen, acks, dropped } = both(pieces, version)
      assert.equal((seen[0] as { topic: string }).topic, 'small')
      assert.equal(seen.length, 1)
      assert.deepEqual([acks, dropped], ['4002004d', 1])
    }
  })
}

/** A packet that a broker may send, or nearly. */
function anyPacket(version: Version, next: (below: number) => number): Buffer {
  const topic = ['a', 'a/b', 'long/'.repeat(next(30)) + next(5), '', 'a/+', 'a\0'][next(6)]
  const alias = version === 5 && next(2) === 0 ? { topicAlias: next(12) } : {}
  const qos = next(8) === 0 ? 2 : next(2)
  const flags = (next(4) === 0 ? 8 : 0) | (qos << 1) | (next(4) === 0 ? 1 : 0)
  if (next(5) === 0) return generate({ cmd: 'pingresp' } as Packet)
  const name = Buffer.from('topicAlias' in alias && next(2) === 0 ? '' : topic)
  const payload = Buffer.alloc(next(10) === 0 ? next(7000) : next(60), 0x61 + next(20))
  const properties =
    version === 4
      ? []
      : 'topicAlias' in alias
        ? [3, 0x23, 0, alias.topicAlias!]
        : [[0], [2, 0x0b, 5], [2, 1, 1]][next(3)]
  const id = qos > 0 ? [next(3), next(256)] : []
  const body = Buffer.concat([Buffer.from([0, name.length, ...name, ...id, ...properties]), payload])
  const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7]
  return Buffer.concat([Buffer.from([0x30 | flags, ...length]), body])
}

test('a sink without room is offered the same message again', () => {
  const bytes = Buffer.concat(
    ['a', 'b', 'c'].map((topic, i) => generate(publish(topic, topic, { qos: 1, messageId: i + 1 }))),
  )
  const parts = frame([bytes], 4, BOUNDS, [1, 0, 5])
  assert.deepEqual(parts.rounds, [
    { topics: ['a'], full: true, acks: '40020001' },
    { topics: [], full: true, acks: '' },
    { topics: ['b', 'c'], full: false, acks: '4002000240020003' },
  ])
})

test('more topics than the table has room for at first, and others once it is made anew', () => {
  const topics = Array.from({ length: 5000 }, (_, i) => `plant/${i}/temperature`)
  const bytes = Buffer.concat([...topics, ...topics].map((topic) => generate(publish(topic, topic))))
  const pieces = Array.from({ length: Math.ceil(bytes.length / 60_000) }, (_, i) =>
    bytes.subarray(i * 60_000, (i + 1) * 60_000),
  )
  const { seen } = frame(pieces, 4, BOUNDS)
  assert.deepEqual(
    seen.map((s) => 'topic' in s && [s.topic, s.payload]),
    [...topics, ...topics].map((topic) => [topic, topic]),
  )
})

test('retained messages and topics that nobody wants are counted for what they are', () => {
  const routes = (topic: string) =>
    topic === 'no'
      ? { channel: -1, skipRetained: false, reason: 'filtered' as const }
      : { channel: 0, skipRetained: true }
  const packets = ['no', 'no', 'a', 'a'].map((topic, i) => generate(publish(topic, 'x', { retain: i % 2 === 1 })))
  const { seen, filtered, retained } = frame([Buffer.concat(packets)], 4, BOUNDS, undefined, routes)
  assert.deepEqual([seen.length, filtered, retained], [1, 2, 1])
})

test('huge lengths are refused before anything is kept for them', () => {
  const refused = (hex: string, version: Version = 4) =>
    assert.ok(both([Buffer.from(hex.replaceAll(' ', ''), 'hex')], version).error, hex)
  refused('90 ff ff ff 7f') // SUBACK of 256 MiB
  refused('30 ff ff ff ff 01') // length of five bytes
  refused('34 ff ff ff 7f 00 01') // QoS 2 too long to skip
  refused('32 05 00 01 61 00 00') // packet id 0
  refused('36 05 00 01 61 00 01') // QoS 3
  refused('30 03 00 09 61') // topic past the end
  refused('30 06 00 01 61 ff ff 7f', 5) // properties past the end
  refused('30 08 00 01 61 04 03 00 09 61', 5) // a property past the properties
  refused('30 07 00 01 61 03 23 00 00', 5) // topic alias 0
  refused('30 07 00 01 61 03 23 00 0b', 5) // topic alias above the most
  refused('30 06 00 00 03 23 00 05', 5) // topic alias without a topic
  refused('f0 02 00 00') // AUTH
  refused('10 00') // CONNECT
})

test('more messages than the receive maximum, unacknowledged, are a protocol error', () => {
  const packets = Array.from({ length: 30 }, (_, i) =>
    generate(publish('a', 'x', { qos: 1, messageId: i + 1 }), { protocolVersion: 5 }),
  )
  const { seen, error } = frame(packets, 5, BOUNDS, undefined, undefined, 20)
  assert.equal(seen.length, 20)
  assert.match(error!, /more than 20 messages unacknowledged, the receive maximum/)
})

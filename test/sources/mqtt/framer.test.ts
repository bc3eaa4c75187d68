import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generate, type Packet, parser } from 'mqtt-packet'
import { Framer, type PacketSink } from '../../../src/sources/mqtt/framer.js'
import { ProtocolError } from '../../../src/sources/mqtt/protocol-error.js'

type Version = 4 | 5
const BOUNDS = { publishBytes: 5000, controlBytes: 2000 }

/** What a packet is, so that two parsers can be compared. */
type Seen =
  | { topic: string; payload: string; header: number; packetId: number; alias: number }
  | { control: string }
  | { oversized: number }

class Recorder implements PacketSink {
  readonly seen: Seen[] = []
  room = Number.POSITIVE_INFINITY

  publish(
    bytes: Buffer,
    topic: number,
    topicEnd: number,
    payload: number,
    end: number,
    header: number,
    packetId: number,
    alias: number,
  ) {
    assert.ok(topic <= topicEnd && topicEnd <= payload && payload <= end && end <= bytes.length)
    if (this.room === 0) return false
    this.room--
    this.seen.push({
      topic: bytes.toString('latin1', topic, topicEnd),
      payload: bytes.toString('latin1', payload, end),
      header,
      packetId,
      alias,
    })
    return true
  }

  oversized(packetId: number) {
    this.seen.push({ oversized: packetId })
  }

  control(bytes: Buffer, start: number, end: number) {
    assert.ok(start < end && end <= bytes.length)
    this.seen.push({ control: bytes.toString('hex', start, end) })
  }
}

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

/** The same by mqtt-packet's parser. */
function reference(bytes: Buffer, version: Version): Seen[] {
  const seen: Seen[] = []
  const p = parser({ protocolVersion: version })
  p.on('error', (error) => assert.fail(error as Error))
  p.on('packet', (packet) => {
    if (packet.cmd !== 'publish' || packet.qos === 2) seen.push({ control: packet.cmd })
    else
      seen.push({
        topic: Buffer.from(packet.topic).toString('latin1'),
        payload: Buffer.from(packet.payload).toString('latin1'),
        header: 0x30 | (packet.dup ? 8 : 0) | (packet.qos << 1) | (packet.retain ? 1 : 0),
        packetId: packet.messageId ?? 0,
        alias: packet.properties?.topicAlias ?? 0,
      })
  })
  p.parse(bytes)
  return seen
}

/** Feeds pieces as a tap does: what was not consumed comes again before the next piece. */
function feed(pieces: Buffer[], version: Version, sink = new Recorder()): Seen[] {
  const framer = new Framer(version, BOUNDS, sink)
  let rest = Buffer.alloc(0)
  for (const piece of pieces) {
    const bytes = Buffer.concat([rest, piece])
    const at = framer.parse(bytes, 0, bytes.length)
    assert.ok(at >= 0 && at <= bytes.length)
    assert.ok(framer.neededBytes <= BOUNDS.publishBytes + 70_000)
    rest = bytes.subarray(at)
  }
  return sink.seen
}

const withNames = (seen: Seen[]): Seen[] =>
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
    assert.deepEqual(withNames(feed([bytes], version)), reference(bytes, version))
  })

  test(`version ${version}: cut anywhere, once and twice, the same packets`, () => {
    const whole = feed([bytes], version)
    for (let cut = 0; cut <= bytes.length; cut++) {
      assert.deepEqual(feed([bytes.subarray(0, cut), bytes.subarray(cut)], version), whole)
      const second = Math.min(bytes.length, cut + 3)
      assert.deepEqual(
        feed([bytes.subarray(0, cut), bytes.subarray(cut, second), bytes.subarray(second)], version),
        whole,
      )
    }
    assert.deepEqual(
      feed(
        [...bytes].map((byte) => Buffer.from([byte])),
        version,
      ),
      whole,
    )
  })

  test(`version ${version}: any bit flipped gives packets or a protocol error`, () => {
    for (let at = 0; at < bytes.length; at++)
      for (let bit = 0; bit < 8; bit++) {
        const wrong = Buffer.from(bytes)
        wrong[at] ^= 1 << bit
        survives(() => feed([wrong], version))
      }
  })

  test(`version ${version}: soup gives packets or a protocol error`, () => {
    const next = numbers(version)
    for (let round = 0; round < 3000; round++) {
      const soup = Buffer.from(Array.from({ length: next(200) }, () => next(256)))
      // Mostly sound headers, so that bodies are reached.
      if (soup.length > 2 && next(4) > 0) {
        soup[0] = (next(13) + 2) << 4
        soup[1] = next(soup.length)
      }
      survives(() => feed([soup.subarray(0, soup.length >> 1), soup.subarray(soup.length >> 1)], version))
    }
  })

  test(`version ${version}: what the framer lets through, mqtt-packet reads without throwing`, () => {
    const next = numbers(version + 10)
    let passed = 0
    for (let round = 0; round < 20_000; round++) {
      const body = Array.from({ length: next(14) }, () => (next(3) === 0 ? next(256) : next(8)))
      const packet = Buffer.from([((next(13) + 2) << 4) | (next(3) === 0 ? 2 : 0), body.length, ...body])
      const sink = new Recorder()
      if (!survives(() => feed([packet], version, sink))) continue
      for (const seen of sink.seen) {
        if (!('control' in seen)) continue
        passed++
        const p = parser({ protocolVersion: version })
        p.on('error', () => {})
        p.parse(Buffer.from(seen.control, 'hex'))
      }
    }
    assert.ok(passed > 100, `${passed} passed`)
  })

  test(`version ${version}: a message too long is skipped, named for its acknowledgement, and what follows is read`, () => {
    const long = generate(publish('big', Buffer.alloc(100_000), { qos: 1, messageId: 77 }), {
      protocolVersion: version,
    })
    const after = generate(publish('small', 'x'), { protocolVersion: version })
    const stream = Buffer.concat([long, after])
    for (const size of [1, 7, 1000, stream.length]) {
      const pieces = Array.from({ length: Math.ceil(stream.length / size) }, (_, i) =>
        stream.subarray(i * size, (i + 1) * size),
      )
      const seen = feed(pieces, version)
      assert.deepEqual(seen[0], { oversized: 77 })
      assert.equal((seen[1] as { topic: string }).topic, 'small')
      assert.equal(seen.length, 2)
    }
  })
}

test('a sink without room is offered the same message again', () => {
  const sink = new Recorder()
  sink.room = 1
  const framer = new Framer(4, BOUNDS, sink)
  const bytes = Buffer.concat(['a', 'b', 'c'].map((topic) => generate(publish(topic, topic))))
  const stopped = framer.parse(bytes, 0, bytes.length)
  assert.equal(framer.full, true)
  assert.equal(framer.parse(bytes, stopped, bytes.length), stopped)
  sink.room = 5
  assert.equal(framer.parse(bytes, stopped, bytes.length), bytes.length)
  assert.deepEqual(
    sink.seen.map((s) => 'topic' in s && s.topic),
    ['a', 'b', 'c'],
  )
})

test('huge lengths are refused before anything is kept for them', () => {
  const refused = (hex: string, version: Version = 4) =>
    assert.throws(() => feed([Buffer.from(hex.replaceAll(' ', ''), 'hex')], version), ProtocolError)
  refused('90 ff ff ff 7f') // SUBACK of 256 MiB
  refused('30 ff ff ff ff 01') // length of five bytes
  refused('34 ff ff ff 7f 00 01') // QoS 2 too long to skip
  refused('32 05 00 01 61 00 00') // packet id 0
  refused('36 05 00 01 61 00 01') // QoS 3
  refused('30 03 00 09 61') // topic past the end
  refused('30 06 00 01 61 ff ff 7f', 5) // properties past the end
  refused('30 08 00 01 61 04 03 00 09 61', 5) // a property past the properties
  refused('30 07 00 01 61 03 23 00 00', 5) // topic alias 0
  refused('f0 02 00 00') // AUTH
  refused('10 00') // CONNECT
})

function survives(feedIt: () => void): boolean {
  try {
    feedIt()
    return true
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return false
  }
}

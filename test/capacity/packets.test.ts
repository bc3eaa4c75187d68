import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectPacket, publishPacket } from '../../src/capacity/packets.js'
import { PlainFramer } from '../support/plain-framer.js'

test('a message is read as it was written, short or long, of either QoS', () => {
  for (const length of [0, 1, 100, 113, 200, 16_379, 16_400, 70_000])
    for (const packetId of [0, 1, 65_535]) {
      const payload = 'x'.repeat(length)
      const bytes = publishPacket(Buffer.from('sensors/d1/data'), payload, packetId)
      const seen: unknown[] = []
      new PlainFramer(
        4,
        { publishBytes: 1e6, controlBytes: 1e6 },
        {
          publish(from, topic, topicEnd, start, end, header, id) {
            seen.push([
              from.toString('latin1', topic, topicEnd),
              from.toString('latin1', start, end),
              (header >> 1) & 3,
              id,
            ])
            return true
          },
          oversized: () => assert.fail(),
          control: () => assert.fail(),
        },
      ).parse(bytes, 0, bytes.length)
      assert.deepEqual(seen, [['sensors/d1/data', payload, packetId ? 1 : 0, packetId]])
    }
})

test('a CONNECT asks for a clean session of 3.1.1', () => {
  assert.equal(connectPacket('ab').toString('latin1'), '\x10\x0e\x00\x04MQTT\x04\x02\x00\x00\x00\x02ab')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Described, encodeData, encodeDescriptor } from '../../../firmware-bridge/host/encode.js'
import { descriptionOf } from '../../../firmware-bridge/host/message.js'
import { bridge as framing } from '../../../src/framing/bridge.js'
import { Bridge } from '../../../src/sources/serial/bridge.js'
import { Receiver } from '../../../src/sources/serial/receiver.js'
import { randomFrom } from '../../clocks/clock-simulation.js'
import { BridgeDevice, field as fieldOf } from '../../support/bridge-device.js'
import { FakeClock } from '../../support/fake-clock.js'
import { RecordingLog } from '../../support/recording-log.js'
import { RecordingOutput } from '../../support/source-output.js'

const field = (name: string, changes: object = {}) => ({
  ...{ type: 4, offset: 0, multiplier: 1, divisor: 1, name, unit: 'g' },
  ...changes,
})
const vibration: Described = {
  ...{ stream: 1, boot: 0, tickRateHz: 1000, periodTicks: 10, name: 'vibration' },
  fields: [field('x'), field('y')],
}

/** A device and a gateway that hears it. */
function rig() {
  const log = new RecordingLog()
  const clock = new FakeClock()
  const out = new RecordingOutput(clock, { log })
  const bridge = new Bridge(out, { path: '/dev/press', tags: { hall: '3' }, byteUs: 0, maxFrameBytes: 1 << 20 })
  const take = (message: Uint8Array) => bridge.take(message, 0, message.length)
  return {
    out,
    bridge,
    clock,
    log,
    streams: () => bridge.status().streams as Record<string, unknown>[],
    status: () => bridge.status(),
    take,
    describe: (described: Described) => take(encodeDescriptor(described)),
    send(described: Described, sequence: number, ticks: number, rows: number[][], arrivalUs = 0) {
      bridge.arrived(arrivalUs, 0, 0)
      const message = encodeDescriptor(described)
      const description = descriptionOf(message, 0, message.length)
      return take(encodeData({ stream: described.stream, description, sequence, ticks }, described.fields, rows))
    },
    /** Time of the first row and step of each frame handed on. */
    times: () => out.frames.map(({ bytes }) => [bytes.readDoubleLE(0), bytes.readDoubleLE(8)]),
  }
}

test('a stream is a channel with the tags of the port, its name, its units and its layout', () => {
  const { out, describe, send, times } = rig()
  describe(vibration)
  describe(vibration)
  send(
    vibration,
    0,
    500,
    [
      [1, 2],
      [3, 4],
    ],
    5e6,
  )
  const { layout, ...channel } = out.channels[0]
  assert.equal(out.channels.length, 1)
  assert.deepEqual(channel, {
    name: '/dev/press vibration',
    input: 0,
    tags: { hall: '3', stream: 'vibration' },
    units: { x: 'g', y: 'g' },
  })
  assert.deepEqual(JSON.parse(layout!), vibration.fields)
  // Two rows, 10 ms apart: the last one was taken at the arrival.
  assert.deepEqual(times(), [[5e6 - 10_000, 10_000]])
  assert.equal(out.frames[0].bytes.subarray(16).toString('hex'), '0100020003000400')
  assert.equal(out.counts.filtered, 2)
})

test('frames that are missing are counted, repeated ones are duplicates', () => {
  const { out, describe, send, streams } = rig()
  describe(vibration)
  for (const sequence of [65534, 65535, 0, 0, 3]) send(vibration, sequence, (sequence + 2) * 10, [[1, 2]])
  assert.equal(out.frames.length, 4)
  assert.equal(out.counts.duplicate, 1)
  assert.equal(out.wireCounts.missing, 2)
  assert.equal(streams()[0].missing, 2)
  assert.equal(streams()[0].repeated, 1)
})

test('ticks wrap, and a device that starts again is timed anew', () => {
  const { describe, send, times, out, streams } = rig()
  describe(vibration)
  const rows = [[1, 2]]
  const wrap = 2 ** 32
  send(vibration, 7, wrap - 10, rows, 1e6)
  send(vibration, 8, 0, rows, 1e6 + 10_000)
  send(vibration, 9, 10, rows, 1e6 + 20_000)
  // Another boot that it can't tell of: both sequence and ticks run backwards.
  send(vibration, 0, 3, rows, 9e6)
  assert.deepEqual(
    times().map(([us]) => us),
    [1e6, 1e6 + 10_000, 1e6 + 20_000, 9e6],
  )
  assert.equal(out.wireCounts.missing, 0)
  assert.equal(streams()[0].resets, 1)
  // And one that it tells of by a descriptor: no channel of its own, the same series go on.
  const again = { ...vibration, boot: 7 }
  describe(again)
  send(again, 0, 0, rows, 20e6)
  assert.deepEqual(times().at(-1), [20e6, 10_000])
  assert.equal(out.channels.length, 1)
  assert.equal(streams()[0].resets, 2)
})

test('when the clock of the gateway is set, event time goes over to it with the next frame, either way', () => {
  const { clock, describe, send, times } = rig()
  describe(vibration)
  const place = (sequence: number) => {
    send(vibration, sequence, sequence * 100, [[1, 2]], clock.nowUs())
    return times().at(-1)![0] - clock.nowUs()
  }
  assert.equal(place(0), 0)
  clock.stepWall(clock.nowUs() + 3600e6)
  assert.equal(place(1), 0)
  clock.stepWall(clock.nowUs() - 7200e6)
  assert.equal(place(2), 0)
})

test('data are never read by a descriptor that is not theirs', () => {
  const { out, describe, send, streams } = rig()
  send(vibration, 0, 0, [[1, 2]])
  describe(vibration)
  const other = { ...vibration, fields: [field('x', { multiplier: 2 }), field('y')] }
  send(other, 1, 10, [[1, 2]])
  describe(other)
  send(vibration, 2, 20, [[1, 2]])
  send(other, 3, 30, [[1, 2]])
  assert.equal(out.frames.length, 1)
  assert.equal(out.channels.length, 2)
  assert.equal(out.frames[0].channel, 1)
  assert.equal(out.counts.undecodable, 3)
  assert.equal(streams()[0].undescribed, 3)
})

test('what is no whole number of rows, or too many of them, is undecodable', () => {
  const { out, describe, send, take, status } = rig()
  const single = { ...vibration, periodTicks: 0 }
  describe(single)
  send(single, 0, 0, [[1, 2]])
  send(single, 1, 10, [
    [1, 2],
    [3, 4],
  ])
  const message = encodeDescriptor(single)
  const head = { stream: 1, description: descriptionOf(message, 0, message.length), sequence: 2, ticks: 20 }
  take(encodeData(head, [{ type: 1 }], [[1], [2], [3]]))
  // Malformed, a type to come, and another version.
  take(Uint8Array.of(0x11))
  take(Uint8Array.of(0x13, 1))
  take(Uint8Array.of(0x21, 1))
  assert.equal(out.frames.length, 1)
  assert.deepEqual(status(), { ...status(), unreadable: 3, unknown: 2 })
  assert.deepEqual([out.counts.undecodable, out.counts.filtered], [3, 3])
})

test('a device with ever new descriptors gets no further than 64 kinds, and it is said once', () => {
  const { out, describe, send, log } = rig()
  for (let i = 0; i < 300; i++) {
    const hostile = { ...vibration, name: `s${i}` }
    describe(hostile)
    assert.equal(send(hostile, 0, 0, [[1, 2]]), i < 64)
  }
  assert.equal(out.channels.length, 64)
  assert.equal(log.said.filter((line) => line.startsWith('warn')).length, 1)
  // Those it knows go on.
  describe({ ...vibration, name: 's5' })
  assert.ok(send({ ...vibration, name: 's5' }, 1, 10, [[1, 2]]))
})

const BYTE_US = 100

test('what the wire took is taken off, but not where bytes come faster than a wire brings them', async () => {
  const clock = new FakeClock()
  const out = new RecordingOutput(clock)
  const bridge = new Bridge(out, { path: 'p', tags: {}, byteUs: BYTE_US, maxFrameBytes: 9000 })
  const framer = framing.create({}, 9000)
  const device = new BridgeDevice({ periodTicks: 0 })
  const hear = (bytes: Uint8Array) => {
    bridge.arrived(clock.nowUs(), bytes.length, 0)
    framer.push(bytes, new Receiver(out, bridge))
    return out.frames.at(-1)?.bytes.readDoubleLE(0)
  }
  hear(device.descriptor())
  await clock.advance(1000)
  const frame = device.data([[7]])
  assert.equal(hear(frame), clock.nowUs() - frame.length * BYTE_US)
  // Empty frames mean nothing, but they take their time.
  hear(new Uint8Array(2000))
  await clock.advance(1)
  device.ticks = 1000
  assert.equal(hear(device.data([[7]])), clock.nowUs())
})

/** A device's bytes through its framing to what is handed on. */
function listener() {
  const { out, bridge } = rig()
  const framer = framing.create({}, 1 << 20)
  const receiver = new Receiver(out, bridge)
  return {
    out,
    hear: (...frames: Uint8Array[]) => {
      for (const bytes of frames) framer.push(bytes, receiver)
      receiver.endBurst()
    },
  }
}

test('numbers are followed before the descriptor comes, too', () => {
  const { out, hear } = listener()
  const device = new BridgeDevice()
  hear(device.data([[1]]), device.data([[2]]), device.descriptor(), device.data([[3]]))
  assert.deepEqual([out.frames.length, out.counts.undecodable, out.wireCounts.missing], [1, 2, 0])
})

test('a frame longer than maxFrameBytes is dropped', () => {
  const out = new RecordingOutput(new FakeClock(), { maxFrameBytes: 64 })
  const bridge = new Bridge(out, { path: 'p', tags: {}, byteUs: 0, maxFrameBytes: 64 })
  const device = new BridgeDevice()
  const rows = Array.from({ length: 25 }, (_, i) => [i])
  const receiver = new Receiver(out, bridge)
  for (const bytes of [device.descriptor(), device.data(rows), device.data(rows.slice(1))])
    framing.create({}, 64).push(bytes, receiver)
  receiver.endBurst()
  assert.deepEqual([out.counts.dropped, out.frames.length], [1, 1])
})

test('garbage, half frames and a reset in mid-frame: the second whole frame after them is read at the latest', () => {
  const random = randomFrom(11)
  const garbage = (length: number) => Uint8Array.from({ length }, () => random() * 256)
  const device = new BridgeDevice()
  const { out, hear } = listener()
  hear(device.descriptor())
  for (let round = 0; round < 300; round++) {
    const before = out.frames.length
    const frame = device.data([[round], [round]])
    if (round % 3 === 0) hear(garbage(1 + (round % 50) ** 2))
    else if (round % 3 === 1) hear(frame.subarray(0, round % frame.length))
    else {
      // Reset in mid-frame: the device begins with a zero.
      hear(frame.subarray(0, 5), Uint8Array.of(0))
      device.reset()
      hear(device.descriptor())
    }
    hear(device.data([[1]]), device.data([[2]]))
    assert.ok(out.frames.length > before, `round ${round}`)
    assert.equal(out.frames.at(-1)!.bytes.readInt16LE(16), 2)
  }
  assert.ok(out.lost > 0)
})

test('any bytes are safe, and bounded in what they take', () => {
  const random = randomFrom(5)
  const { out, hear } = listener()
  const device = new BridgeDevice({ fields: [fieldOf('a', 'u8'), fieldOf('b', 'f32')] })
  const good = [
    device.descriptor(),
    device.data([
      [1, 2],
      [3, 4],
    ]),
  ]
  for (let i = 0; i < 3000; i++) {
    const bytes = Buffer.from(good[i % 2])
    for (let flips = i % 4; flips >= 0; flips--) bytes[Math.floor(random() * bytes.length)] = random() * 256
    hear(bytes)
  }
  assert.ok(out.channels.length <= 64)
  // Nothing but zeros, and nothing but other bytes.
  hear(new Uint8Array(100_000))
  const { lost } = out
  hear(new Uint8Array(1_000_000).fill(7), Uint8Array.of(0))
  assert.ok(out.lost - lost > 990_000)
})

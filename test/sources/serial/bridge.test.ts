import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bridge as framing } from '../../../src/framing/bridge.js'
import type { Log } from '../../../src/model/log.js'
import { silent } from '../../../src/model/log.js'
import { Bridge } from '../../../src/sources/serial/bridge.js'
import { BridgeDevice, field } from '../../support/bridge-device.js'
import { FakeClock } from '../../support/fake-clock.js'
import { type RecordingOptions, RecordingOutput } from '../../support/source-output.js'
import { randomFrom } from './bridge/clock-simulation.js'

/** A bridge without a wire, that hears what `hear` is given as one burst. */
function listen(options: RecordingOptions & { maxFrameBytes?: number } = {}) {
  const clock = new FakeClock()
  const out = new RecordingOutput(clock, options)
  const { maxFrameBytes = 1 << 20 } = options
  const bridge = new Bridge({ name: '/dev/ttyACM0', tags: { hall: '3' }, byteUs: 0, maxFrameBytes }, out)
  const framer = framing.create({}, maxFrameBytes)
  const hear = (...frames: Uint8Array[]) => {
    const bytes = Buffer.concat(frames)
    bridge.beginBurst(bytes.length, 0)
    framer.push(bytes, bridge)
    bridge.endBurst()
  }
  const stream = (name = 'vibration') => (bridge.status().streams as Record<string, Record<string, unknown>>)[name]
  return { clock, out, bridge, hear, stream }
}

/** Head and the raw i16 rows of what was handed over. */
const handed = (out: RecordingOutput) =>
  out.frames.map(({ channel, bytes }) => ({
    channel,
    timeUs: bytes.readDoubleLE(0),
    stepUs: bytes.readDoubleLE(8),
    rows: Array.from({ length: (bytes.length - 16) / 2 }, (_, i) => bytes.readInt16LE(16 + 2 * i)),
  }))

const { counts: none } = new RecordingOutput(new FakeClock())

test('a described stream becomes a channel, and rows go on behind their times', async () => {
  const { clock, out, hear, stream } = listen()
  const device = new BridgeDevice()
  const startUs = clock.nowUs()
  hear(device.descriptor(), device.data([[1], [2], [3]]))
  await clock.advance(3)
  hear(device.data([[4], [5], [6]]), device.descriptor())
  assert.deepEqual(out.channels, [
    {
      name: '/dev/ttyACM0 vibration',
      input: 0,
      tags: { stream: 'vibration', hall: '3' },
      units: { x: 'g' },
      layout: '[["x","i16",0,1,1000]]',
    },
  ])
  // The last row is as old as the frame, the first as its rows before are long.
  assert.deepEqual(handed(out), [
    { channel: 0, timeUs: startUs - 2000, stepUs: 1000, rows: [1, 2, 3] },
    { channel: 0, timeUs: startUs + 1000, stepUs: 1000, rows: [4, 5, 6] },
  ])
  assert.deepEqual(out.counts, { ...none, filtered: 2 })
  assert.deepEqual(stream(), {
    frames: 2,
    lost: 0,
    repeated: 0,
    resets: 0,
    undescribed: 0,
    lastSequence: 1,
    fields: ['x (g)'],
    rateHz: 1000,
    driftPpm: null,
    clockJumps: 0,
  })
})

test('a tag of the configuration goes before the stream’s', () => {
  const out = new RecordingOutput(new FakeClock())
  const bridge = new Bridge({ name: 'p', tags: { stream: 'mine' }, byteUs: 0, maxFrameBytes: 9000 }, out)
  framing.create({}, 9000).push(new BridgeDevice().descriptor(), bridge)
  assert.deepEqual(out.channels[0].tags, { stream: 'mine' })
})

test('what the wire took is taken off', () => {
  const out = new RecordingOutput(new FakeClock())
  const bridge = new Bridge({ name: 'p', tags: {}, byteUs: 100, maxFrameBytes: 9000 }, out)
  const device = new BridgeDevice()
  const bytes = Buffer.concat([device.descriptor(), device.data([[7]])])
  bridge.beginBurst(bytes.length, 0)
  framing.create({}, 9000).push(bytes, bridge)
  const wireUs = 100 * (bytes.length - device.descriptor().length)
  assert.equal(handed(out)[0].timeUs, out.clock.nowUs() - wireUs)
})

test('data without its descriptor is counted, numbers are followed all the same', () => {
  const { out, hear, stream } = listen()
  const device = new BridgeDevice()
  hear(device.data([[1]]), device.data([[2]]))
  assert.deepEqual(out.counts, { ...none, undecodable: 2 })
  assert.deepEqual([stream('1').undescribed, stream('1').lastSequence], [2, 1])
  hear(device.descriptor(), device.data([[3]]))
  assert.deepEqual([handed(out)[0].rows, out.missed, stream().undescribed], [[3], 0, 2])
})

test('lost and repeated frames are counted, and a repeated one is not taken twice', () => {
  const { out, hear, stream } = listen()
  const device = new BridgeDevice()
  const frames = Array.from({ length: 10 }, (_, i) => device.data([[i]]))
  hear(device.descriptor(), frames[0], frames[1], frames[1], frames[5], frames[9])
  assert.deepEqual(
    handed(out).map(({ rows }) => rows[0]),
    [0, 1, 5, 9],
  )
  assert.deepEqual([out.missed, out.counts], [6, { ...none, filtered: 1, duplicate: 1 }])
  assert.deepEqual([stream().lost, stream().repeated], [6, 1])
})

test('a device that resets goes on in its channel, and its ticks begin anew', async () => {
  for (const boots of [
    [0, 0],
    [7, 8],
  ]) {
    const { clock, out, hear, stream } = listen()
    const device = new BridgeDevice({ boot: boots[0] })
    device.ticks = 4_000_000_000
    hear(device.descriptor(), device.data([[1]]))
    await clock.advance(5000)
    device.reset(boots[1])
    hear(device.descriptor(), device.data([[2]]))
    assert.equal(handed(out)[1].timeUs, clock.nowUs())
    assert.deepEqual([out.channels.length, stream().resets, stream().clockJumps, out.missed], [1, 1, 0, 0])
  }
})

test('a descriptor that changes makes a channel, one that returns does not', () => {
  const { out, hear } = listen()
  const device = new BridgeDevice()
  const more = new BridgeDevice({ fields: [field('x', 'i16', { divisor: 500 })] })
  for (let i = 0; i < 3; i++) {
    more.sequence = 2 * i + 1
    device.sequence = 2 * i
    hear(device.descriptor(), device.data([[i]]), more.descriptor(), more.data([[i]]))
  }
  // Rate and period are told in each frame's head.
  const faster = new BridgeDevice({ periodTicks: 500 })
  faster.sequence = 6
  hear(faster.descriptor(), faster.data([[1], [2]]))
  assert.equal(out.channels.length, 2)
  assert.deepEqual(
    handed(out).map(({ channel }) => channel),
    [0, 1, 0, 1, 0, 1, 0],
  )
  assert.equal(Math.round(handed(out)[6].stepUs), 500)
  // Data of the descriptor before is none of this one's.
  device.sequence = 7
  hear(device.data([[1]]))
  assert.equal(out.counts.undecodable, 1)
})

test('streams side by side, two of the same name told apart by number', () => {
  const { out, hear, bridge } = listen()
  const vibration = new BridgeDevice()
  const temperature = new BridgeDevice({ stream: 2, name: 'temperature', periodTicks: 0, tickRateHz: 1000 })
  const twin = new BridgeDevice({ stream: 3 })
  hear(vibration.descriptor(), temperature.descriptor(), twin.descriptor())
  hear(temperature.data([[21]]), vibration.data([[1], [2]]), temperature.data([[22]]), twin.data([[5]]))
  assert.deepEqual(Object.keys(bridge.status().streams as object), ['vibration', 'temperature', 'vibration (3)'])
  assert.deepEqual(
    handed(out).map(({ channel, rows }) => [channel, rows]),
    [
      [1, [21]],
      [0, [1, 2]],
      [1, [22]],
      [0, [5]],
    ],
  )
})

test('a device that describes ever new streams gets 64, the rest is dropped and said once', () => {
  const errors: string[] = []
  const log: Log = { ...silent, error: (_fields, message) => void errors.push(message) }
  const { out, hear } = listen({ log })
  for (let i = 0; i < 1000; i++) {
    const device = new BridgeDevice({ name: `s${i}`, stream: i % 256 })
    hear(device.descriptor(), device.data([[i]]))
  }
  assert.deepEqual([out.channels.length, out.frames.length, out.counts.dropped], [64, 64, 936])
  assert.equal(errors.length, 1)
  assert.match(errors[0], /cannot take a further stream of \/dev\/ttyACM0: .*64/)
})

test('without room for a channel, for a frame, or for one so long, frames are dropped', () => {
  const device = new BridgeDevice()
  const full = listen({ maxChannels: 0 })
  full.hear(device.descriptor(), device.data([[1]]))
  assert.deepEqual(full.out.counts, { ...none, filtered: 1, dropped: 1 })
  const busy = listen()
  busy.out.room = 0
  busy.hear(device.descriptor(), device.data([[1]]))
  assert.equal(busy.out.counts.dropped, 1)
  const short = listen({ maxFrameBytes: 64 })
  const rows = Array.from({ length: 25 }, (_, i) => [i])
  short.hear(device.descriptor(), device.data(rows), device.data(rows.slice(1)))
  assert.deepEqual([short.out.counts.dropped, short.out.frames.length], [1, 1])
})

test('rows that do not fit their descriptor are refused, and said once', () => {
  const warnings: string[] = []
  const log: Log = { ...silent, warn: (_fields, message) => void warnings.push(message) }
  const { out, hear, bridge } = listen({ log })
  const single = new BridgeDevice({ periodTicks: 0 })
  hear(single.descriptor(), single.data([[1], [2]]), single.data([[1]]), single.data([[1], [2]]))
  assert.deepEqual([out.frames.length, out.counts.undecodable], [1, 2])
  assert.deepEqual([bridge.status().refused, bridge.status().lastRefusal], [2, 'its rows do not fit its descriptor'])
  assert.deepEqual(warnings, ['cannot read a message of the bridge: its rows do not fit its descriptor'])
})

test('garbage, half frames and a reset in mid-frame: the second whole frame after them is read at the latest', () => {
  const random = randomFrom(11)
  const garbage = (length: number) => Uint8Array.from({ length }, () => random() * 256)
  const device = new BridgeDevice()
  const { out, hear } = listen()
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
  const { out, hear } = listen()
  const device = new BridgeDevice({ fields: [field('a', 'u8'), field('b', 'f32')] })
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
  const lost = out.lost
  hear(new Uint8Array(1_000_000).fill(7))
  assert.ok(out.lost - lost > 990_000)
})

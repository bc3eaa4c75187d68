import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bridge as framing } from '../../../src/framing/bridge.js'
import type { InputPlan } from '../../../src/model/plan.js'
import type { ChannelSpec, SourceComponent, SourceOutput } from '../../../src/model/source.js'
import { Bridge } from '../../../src/sources/serial/bridge.js'
import { BridgeDevice, field } from '../../support/bridge-device.js'
import { Rig } from '../../support/rig.js'

const INPUT: InputPlan = {
  time: { kind: 'frame' },
  decode: { type: 'bridge', options: {} },
  payloadTags: {},
  constantTags: {},
}

/** A kind of source that hands its way into the engine to the test. */
function opened(take: (out: SourceOutput) => void): SourceComponent {
  return {
    type: 'opened',
    summary: '',
    options: {},
    finite: () => false,
    inputs: () => [INPUT],
    create: () => ({
      run: (out, signal) =>
        new Promise((resolve) => {
          take(out)
          signal.addEventListener('abort', () => resolve('aborted'), { once: true })
        }),
    }),
  }
}

interface Recorded {
  channels: ChannelSpec[]
  /** JSON, as a recording might keep it. */
  frames: { channel: number; hex: string; atMs: number }[]
}

/** A whole gateway on a fake clock that sees what a bridge hands over; all of it is recorded besides. */
async function gateway(config: object = {}) {
  let out!: SourceOutput
  const units = new Map<string, string>()
  const rig = new Rig({
    config: {
      batch: '250ms',
      sources: { s: { type: 'opened', ...config } },
      windows: { second: { every: '1s', reduce: ['count', 'min', 'max', 'first'] } },
    },
    sources: [opened((opened) => (out = opened))],
    onPoints: ({ device }) => {
      for (const { units: known } of device) for (const [name, unit] of known) units.set(name, unit)
    },
  })
  await rig.start()
  await rig.advance(1000)
  const recorded: Recorded = { channels: [], frames: [] }
  const startMs = rig.clock.monotonicMs()
  const recording: SourceOutput = Object.assign(Object.create(out), {
    channel(spec: ChannelSpec) {
      recorded.channels.push(JSON.parse(JSON.stringify(spec)))
      return out.channel(spec)
    },
    frame(channel: number, bytes: Uint8Array, start: number, end: number) {
      const hex = Buffer.from(bytes.subarray(start, end)).toString('hex')
      recorded.frames.push({ channel, hex, atMs: rig.clock.monotonicMs() - startMs })
      return out.frame(channel, bytes, start, end, 0, 0)
    },
  })
  for (const call of ['count', 'missing', 'lostBytes', 'endBurst'] as const)
    recording[call] = (out[call] as (...given: never[]) => void).bind(out) as never
  const bridge = new Bridge({ name: 'port', tags: {}, byteUs: 0, maxFrameBytes: 1 << 20 }, recording)
  const framer = framing.create({}, 1 << 20)
  const hear = (...frames: Uint8Array[]) => {
    const bytes = Buffer.concat(frames)
    bridge.beginBurst(bytes.length, 0)
    framer.push(bytes, bridge)
    bridge.endBurst()
  }
  return { rig, hear, recorded, units, out: () => out }
}

const ROWS = Array.from({ length: 100 }, (_, i) => [i - 50])

test('arrays become windows, and everything is accounted for', async () => {
  const { rig, hear, units } = await gateway()
  const device = new BridgeDevice()
  hear(device.descriptor())
  for (let i = 0; i < 40; i++) {
    const frame = device.data(ROWS)
    // Two frames are lost on the way, and one comes twice.
    if (i !== 13 && i !== 14) hear(frame)
    if (i === 20) hear(frame)
    await rig.advance(100)
  }
  await rig.stop()
  const [{ frames, samples, missingFrames }] = rig.gateway.status().sources
  assert.deepEqual([frames.in, frames.filtered, frames.decoded, frames.duplicate], [40, 1, 38, 1])
  assert.deepEqual([samples.decoded, missingFrames], [3800, 2])
  assert.deepEqual(Object.fromEntries(units), { x: 'g' })
  const whole = [...rig.last().values()].filter(({ fields }) => fields.x_count === 1000)
  assert.ok(whole.length >= 2)
  for (const { fields } of whole) assert.deepEqual([fields.x_min, fields.x_max], [-0.05, 0.049])
})

test('what was handed over is enough to do it again: specs and frames, without the bridge', async () => {
  const first = await gateway()
  const device = new BridgeDevice()
  const changed = new BridgeDevice({ fields: [field('x', 'i16', { divisor: 500 }), field('y', 'u8')] })
  for (let i = 0; i < 30; i++) {
    const sender = i < 15 ? device : changed
    sender.sequence = i
    sender.ticks = i * 100_000
    if (i % 15 === 0) first.hear(sender.descriptor())
    first.hear(sender.data(ROWS.map(([x]) => (sender === device ? [x] : [x, x + 50]))))
    await first.rig.advance(100)
  }
  await first.rig.stop()
  assert.equal(first.recorded.channels.length, 2)

  const second = await gateway()
  const out = second.out()
  const channels = first.recorded.channels.map((spec) => out.channel(spec))
  let nowMs = 0
  for (const { channel, hex, atMs } of first.recorded.frames) {
    await second.rig.advance(atMs - nowMs)
    nowMs = atMs
    const bytes = Buffer.from(hex, 'hex')
    assert.ok(out.frame(channels[channel], bytes, 0, bytes.length, 0, 0))
    out.endBurst()
  }
  await second.rig.advance(100)
  await second.rig.stop()
  assert.ok(first.rig.due.length > 3)
  assert.deepEqual(second.rig.due, first.rig.due)
})

test('fields called as what every object has, and a device that was forgotten and comes back', async () => {
  const { rig, hear, units } = await gateway({ forget: '10s' })
  const fields = [field('constructor', 'i16'), field('__proto__', 'i16', { unit: 'K' })]
  const device = new BridgeDevice({ fields, periodTicks: 0 })
  for (let i = 0; i < 3; i++) {
    hear(device.descriptor(), device.data([[1, 2]]))
    await rig.advance(30_000)
    device.ticks += 30_000_000
  }
  await rig.stop()
  assert.deepEqual([...units], [['__proto__', 'K']])
  const points = [...rig.last().values()]
  assert.deepEqual(
    points.map(({ fields }) => Object.keys(fields).length),
    [8, 8, 8],
  )
})

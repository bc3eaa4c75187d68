import assert from 'node:assert/strict'
import { type FileHandle, open } from 'node:fs/promises'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { components } from '../../../src/components.js'
import { parseConfig } from '../../../src/config/parse.js'
import { SystemClock } from '../../../src/engine/clock.js'
import { BridgeDevice, field } from '../../support/bridge-device.js'
import { openPtyPair } from '../../support/pty.js'
import { RecordingOutput } from '../../support/source-output.js'

// The serial source with `frame: { type: bridge }`, over real pseudo-terminals.

function plan(keys: object) {
  const source = { type: 'serial', path: '/dev/ttyACM0', frame: { type: 'bridge' }, ...keys }
  const config = { sources: { rig: source }, windows: { w: { every: '1s', reduce: ['mean'] } } }
  const surroundings = { env: {}, hostname: 'h', cores: 2, readText: () => '', pointsTaken: true }
  return parseConfig(config, components, surroundings)
}

const NEVER = new AbortController().signal

/** The source on one end of a pseudo-terminal, a device on the other. */
async function withSource(baud: number, use: (device: FileHandle, out: RecordingOutput) => Promise<void>) {
  const pair = await openPtyPair()
  const device = await open(pair.device, 'r+')
  const [source] = plan({ path: pair.port, baud }).sources
  const component = components.sources.find(({ type }) => type === 'serial')!
  const serial = component.create(source.options as never, {
    name: 'rig',
    gateway: 'g',
    stateDir: '',
    maxFrameBytes: source.maxFrameBytes,
    arrivalErrorUs: source.arrivalErrorUs,
    timedByArrival: true,
    inputs: source.inputs,
  })
  const out = new RecordingOutput(new SystemClock(), { gatherMs: 250 })
  const running = serial.run(out, NEVER).catch((error: Error) => error.message)
  try {
    await out.until(() => out.links.length > 0)
    await use(device, out)
  } finally {
    await device.close()
    await pair.unplug()
  }
  assert.match(String(await running), /it is gone/)
  return { out, serial }
}

const ROWS = Array.from({ length: 400 }, (_, i) => [Math.round(32767 * Math.sin(i / 7)), i - 200])
const vibration = () =>
  new BridgeDevice({ fields: [field('x', 'i16', { unit: 'g' }), field('y', 'i16', { unit: 'g' })] })

function assertWhole(out: RecordingOutput, frames: number): void {
  assert.equal(out.frames.length, frames)
  assert.deepEqual([out.lost, out.wireCounts.missing, out.counts.undecodable, out.counts.dropped], [0, 0, 0, 0])
  const rows = Buffer.concat(ROWS.map(([x, y]) => Buffer.from(Int16Array.of(x, y).buffer)))
  for (const { bytes } of out.frames) assert.ok(bytes.subarray(16).equals(rows))
}

test('921,600 baud saturated for seconds: every frame whole', async () => {
  const { out } = await withSource(921_600, async (device, out) => {
    const sender = vibration()
    const bytes = Buffer.concat([sender.descriptor(), ...Array.from({ length: 100 }, () => sender.data(ROWS))])
    const startMs = performance.now()
    for (let at = 0; at < bytes.length; ) {
      const due = Math.floor((performance.now() - startMs) * 92.16)
      const end = Math.min(bytes.length, due)
      if (end > at) await device.write(bytes, at, end - at)
      at = Math.max(at, end)
      await delay(5)
    }
    await out.until(() => out.frames.length === 100)
  })
  assertWhole(out, 100)
})

test('as fast as a pseudo-terminal takes it: every frame whole', async () => {
  const { out, serial } = await withSource(921_600, async (device, out) => {
    const sender = vibration()
    const bytes = Buffer.concat([sender.descriptor(), ...Array.from({ length: 2000 }, () => sender.data(ROWS))])
    await device.appendFile(bytes)
    await out.until(() => out.frames.length === 2000)
  })
  assertWhole(out, 2000)
  const { streams } = serial.status!() as { streams: { frames: number; lastSequence: number }[] }
  assert.deepEqual([streams[0].frames, streams[0].lastSequence], [2000, 1999])
})

test('the wrong baud rate first, then the right one; a frame is read within two', async () => {
  const { out } = await withSource(115_200, async (device, out) => {
    const sender = vibration()
    // What a UART makes of bits that come at another rate: bytes of any value, with framing errors as zeros.
    const noise = Uint8Array.from({ length: 3000 }, (_, i) => (i % 11 ? (i * 2654435761) >>> 24 : 0))
    await device.write(noise)
    await device.write(Uint8Array.of(0))
    await device.write(sender.descriptor())
    await device.write(sender.data(ROWS))
    await out.until(() => out.frames.length === 1)
  })
  assert.ok(out.lost > 2000)
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Field } from '../../firmware-bridge/host/message.js'
import { components } from '../../src/components.js'
import { parseConfig } from '../../src/config/parse.js'
import { bridge as framing } from '../../src/framing/bridge.js'
import { Gateway } from '../../src/gateway.js'
import type { SourceComponent, SourceOutput } from '../../src/model/source.js'
import { Bridge } from '../../src/sources/serial/bridge.js'
import { Receiver } from '../../src/sources/serial/receiver.js'
import { BridgeDevice, field } from '../support/bridge-device.js'
import { openPtyPair } from '../support/pty.js'
import type { Bench } from './main.js'

interface Load {
  name: string
  fields: Field[]
  rows: number
  frames: number
}

const LOADS: Load[] = [
  { name: 'i16, 2,000 rows a frame', fields: [field('x', 'i16', { divisor: 1000 })], rows: 2000, frames: 5000 },
  { name: 'i16, 200 rows a frame', fields: [field('x', 'i16', { divisor: 1000 })], rows: 200, frames: 50_000 },
  {
    name: '3 × i16, 200 rows a frame',
    fields: ['x', 'y', 'z'].map((name) => field(name, 'i16', { divisor: 1000 })),
    rows: 200,
    frames: 16_000,
  },
  {
    name: '3 × f32, one row a frame',
    fields: ['t', 'h', 'p'].map((name) => field(name, 'f32')),
    rows: 1,
    frames: 200_000,
  },
]
const CHUNK_BYTES = 65536

/** All that a device sends: its descriptor, then the frames; one row a µs, so that windows are few. */
function wireBytes({ fields, rows, frames }: Load): Buffer {
  const device = new BridgeDevice({ fields, periodTicks: 1 })
  const values = Array.from({ length: rows }, (_, i) => fields.map((_, f) => Math.round(30_000 * Math.sin(i / 9 + f))))
  return Buffer.concat([device.descriptor(), ...Array.from({ length: frames }, () => device.data(values))])
}

/** CPU seconds of this process that `work` takes, user and system. */
async function cpuOf(work: () => void | Promise<void>): Promise<number> {
  const from = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(from)
  return (user + system) / 1e6
}

/** A source that hears bytes from memory as if a port had brought them. */
function heard(bytes: Buffer, onEnd: () => void): SourceComponent {
  return {
    type: 'memory',
    summary: '',
    options: {},
    finite: () => false,
    inputs: () => [
      { time: { kind: 'source' }, decode: { type: 'bridge', options: {} }, payloadTags: {}, constantTags: {} },
    ],
    create: () => ({
      async run(out, signal) {
        feed(bytes, out)
        onEnd()
        if (!signal.aborted) await once(signal, 'abort')
        return 'aborted'
      },
    }),
  }
}

function feed(bytes: Buffer, out: SourceOutput): void {
  const framer = framing.create({}, 1 << 20)
  const bridge = new Bridge(out, { path: 'memory', tags: {}, byteUs: 0, maxFrameBytes: 1 << 20 })
  const receiver = new Receiver(out, bridge)
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const chunk = bytes.subarray(at, at + CHUNK_BYTES)
    receiver.beginBurst(chunk.length, 0)
    framer.push(chunk, receiver)
    receiver.endBurst()
  }
}

function gatewayOf(source: object, sources: SourceComponent[]): Gateway {
  const config = {
    sources: { rig: { ahead: '1h', ...source } },
    windows: { second: { every: '1s', reduce: ['count', 'mean', 'min', 'max', 'rms', 'kurtosis'] } },
    workers: 0,
  }
  const bundle = { ...components, sources: [...components.sources, ...sources] }
  const surroundings = { env: {}, hostname: 'bench', cores: 2, readText: () => '', pointsTaken: true }
  return new Gateway(parseConfig(config, bundle, surroundings), { components: bundle, transient: true, onPoints() {} })
}

function decoded(gateway: Gateway): { samples: number; bad: number } {
  const [{ samples, frames, lostBytes, wire }] = gateway.status().sources
  return { samples: samples.decoded, bad: frames.undecodable + frames.dropped + lostBytes + wire.missing }
}

async function fromMemory(bytes: Buffer): Promise<{ seconds: number; samples: number; bad: number }> {
  let ended!: () => void
  const end = new Promise<void>((resolve) => (ended = resolve))
  const gateway = gatewayOf({ type: 'memory' }, [heard(bytes, () => ended())])
  const seconds = await cpuOf(async () => {
    await gateway.start()
    await end
    while (gateway.status().sources[0].frames.pending) await sleep(20)
  })
  const outcome = { seconds, ...decoded(gateway) }
  await gateway.stop({ graceful: false })
  return outcome
}

async function fromPort(bytes: Buffer, wanted: number): Promise<{ seconds: number; samples: number; bad: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-bench-'))
  const pair = await openPtyPair(folder)
  const gateway = gatewayOf({ type: 'serial', path: pair.port, baud: 921_600, frame: { type: 'bridge' } }, [])
  try {
    await writeFile(join(folder, 'bytes'), bytes)
    await gateway.start()
    while (gateway.status().sources[0].link.state !== 'up') await sleep(10)
    const seconds = await cpuOf(async () => {
      const writer = spawn('sh', ['-c', 'cat bytes > device'], { cwd: folder, stdio: 'ignore' })
      await once(writer, 'exit')
      for (let waits = 0; waits < 500 && decoded(gateway).samples < wanted; waits++) await sleep(20)
    })
    return { seconds, ...decoded(gateway) }
  } finally {
    await gateway.stop({ graceful: false })
    await pair.unplug()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Frames of the firmware bridge to windows: from memory, and through a pseudo-terminal. */
export async function run(): Promise<Bench> {
  const rows: Bench['rows'] = []
  for (const load of LOADS) {
    const bytes = wireBytes(load)
    const wanted = load.frames * load.rows * load.fields.length
    await fromMemory(bytes)
    const memory = await fromMemory(bytes)
    const port = await fromPort(bytes, wanted)
    rows.push({
      load: load.name,
      MB: Math.round(bytes.length / 1e6),
      'M samples/s': memory.samples / memory.seconds / 1e6,
      'MB/s': bytes.length / memory.seconds / 1e6,
      'from a pty, M samples/s': port.samples / port.seconds / 1e6,
      'MB/s ': bytes.length / port.seconds / 1e6,
      'not decoded': wanted - memory.samples + wanted - port.samples + memory.bad + port.bad,
    })
  }
  return {
    title: 'Firmware bridge: bytes of the wire to 1 s windows of six reductions, a CPU second of the whole process',
    rows,
    notes: ['not decoded: samples of both runs that are missing, and frames or bytes counted as bad; must be 0.'],
  }
}

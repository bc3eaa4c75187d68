import { encodeData, encodeDescriptor, encodeFrame } from '../../firmware-bridge/host/encode.js'
import { descriptionOf, MESSAGE_MAX_BYTES } from '../../firmware-bridge/host/message.js'
import { cobsFramer } from '../../src/framing/cobs.js'
import { Bridge } from '../../src/sources/serial/bridge.js'
import { Receiver } from '../../src/sources/serial/receiver.js'
import { Rig } from '../support/rig.js'
import type { Bench } from './main.js'

const SECONDS = 3
const STREAMS = {
  'three axes, 16 bit, 100 rows a frame': { type: 4, rows: 100 },
  'three floats, 50 rows': { type: 7, rows: 50 },
  'one row a frame': { type: 4, rows: 1 },
}

/** From bytes of a port to reduced samples, on one thread: framing, sequence, clock, decoding, 1 s windows of five reductions. */
export async function run(): Promise<Bench> {
  const rows: Bench['rows'] = []
  for (const [name, { type, rows: rowsPerFrame }] of Object.entries(STREAMS)) {
    const fields = ['x', 'y', 'z'].map((axis) => ({
      type,
      offset: 0,
      multiplier: 1,
      divisor: 2048,
      name: axis,
      unit: 'g',
    }))
    const described = {
      stream: 1,
      boot: 0,
      tickRateHz: 1_000_000,
      periodTicks: rowsPerFrame > 1 ? 100 : 0,
      name: 'load',
      fields,
    }
    const descriptor = encodeDescriptor(described)
    const description = descriptionOf(descriptor, 0, descriptor.length)
    const rig = new Rig({
      config: {
        batch: '250ms',
        workers: 0,
        sources: { s: { type: 'script', time: { path: 't', unit: 'us' } } },
        windows: {
          second: { of: '*', every: '1s', lateness: '1s', reduce: ['count', 'mean', 'min', 'max', 'stddev'] },
        },
      },
      decode: { type: 'bridge', options: {} },
    })
    await rig.start()
    const { out } = rig.script('s')
    const receiver = new Receiver(
      out,
      new Bridge(out, { path: '/dev/load', tags: {}, byteUs: 0, maxFrameBytes: 1 << 20 }),
    )
    const framer = cobsFramer({ crc: 'crc32-iso-hdlc' }, MESSAGE_MAX_BYTES - 4)
    // A quarter of a second at 10 kHz a turn, so that windows close as they would.
    const framesPerTurn = Math.ceil(2500 / rowsPerFrame)
    let sequence = 0
    const turn = () =>
      Buffer.concat([
        encodeFrame(descriptor),
        ...Array.from({ length: framesPerTurn }, () => {
          const n = sequence++
          const raw = Array.from({ length: rowsPerFrame }, (_, r) => [n & 1023, r, -r])
          const ticks = (n * rowsPerFrame * 100) >>> 0
          return encodeFrame(encodeData({ stream: 1, description, sequence: n & 0xffff, ticks }, fields, raw))
        }),
      ])
    let cpuUs = 0
    let samples = 0
    let bytes = 0
    for (const endMs = Date.now() + SECONDS * 1000; Date.now() < endMs; ) {
      const chunk = turn()
      const before = process.cpuUsage()
      receiver.beginBurst(chunk.length, 0)
      for (let at = 0; at < chunk.length; at += 65536) framer.push(chunk.subarray(at, at + 65536), receiver)
      receiver.endBurst()
      await rig.advance(250)
      const { user, system } = process.cpuUsage(before)
      cpuUs += user + system
      bytes += chunk.length
      samples += framesPerTurn * rowsPerFrame * 3
    }
    const { samples: ledger } = rig.gateway.status().sources[0]
    if (ledger.decoded !== samples) throw new Error(`${ledger.decoded} of ${samples} samples decoded`)
    await rig.stop()
    rows.push({
      stream: name,
      'samples/s a core': Math.round((samples / cpuUs) * 1e6),
      'ns a sample': (cpuUs * 1000) / samples,
      'MB/s': bytes / cpuUs,
    })
  }
  return {
    title: 'Bridge: bytes of a port to reduced samples',
    rows,
    notes: ['CPU time of the process, batches and windows included; 1 s windows of count, mean, min, max, stddev.'],
  }
}

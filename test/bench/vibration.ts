import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { replayPlan } from '../../src/cli/replay.js'
import { components } from '../../src/components.js'
import { SystemClock } from '../../src/engine/clock.js'
import { RecordingReader } from '../../src/recording/reader.js'
import { Replay } from '../../src/recording/replay.js'
import { Side } from '../../src/recording/side.js'
import { RecordingWriter } from '../../src/recording/writer.js'
import { RecordingLog } from '../support/recording-log.js'
import type { Bench } from './main.js'

const SERIES = 1000
const RATE_HZ = 10_000
const FRAME_ROWS = 1000
const T0 = 1_704_067_200_000_000
const SECONDS = 3

const DECODE = {
  struct: `{ type: struct, fields: [ { name: t0, type: u64 }, { name: acc, type: i16, count: rest, scale: 0.001 } ] }`,
  json: `{ type: json, samples: acc }`,
}

const REDUCE = {
  'rms, crest': '[rms, crest]',
  'rms, crest, kurtosis': '[rms, crest, kurtosis]',
  'rms, crest, kurtosis and two bands': '[rms, crest, kurtosis, "band_rms(10,1000)", "band_rms(1000,5000)"]',
}

/** 1,000 sensors of vibration at 10 kHz, frames of 1,000 samples, through a whole gateway in this process, on one thread. */
export async function run(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  try {
    const rows: Bench['rows'] = []
    for (const [type, decode] of Object.entries(DECODE)) {
      const recording = join(folder, `${type}.rec`)
      writeRecording(recording, type === 'struct' ? structFrame : jsonFrame)
      for (const [what, reduce] of Object.entries(REDUCE)) {
        const ns = await nsOf(folder, recording, decode, reduce)
        rows.push({
          payload: type,
          reductions: what,
          'CPU ns a sample': ns,
          'samples/s a core': Math.round(1e9 / ns),
          'series a core carries': Math.floor(1e9 / ns / RATE_HZ),
        })
      }
    }
    return {
      title: `${SERIES.toLocaleString('en')} series of ${RATE_HZ.toLocaleString('en')} Hz, 1 s windows: CPU of the process`,
      rows,
      notes: [
        `${FRAME_ROWS.toLocaleString('en')} samples a frame, 10 frames a second and series, ${SECONDS} s; reading the recording and writing points are in it.`,
      ],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function nsOf(folder: string, recording: string, decode: string, reduce: string): Promise<number> {
  const config = join(folder, 'weir.yaml')
  const out = join(folder, 'out.line')
  rmSync(out, { force: true })
  writeFileSync(
    config,
    `
workers: 0
maxMemory: 1GiB
sources:
  plant:
    type: mqtt
    url: "mqtt://localhost"
    topics: ["plant/{machine}"]
    time: { path: t0, unit: us, rate: ${RATE_HZ} }
    decode: ${decode}
windows:
  second: { every: 1s, reduce: ${reduce}, maxRows: 20000 }
sinks:
  out: { type: file, path: ${out} }
`,
  )
  const reader = await RecordingReader.open(recording)
  const log = new RecordingLog()
  const plan = await replayPlan([config], reader.header, undefined, log)
  const clock = new SystemClock()
  const side = new Side(plan, reader.header, { components, log, outsideClock: clock, partial: true })
  const replay = new Replay(reader, side, { speed: Number.POSITIVE_INFINITY, clock, onProgress: () => {} })
  const before = process.cpuUsage()
  await replay.start()
  await replay.finished
  const { user, system } = process.cpuUsage(before)
  const points = readFileSync(out, 'utf8').trim().split('\n')
  const wanted = reduce.includes('band_rms') ? /acc_band_rms_10_1000=.*acc_band_rms_1000_5000=/ : /acc_crest=/
  if (points.length !== SERIES * SECONDS || !points.every((point) => wanted.test(point)))
    throw new Error(`${points.length} points such as ${points[0]}\n${log.said.join('\n')}`)
  return ((user + system) * 1000) / (SERIES * SECONDS * RATE_HZ)
}

function writeRecording(path: string, frameOf: (us: number, series: number) => Buffer): void {
  const file = openSync(path, 'w')
  const header = { weir: '0', gateway: 'bench', startedUs: T0, sources: [{ name: 'plant', type: 'mqtt' }] }
  const writer = new RecordingWriter(header, (piece) => {
    writeSync(file, piece)
  })
  const channels = Array.from({ length: SERIES }, (_, i) =>
    writer.channel(0, { name: `plant/m${i}`, input: 0, tags: { machine: `m${i}` } }),
  )
  const frameUs = (FRAME_ROWS * 1e6) / RATE_HZ
  for (let us = T0; us < T0 + SECONDS * 1e6; us += frameUs) {
    for (let series = 0; series < SERIES; series++) {
      const frame = frameOf(us, series)
      // It is there once its last sample is.
      writer.frame(channels[series]!, us + frameUs, 0, 0, frame, 0, frame.length)
    }
  }
  writer.end(T0 + SECONDS * 1e6 + frameUs)
  closeSync(file)
}

/** An acceleration: two sines and something like noise, in mm/s². */
const sample = (i: number, series: number): number =>
  Math.round(2000 * Math.sin(i * 0.03) + 700 * Math.sin(i * 1.1 + series) + 300 * Math.sin(i * i))

const wave = Array.from({ length: 10_007 }, (_, i) => sample(i, 0))

function structFrame(us: number, series: number): Buffer {
  const frame = Buffer.alloc(8 + FRAME_ROWS * 2)
  frame.writeBigUInt64LE(BigInt(us), 0)
  for (let i = 0; i < FRAME_ROWS; i++) frame.writeInt16LE(wave[(us / 100 + i + series * 17) % wave.length]!, 8 + i * 2)
  return frame
}

function jsonFrame(us: number, series: number): Buffer {
  const samples = Array.from({ length: FRAME_ROWS }, (_, i) => wave[(us / 100 + i + series * 17) % wave.length]! / 1000)
  return Buffer.from(JSON.stringify({ t0: us, acc: samples }))
}

import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RecordingWriter } from '../../src/recording/writer.js'
import type { Bench } from './main.js'

const FRAMES = 2_000_000
const TOPICS = 1000
const A_SECOND = 10_000
const T0 = 1_704_067_200_000_000
const main = fileURLToPath(new URL('../../src/main.js', import.meta.url))

/** A recording of 2 million JSON messages of 1000 topics, 10,000 a second, replayed as fast as it goes; alone and with --diff. */
export async function run(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  try {
    const recording = join(folder, 'x.rec')
    const bytes = writeRecording(recording)
    const config = join(folder, 'weir.yaml')
    writeFileSync(
      config,
      `
workers: 0
sources:
  plant: { type: mqtt, url: "mqtt://localhost", topics: ["plant/{line}/{machine}"], time: { path: ts, unit: ms } }
windows:
  second: { every: 1s, reduce: [count, sum, mean, min, max, stddev] }
`,
    )
    const row = (what: string, args: string[]) => {
      const seconds = timed([main, 'replay', ...args])
      return {
        what,
        'wall s': seconds,
        'frames/s': Math.round(FRAMES / seconds),
        'times real time': FRAMES / A_SECOND / seconds,
      }
    }
    return {
      title: `${FRAMES.toLocaleString('en')} recorded messages through 1 s windows, the whole process from start to exit`,
      rows: [
        row('weir replay, workers: 0', [recording, config]),
        row('weir replay --diff, two sides', ['--diff', recording, config, config]),
      ],
      notes: [`${TOPICS} topics, ${A_SECOND.toLocaleString('en')} messages a second; ${(bytes / 1e6).toFixed(0)} MB`],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function timed(args: string[]): number {
  const fromMs = performance.now()
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 30 })
  if (status !== 0) throw new Error(`${args.join(' ')} failed:\n${stderr}`)
  return (performance.now() - fromMs) / 1000
}

function writeRecording(path: string): number {
  const file = openSync(path, 'w')
  let bytes = 0
  const header = { weir: '0', gateway: 'bench', startedUs: T0, sources: [{ name: 'plant', type: 'mqtt' }] }
  const writer = new RecordingWriter(header, (piece) => {
    bytes += writeSync(file, piece)
  })
  const channels = Array.from({ length: TOPICS }, (_, i) => {
    const [line, machine] = [`line${i % 10}`, `m${i}`]
    return writer.channel(0, { name: `plant/${line}/${machine}`, input: 0, tags: { line, machine } })
  })
  for (let i = 0; i < FRAMES; i++) {
    // Bursts of 20 ms, as gathering makes them.
    const us = T0 + Math.floor((i / A_SECOND) * 50) * 20_000
    const text = `{"ts":${us / 1000},"temp":${(20 + (i % 97) / 10).toFixed(2)},"pressure":${(1000 + (i % 31)).toFixed(1)}}`
    const frame = Buffer.from(text)
    writer.frame(channels[i % TOPICS], us, 0, 0, frame, 0, frame.length)
  }
  writer.end(T0 + (FRAMES / A_SECOND) * 1e6)
  closeSync(file)
  return bytes
}

// What durability costs: how long a checkpoint holds everything up at 100,000 series, how long a start takes with a million
// messages in the journal, and CPU a message with and without.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { components } from '../../src/components.js'
import { parseConfig } from '../../src/config/parse.js'
import { Gateway } from '../../src/gateway.js'
import { silent } from '../../src/model/log.js'
import type { Source, SourceComponent, SourceOutput } from '../../src/model/source.js'
import type { Bench } from './main.js'

type Durability = 'memory' | 'process' | 'power'

/** A live source that hands its output out. */
function handle(): { component: SourceComponent; out: () => SourceOutput } {
  let given: SourceOutput | undefined
  const component: SourceComponent = {
    type: 'bench',
    summary: 'frames of a benchmark',
    options: {},
    finite: () => false,
    inputs: (_options, common) => [
      {
        time: common.time ?? { kind: 'arrival' },
        decode: common.decode ?? { type: 'json', options: {} },
        payloadTags: common.payloadTags,
        constantTags: common.constantTags,
      },
    ],
    create: (): Source => ({
      run(out, signal) {
        given = out
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve('aborted'), { once: true }))
      },
    }),
  }
  return { component, out: () => given! }
}

function gateway(folder: string, durability: Durability, more: object = {}) {
  const { component, out } = handle()
  const all = { ...components, sources: [...components.sources, component] }
  const config = {
    gateway: 'bench',
    durability,
    stateDir: join(folder, 'state'),
    runtimeDir: join(folder, 'run'),
    http: false,
    workers: 0,
    maxSeries: 120_000,
    maxMemory: '256MiB',
    sources: { s: { type: 'bench', time: { path: 't', unit: 'ms' }, decode: { type: 'json' } } },
    windows: { w: { of: '*', every: '1s', lateness: '2s', reduce: ['count', 'sum', 'mean', 'min', 'max', 'stddev'] } },
    ...more,
  }
  const plan = parseConfig(config, all, { env: {}, hostname: 'bench', cores: 1, readText: () => '', pointsTaken: true })
  return { made: new Gateway(plan, { components: all, log: silent, onPoints() {} }), out }
}

const FIELDS = 10
const bodyOf = (ms: number, i: number) =>
  Buffer.from(`{"t":${ms},${Array.from({ length: FIELDS }, (_, f) => `"f${f}":${(i * 7 + f) % 1000}.5`).join(',')}}`)

/** Devices of ten fields each, once a second, as a burst each 20 ms. */
async function feed(out: SourceOutput, devices: number, seconds: number): Promise<void> {
  const channels = Array.from({ length: devices }, (_, i) =>
    out.channel({ name: `d${i}`, input: 0, tags: { device: `d${i}` } }),
  )
  const fromMs = performance.now()
  const total = devices * seconds
  for (let i = 0; i < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - fromMs) / 1000) * devices))
    const ms = Date.now()
    for (; i < due; i++) {
      const body = bodyOf(ms, i)
      while (!out.frame(channels[i % devices], body, 0, body.length, 0, 1 + (i % 60_000))) await out.ready()
    }
    out.endBurst(() => {})
    await after(20)
  }
}

async function pause(durability: Durability, under: string): Promise<Record<string, string | number>> {
  const folder = mkdtempSync(join(under, 'weir-bench-'))
  const { made, out } = gateway(folder, durability, { checkpoint: '2s' })
  await made.start()
  await feed(out(), 10_000, 12)
  const { kept, series } = made.status()
  await made.stop({ graceful: true })
  rmSync(folder, { recursive: true })
  return {
    what: `checkpoint at ${series} series, ${durability}`,
    'last pause, ms': Math.round(kept!.pauseMs * 10) / 10,
    'longest, ms': Math.round(kept!.longestPauseMs * 10) / 10,
    MB: Math.round(kept!.checkpointBytes / 1e5) / 10,
  }
}

async function startUp(messages: number): Promise<Record<string, string | number>> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  // No checkpoint but the first, as if the process had ended right before.
  const { made, out } = gateway(folder, 'power', { checkpoint: '1h' })
  await made.start()
  const channels = Array.from({ length: 1000 }, (_, i) =>
    out().channel({ name: `d${i}`, input: 0, tags: { device: `d${i}` } }),
  )
  const startMs = Date.now()
  for (let i = 0; i < messages; i++) {
    const body = Buffer.from(`{"t":${startMs + Math.floor(i / 20)},"temp":${(i % 400) / 8},"hum":40.25,"ok":true}`)
    while (!out().frame(channels[i % 1000], body, 0, body.length, 0, 1 + (i % 60_000))) await out().ready()
    if (i % 500 === 0) {
      out().endBurst()
      await after(0)
    }
  }
  await new Promise<void>((resolve) => out().endBurst(resolve))
  const bytes = made.status().kept!.journalBytes
  await made.stop({ graceful: false }).catch(() => {})
  const again = gateway(folder, 'power')
  const fromMs = performance.now()
  await again.made.start()
  const ms = performance.now() - fromMs
  const { frames } = again.made.status().sources[0]
  await again.made.stop({ graceful: true })
  rmSync(folder, { recursive: true })
  return {
    what: `start with ${frames.in} messages in the journal, power`,
    ms: Math.round(ms),
    MB: Math.round(bytes / 1e6),
  }
}

/** CPU of this process for messages at 10,000 a second, less nothing: source, line and all that is kept. */
async function cost(durability: Durability, under: string): Promise<number> {
  const folder = mkdtempSync(join(under, 'weir-bench-'))
  const { made, out } = gateway(folder, durability)
  await made.start()
  const channels = Array.from({ length: 100 }, (_, i) =>
    out().channel({ name: `d${i}`, input: 0, tags: { device: `d${i}` } }),
  )
  const seconds = 15
  const rate = 10_000
  const fromMs = performance.now()
  const before = process.cpuUsage()
  let sent = 0
  while (sent < seconds * rate) {
    const due = Math.min(seconds * rate, Math.floor(((performance.now() - fromMs) / 1000) * rate))
    const ms = Date.now()
    for (; sent < due; sent++) {
      const body = Buffer.from(`{"ts":1,"t":${ms},"temp":21.53,"hum":40.2,"bat":3.712,"ok":true}`)
      while (!out().frame(channels[sent % 100], body, 0, body.length, 0, 1 + (sent % 60_000))) await out().ready()
    }
    out().endBurst(() => {})
    await after(50)
  }
  const { user, system } = process.cpuUsage(before)
  await made.stop({ graceful: false }).catch(() => {})
  rmSync(folder, { recursive: true })
  return (user + system) / sent
}

export async function run(): Promise<Bench> {
  const memory = process.env.WEIR_BENCH_TMPFS ?? '/dev/shm'
  const rows: Bench['rows'] = []
  rows.push(await pause('process', memory), await pause('power', tmpdir()))
  rows.push(await startUp(1_000_000))
  const kinds: Durability[] = ['memory', 'process', 'power']
  const costs: Record<string, number[]> = { memory: [], process: [], power: [] }
  for (let i = 0; i < 3; i++)
    for (const kind of kinds) costs[kind].push(await cost(kind, kind === 'process' ? memory : tmpdir()))
  const median = (list: number[]) => [...list].sort((a, b) => a - b)[list.length >> 1]
  for (const kind of kinds)
    rows.push({
      what: `10,000 messages a second, ${kind}`,
      'CPU, µs a message': Math.round(median(costs[kind]) * 1000) / 1000,
      'more than memory': Math.round((median(costs[kind]) - median(costs.memory)) * 1000) / 1000,
    })
  return {
    title: 'What durability costs',
    rows,
    notes: [
      'Frames are made in the same process; their making is in every CPU number alike, so only differences count. Medians of 3 turns.',
      `process: journal and checkpoint in ${memory === '/dev/shm' ? 'memory (tmpfs)' : memory}; power: on the disk of the temporary folder.`,
    ],
  }
}

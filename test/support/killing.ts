// A weir that is killed again and again while messages of QoS 1 flow into it, and what its database must hold in the end.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import mqtt from 'mqtt'
import { type Influxd, startInfluxd } from './influxd.js'
import { startMosquitto } from './mosquitto.js'
import { main } from './weir.js'

export interface Killing {
  kills: number
  /** Messages a second. */
  rate: number
  seed: number
  durability: 'process' | 'power'
}

export interface Outcome {
  kills: number
  messages: number
  seconds: number
  windows: number
  /** Fields that are not what they must be, in words. */
  wrong: string[]
}

const DEVICES = 5
const LATENESS_MS = 2000
/** No two messages of a device have one time, some come out of order, and all values are exact in binary. */
const timeOf = (startMs: number, i: number, rate: number) =>
  startMs + Math.floor((i * 1000) / rate) - (i % 11 === 0 ? 700 : 0)
const sampleOf = (i: number) => ((i * 7919) % 4096) / 64

/** Runs it: `kills` times at random moments, and once more to the end. Its messages are bounded by the number of kills. */
export async function killing({ kills, rate, seed, durability }: Killing): Promise<Outcome> {
  const from = Date.now()
  const random = randomOf(seed)
  const folder = mkdtempSync(join(tmpdir(), 'weir-killing-'))
  const [broker, influxd] = await Promise.all([
    startMosquitto({ config: 'max_inflight_messages 1000' }),
    startInfluxd(),
  ])
  const config = join(folder, 'weir.yaml')
  writeFileSync(
    config,
    JSON.stringify({
      gateway: 'g',
      durability,
      checkpoint: '1s',
      stateDir: join(folder, 'state'),
      runtimeDir: join(folder, 'run'),
      http: false,
      sources: {
        m: {
          type: 'mqtt',
          url: broker.url,
          qos: 1,
          topics: ['k/{device}'],
          wait: '100ms',
          time: { path: 't', unit: 'ms' },
          decode: { type: 'json', fields: ['v'] },
        },
      },
      windows: {
        w: { of: '*', every: '1s', lateness: `${LATENESS_MS}ms`, reduce: ['count', 'sum', 'min', 'max', 'last'] },
      },
      sinks: {
        out: { type: 'file', path: join(folder, 'out.lp') },
        db: { type: 'influxdb', url: influxd.url, database: 'k', create: true },
      },
    }),
  )
  let weir: ChildProcess | undefined
  const errors: string[] = []
  const start = () => {
    weir = spawn(process.execPath, [main, 'run', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, NODE_TEST_CONTEXT: '' },
    })
    weir.stderr!.setEncoding('utf8').on('data', (text: string) => errors.push(text))
  }
  const end = async (signal: NodeJS.Signals) => {
    const gone = once(weir!, 'exit')
    weir!.kill(signal)
    await gone
  }
  const client = await mqtt.connectAsync(broker.url)
  try {
    start()
    // The session must be there before anything is sent.
    await until(() => errors.join('').includes('is up'))
    // Windows that began before the first start are not written.
    const startMs = Math.ceil(Date.now() / 1000) * 1000 + 1000
    let sent = 0
    let stopped = false
    const sending = (async () => {
      const begunMs = Date.now()
      while (!stopped) {
        const due = Math.floor(((Date.now() - begunMs) * rate) / 1000)
        const batch: Promise<unknown>[] = []
        for (; sent < due; sent++) {
          const payload = JSON.stringify({ t: timeOf(startMs, sent, rate), v: sampleOf(sent) })
          batch.push(client.publishAsync(`k/d${sent % DEVICES}`, payload, { qos: 1 }))
        }
        await Promise.all(batch)
        await after(5)
      }
    })()
    for (let i = 0; i < kills; i++) {
      // Now and then while it starts, or takes up what the last one left.
      await after(random() < 0.25 ? random() * 400 : 500 + random() * 1500)
      await end('SIGKILL')
      start()
    }
    await after(1500)
    stopped = true
    await sending
    const expected = oracle(sent, startMs, rate)
    let wrong: string[] = []
    await until(async () => {
      wrong = await differences(influxd, expected)
      return wrong.length === 0
    }, 20_000).catch(() => {})
    // What is open at the end closes by later messages, which count for windows of their own.
    await end('SIGTERM')
    wrong.push(...inFile(readFileSync(join(folder, 'out.lp'), 'utf8'), expected))
    return {
      kills,
      messages: sent,
      seconds: (Date.now() - from) / 1000,
      windows: expected.size,
      wrong:
        wrong.length === 0
          ? []
          : [
              ...wrong.slice(0, 20),
              ...errors
                .join('')
                .split('\n')
                .filter((line) => /"level":"(warn|error)"/.test(line))
                .slice(-5),
            ],
    }
  } finally {
    weir?.kill('SIGKILL')
    await client.endAsync(true)
    await Promise.all([broker.stop(), influxd.stop()])
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Expected {
  count: number
  sum: number
  min: number
  max: number
  last: number
  lastMs: number
}

/** By brute force from what was sent, but for windows that are still open at the end. */
function oracle(sent: number, startMs: number, rate: number): Map<string, Expected> {
  const windows = new Map<string, Expected>()
  for (let i = 0; i < sent; i++) {
    const ms = timeOf(startMs, i, rate)
    const value = sampleOf(i)
    const key = `${Math.floor(ms / 1000) * 1000} d${i % DEVICES}`
    const w = windows.get(key) ?? {
      count: 0,
      sum: 0,
      min: Number.POSITIVE_INFINITY,
      max: Number.NEGATIVE_INFINITY,
      last: 0,
      lastMs: Number.NEGATIVE_INFINITY,
    }
    windows.set(key, w)
    w.count++
    w.sum += value
    w.min = Math.min(w.min, value)
    w.max = Math.max(w.max, value)
    if (ms >= w.lastMs) Object.assign(w, { last: value, lastMs: ms })
  }
  const endMs = timeOf(startMs, sent - 1, rate)
  // Of these some are written, some not; what is written of them is partial.
  for (const key of windows.keys()) if (Number.parseInt(key, 10) + 1500 > endMs) windows.delete(key)
  return windows
}

async function differences(influxd: Influxd, expected: Map<string, Expected>): Promise<string[]> {
  const rows = await influxd
    .client('k')
    .query<Record<string, number | string> & { time: Date }>('select * from w')
    .catch(() => [])
  const found = new Map(rows.map((row) => [`${row.time.getTime()} ${row.device}`, row]))
  const wrong: string[] = []
  for (const [key, w] of expected) {
    const row = found.get(key)
    if (!row) wrong.push(`${key}: missing`)
    else
      for (const field of ['count', 'sum', 'min', 'max', 'last'] as const)
        if (row[`v_${field}`] !== w[field]) wrong.push(`${key}: ${field} is ${row[`v_${field}`]}, must be ${w[field]}`)
  }
  return wrong
}

/** Windows come into a file once, when final: none twice, none torn, each as it must be. */
function inFile(text: string, expected: Map<string, Expected>): string[] {
  const wrong: string[] = []
  const seen = new Set<string>()
  for (const line of text.trimEnd().split('\n')) {
    const [, device, counted, sum, ns] = /device=(\w+),.* v_count=(\d+)i,v_sum=([\d.]+),.* (\d+)$/.exec(line) ?? []
    const key = `${Number(ns) / 1e6} ${device}`
    if (!device) wrong.push(`torn line: ${line}`)
    if (seen.has(key)) wrong.push(`twice in the file: ${line}`)
    seen.add(key)
    const w = expected.get(key)
    if (w && (w.count !== Number(counted) || w.sum !== Number(sum))) wrong.push(`in the file: ${line}`)
  }
  return wrong
}

async function until(holds: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const endMs = Date.now() + withinMs
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error('it did not come to pass in time')
    await after(100)
  }
}

/** mulberry32 */
function randomOf(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

// Numbered samples that flow at a rate, and what a database must hold of them: whatever becomes of those in between.
import { setTimeout as after } from 'node:timers/promises'
import type { InfluxDB } from 'influx'
import mqtt from 'mqtt'

const DEVICES = 5
const SECOND_US = 1e6
/** Messages of QoS 1 that wait for their acknowledgement at most. */
const IN_FLIGHT = 500

/** The windows of a weir under this load. Each holds a number of the message, whose sum tells which one is lost or came twice. */
export const windows = {
  second: { of: '*', every: '1s', lateness: '2s', reduce: ['count', 'sum', 'min', 'max', 'last'] },
  slow: { of: '*', size: '3s', every: '1s', lateness: '2s', reduce: ['count', 'sum', 'min', 'max', 'last'] },
}
const SECONDS = { second: 1, slow: 3 }
/** Its topics and their decoding, beside what is the test's own. */
export const source = {
  type: 'mqtt',
  qos: 1,
  topics: ['k/{device}'],
  wait: '100ms',
  time: { path: 't', unit: 'us' },
  decode: { type: 'json', fields: ['v', 'n'] },
}
/** No row is older than this beside the newest of its device: some correct what was written. */
const MOST_DISORDER_US = 1_500_011
const LATENESS_US = 2 * SECOND_US
/** Samples of a message. */
export const SAMPLES = 2

/** Messages of one sender in their order; all values are exact in binary, and no two of a device have one time. */
export interface NumberedLoad {
  /** Sent and acknowledged by the broker. */
  readonly sent: number
  /** No more until `resume`; resolves when all is acknowledged. */
  pause(): Promise<void>
  resume(): void
  stop(): Promise<void>
  /** What a database has otherwise than it must, in words; windows that may still change are left out unless `all`. */
  wrongIn(database: InfluxDB, all: boolean): Promise<string[]>
  /** The same for lines of a file, which come once, when their window is final. */
  wrongInFile(text: string): string[]
}

/** Begins at a whole second; `rateHz` is at most 1000. */
export async function startNumberedLoad(url: string, rateHz: number): Promise<NumberedLoad> {
  const client = await mqtt.connectAsync(url, { reconnectPeriod: 200 })
  client.on('error', () => {})
  const startUs = Math.ceil(Date.now() / 1000) * SECOND_US
  const timeUs = (i: number) =>
    startUs + Math.floor((i * SECOND_US) / rateHz) - (i % 97 === 0 ? MOST_DISORDER_US : i % 11 === 0 ? 700_003 : 0)
  /** No message to come is older. */
  const newestUs = () => timeUs(sent - 1) - MOST_DISORDER_US
  let sent = 0
  let state = 'flows' as 'flows' | 'pauses' | 'ends'
  /** Times go on where a pause left them. */
  let pausedUs = 0
  let sending: Promise<unknown> = Promise.resolve()
  const sendDue = () => {
    const due = Math.floor(((Date.now() * 1000 - startUs - pausedUs) * rateHz) / SECOND_US)
    const acknowledged: Promise<unknown>[] = []
    for (const to = Math.min(due, sent + IN_FLIGHT); sent < to; sent++) {
      const payload = JSON.stringify({ t: timeUs(sent), v: sampleOf(sent), n: sent })
      acknowledged.push(client.publishAsync(`k/d${sent % DEVICES}`, payload, { qos: 1 }))
    }
    return Promise.all(acknowledged)
  }
  const running = (async () => {
    await after(startUs / 1000 - Date.now())
    while (state !== 'ends') {
      if (state === 'flows') await (sending = sendDue())
      await after(5)
    }
  })()
  running.catch(() => {})
  return {
    get sent() {
      return sent
    },
    async pause() {
      state = 'pauses'
      await sending
    },
    resume() {
      pausedUs = Date.now() * 1000 - startUs - (sent * SECOND_US) / rateHz
      state = 'flows'
    },
    async stop() {
      state = 'ends'
      try {
        await running
      } finally {
        await client.endAsync(true)
      }
    },
    async wrongIn(database, all) {
      const endUs = all ? Number.POSITIVE_INFINITY : newestUs() - SECOND_US
      return differences(await rowsOf(database), oracle(sent, timeUs), [startUs, endUs])
    },
    wrongInFile(text) {
      const endUs = newestUs() - LATENESS_US - SECOND_US
      return differences(rowsOfFile(text), oracle(sent, timeUs), [startUs, endUs])
    },
  }
}

const sampleOf = (i: number) => ((i * 7919) % 4096) / 64 - 20

/** The fields of a window, and when the one was that is `last`. */
interface Pane {
  fields: Record<string, number>
  lastUs: number
}

/** By brute force: every window that has a message. */
function oracle(sent: number, timeUs: (i: number) => number): Map<string, Pane> {
  const panes = new Map<string, Pane>()
  for (let i = 0; i < sent; i++) {
    const us = timeUs(i)
    const second = Math.floor(us / SECOND_US)
    for (const [window, seconds] of Object.entries(SECONDS))
      for (let from = second - seconds + 1; from <= second; from++) {
        const key = keyOf({ window, ms: from * 1000, device: `d${i % DEVICES}` })
        const pane = panes.get(key) ?? { fields: {}, lastUs: Number.NEGATIVE_INFINITY }
        panes.set(key, pane)
        add(pane, 'v', sampleOf(i), us)
        add(pane, 'n', i, us)
        pane.lastUs = Math.max(pane.lastUs, us)
      }
  }
  return panes
}

function add({ fields, lastUs }: Pane, of: string, value: number, us: number): void {
  fields[`${of}_count`] = (fields[`${of}_count`] ?? 0) + 1
  fields[`${of}_sum`] = (fields[`${of}_sum`] ?? 0) + value
  fields[`${of}_min`] = Math.min(fields[`${of}_min`] ?? value, value)
  fields[`${of}_max`] = Math.max(fields[`${of}_max`] ?? value, value)
  if (us >= lastUs) fields[`${of}_last`] = value
}

/** One line of what came out. */
interface Row {
  window: string
  ms: number
  device: string
  fields: Record<string, unknown>
}

const keyOf = ({ window, ms, device }: Omit<Row, 'fields'>) => `${window} ${new Date(ms).toISOString()} ${device}`

async function rowsOf(database: InfluxDB): Promise<Row[]> {
  const rows: Row[] = []
  for (const window of Object.keys(SECONDS)) {
    const found = await database.query<Record<string, unknown> & { time: Date }>(`select * from ${window}`)
    for (const fields of found) rows.push({ window, ms: fields.time.getTime(), device: String(fields.device), fields })
  }
  return rows
}

/** A line that is none makes a row that nothing expects. */
function rowsOfFile(text: string): Row[] {
  return text
    .split('\n')
    .filter((line, i, lines) => line !== '' || i < lines.length - 1)
    .map((line) => {
      const [, window, device, fields, ns] = /^(\w+),.*device=(\w+),\S* (\S+) (\d{13})0{6}$/.exec(line) ?? []
      if (!window) return { window: `torn: ${line}`, ms: 0, device: '', fields: {} }
      const pairs = fields.split(',').map((pair) => pair.split('='))
      return {
        window,
        ms: Number(ns),
        device,
        fields: Object.fromEntries(pairs.map(([k, v]) => [k, Number.parseFloat(v)])),
      }
    })
}

/** Windows wholly in [from, to) must be there once and right; what else there is may not be torn. */
function differences(rows: readonly Row[], panes: Map<string, Pane>, [fromUs, toUs]: readonly number[]): string[] {
  const wrong: string[] = []
  const isIn = (window: string, ms: number) =>
    ms * 1000 >= fromUs && (ms + SECONDS[window as keyof typeof SECONDS] * 1000) * 1000 <= toUs
  const seen = new Set<string>()
  for (const { window, ms, device, fields } of rows) {
    const key = keyOf({ window, ms, device })
    const must = panes.get(key)
    if (seen.has(key)) wrong.push(`${key}: comes twice`)
    seen.add(key)
    if (!must) wrong.push(`${key}: must not be there`)
    // Windows that began before the first message are written or not; those at the end may be to come.
    else if (isIn(window, ms))
      for (const [field, value] of Object.entries(must.fields))
        if (fields[field] !== value) wrong.push(`${key}: ${field} is ${fields[field]}, must be ${value}`)
  }
  for (const key of panes.keys()) {
    const [window, time] = key.split(' ')
    if (!seen.has(key) && isIn(window, Date.parse(time))) wrong.push(`${key}: is missing`)
  }
  return wrong
}

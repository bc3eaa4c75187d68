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
}

/** Begins at a whole second; `rateHz` is at most 1000. */
export async function startNumberedLoad(url: string, rateHz: number): Promise<NumberedLoad> {
  const client = await mqtt.connectAsync(url, { reconnectPeriod: 200 })
  client.on('error', () => {})
  const startUs = Math.ceil(Date.now() / 1000) * SECOND_US
  const timeUs = (i: number) =>
    startUs + Math.floor((i * SECOND_US) / rateHz) - (i % 97 === 0 ? MOST_DISORDER_US : i % 11 === 0 ? 700_003 : 0)
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
      const endUs = all ? Number.POSITIVE_INFINITY : timeUs(sent - 1) - MOST_DISORDER_US - SECOND_US
      const expected = oracle(sent, timeUs, startUs, endUs)
      return differences(database, expected, startUs, endUs)
    },
  }
}

const sampleOf = (i: number) => ((i * 7919) % 4096) / 64 - 20

/** The fields of a window, and when the one was that is `last`. */
interface Pane {
  fields: Record<string, number>
  lastUs: number
}

/** By brute force: the windows of [startUs, endUs). */
function oracle(sent: number, timeUs: (i: number) => number, startUs: number, endUs: number): Map<string, Pane> {
  const panes = new Map<string, Pane>()
  for (let i = 0; i < sent; i++) {
    const us = timeUs(i)
    const second = Math.floor(us / SECOND_US)
    for (const [name, seconds] of Object.entries(SECONDS))
      for (let from = second - seconds + 1; from <= second; from++) {
        if (from * SECOND_US < startUs || (from + seconds) * SECOND_US > endUs) continue
        const key = keyOf(name, from * 1000, `d${i % DEVICES}`)
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

const keyOf = (window: string, ms: number, device: string) => `${window} ${new Date(ms).toISOString()} ${device}`

async function differences(
  database: InfluxDB,
  expected: Map<string, Pane>,
  startUs: number,
  endUs: number,
): Promise<string[]> {
  const wrong: string[] = []
  let rows = 0
  for (const [window, seconds] of Object.entries(SECONDS)) {
    const found = await database.query<Record<string, number | string> & { time: Date }>(`select * from ${window}`)
    for (const row of found) {
      const ms = row.time.getTime()
      // Windows that began before the first message may or may not be written.
      if (ms * 1000 < startUs || (ms + seconds * 1000) * 1000 > endUs) continue
      const key = keyOf(window, ms, String(row.device))
      const must = expected.get(key)
      rows++
      if (!must) wrong.push(`${key}: must not be there`)
      else
        for (const [field, value] of Object.entries(must.fields))
          if (row[field] !== value) wrong.push(`${key}: ${field} is ${row[field]}, must be ${value}`)
    }
  }
  if (rows < expected.size) wrong.push(`${expected.size - rows} of ${expected.size} points are missing`)
  return wrong
}

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { InfluxDB } from 'influx'
import { type Influxd, startInfluxd } from '../../support/influxd.js'
import type { Arrivals } from './arrivals.js'

export const WINDOW_MS = 1000
const PATIENCE_MS = 12_000
const MOST_MS = 60_000

/** InfluxDB behind a door that notes when points arrive. */
export interface Database {
  /** What sinks write to. */
  readonly port: number
  /** Since it was asked the last time. */
  arrivals(): Promise<Arrivals>
  /** Waits until so many values of `temp` are in the windows of a database, or nothing more comes; how many there are. */
  counted(database: string, wanted: number): Promise<number>
  /** The largest relative difference of a device's sum from what it should be; Infinity where one is missing. */
  worstSum(database: string, sums: readonly number[]): Promise<number>
  create(database: string): Promise<void>
  drop(database: string): Promise<void>
  stop(): Promise<void>
}

export async function startDatabase(): Promise<Database> {
  const influxd: Influxd = await startInfluxd()
  const script = fileURLToPath(new URL('./arrivals.js', import.meta.url))
  const door = spawn(process.execPath, [script, influxd.port, WINDOW_MS].map(String), {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: door.stdout })[Symbol.asyncIterator]()
  const answer = async () => JSON.parse((await lines.next()).value as string)
  const port = (await answer()) as number
  const reader: InfluxDB = influxd.client()
  const count = async (database: string): Promise<number> => {
    const rows = await reader.query<{ n: number }>('SELECT sum(temp_count) AS n FROM second', { database })
    return rows[0]?.n ?? 0
  }
  return {
    port,
    arrivals() {
      door.stdin.write('\n')
      return answer() as Promise<Arrivals>
    },
    async counted(database, wanted) {
      let found = await count(database)
      const endMs = Date.now() + MOST_MS
      for (let sinceMs = Date.now(); found < wanted && Date.now() < Math.min(endMs, sinceMs + PATIENCE_MS); ) {
        await sleep(500)
        const now = await count(database)
        if (now > found) sinceMs = Date.now()
        found = now
      }
      return found
    },
    async worstSum(database, sums) {
      const found = new Map<string, number>()
      const query = 'SELECT sum(temp_sum) AS sum FROM second GROUP BY device'
      for (const row of await reader.query<{ sum: number; device: string }>(query, { database }))
        found.set(row.device, row.sum)
      let worst = 0
      sums.forEach((wanted, device) => {
        if (wanted === 0) return
        const sum = found.get(`d1${String(device).padStart(5, '0')}`)
        worst = Math.max(worst, sum === undefined ? Number.POSITIVE_INFINITY : Math.abs(sum / wanted - 1))
      })
      return worst
    },
    create: (database) => reader.createDatabase(database),
    drop: (database) => reader.dropDatabase(database),
    async stop() {
      door.stdin.end()
      await influxd.stop()
    },
  }
}

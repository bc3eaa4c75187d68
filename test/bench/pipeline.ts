import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Status } from '../../src/model/status.js'
import { type Influxd, startInfluxd } from '../support/influxd.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { freePort } from '../support/victoria.js'
import type { Bench } from './main.js'

const DEVICES = 100
const CLOCK_TICKS = 100
const main = fileURLToPath(new URL('../../src/main.js', import.meta.url))
const script = (name: string) => fileURLToPath(new URL(`./pipeline/${name}.js`, import.meta.url))

const yaml = (mqttPort: number, influxPort: number, httpPort: number, qos: number) => `
gateway: bench
http: 127.0.0.1:${httpPort}
sources:
  plant:
    type: mqtt
    url: mqtt://127.0.0.1:${mqttPort}
    qos: ${qos}
    topics: ["bench/{device}/data"]
    time: { path: ts, unit: ms }
    decode: { type: json, fields: [temp, hum, bat] }
windows:
  second: { every: 1s, reduce: [count, sum, mean, min, max, stddev] }
sinks:
  db: { type: influxdb, url: "http://127.0.0.1:${influxPort}", database: weir, create: true }
`

/** User and system CPU of a process, µs; resident bytes and their peak. */
async function usage(pid: number): Promise<{ cpuUs: number; rssMb: number }> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1].split(' ')
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return {
    cpuUs: ((Number(fields[11]) + Number(fields[12])) * 1e6) / CLOCK_TICKS,
    rssMb: Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024,
  }
}

async function publish(
  port: number,
  rate: number,
  seconds: number,
  qos: number,
): Promise<{ sent: number; sums: number[] }> {
  const args = [script('publisher'), port, rate, seconds, DEVICES, qos].map(String)
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout) as { sent: number; sums: number[] }
}

function fetchText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))))
    }).on('error', reject)
  })
}

async function untilReady(url: string): Promise<void> {
  for (let i = 0; i < 500; i++) {
    try {
      await fetchText(url)
      return
    } catch {
      await sleep(10)
    }
  }
  throw new Error(`${url} does not answer`)
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

interface Servers {
  broker: Mosquitto
  influxd: Influxd
  folder: string
}

async function weir(servers: Servers, rate: number, seconds: number, qos: number) {
  const { broker, influxd, folder } = servers
  const httpPort = await freePort()
  const file = join(folder, `weir-${rate}-${qos}.yaml`)
  await writeFile(file, yaml(broker.port, influxd.port, httpPort, qos))
  const child = spawn(process.execPath, [main, 'run', file], { cwd: folder, stdio: ['ignore', 'inherit', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  try {
    await untilReady(`http://127.0.0.1:${httpPort}/readyz`)
    // Windows that began before the start are not written.
    await sleep(2500)
    const from = await usage(child.pid!)
    const published = await publish(broker.port, rate, seconds, qos)
    await sleep(3000)
    const to = await usage(child.pid!)
    const status = JSON.parse(await fetchText(`http://127.0.0.1:${httpPort}/status`)) as Status
    const reader = influxd.client('weir')
    const rows = await reader.query<{ n: number; sum: number; device: string }>(
      'SELECT sum(temp_count) AS n, sum(temp_sum) AS sum FROM second GROUP BY device',
    )
    const counted = rows.reduce((n, row) => n + row.n, 0)
    const worst = Math.max(
      ...rows.map((row) => {
        const want = published.sums[Number(row.device.slice(1)) - 1000] / 100
        return Math.abs(row.sum / want - 1)
      }),
    )
    await reader.dropMeasurement('second', 'weir')
    // Once what the load left behind is tidied up.
    await sleep(10_000)
    const idleFrom = await usage(child.pid!)
    await sleep(20_000)
    const idleTo = await usage(child.pid!)
    return {
      idlePercent: (idleTo.cpuUs - idleFrom.cpuUs) / 2e5,
      usPerMessage: (to.cpuUs - from.cpuUs) / published.sent,
      rssMb: to.rssMb,
      sent: published.sent,
      counted,
      worst,
      corrections: status.windows[0].corrections,
    }
  } catch (error) {
    throw new Error(`weir said:\n${said}`, { cause: error })
  } finally {
    await stop(child)
  }
}

async function baseline({ broker, influxd }: Servers, rate: number, seconds: number, qos: number) {
  await influxd.client().createDatabase('baseline')
  const args = [script('baseline'), broker.port, influxd.port, qos].map(String)
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'pipe'] })
  try {
    const [said] = await once(child.stderr, 'data')
    if (String(said).trim() !== 'ready') throw new Error(`the baseline said: ${said}`)
    await sleep(1000)
    const from = await usage(child.pid!)
    const published = await publish(broker.port, rate, seconds, qos)
    await sleep(3000)
    const to = await usage(child.pid!)
    return { usPerMessage: (to.cpuUs - from.cpuUs) / published.sent, rssMb: to.rssMb }
  } finally {
    await stop(child)
  }
}

/** 100 devices, JSON of about 70 bytes, 1 s windows of six reductions into InfluxDB, through a real broker. */
export async function run(): Promise<Bench> {
  const seconds = Number(process.env.BENCH_SECONDS ?? 30)
  const folder = await mkdtemp(join(tmpdir(), 'weir-bench-'))
  const broker = await startMosquitto({ config: 'max_inflight_messages 1000\nmax_queued_messages 100000\n' })
  const influxd = await startInfluxd()
  const rows: Bench['rows'] = []
  try {
    const servers = { broker, influxd, folder }
    for (const [rate, qos] of [
      [10_000, 0],
      [10_000, 1],
      [1_000, 0],
    ]) {
      const ours = await weir(servers, rate, seconds, qos)
      const plain = await baseline(servers, rate, seconds, qos)
      rows.push({
        'msg/s': rate,
        QoS: qos,
        'weir µs/msg': ours.usPerMessage,
        'plain Node µs/msg': plain.usPerMessage,
        'times less': plain.usPerMessage / ours.usPerMessage,
        'weir MB': ours.rssMb,
        'plain MB': plain.rssMb,
        'idle %': ours.idlePercent,
        sent: ours.sent,
        counted: ours.counted,
        'sum error': ours.worst.toExponential(1),
        corrections: ours.corrections,
      })
    }
  } finally {
    await broker.stop()
    await influxd.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return {
    title: `MQTT to InfluxDB: ${DEVICES} devices, ${seconds} s each, CPU of the whole process from the operating system`,
    rows,
    notes: ['counted: messages found in InfluxDB as the sum of temp_count; sum error: worst device, relative.'],
  }
}

import assert from 'node:assert/strict'
import { open } from 'node:fs/promises'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { BridgeDevice, field } from '../support/bridge-device.js'
import { type Influxd, startInfluxd } from '../support/influxd.js'
import { openPtyPair } from '../support/pty.js'
import { until } from '../support/until.js'
import { folderWith, startWeir, type WeirProcess } from '../support/weir.js'

// Devices that speak the firmware bridge, the command that is told nothing of them but the port, and a real database.

let server: Influxd
before(async () => {
  server = await startInfluxd()
})
after(() => server.stop())

const job = (port: string, database: string) => `
gateway: hall-3
http: 127.0.0.1:0
sources:
  press: { type: serial, path: ${port}, frame: { type: bridge }, tags: { line: a } }
windows:
  second: { every: 1s, reduce: [count, mean, min, max] }
sinks:
  db: { type: influxdb, url: "${server.url}", database: ${database}, create: true }
`

function startJob(t: TestContext, port: string, database: string): WeirProcess {
  const cwd = folderWith(t, { 'weir.yaml': job(port, database) })
  return startWeir(t, ['run', 'weir.yaml'], { cwd })
}

interface Row {
  time: { getTime(): number }
  [column: string]: unknown
}

const rowsOf = async (database: string, stream: string): Promise<Row[]> => [
  ...(await server.client(database).query<Row>(`select * from second where stream = '${stream}'`)),
]

interface StreamStatus {
  frames: number
  lost: number
  fields: string[]
  rateHz: number | null
}

const streamsOf = async (running: WeirProcess) => {
  const [{ details, frames, missingFrames, lostBytes }] = (await running.status()).sources
  return { streams: details.streams as Record<string, StreamStatus>, frames, missingFrames, lostBytes }
}

test('two streams of one device: names, units, values and times', async (t) => {
  const pair = await openPtyPair()
  t.after(() => pair.unplug())
  const running = startJob(t, pair.port, 'encoded')
  await running.shows('link up', ({ sources }) => sources[0].link.state === 'up')

  // `at` is when the row was sampled, ms since the device began: so a window's points tell whether its times are right.
  const vibration = new BridgeDevice({
    periodTicks: 10_000,
    fields: [field('at', 'u32'), field('x', 'i16', { offset: 100, multiplier: -3, divisor: 7, unit: 'g' })],
  })
  const climate = new BridgeDevice({
    stream: 2,
    name: 'climate',
    tickRateHz: 1000,
    periodTicks: 0,
    fields: [field('temp', 'f32', { unit: '°C' })],
  })
  const device = await open(pair.device, 'r+')
  const beganMs = Date.now()
  await device.write(vibration.descriptor())
  await device.write(climate.descriptor())
  let sent = 0
  for (let row = 0; row < 350; row += 10) {
    // Ten rows, the last of them now.
    await delay(Math.max(0, beganMs + (row + 9) * 10 - Date.now()))
    const rows = Array.from({ length: 10 }, (_, i) => [(row + i) * 10, row + i])
    await device.write(vibration.data(rows))
    climate.ticks = Date.now() - beganMs
    await device.write(climate.data([[21.5]]))
    sent += 2
  }
  await running.shows('all frames', ({ sources }) => sources[0].frames.decoded === sent)
  const points = await until('two whole seconds', async () => {
    const rows = await rowsOf('encoded', 'vibration')
    return rows.length >= 2 && rows
  })

  for (const row of points) {
    const { gateway, source, line } = row
    assert.deepEqual([gateway, source, line], ['hall-3', 'press', 'a'])
    const [least, most] = [Number(row.at_min), Number(row.at_max)]
    const startMs = row.time.getTime() - beganMs
    // A busy machine writes frames late, so that the first times are late, too.
    assert.ok(least >= startMs - 400 && most <= startMs + 1020, `${least} to ${most} ms in the window of ${startMs} ms`)
    assert.equal(row.at_count, (most - least) / 10 + 1)
    assert.ok(Math.abs(Number(row.x_max) - ((least / 10 + 100) * -3) / 7) < 1e-9)
  }
  const [climatePoint] = await rowsOf('encoded', 'climate')
  assert.equal(climatePoint.temp_mean, 21.5)

  const { streams, missingFrames, lostBytes } = await streamsOf(running)
  assert.deepEqual([streams.vibration.fields, streams.vibration.rateHz], [['at', 'x (g)'], 100])
  assert.deepEqual([streams.climate.fields, streams.climate.rateHz], [['temp (°C)'], null])
  assert.deepEqual([streams.vibration.frames, streams.vibration.lost, missingFrames, lostBytes], [35, 0, 0, 0])
  await device.close()
  assert.equal(await running.terminate(), 0)
  assert.match(running.stderr(), /^balances$/m)
})

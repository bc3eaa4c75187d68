import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, writeSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { buildFirmware, type Firmware } from '../support/firmware.js'
import { type Influxd, startInfluxd } from '../support/influxd.js'
import { openPtyPair } from '../support/pty.js'
import { until } from '../support/until.js'
import { emptyFolder, folderWith, startWeir } from '../support/weir.js'

// Devices that speak the bridge, from C to the database: no field, unit or rate is in the configuration.

let firmware: Firmware
let server: Influxd
before(async () => {
  ;[firmware, server] = await Promise.all([buildFirmware(), startInfluxd()])
})
after(() => Promise.all([firmware.clear(), server.stop()]))

interface Row {
  time: { getTime(): number }
  [column: string]: unknown
}

test('the same firmware on a computer, an ATmega328P and a Cortex-M3, into InfluxDB', async (t) => {
  const pty = await openPtyPair()
  t.after(() => pty.unplug())
  const boards = { avr: await firmware.simulate('ATmega328P'), arm: await firmware.simulate('Cortex-M3') }
  const ports = { host: pty.port, avr: boards.avr.port, arm: boards.arm.port }
  const sources = Object.entries(ports).map(
    ([name, path]) => `  ${name}: { type: serial, path: ${path}, frame: { type: bridge }, tags: { board: ${name} } }`,
  )
  const cwd = folderWith(t, {
    'weir.yaml': `
gateway: bench
durability: memory
http: 127.0.0.1:0
sources:
${sources.join('\n')}
windows:
  second: { every: 1s, reduce: [count, mean, min, max] }
sinks:
  db: { type: influxdb, url: "${server.url}", database: boards, create: true }
`,
  })
  const running = startWeir(t, ['run', 'weir.yaml'], { cwd })
  await running.get('/readyz')
  const startedMs = Date.now()
  const sensor = spawn(firmware.sensor, [pty.device, '20'], { stdio: 'ignore' })
  t.after(() => sensor.kill('SIGKILL'))
  const client = server.client('boards')
  const rowsOf = async (board: string, stream: string): Promise<Row[]> => [
    ...(await client.query<Row>(`select * from second where board = '${board}' and stream = '${stream}'`)),
  ]
  const whole = (rows: Row[]) => rows.filter(({ acc_x_count: count }) => Number(count) >= 490)
  await until('two whole windows of each board', async () => {
    for (const board of Object.keys(ports))
      if (whole(await rowsOf(board, 'vibration').catch(() => [])).length < 2) return false
    return true
  })
  for (const board of Object.keys(ports)) {
    for (const row of whole(await rowsOf(board, 'vibration'))) {
      assert.ok(Number(row.acc_x_count) <= 510, `${board}: ${row.acc_x_count}`)
      assert.equal(row.acc_x_min, (-4 * 127) / 2048)
      assert.equal(row.acc_z_max, (2048 + 4 * 127) / 2048)
      assert.ok(Math.abs(Number(row.acc_z_mean) - 1) < 0.02)
      assert.ok(Math.abs(row.time.getTime() - startedMs) < 60_000)
      assert.ok(!('temp_mean' in row) || row.temp_mean === null)
    }
    const temperatures = (await rowsOf(board, 'temperature')).map((row) => Number(row.temp_mean))
    assert.ok(
      temperatures.length > 0 && temperatures.every((celsius) => celsius >= 21.49 && celsius < 21.7),
      `${temperatures}`,
    )
  }
  for (const { name, wire, details } of (await running.status()).sources) {
    assert.deepEqual([wire.crc, wire.missing], [0, 0], name)
    const streams = details.streams as { name: string; fields: string[]; rateHz: number | null; resets: number }[]
    const vibration = streams.find((stream) => stream.name === 'vibration')!
    assert.deepEqual(
      [vibration.fields, vibration.rateHz, vibration.resets],
      [['acc_x g', 'acc_y g', 'acc_z g'], 500, 0],
    )
    assert.deepEqual(streams.find((stream) => stream.name === 'temperature')!.fields, ['temp °C'])
  }
  assert.equal(await running.terminate(), 0)
})

const loaded = (port: string) => `
gateway: bench
durability: memory
http: 127.0.0.1:0
sources:
  load: { type: serial, path: ${port}, baud: 921600, frame: { type: bridge } }
windows:
  second: { every: 1s, reduce: [count, sum] }
sinks:
  out: { type: file, path: out.lp }
`

test('921,600 baud without a pause: no frame is lost', async (t) => {
  const pty = await openPtyPair()
  t.after(() => pty.unplug())
  const cwd = folderWith(t, { 'weir.yaml': loaded(pty.port) })
  const running = startWeir(t, ['run', 'weir.yaml'], { cwd })
  await running.shows('link up', ({ sources }) => sources[0].link.state === 'up')
  const sensor = spawn(firmware.sensor, [pty.device, '3', '92160'], { stdio: ['ignore', 'pipe', 'ignore'] })
  t.after(() => sensor.kill('SIGKILL'))
  let said = ''
  sensor.stdout.on('data', (text) => (said += text))
  assert.deepEqual(await once(sensor, 'close'), [0, null])
  const rows = Number(/rows (\d+)/.exec(said)![1])
  assert.ok(rows > 30_000, said) // a busy machine sends fewer
  const source = await running.shows('all rows', ({ sources }) => sources[0].samples.decoded >= rows && sources[0])
  assert.equal(source.samples.decoded, rows)
  assert.deepEqual(source.wire, { crc: 0, malformed: 0, long: 0, resyncs: 0, missing: 0 })
  assert.equal(source.lostBytes, 0)
  assert.equal(await running.terminate(), 0)
})

test('garbage, half a frame and a reset in the middle of one: counted, and back in step', async (t) => {
  const pty = await openPtyPair()
  t.after(() => pty.unplug())
  const cwd = folderWith(t, { 'weir.yaml': loaded(pty.port) })
  const running = startWeir(t, ['run', 'weir.yaml'], { cwd })
  await running.shows('link up', ({ sources }) => sources[0].link.state === 'up')
  const write = (bytes: Uint8Array) => {
    const device = openSync(pty.device, 'w')
    for (let at = 0; at < bytes.length; at += writeSync(device, bytes, at));
    closeSync(device)
  }
  // As of a wrong baud: every value, and ends in it.
  write(Uint8Array.from({ length: 20_000 }, (_, i) => (i * 7919 + (i >> 3) * 104_729) >> 2))
  const send = async (seconds: string) => {
    const sensor = spawn(firmware.sensor, [pty.device, seconds], { stdio: 'ignore' })
    t.after(() => sensor.kill('SIGKILL'))
    return sensor
  }
  const first = await send('10')
  await running.shows('frames', ({ sources }) => sources[0].frames.decoded >= 5)
  first.kill('SIGKILL')
  await once(first, 'close')
  // The beginning of a frame that never ends, then a device that starts again.
  write(Uint8Array.of(0x20, 1, 2, 3))
  const again = await send('10')
  const source = await running.shows('frames again', ({ sources }) => sources[0].frames.decoded >= 12 && sources[0])
  again.kill('SIGKILL')
  await once(again, 'close')
  assert.ok(source.lostBytes >= 20_000, `${source.lostBytes} bytes lost`)
  assert.ok(source.wire.crc + source.wire.malformed > 10 && source.wire.resyncs >= 1, JSON.stringify(source.wire))
  assert.equal(source.wire.missing, 0)
  const streams = source.details.streams as { name: string; resets: number }[]
  assert.equal(streams.find(({ name }) => name === 'vibration')!.resets, 1)
  assert.equal(await running.terminate(), 0)
})

test('a configuration that says what the device says is refused', async (t) => {
  const cwd = emptyFolder(t)
  const port = '/dev/null'
  for (const key of ['decode: { type: json }', 'time: { path: t, unit: ms }', 'tags: { a: "{.b}" }']) {
    const text = loaded(port).replace('frame:', `${key}, frame:`)
    const made = folderWith(t, { 'weir.yaml': text })
    const running = startWeir(t, ['check', `${made}/weir.yaml`], { cwd })
    assert.equal(await running.ended, 78)
    assert.match(running.stderr(), /sources\.load: cannot use .* with frames of type bridge: the device says all that/)
  }
})

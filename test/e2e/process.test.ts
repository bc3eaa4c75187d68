import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { metrics } from '../../src/observe/metric-table.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { publisher } from '../support/publisher.js'
import { folderWith, startWeir, weir } from '../support/weir.js'

// The process around the line: what it says of itself, of bad input, and how fast it is there.

let broker: Mosquitto
before(async () => {
  broker = await startMosquitto()
})
after(() => broker.stop())

const job = (topic: string) => `
gateway: hall-3
http: 127.0.0.1:0
sources:
  plant: { type: mqtt, url: "${broker.url}", topics: ["${topic}/{machine}"], time: { path: ts, unit: ms }, decode: { type: json, fields: [temp] } }
windows:
  second: { every: 1s, reduce: [count, mean] }
sinks:
  out: { type: file, path: out.lp }
`

const nextSecondMs = () => Math.ceil(Date.now() / 1000) * 1000

test('frames that cannot be read are counted, and the first few are logged with their bytes', async (t) => {
  const running = startWeir(t, ['run', 'weir.yaml'], { cwd: folderWith(t, { 'weir.yaml': job('bad') }) })
  await running.shows('link up', ({ sources }) => sources[0].link.state === 'up')
  const sender = await publisher(t, broker.url)
  const good = { ts: nextSecondMs(), temp: 20 }
  const bad = ['{"ts":1,"temp":', 'hello', Buffer.from([0xff, 0, 0x7b]), '[1,2', '{"temp":01}', '"', '{]', '}']
  for (const payload of bad) await sender.send('bad/m', payload)
  await sender.send('bad/m', good)
  await sender.send('bad/m', { ...good, temp: null })
  await sender.send('bad/m', { other: 1 })
  await sender.send('bad/m', { temp: 3 })
  await sender.send('bad/m', { ...good, temp: true })
  await sender.send('bad/m', { ...good, temp: 'hot' })
  await sender.send('bad/m', { ...good, temp: { nested: 1 } })
  await running.shows('all arrived', ({ sources }) => {
    const { frames } = sources[0]
    return frames.in === bad.length + 7 && frames.pending === 0
  })
  const { frames, samples } = (await running.status()).sources[0]
  assert.equal(frames.undecodable, bad.length)
  // Nothing wanted in them, or nothing but null; and values or times that are wanted but can't be read.
  assert.equal(frames.filtered, 2)
  assert.equal(samples.invalid, 3)
  const said = running.messages('warn').filter((message) => message.startsWith('cannot read a frame'))
  assert.ok(said.length >= 3 && said.length <= 5, said.join('\n'))
  for (const bytes of ['"bytes":"hello"', '"bytes":"hex ff007b"', '"channel":"bad/m"'])
    assert.ok(running.stderr().includes(bytes), bytes)
  assert.equal(await running.terminate(), 0)
  assert.match(running.stderr(), /^balances$/m)
})

test('a payload that is no header does not end the run', async (t) => {
  const text = job('header')
    .replace('type: json', 'type: csv, header: true')
    .replace('time: { path: ts, unit: ms }, ', '')
  const running = startWeir(t, ['run', 'weir.yaml'], { cwd: folderWith(t, { 'weir.yaml': text }) })
  await running.shows('link up', ({ sources }) => sources[0].link.state === 'up')
  const sender = await publisher(t, broker.url)
  for (const payload of ['1,2', 'temp,hum\n20,1', '21,1']) await sender.send('header/m', payload)
  await running.shows('all decoded', ({ sources }) => sources[0].frames.in === 4 && sources[0].frames.decoded === 2)
  assert.match(running.messages('warn')[0], /it is no header: cannot find column "temp": got "1", "2"/)
  assert.equal(await running.terminate(), 0)
})

const wrong = () => `
batch: 1ms
wokers: 2
sources:
  plant: { type: mqtt, url: "${broker.url}", topics: ["a/+"], qos: 2, decode: { type: json, feilds: [temp] } }
  press: { type: sirial, path: /dev/ttyUSB0 }
windows:
  second: { every: 1 second, reduce: [mean, p999], to: [plantbd] }
sinks:
  out: { type: file, path: out.lp, format: xml }
`

test('a wrong configuration: every problem at once with what is allowed, exit 78, nothing started', async (t) => {
  const cwd = folderWith(t, { 'weir.yaml': wrong() })
  const { code, stdout, stderr } = await weir(t, ['run', 'weir.yaml'], { cwd })
  assert.equal(code, 78)
  assert.equal(stdout, '')
  const paths = [...stderr.matchAll(/^ {2}([\w.[\]]+): (.+)$/gm)].map(([, path]) => path)
  assert.deepEqual(paths.sort(), [
    'batch',
    'sinks.out.format',
    'sources.plant.decode.feilds',
    'sources.plant.qos',
    'sources.press.type',
    'windows.second.every',
    'windows.second.reduce[1]',
    'windows.second.to[0]',
    'wokers',
  ])
  assert.match(stderr, /^weir: 9 problems in the configuration$/m)
  assert.match(stderr, /feilds.*fields/)
  assert.match(stderr, /sirial.*serial/)
  assert.match(stderr, /plantbd.*out/)
  assert.ok(!stderr.includes('"msg":"ready"'))
  assert.deepEqual(readdirSync(cwd), ['weir.yaml'])
})

test('a file that is missing or no YAML is a problem of the configuration too', async (t) => {
  const cwd = folderWith(t, { 'broken.yaml': 'sources: { plant: { type: mqtt\n' })
  for (const name of ['broken.yaml', 'missing.yaml']) {
    const { code, stderr } = await weir(t, ['run', name], { cwd })
    assert.equal(code, 78)
    assert.match(stderr, new RegExp(name.replace('.', '\\.')))
  }
})

test('status, metrics, health and readiness over HTTP', async (t) => {
  const running = startWeir(t, ['run', 'weir.yaml'], { cwd: folderWith(t, { 'weir.yaml': job('http') }) })
  await running.shows('link up', ({ sources }) => sources[0].link.state === 'up')
  const sender = await publisher(t, broker.url)
  await sender.send('http/m1', { ts: nextSecondMs(), temp: 20 })
  await sender.send('http/m2', 'rubbish')
  await running.shows('both decoded', ({ sources }) => sources[0].frames.in === 2 && sources[0].frames.pending === 0)

  assert.equal(await (await running.get('/healthz')).text(), 'alive\n')
  assert.equal(await (await running.get('/readyz')).text(), 'ready\n')
  assert.match(await (await running.get('/')).text(), /^<!doctype html>/)
  const missing = await running.get('/nothing/here')
  assert.equal(missing.status, 404)
  assert.match(await missing.text(), /nothing at this address.*\/metrics/s)
  for (const path of ['/..%2f..%2fetc/passwd', '//evil', '/status/x'])
    assert.equal((await running.get(path)).status, 404)

  const page = await running.get('/metrics')
  assert.match(page.headers.get('content-type')!, /^text\/plain; version=0\.0\.4/)
  const text = await page.text()
  for (const { name, kind } of metrics) {
    assert.match(text, new RegExp(`^# HELP ${name} .+`, 'm'))
    assert.match(text, new RegExp(`^# TYPE ${name} ${kind}$`, 'm'))
  }
  for (const line of [
    'weir_ready 1',
    'weir_frames_in_total{source="plant"} 2',
    'weir_frames_total{source="plant",fate="decoded"} 1',
    'weir_frames_total{source="plant",fate="undecodable"} 1',
    'weir_samples_decoded_total{source="plant"} 1',
    'weir_link_up{source="plant"} 1',
    'weir_sink_up{sink="out"} 1',
    'weir_series 1',
    'weir_alarms 0',
  ])
    assert.ok(text.split('\n').includes(line), `${line} is not in\n${text}`)
  assert.equal(await running.terminate(), 0)
})

test('a signal while it starts, and a second one while it stops', async (t) => {
  const early = startWeir(t, ['run', 'weir.yaml'], { cwd: folderWith(t, { 'weir.yaml': job('early') }) })
  await early.said(/"msg":"ready"/)
  assert.equal(await early.terminate(), 0)
  const text = `stopTimeout: 1h\n${job('late').replace('{ type: file, path: out.lp }', '{ type: influxdb, url: "http://127.0.0.1:1", database: x }')}`
  const stuck = startWeir(t, ['run', 'weir.yaml'], { cwd: folderWith(t, { 'weir.yaml': text }) })
  await stuck.shows('link up', ({ sources }) => sources[0].link.state === 'up')
  await (await publisher(t, broker.url)).send('late/m', { ts: nextSecondMs(), temp: 1 })
  await stuck.shows('arrived', ({ sources }) => sources[0].frames.in === 1)
  stuck.child.kill('SIGINT')
  await stuck.said(/stopping; a second signal ends it at once/)
  stuck.child.kill('SIGINT')
  assert.equal(await stuck.ended, 130)
})

test('how fast check and run are there', async (t) => {
  const cwd = folderWith(t, { 'weir.yaml': job('fast') })
  const timed = async (what: string, work: () => Promise<unknown>) => {
    const times: number[] = []
    for (let i = 0; i < 3; i++) {
      const fromMs = performance.now()
      await work()
      times.push(Math.round(performance.now() - fromMs))
    }
    t.diagnostic(`${what}: ${times.join(', ')} ms`)
  }
  await timed('weir check', () => weir(t, ['check', 'weir.yaml'], { cwd }))
  await timed('weir run until ready', async () => {
    const running = startWeir(t, ['run', 'weir.yaml'], { cwd })
    await running.said(/"msg":"ready"/)
    assert.equal(await running.terminate(), 0)
  })
})

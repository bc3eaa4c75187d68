import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import type { Status } from '../../src/model/status.js'
import { startInfluxd } from '../support/influxd.js'
import { startMosquitto } from '../support/mosquitto.js'
import { publisher } from '../support/publisher.js'
import { folderWith, startWeir } from '../support/weir.js'

// A program of the user's own that imports the package, in the words of the design.

const program = `
import { influxdb, json, mqtt, StreamingContext } from 'weir'

const [broker, url] = process.argv.slice(2)
const ssc = new StreamingContext({ gateway: 'mine', batch: '250ms', durability: 'memory', stateDir: './state' })
const acc = ssc.stream(mqtt({ url: broker, topics: ['plant/{line}/{machine}/telemetry'], time: { path: 'ts', unit: 'ms' }, decode: json() }))
const seconds = acc.filter({ field: 'temp' }).window('1s', { lateness: '2s' }).reduce('mean', 'max')
seconds.to(influxdb({ url, database: 'plant', create: true }))
let points = 0
seconds.foreach(() => points++)
await ssc.start()
process.on('SIGTERM', () => ssc.stop({ graceful: true }))
const watch = setInterval(async () => {
  const { sources } = await ssc.status()
  if (sources[0].link.state === 'up' && !watch.said) console.error((watch.said = 'up'))
  if (sources[0].frames.in === 30) console.error('all')
}, 20)
await ssc.awaitTermination()
clearInterval(watch)
console.log(JSON.stringify({ points, status: await ssc.status() }))
`

test('a program with a StreamingContext runs against a real broker and database', async (t) => {
  const [broker, server] = await Promise.all([startMosquitto(), startInfluxd()])
  t.after(() => Promise.all([broker.stop(), server.stop()]))
  const cwd = folderWith(t, { 'main.mjs': program })
  mkdirSync(join(cwd, 'node_modules'))
  symlinkSync(resolve(import.meta.dirname, '../../..'), join(cwd, 'node_modules/weir'))
  const running = startWeir(t, [broker.url, server.url], { cwd, script: join(cwd, 'main.mjs') })
  await running.said(/^up$/m)
  const sender = await publisher(t, broker.url)
  const startMs = Math.ceil(Date.now() / 1000) * 1000
  for (let i = 0; i < 30; i++)
    await sender.send(`plant/l1/m${i % 2}/telemetry`, { ts: startMs + i * 100, temp: i, ignored: 1 })
  await running.said(/^all$/m)
  assert.equal(await running.terminate(), 0)
  const { points, status } = JSON.parse(running.stdout()) as { points: number; status: Status }
  assert.equal(points, 6)
  assert.deepEqual(status.sinks[0].points, { emitted: 6, delivered: 6, refused: 0, givenUp: 0, spooled: 0 })
  const { samples } = status.sources[0]
  assert.deepEqual([samples.decoded, samples.reduced, samples.unmatched], [60, 30, 30])
  const rows = await server.client('plant').query<Record<string, unknown>>('select * from window1')
  assert.deepEqual(
    [...rows].map(({ time, ...rest }) => ({ ...rest, ms: (time as Date).getTime() })),
    Array.from({ length: 6 }, (_, i) => ({
      gateway: 'mine',
      line: 'l1',
      machine: `m${i % 2}`,
      source: 'mqtt',
      temp_max: 10 * Math.floor(i / 2) + 8 + (i % 2),
      temp_mean: 10 * Math.floor(i / 2) + 4 + (i % 2),
      ms: startMs + 1000 * Math.floor(i / 2),
    })),
  )
})

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { type PipelineReport, pipelineText } from '../../src/cli/bench-pipeline.js'
import { folderWith, weir } from '../support/weir.js'

const report: PipelineReport = {
  version: '1',
  machine: 'm',
  node: 'v20',
  date: 'd',
  devices: 100,
  qos: 0,
  example: 'a/d1000 {"x":1}',
  windows: ['second'],
  rssMb: 90.4,
  best: { rate: 4000, sentRate: 4000, usEach: 3.21, core: 0.0128, brokerCore: 0.5, behindMs: 240, lost: 0 },
  trials: [
    { rate: 4000, sentRate: 4000, usEach: 3.21, core: 0.0128, brokerCore: 0.5, behindMs: 240, lost: 0 },
    { rate: 8000, sentRate: 5000, usEach: 3, core: 0.015, brokerCore: 0.5, behindMs: 250, lost: 0, trouble: 'broker' },
    { rate: 6000, sentRate: 6000, usEach: 3, core: 0.02, brokerCore: 0.5, behindMs: 250, lost: 12, trouble: 'lost' },
  ],
}

test('the report ends with what the machine carries, and its table goes by the rate', () => {
  assert.equal(
    pipelineText(report),
    `weir 1 on m, Node v20, d
MQTT at QoS 0 from 100 devices through a broker of its own, into window second and a file
such as a/d1000 {"x":1}

messages a second  CPU µs a message  % of a core  ms behind
4,000                           3.2          1.3        240
6,000                           3.0          2.0        250  12 lost
8,000                           3.0          1.5        250  the broker took 5,000 a second

this machine carries 4,000 msg/s with this config: 3.2 µs of CPU a message, 1.3 % of a core, 90 MB
`,
  )
})

test('it says so where the broker is what ends it, and where nothing is carried', () => {
  const [carried, broker, lost] = report.trials
  assert.match(pipelineText({ ...report, trials: [carried!, broker!] }), /90 MB; the broker beside it takes no more\n$/)
  const none = pipelineText({ ...report, trials: [lost!], best: undefined })
  assert.match(none, /\nthis machine carries nothing with this config\n$/)
})

test('weir bench pipeline measures a configuration with a broker, a publisher and a weir of its own', async (t) => {
  const folder = folderWith(t, {
    'weir.yaml': `
sources:
  far:
    type: mqtt
    url: mqtts://nobody.invalid
    username: weir
    password: "\${env:NOT_NEEDED:-x}"
    qos: 1
    topics: ["plant/{line}/data"]
    time: { path: ts, unit: ms }
    decode: { type: json, fields: [temp, vib.rms] }
windows:
  second: { of: "*", every: 1s, reduce: [mean] }
sinks:
  db: { type: influxdb, url: "http://nobody.invalid", database: x }
`,
  })
  const args = ['bench', 'pipeline', join(folder, 'weir.yaml'), '--seconds', '0.1', '--json']
  const { code, stdout, stderr } = await weir(t, args)
  const found = JSON.parse(stdout) as PipelineReport
  assert.equal(code, found.best ? 0 : 1, stderr)
  assert.deepEqual([found.qos, found.devices, found.windows], [1, 100, ['second']])
  assert.match(found.example, /^plant\/d1000\/data \{"temp":0,"vib":\{"rms":0.31\},"ts":\d{13}\}$/)
  assert.ok(found.trials.length > 0)
  for (const { rate, usEach, lost } of found.trials) assert.ok(rate >= 1000 && usEach > 0 && lost >= 0)
})

test('what can not be measured is said as any problem of a configuration is', async (t) => {
  const folder = folderWith(t, { 'weir.yaml': 'sources: { f: { type: file, path: x } }\n' })
  const { code, stderr } = await weir(t, ['bench', 'pipeline', join(folder, 'weir.yaml')])
  assert.equal(code, 78)
  assert.match(stderr, /sources: cannot measure: none of them has `type: mqtt`/)
})

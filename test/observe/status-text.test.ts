import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPaint } from '../../src/observe/paint.js'
import { countsOf, statusLines } from '../../src/observe/status-text.js'
import { exampleStatus } from '../support/status.js'

const nowUs = 1_700_000_010_000_000
const url = 'http://127.0.0.1:9470'
const lines = (status: ReturnType<typeof exampleStatus>) =>
  statusLines({ status, rates: { 'frames plant': 1234.567, 'points db': 2 }, url, nowUs }, createPaint(false))

test('a status is what is wrong, sources, windows, sinks and the ledger', () => {
  const text = lines(exampleStatus({ alarms: ['sink db (influxdb) is down\u001b[2J; start it'] }))
  assert.deepEqual(text.slice(0, 13), [
    'hall-3  http://127.0.0.1:9470',
    'weir 1.2.3, ready, up 10 s, 2 of 10,000 series, windows take 0 of 0.1 MiB',
    '',
    '! sink db (influxdb) is down\\u{1b}[2J; start it',
    '',
    'source        link  since  frames/s  samples/s  lag   skew',
    'plant   mqtt  up     10 s     1,230          0  1 s  12 ms',
    '',
    'window  open  points  corrected  late  rejected  lost at start',
    'second     2      10          1    80         0              0',
    '',
    'sink            state  since  points/s  spooled  delivered  refused  given up',
    'db    influxdb  up      10 s         2        0          8        0         2',
  ])
  assert.equal(text.at(-1), 'balances')
})

test('it needs no skew, no watermark and no sink, and says that it is not ready', () => {
  const status = exampleStatus({ ready: false, sinks: [] })
  Object.assign(status.sources[0], { watermarkUs: null, skewMs: undefined })
  status.sources[0].link = { state: 'down', sinceUs: nowUs, attempts: 3, detail: 'no route\nthere' }
  const text = lines(status).join('\n')
  assert.match(text, /not ready/)
  assert.match(text, /^plant +mqtt +down +0 s +1,230 +0 +- +- +no route\\u\{a\}there$/m)
})

test('its counters, by name', () => {
  assert.deepEqual(countsOf(exampleStatus()), { 'frames plant': 12_345, 'samples plant': 24_680, 'points db': 8 })
})

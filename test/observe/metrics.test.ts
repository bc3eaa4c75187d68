import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metrics } from '../../src/observe/metric-table.js'
import { createMetricsPage } from '../../src/observe/metrics.js'
import { exampleStatus } from '../support/status.js'

const nowUs = 1_700_000_010_000_000

test('values are those of the status at each scrape', async () => {
  const page = await createMetricsPage()
  const status = exampleStatus()
  const first = await page.text(status, nowUs)
  for (const line of [
    'weir_info{version="1.2.3",gateway="hall-3"} 1',
    'weir_frames_in_total{source="plant"} 12345',
    'weir_frames_total{source="plant",fate="undecodable"} 5',
    'weir_samples_total{source="plant",fate="late"} 80',
    'weir_points_total{sink="db",fate="given_up"} 2',
    'weir_link_up{source="plant"} 1',
    'weir_source_lag_seconds{source="plant"} 1',
    'weir_series 2',
    'weir_pool_chunks_total{by="pool"} 5',
    'weir_slab_free_bytes 61440',
  ])
    assert.ok(first.split('\n').includes(line), `${line} in\n${first}`)
  status.sources[0].frames.in += 5
  status.sources[0].link.state = 'down'
  const second = await page.text(status, nowUs)
  assert.match(second, /^weir_frames_in_total\{source="plant"\} 12350$/m)
  assert.match(second, /^weir_link_up\{source="plant"\} 0$/m)
})

test('wake-ups are counted by the system, and so cost nothing', async () => {
  const page = await createMetricsPage()
  const wakeups = async () => Number(/^weir_wakeups_total (\d+)$/m.exec(await page.text(exampleStatus(), nowUs))?.[1])
  const before = await wakeups()
  assert.ok(before > 0)
  // A thread that sleeps once, for certain.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
  assert.ok((await wakeups()) > before)
})

test('the fates of a ledger add up to what came in', async () => {
  const status = exampleStatus()
  const page = await (await createMetricsPage()).text(status, nowUs)
  const sum = (pattern: RegExp) => [...page.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0)
  assert.equal(sum(/^weir_frames_(?:total\{.*\}|pending\{.*\}) (\d+)$/gm), status.sources[0].frames.in)
  assert.equal(sum(/^weir_samples_(?:total\{.*\}|pending\{.*\}) (\d+)$/gm), status.sources[0].samples.decoded)
  assert.equal(sum(/^weir_points_(?:total\{.*\}|spooled\{.*\}) (\d+)$/gm), status.sinks[0].points.emitted)
})

test('a source without samples has no lag', async () => {
  const status = exampleStatus()
  status.sources[0].watermarkUs = null
  const page = await (await createMetricsPage()).text(status, nowUs)
  assert.doesNotMatch(page, /^weir_source_lag_seconds\{/m)
})

test('names follow the conventions', () => {
  for (const { name, kind, help } of metrics) {
    assert.match(name, /^(weir|process|nodejs)_[a-z_]+$/)
    assert.equal(name.endsWith('_total'), kind === 'counter', name)
    assert.match(help, /\.$/, name)
  }
  assert.equal(new Set(metrics.map(({ name }) => name)).size, metrics.length)
})

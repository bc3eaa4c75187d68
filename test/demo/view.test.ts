import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clockText, LiveTable } from '../../src/demo/live-series.js'
import { pictureLines } from '../../src/demo/picture.js'
import { plainLines } from '../../src/demo/plain-lines.js'
import { sparkline } from '../../src/demo/sparkline.js'
import { terminalView } from '../../src/demo/view.js'
import { createPaint } from '../../src/observe/paint.js'
import { FakeClock } from '../support/fake-clock.js'
import { points } from '../support/points.js'
import { exampleStatus } from '../support/status.js'

const plain = createPaint(false)
const tags = { gateway: 'demo', machine: 'press-1', source: 'plant' }

test('a sparkline spans its own values', () => {
  assert.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7]), '▁▂▃▄▅▆▇█')
  assert.equal(sparkline([5, 5, 5]), '▄▄▄')
  assert.equal(sparkline([]), '')
})

test('the table keeps the last windows in order, and a correction replaces', () => {
  const table = new LiveTable(2)
  const point = (second: number, mean: number) => points([{ tags, fields: { a_mean: mean } }], { timeUs: second * 1e6 })
  for (const each of [point(1, 10), point(3, 30), point(2, 20), point(3, 33)]) table.take(each)
  const [series, ...others] = table.series
  assert.equal(others.length, 0)
  assert.equal(series.device, 'press-1')
  assert.equal(series.field, 'a')
  assert.deepEqual(
    series.windows.map(({ timeUs, reductions }) => [timeUs, reductions.get('mean')]),
    [
      [2e6, 20],
      [3e6, 33],
    ],
  )
})

test('a correction of a window no longer kept changes nothing', () => {
  const table = new LiveTable(1)
  table.take(points([{ tags, fields: { a_mean: 5 } }], { timeUs: 5e6 }))
  table.take(points([{ tags, fields: { a_mean: 1 }, correction: true }], { timeUs: 1e6 }))
  assert.equal(table.series[0].windows[0].reductions.get('mean'), 5)
})

/** A picture of three series: one as usual, one past its mark, one silent; of the first a window was corrected. */
function picture() {
  const table = new LiveTable(24)
  const lathe = { ...tags, machine: 'lathe-1' }
  const at = (second: number) => ({ timeUs: (1_704_067_200 + second) * 1e6 })
  table.take(
    points(
      [
        {
          tags,
          fields: { temperature_count: 2, temperature_mean: 41.256, temperature_min: 41, temperature_max: 41.5 },
        },
      ],
      at(0),
    ),
  )
  table.take(points([{ tags: lathe, fields: { power_count: 1200, power_mean: 2345.678 } }], at(3)))
  table.take(points([{ tags: lathe, fields: { power_count: 1200, power_mean: 2345.678 } }], at(4)))
  table.take(points([{ tags: lathe, fields: { power_count: 1201, power_mean: 4000 }, correction: true }], at(3)))
  table.take(
    points(
      [{ tags: lathe, fields: { acceleration_rms: 0.1342, acceleration_crest: 4.9, acceleration_kurtosis: 7.06 } }],
      at(4),
    ),
  )
  return {
    pageUrl: 'http://127.0.0.1:9470',
    brokerUrl: 'mqtt://127.0.0.1:1883',
    target: 'points.lp',
    status: exampleStatus(),
    rates: { messages: 51.4, samples: 3051, points: 12, cpu: 0.0312 },
    rssBytes: 96 * 2 ** 20,
    upMs: 62_000,
    rows: table.series.map((series) => ({
      series,
      silentUs: table.silentUs(series),
      past: series.field === 'acceleration' ? ['kurtosis'] : [],
    })),
    story: Array.from({ length: 12 }, (_, i) => ({ timeUs: at(i).timeUs, text: `it ${i}`, simulated: i === 11 })),
  }
}

const time = (second: number) => clockText((1_704_067_200 + second) * 1e6)

test('on a large terminal the picture shows all, aligned', () => {
  assert.deepEqual(pictureLines(picture(), plain, { columns: 120, rows: 40 }), [
    'weir demo   open http://127.0.0.1:9470   Ctrl-C ends',
    'machines at mqtt://127.0.0.1:1883, points to points.lp',
    '',
    '51 msg/s  3,051 samples/s  12 points/s  CPU 3.1 % with machines  96 MiB  up 1:02',
    '',
    'machine  field             n    mean    min    max     rms  crest  kurtosis  mean or kurtosis',
    'lathe-1  acceleration      0                        0.1342   4.90      7.06  ▄',
    `         power         1,200  2345.7                                         █▁                corrected ${time(3)}`,
    'press-1  temperature       2   41.26  41.00  41.50                           ▄                 silent 4 s',
    '',
    ...[3, 4, 5, 6, 7, 8, 9, 10].map((i) => `${time(i)}  it ${i}`),
    `${time(11)}  (simulation) it 11`,
    '',
    'ledger  balances',
    '  plant: 12,345 frames in, 5 undecodable, 24,680 samples, 80 late',
    '  db: 10 points, 8 delivered, 2 given up',
  ])
})

test('on a small one the essence of each, and notes in the place of trends', () => {
  const lines = pictureLines(picture(), plain, { columns: 80, rows: 12 })
  assert.deepEqual(lines, [
    'weir demo   open http://127.0.0.1:9470   Ctrl-C ends',
    '51 msg/s  3,051 samples/s  12 points/s  CPU 3.1 % with machines  96 MiB  up 1:02',
    'machine  field           mean     rms  crest  kurtosis  mean or kurtosis',
    'lathe-1  acceleration          0.1342   4.90      7.06  ▄',
    `         power         2345.7                           corrected ${time(3)}`,
    'press-1  temperature    41.26                           silent 4 s',
    ...[8, 9, 10].map((i) => `${time(i)}  it ${i}`).slice(-3),
    `${time(11)}  (simulation) it 11`,
    'ledger  balances: 12,345 frames, 24,680 samples, 10 points, 1 corrections',
  ])
  assert.ok(lines.length < 12)
})

test('the story is clipped at the width of the terminal', () => {
  const told = { timeUs: 0, text: 'x'.repeat(100), simulated: false }
  const lines = pictureLines({ ...picture(), story: [told] }, plain, { columns: 40, rows: 24 })
  assert.ok(lines.some((line) => line.length === 40 && line.endsWith('x…')))
})

test('what is past its mark is red, what was corrected yellow', () => {
  const text = pictureLines(picture(), createPaint(true), { columns: 120, rows: 40 })
    .join('\n')
    .replaceAll('\u001b', '<')
  assert.match(text, /<\[31m +7\.06</)
  assert.match(text, /<\[33m█<\[0m<\[32m▁ *</)
  assert.match(text, /<\[31msilent 4 s/)
})

test('the terminal view draws at once, twice a second, and a last time', async () => {
  const clock = new FakeClock()
  let drawings = 0
  const output = { columns: 120, rows: 40, write: (text: string) => text.includes('weir demo') && drawings++ }
  const view = terminalView(output, { clock, paint: plain, brokerUrl: 'mqtt://127.0.0.1:1', target: 'points.lp' })
  view.begin(exampleStatus, undefined)
  assert.equal(drawings, 1)
  await clock.advance(1000)
  assert.equal(drawings, 3)
  view.close()
  view.close()
  assert.equal(drawings, 4)
  assert.equal(clock.waiting, 0)
})

test('without a terminal each point is a line', () => {
  const given = points(
    [
      { tags, fields: { temperature_mean: 41.25, temperature_count: 2 } },
      { tags: { ...tags, machine: 'lathe-1' }, fields: { power_mean: 2345.6789 }, correction: true },
    ],
    { timeUs: 1_704_067_201_000_000 },
  )
  assert.equal(
    plainLines(given),
    `${time(1)} press-1 temperature_mean=41.25 temperature_count=2\n${time(1)} lathe-1 power_mean=2345.68 (corrected)\n`,
  )
})

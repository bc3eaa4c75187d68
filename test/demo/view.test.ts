import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LiveTable } from '../../src/demo/live-series.js'
import { pictureLines } from '../../src/demo/picture.js'
import { plainLines } from '../../src/demo/plain-lines.js'
import { RateMeter } from '../../src/demo/rates.js'
import { cutLine, Screen } from '../../src/demo/screen.js'
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
  const table = new LiveTable(2, ['count', 'mean'])
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
  const table = new LiveTable(1, ['mean'])
  table.take(points([{ tags, fields: { a_mean: 5 } }], { timeUs: 5e6 }))
  table.take(points([{ tags, fields: { a_mean: 1 }, correction: true }], { timeUs: 1e6 }))
  assert.equal(table.series[0].windows[0].reductions.get('mean'), 5)
})

test('rates are differences over the span', () => {
  const meter = new RateMeter(5000)
  const status = exampleStatus()
  assert.equal(meter.look(status, 1000, 0).messages, 0)
  status.sources[0].frames.in += 100
  const rates = meter.look(status, 3000, 500_000)
  assert.equal(rates.messages, 50)
  assert.equal(rates.cpu, 0.25)
  assert.equal(meter.look(status, 60_000, 500_000).messages, 0)
})

test('the picture is aligned and tells the ledger', () => {
  const table = new LiveTable(24, ['count', 'mean', 'min', 'max', 'stddev'])
  table.take(
    points([
      { tags, fields: { temperature_count: 2, temperature_mean: 41.256, temperature_min: 41, temperature_max: 41.5 } },
      { tags: { ...tags, machine: 'lathe-1' }, fields: { power_count: 1200, power_mean: 2345.678 } },
    ]),
  )
  const lines = pictureLines(
    {
      brokerUrl: 'mqtt://127.0.0.1:1883',
      target: 'points.lp',
      status: exampleStatus(),
      rates: { messages: 51.4, samples: 3051, points: 12, cpu: 0.0312 },
      rssBytes: 96 * 2 ** 20,
      upMs: 62_000,
      series: table.series,
    },
    plain,
  )
  assert.deepEqual(lines, [
    'weir demo   machines at mqtt://127.0.0.1:1883   Ctrl-C ends',
    'points to points.lp',
    '',
    '51 msg/s   3,051 samples/s   12 points/s   CPU 3.1 % with broker and machines   96 MiB   up 1:02',
    '',
    'machine  field            n    mean    min    max  stddev  means of the last 18 windows',
    'lathe-1  power        1,200  2345.7      -      -       -  ▄',
    'press-1  temperature      2   41.26  41.00  41.50       -  ▄',
    '',
    'ledger  balances',
    '  plant: 12,345 frames in, 5 undecodable, 24,680 samples, 80 late',
    '  db: 10 points, 8 delivered, 2 given up',
  ])
})

test('lines are cut at the width of the terminal, colours not counted', () => {
  const paint = createPaint(true)
  assert.equal(cutLine(`${paint.bold('weir')} demo`, 6), '\u001b[1mweir\u001b[0m d')
  assert.equal(cutLine(paint.red('abcdef'), 3), '\u001b[31mabc\u001b[0m')
  assert.equal(cutLine('▁▂▃', 2), '▁▂')
})

test('the screen redraws in place and prints above', () => {
  let text = ''
  const screen = new Screen({ columns: 20, rows: 3, write: (part) => (text += part) })
  screen.draw(['one', 'two', 'three'])
  assert.match(text, /one.*two/s)
  assert.doesNotMatch(text, /three/)
  text = ''
  screen.printAbove('log line\n')
  assert.ok(text.startsWith('\r\u001b[2A\u001b[Jlog line\n'))
  text = ''
  screen.draw(['uno'])
  assert.ok(text.startsWith('\r\u001b[2Auno'))
})

test('the terminal view draws at once, twice a second, and a last time', async () => {
  const clock = new FakeClock()
  let drawings = 0
  const output = { columns: 120, rows: 40, write: (text: string) => text.includes('weir demo') && drawings++ }
  const view = terminalView(output, { clock, paint: plain, brokerUrl: 'mqtt://127.0.0.1:1', target: 'points.lp' })
  view.begin(exampleStatus)
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
    '00:00:01 press-1 temperature_mean=41.25 temperature_count=2\n00:00:01 lathe-1 power_mean=2345.68 (corrected)\n',
  )
})

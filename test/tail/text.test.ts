import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPaint } from '../../src/observe/paint.js'
import { TailText } from '../../src/tail/text.js'
import type { TailLine } from '../../src/tail/wire.js'

const time = '2024-01-01T00:00:00.000000Z'
const tags = { gateway: 'g', machine: 'm1', source: 'plant' }
const frame = { time, source: 'plant', channel: 'a/b', bytes: 3 }

const cases: [TailLine, string][] = [
  [{ ...frame, text: '{}' }, `${time}  plant  a/b  {}`],
  [
    { ...frame, channel: 'a', text: '\u001b[2J\nx\u202e', retained: true, dup: true },
    `${time}  plant  a    (retained) (dup) \\u{1b}[2J\\u{a}x\\u{202e}`,
  ],
  [{ ...frame, hex: '00ff', cut: true, bytes: 20_000 }, `${time}  plant  a/b  hex 00ff… (20,000 bytes)`],
  [{ source: 'plant', counted: 'retained', frames: 1200 }, '-- plant: 1,200 frames retained'],
  [{ source: 'plant', counted: 'lost', bytes: 7 }, '-- plant: 7 bytes lost before they were frames'],
  [{ unseen: 1234 }, '-- 1,234 passed unseen: they came faster than they could be shown; narrow it down'],
]

test('a line each, aligned by what stood above; nothing steers the terminal', () => {
  const text = new TailText(createPaint(false))
  for (const [line, want] of cases) assert.equal(text.line(line), want)
})

test('samples and points with their units', () => {
  const text = new TailText(createPaint(false))
  assert.equal(
    text.line({ time, tags, field: 'temp', value: 21.123456789, unit: '°C', fate: 'reduced' }),
    `${time}  plant  machine=m1  temp=21.12346 °C`,
  )
  assert.equal(
    text.line({ time, tags, field: 'on', value: null, fate: 'late' }),
    `${time}  plant  machine=m1  on=not finite  (late)`,
  )
  const points = new TailText(createPaint(false))
  assert.equal(
    points.line({
      ...{ time, measurement: 'second', tags, window: 'second', correction: true },
      ...{ fields: { temp_mean: 2, temp_count: 5 }, units: { temp_mean: '°C' } },
    }),
    `${time}  second  plant  machine=m1  temp_mean=2 °C  temp_count=5  (corrected)`,
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeData } from '../../firmware-bridge/host/encode.js'
import { bridgeLayout } from '../../src/codecs/bridge.js'
import type { TappedSamples } from '../../src/model/taps.js'
import { Rig } from '../support/rig.js'

const fields = [
  { type: 1, offset: 0, multiplier: 1, divisor: 1, name: 'a', unit: '' },
  { type: 2, offset: -1, multiplier: -1, divisor: 3, name: 'b', unit: 'g' },
  { type: 3, offset: -27_315, multiplier: 1, divisor: 100, name: 'c', unit: '°C' },
  { type: 4, offset: 0, multiplier: 1, divisor: 2048, name: 'd', unit: '' },
  { type: 5, offset: 2 ** 31 - 1, multiplier: 2 ** 31 - 1, divisor: 2 ** 32 - 1, name: 'e', unit: '' },
  { type: 6, offset: -(2 ** 31), multiplier: -(2 ** 31), divisor: 1, name: 'f', unit: '' },
  { type: 7, offset: 10, multiplier: 2, divisor: 4, name: 'g', unit: '' },
]

async function run(rows: number[][], stepUs = 1000, seen: (rows: TappedSamples) => void = () => {}) {
  const rig = new Rig({
    config: {
      batch: '250ms',
      sources: { s: { type: 'script', time: { path: 't', unit: 'us' }, wait: '0' } },
      windows: { second: { of: '*', every: '1s', reduce: ['count', 'first', 'last', 'max'] } },
    },
    decode: { type: 'bridge', options: {} },
  })
  rig.gateway.tap({ samples: seen })
  await rig.start()
  await rig.advance(1000)
  const { out } = rig.script('s')
  const channel = out.channel({ name: 's', input: 0, tags: { device: 'd' }, layout: bridgeLayout(fields) })
  const head = Buffer.alloc(16)
  head.writeDoubleLE(rig.clock.nowUs())
  head.writeDoubleLE(stepUs, 8)
  const raw = encodeData({ stream: 0, description: 0, sequence: 0, ticks: 0 }, fields, rows).subarray(10)
  const bytes = Buffer.concat([head, raw])
  assert.ok(out.frame(channel, bytes, 0, bytes.length, 0, 0))
  // Half a row, and a head alone.
  for (const end of [bytes.length - 1, 16]) assert.ok(out.frame(channel, bytes, 0, end, 0, 0))
  await rig.advance(5000)
  await rig.stop()
  return { points: rig.due, status: rig.gateway.status().sources[0] }
}

/** PROTOCOL.md: value = (raw + offset) × multiplier ÷ divisor. */
const valuesOf = (row: number[]) =>
  row.map((raw, i) => ((raw + fields[i].offset) * fields[i].multiplier) / fields[i].divisor)

test('raw values of every type become values', async () => {
  const rows = [
    [0, -128, 0, -32_768, 0, -(2 ** 31), -0.5],
    [255, 127, 65_535, 32_767, 2 ** 32 - 1, 2 ** 31 - 1, 1.5],
  ]
  const { points, status } = await run(rows)
  assert.equal(points.length, 1)
  const got = points[0].fields
  for (const [i, { name }] of fields.entries()) {
    assert.equal(got[`${name}_first`], valuesOf(rows[0])[i], name)
    assert.equal(got[`${name}_last`], valuesOf(rows[1])[i], name)
    assert.equal(got[`${name}_count`], 2)
  }
  assert.equal(status.samples.decoded, 14)
  assert.deepEqual([status.frames.decoded, status.frames.undecodable], [1, 2])
})

test('floats that are no number are filtered, infinite ones are invalid', async () => {
  const row = [1, 1, 1, 1, 1, 1]
  const { points, status } = await run([
    [...row, Number.NaN],
    [...row, Number.POSITIVE_INFINITY],
    [...row, 4],
  ])
  assert.equal(points[0].fields.g_count, 1)
  assert.deepEqual([status.samples.filtered, status.samples.invalid], [1, 1])
})

test('rows of an array lie a step apart', async () => {
  // From a whole second on: rows 0 to 9 in one window, 10 to 14 in the next.
  const rows = Array.from({ length: 15 }, (_, i) => [i, 0, 0, 0, 0, 0, 0])
  const { points } = await run(rows, 100_000)
  assert.deepEqual(
    points.map(({ fields }) => [fields.a_count, fields.a_max]),
    [
      [10, 9],
      [5, 14],
    ],
  )
})

test('their times are not rounded, however the step lies', async () => {
  const rows = Array.from({ length: 9 }, (_, i) => [i, 0, 0, 0, 0, 0, 0])
  const times: number[] = []
  await run(rows, 1e6 / 3, (seen) => {
    for (let i = 0; i < seen.rows; i++) if (seen.field(i) === 'a') times.push(seen.timeUs(i))
  })
  assert.deepEqual(
    times,
    times.map((_, i) => times[0] + (i * 1e6) / 3),
  )
  assert.equal(times.length, 9)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Sizes } from '../../src/engine/engine-memory.js'
import type { Fate } from '../../src/model/taps.js'
import { Rig } from '../support/rig.js'

const S = 1e6
const T0 = 1_704_067_200_000_000

interface Seen {
  device: string
  field: string
  value: number
  fate: Fate
}

const config = (source: object, more: object = {}) => ({
  batch: '250ms',
  maxMemory: '8MiB',
  maxSeries: 100,
  sources: { s: { type: 'script', wait: 0, time: { path: 't', unit: 'us' }, decode: { type: 'json' }, ...source } },
  windows: { w: { every: '1s', lateness: '1min', reduce: ['count', 'last'] } },
  ...more,
})

/** A running rig, and every sample as it was settled. */
async function started(config: object, sizes: Partial<Sizes> = {}) {
  const rig = new Rig({ config, sizes })
  const seen: Seen[] = []
  rig.gateway.tap({
    samples(rows) {
      for (let i = 0; i < rows.rows; i++) {
        const device = rows.device(i).tags.find(([name]) => name === 'device')?.[1] ?? ''
        seen.push({ device, field: rows.field(i), value: rows.value(i), fate: rows.fate(i) })
      }
    },
  })
  await rig.start()
  await rig.advance(2000)
  const say = async (device: string, fields: object, atS = 2) => {
    await rig.push('s', device, JSON.stringify({ t: T0 + atS * S, ...fields }))
    rig.script('s').out.endBurst()
  }
  return { rig, seen, say, samples: () => rig.gateway.status().sources[0].samples }
}

const values = (seen: readonly Seen[], field: string) => seen.filter((row) => row.field === field).map((r) => r.value)
const fates = (seen: readonly Seen[], field: string) => seen.filter((row) => row.field === field).map((r) => r.fate)

test('values are calibrated by scale and offset; the first glob that matches wins, other fields stay as they are', async () => {
  const { rig, seen, say } = await started(
    config({ calibrate: { temp: { scale: 0.5, offset: -40 }, 'temp*': { offset: 1 }, '?': { scale: -2 } } }),
  )
  await say('d', { temp: 100, temp_in: 100, a: 3, other: 7 })
  await rig.stop()
  assert.deepEqual(
    ['temp', 'temp_in', 'a', 'other'].map((field) => values(seen, field)),
    [[10], [101], [-6], [7]],
  )
  assert.deepEqual(rig.due[0].fields.temp_last, 10)
})

test('a table is exact at its points, straight between them, and beyond them goes on or holds as told', async () => {
  const table = [
    [0, 0.1],
    [10, 0.3],
    [30, 7.7],
  ]
  const { rig, seen, say } = await started(
    config({
      calibrate: {
        on: { table },
        falling: { table: table.toReversed() },
        clip: { table, outside: 'clip' },
      },
    }),
  )
  const raws = [-10, 0, 5, 10, 20, 30, 40]
  for (const raw of raws) await say('d', { on: raw, falling: raw, clip: raw })
  await rig.stop()
  const slope = [(0.3 - 0.1) / 10, (7.7 - 0.3) / 20]
  const inside = [0.1, 0.1 + 5 * slope[0], 0.3, 0.3 + 10 * slope[1], 7.7]
  assert.deepEqual(values(seen, 'on'), [0.1 - 10 * slope[0], ...inside, 7.7 + 10 * slope[1]])
  assert.deepEqual(values(seen, 'falling'), values(seen, 'on'))
  assert.deepEqual(values(seen, 'clip'), [0.1, ...inside, 7.7])
})

test('a table is exact at its points though a line between them is steeper than any number', async () => {
  const table = [
    [0, -1e308],
    [1e-300, 1e308],
  ]
  const { rig, seen, say } = await started(config({ calibrate: { x: { table } } }))
  for (const x of [0, 1e-300, 5e-301]) await say('d', { x })
  await rig.stop()
  assert.deepEqual(values(seen, 'x').slice(0, 2), [-1e308, 1e308])
  assert.deepEqual(fates(seen, 'x'), ['reduced', 'reduced', 'invalid'])
})

test('what calibration makes infinite is invalid and moves nothing; what lies outside its range is filtered', async () => {
  const { rig, seen, say, samples } = await started(
    config({
      calibrate: { x: { scale: 1e10 }, n: { scale: 1e308, offset: 1e308 } },
      valid: { x: [-1e11, 1e11], open: [0, Number.POSITIVE_INFINITY] },
      deadband: { x: 1e9 },
    }),
  )
  for (const x of [1, 1e300, -1e300, 1.01, 11, 10, -10]) await say('d', { x })
  for (const open of [-0.5, 0, 1e300]) await say('d', { open })
  await say('d', { n: -1e308 })
  await rig.stop()
  assert.deepEqual(fates(seen, 'x'), ['reduced', 'invalid', 'invalid', 'filtered', 'filtered', 'reduced', 'reduced'])
  assert.deepEqual(fates(seen, 'open'), ['filtered', 'reduced', 'reduced'])
  assert.deepEqual(fates(seen, 'n'), ['invalid'])
  const { decoded, reduced, filtered, invalid } = samples()
  assert.deepEqual({ decoded, reduced, filtered, invalid }, { decoded: 11, reduced: 5, filtered: 3, invalid: 3 })
})

test('a deadband keeps what differs enough from the last one kept, and one sample after the longest silence', async () => {
  const { rig, seen, say } = await started(config({ ahead: '1d', deadband: { x: { band: 0.5, every: '5s' }, y: 0.5 } }))
  const rows = [
    { x: 1, at: 0, kept: true },
    { x: 1.4, at: 1, kept: false },
    { x: 1.49, at: 2, kept: false },
    { x: 1.5, at: 3, kept: true },
    { x: 1.1, at: 4, kept: false },
    { x: 1.1, at: 7, kept: false },
    { x: 1.1, at: 8, kept: true },
    { x: 1.1, at: 12, kept: false },
    // Out of order by less, and by more than the silence.
    { x: 1.1, at: 4, kept: false },
    { x: 1.1, at: 3, kept: true },
  ]
  for (const { x, at } of rows) await say('d', { x, y: x }, 10 + at)
  // Another device has its own last value.
  await say('e', { x: 1.1 }, 10)
  await rig.advance(250)
  assert.deepEqual(
    fates(seen, 'x').map((fate) => fate === 'reduced'),
    [...rows.map(({ kept }) => kept), true],
  )
  assert.deepEqual(
    fates(seen, 'y').flatMap((fate, i) => (fate === 'reduced' ? [i] : [])),
    [0, 3],
  )
  await rig.stop()
})

test('filtered samples move the time of their device, and samples too far ahead are no last value', async () => {
  const { rig, seen, say } = await started(config({ ahead: '10s', deadband: { x: 1 }, idle: '1h' }))
  await say('d', { x: 1 })
  await say('d', { x: 5 }, 500)
  await rig.advance(3000)
  await say('d', { x: 5.5 }, 3)
  await say('d', { x: 5.6 }, 4)
  await rig.advance(1000)
  assert.deepEqual(fates(seen, 'x'), ['reduced', 'future', 'reduced', 'filtered'])
  // The window of the second 3 is due only since the last sample says that it is 4.
  assert.deepEqual(
    rig.due.map(({ timeUs }) => timeUs - T0),
    [2 * S, 3 * S],
  )
  await rig.stop()
})

test('a forgotten series leaves neither its last value nor its rules to whoever gets its number', async () => {
  const { rig, seen, say } = await started(
    config(
      { forget: '1min', tags: { id: '{.id}' }, deadband: { x: 10 }, calibrate: { x: { scale: 2, unit: 'V' } } },
      {
        maxSeries: 1,
      },
    ),
  )
  const at = () => (rig.clock.nowUs() - T0) / S
  // A batch with nothing in it, in which what is silent is forgotten.
  const forget = async () => {
    await rig.advance(121_000)
    await say('', { s: 'no number' }, at())
    await rig.advance(250)
    assert.equal(rig.gateway.status().series, 0)
  }
  for (let round = 0; round < 3; round++) {
    await say('', { id: `a${round}`, x: 1 }, at())
    await forget()
    await say('', { id: `b${round}`, other: 1 }, at())
    await forget()
  }
  assert.deepEqual([new Set(fates(seen, 'x')), new Set(values(seen, 'x'))], [new Set(['reduced']), new Set([2])])
  assert.deepEqual(
    [new Set(fates(seen, 'other')), new Set(values(seen, 'other'))],
    [new Set(['reduced']), new Set([1])],
  )
  assert.equal(seen.length, 6)
  await rig.stop()
})

test('fields called as what every object has are calibrated by globs alone', async () => {
  const { rig, seen, say } = await started(config({ calibrate: { 'constructo?': { scale: 3 }, a: { scale: 2 } } }))
  await rig.push('s', 'd', `{"t":${T0 + 2 * S},"constructor":1,"__proto__":1,"toString":1,"a":1}`)
  await say('d', { hasOwnProperty: 1 })
  await rig.stop()
  assert.deepEqual(
    seen.map(({ field, value }) => [field, value]),
    [
      ['constructor', 3],
      ['__proto__', 1],
      ['toString', 1],
      ['a', 2],
      ['hasOwnProperty', 1],
    ],
  )
})

test('arrays are conditioned element by element', async () => {
  const { rig, seen, say, samples } = await started(
    config({
      time: { path: 't', unit: 'us', rate: 100 },
      decode: { type: 'json', samples: ['x'] },
      calibrate: { x: { scale: 2 } },
      valid: { x: [0, 100] },
    }),
  )
  await say('d', { x: Array.from({ length: 60 }, (_, i) => (i === 7 ? 1000 : i)) }, 1)
  await rig.stop()
  assert.equal(seen.length, 60)
  assert.equal(samples().filtered, 1 + 9)
  assert.equal(seen[3].value, 6)
})

// ---- all together, against what the documentation says

interface Rules {
  calibrate?: Record<string, { scale?: number; offset?: number; table?: [number, number][]; outside?: 'clip' }>
  valid?: Record<string, [number, number]>
  deadband?: Record<string, number | { band: number; every?: string }>
}
interface Row {
  device: string
  x: number
  y: number
  timeS: number
}

function model(rules: Rules, rows: readonly Row[]): Seen[] {
  const kept = new Map<string, { value: number; timeS: number }>()
  return rows.flatMap((row) =>
    (['x', 'y'] as const).map((field): Seen => {
      const value = calibrated(rules.calibrate?.[field], row[field])
      const seen = (fate: Fate): Seen => ({ device: row.device, field, value, fate })
      if (!Number.isFinite(value)) return seen('invalid')
      const [min, max] = rules.valid?.[field] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
      if (value < min || value > max) return seen('filtered')
      const given = rules.deadband?.[field]
      if (given === undefined) return seen('reduced')
      const { band, every = 'Infinity' } = typeof given === 'number' ? { band: given } : given
      const key = `${row.device} ${field}`
      const last = kept.get(key)
      const near = last && Math.abs(value - last.value) < band
      if (near && Math.abs(row.timeS - last.timeS) < Number.parseFloat(every)) return seen('filtered')
      kept.set(key, { value, timeS: row.timeS })
      return seen('reduced')
    }),
  )
}

function calibrated(rule: NonNullable<Rules['calibrate']>[string] | undefined, raw: number): number {
  if (!rule) return raw
  const { table, scale = 1, offset = 0, outside } = rule
  if (!table) return raw * scale + offset
  const sorted = table.toSorted(([a], [b]) => a - b)
  const exact = sorted.find(([x]) => x === raw)
  if (exact) return exact[1]
  const before = sorted.findLastIndex(([x]) => x < raw)
  if (outside === 'clip' && before < 0) return sorted[0][1]
  if (outside === 'clip' && before === sorted.length - 1) return sorted[before][1]
  const base = sorted[Math.max(0, before)]
  const piece = Math.min(Math.max(0, before), sorted.length - 2)
  const [[x0, y0], [x1, y1]] = sorted.slice(piece, piece + 2)
  return base[1] + (raw - base[0]) * ((y1 - y0) / (x1 - x0))
}

const number = fc
  .oneof(
    { weight: 8, arbitrary: fc.integer({ min: -40, max: 40 }).map((n) => n / 4) },
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  )
  // JSON text has no -0.
  .map((n) => n + 0)
const table = fc
  .uniqueArray(fc.tuple(fc.integer({ min: -8, max: 8 }), fc.integer({ min: -40, max: 40 })), {
    minLength: 2,
    maxLength: 6,
    selector: ([raw]) => raw,
  })
  .map((points) => points.toSorted(([a], [b]) => a - b) as [number, number][])
const calibration = fc.oneof(
  fc.record({ scale: number.filter((n) => n !== 0), offset: number }, { requiredKeys: [] }),
  fc.record({ table, outside: fc.constant('clip' as const) }, { requiredKeys: ['table'] }),
)
const perField = <T>(rule: fc.Arbitrary<T>) => fc.record({ x: rule, y: rule }, { requiredKeys: [] })
const rules: fc.Arbitrary<Rules> = fc.record(
  {
    calibrate: perField(calibration),
    valid: perField(fc.tuple(number, number).map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)])),
    deadband: perField(
      fc.oneof(
        fc.integer({ min: 1, max: 20 }).map((n) => n / 4),
        fc.record({ band: fc.integer({ min: 1, max: 40 }).map((n) => n / 4), every: fc.constantFrom('2s', '5s') }),
      ),
    ),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Rules>
const rows = fc.array(
  fc.record({
    device: fc.constantFrom('a', 'b'),
    x: number,
    y: number,
    timeS: fc.integer({ min: 0, max: 20 }).map((n) => n / 2),
  }),
  { minLength: 1, maxLength: 60 },
)

test('every sample has the value and the fate of a plain model, however columns are cut', async () => {
  await fc.assert(
    fc.asyncProperty(rules, rows, fc.constantFrom(2, 7, 1000), async (rules, rows, columns) => {
      const { rig, seen, say } = await started(config({ ahead: '1h', ...rules }), { rows: columns })
      for (const { device, x, y, timeS } of rows) await say(device, { x, y }, 5 + timeS)
      await rig.stop()
      assert.deepEqual(seen, model(rules, rows))
    }),
    { numRuns: 60 },
  )
})

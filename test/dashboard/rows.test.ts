import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Rows } from '../../src/dashboard/rows.js'
import type { Device, PointField, Points } from '../../src/model/points.js'

const fields = new Map<string, PointField>()
function field(name: string): PointField {
  const [of, reduction] = name.split('_')
  const made = fields.get(name) ?? {
    name,
    of,
    reduction,
    unitOf: (unit: string) => unit,
    integer: false,
    cache: new Map(),
  }
  fields.set(name, made)
  return made
}

const device = (name: string): Device => ({
  ...{ id: 0, source: 's', units: new Map([['temp', '°C']]), cache: new Map() },
  tags: [
    ['gateway', 'g'],
    ['machine', name],
    ['source', 's'],
  ],
})
const devices = [device('m0'), device('m1')]

/** Points of one line. */
function line(from: Device, second: number, values: Record<string, number>, correction = 0): Points {
  const names = Object.keys(values)
  return {
    ...{ window: 'second', measurement: 'second', final: false, lines: 1, device: [from], correction: [correction] },
    ...{ timeUs: second * 1e6, startUs: second * 1e6, endUs: (second + 1) * 1e6, firstField: [0, names.length] },
    field: names.map(field),
    value: Object.values(values),
  }
}

test('a row for each field of a device, named by its tags, with the reduction that stands for it', () => {
  const rows = new Rows()
  rows.take(line(devices[0], 1, { temp_count: 3, temp_mean: 20.123456789, flow_max: 2 }))
  const { heads, values } = rows.changes(-1, 0)
  const tags = [
    ['machine', 'm0'],
    ['source', 's'],
  ]
  assert.deepEqual(heads, [
    { id: 1, window: 'second', tags, field: 'temp', reduction: 'mean', unit: '°C', everyS: 1 },
    { id: 2, window: 'second', tags, field: 'flow', reduction: 'max', unit: '', everyS: 1 },
  ])
  assert.deepEqual(values, [
    [1, 1, 20.1235, 0],
    [2, 1, 2, 0],
  ])
})

test('corrections replace what they correct, and are marked; late panes go where they belong', () => {
  const rows = new Rows()
  for (const second of [1, 2, 4]) rows.take(line(devices[0], second, { temp_mean: second }))
  const { version } = rows
  rows.take(line(devices[0], 2, { temp_mean: 22 }, 1))
  rows.take(line(devices[0], 3, { temp_mean: 3 }))
  const all = rows.history(1, -1)!
  assert.deepEqual(
    [all.timesS, all.values[0], all.corrected],
    [
      [1, 2, 3, 4],
      [1, 22, 3, 4],
      [0, 1, 0, 0],
    ],
  )
  const changed = rows.history(1, version)!
  assert.deepEqual(
    [changed.timesS, changed.values[0]],
    [
      [2, 3],
      [22, 3],
    ],
  )
  assert.deepEqual(rows.sparks([1, 99]), {
    1: [
      [1, 2, 3, 4],
      [1, 22, 3, 4],
    ],
  })
})

test('a reduction that comes later, as stddev of a second sample, makes the row anew', () => {
  const rows = new Rows()
  rows.take(line(devices[0], 1, { temp_mean: 1 }))
  const { version } = rows
  rows.take(line(devices[0], 2, { temp_mean: 2, temp_stddev: 0.5 }))
  rows.take(line(devices[0], 3, { temp_mean: 3 }))
  rows.take(line(devices[0], 4, { temp_stddev: 4, temp_mean: 4 }))
  const { heads, gone } = rows.changes(version, 2)
  assert.deepEqual([gone, heads.map(({ id }) => id)], [[1], [2]])
  assert.equal(rows.count, 1)
  const history = rows.history(2, -1)!
  assert.deepEqual(
    history.reductions.map(({ name }) => name),
    ['mean', 'stddev'],
  )
  assert.deepEqual(history.values, [
    [2, 3, 4],
    [0.5, null, 4],
  ])
})

test('memory is bounded: with many rows each keeps less, and past the last the one silent for longest goes', () => {
  const rows = new Rows(200_000, 30, 0)
  for (let i = 0; i < 100; i++) {
    const one = device(`m${i}`)
    for (let second = 0; second < 400; second++) rows.take(line(one, second, { temp_mean: second }))
  }
  assert.equal(rows.count, 30)
  const { heads } = rows.changes(-1, 0)
  const kept = heads.map(({ id }) => rows.history(id, -1)!.timesS.length)
  assert.ok(kept.reduce((sum, n) => sum + n * 25, 0) <= 200_000, `${kept}`)
  assert.equal(heads[0].tags[0][1], 'm70')
  // What is kept is the newest.
  assert.equal(rows.history(heads[0].id, -1)!.timesS.at(-1), 399)
})

test('where all rows are alive a further one is not shown; it is once one was silent for minutes', () => {
  const rows = new Rows(200_000, 3)
  const shown = () => rows.changes(-1, 0).heads.map(({ tags }) => tags[0][1])
  const speak = (second: number, ...names: number[]) => {
    for (const i of names) rows.take(line(many[i], second, { temp_mean: second }))
  }
  const many = Array.from({ length: 5 }, (_, i) => device(`m${i}`))
  speak(0, 0, 1, 2, 3)
  speak(200, 0, 2, 3, 4)
  assert.deepEqual(shown(), ['m0', 'm1', 'm2'])
  speak(301, 0, 2, 3, 4)
  assert.deepEqual(shown(), ['m0', 'm2', 'm3'])
  assert.equal(rows.changes(-1, 0).gone.length, 1)
})

test('whichever rows spoke meanwhile, it is always the one silent for longest that goes', () => {
  const many = Array.from({ length: 200 }, (_, i) => device(`m${i}`))
  fc.assert(
    fc.property(fc.array(fc.nat(199), { minLength: 100, maxLength: 400 }), (speakers) => {
      const rows = new Rows(200_000, 40, 0)
      const lately: string[] = []
      for (const [second, i] of speakers.entries()) {
        rows.take(line(many[i], second, { temp_mean: second }))
        const name = `m${i}`
        if (lately.includes(name)) lately.splice(lately.indexOf(name), 1)
        lately.push(name)
        if (lately.length > 40) lately.shift()
      }
      const shown = rows.changes(-1, 0).heads.map(({ tags }) => tags[0][1])
      assert.deepEqual(new Set(shown), new Set(lately))
    }),
    { numRuns: 30 },
  )
})

test('who applies every change, at whatever times, knows what a newcomer is told', () => {
  const step = fc.record({
    device: fc.nat(1),
    second: fc.nat(30),
    mean: fc.integer({ min: 0, max: 99 }),
    late: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(fc.oneof(step, fc.constant('look' as const)), { maxLength: 60 }), (steps) => {
      const rows = new Rows()
      const known = new Map<number, unknown>()
      let version = -1
      let nextId = 0
      const look = () => {
        const changes = rows.changes(version, nextId)
        for (const id of changes.gone) known.delete(id)
        for (const [id, ...value] of changes.values) known.set(id, value)
        version = rows.version
        nextId = rows.nextId
      }
      for (const one of steps) {
        if (one === 'look') look()
        else rows.take(line(devices[one.device], one.second, { temp_mean: one.mean }, one.late ? 1 : 0))
      }
      look()
      assert.deepEqual(known, new Map(rows.changes(-1, 0).values.map(([id, ...value]) => [id, value])))
    }),
  )
})

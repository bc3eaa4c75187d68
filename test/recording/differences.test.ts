import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Plan } from '../../src/model/plan.js'
import { Differences } from '../../src/recording/differences.js'
import { points } from '../support/points.js'
import { exampleStatus } from '../support/status.js'

const plan = (...measurements: string[]) =>
  ({ windows: measurements.map((measurement) => ({ measurement })) }) as unknown as Plan
const S = 1e6
const line = (machine: string, fields: Record<string, number>, timeUs = S, measurement = 'second') =>
  points([{ tags: { machine }, fields }], { timeUs, measurement })
const same = [exampleStatus(), exampleStatus()] as const
const options = { tolerance: 1e-9, examples: 10 }

test('values are equal, changed, or on one side only, in whatever order they come', () => {
  const d = new Differences([plan('second'), plan('second')], options)
  d.offer(0, line('a', { mean: 1, max: 4, old: 1 }))
  d.offer(1, line('b', { mean: 100, max: 4 }))
  d.offer(1, line('a', { mean: 1 + 1e-12, max: 5, young: 1 }))
  d.offer(0, line('b', { mean: 50, max: 4 }))
  d.offer(0, line('c', { mean: 7 }, 2 * S))
  const { equal, values, fields, examples } = d.finish(same)
  assert.equal(equal, false)
  assert.deepEqual(values, { equal: 2, changed: 2, onlyFirst: 2, onlySecond: 1, notCompared: 0 })
  const about = (measurement: string, field: string) =>
    fields.find((f) => f.measurement === measurement && f.field === field)
  assert.deepEqual(about('second', 'mean'), {
    ...{ measurement: 'second', field: 'mean', equal: 1, changed: 1, onlyFirst: 1, onlySecond: 0 },
    ...{ greatest: 50, greatestPart: 0.5 },
  })
  assert.equal(about('second', 'max')!.greatest, 1)
  assert.deepEqual(
    examples.map(({ tags, field, first, second }) => [tags[0], field, first, second]),
    [
      ['machine=a', 'max', 4, 5],
      ['machine=a', 'old', 1, undefined],
      ['machine=a', 'young', undefined, 1],
      ['machine=b', 'mean', 50, 100],
      ['machine=c', 'mean', 7, undefined],
    ],
  )
})

test('two runs with the same points and the same ledger are equal', () => {
  const d = new Differences([plan('second'), plan('second')], options)
  for (const which of [0, 1, 1, 0] as const) d.offer(which, line('a', { mean: 0 }))
  assert.equal(d.finish(same).values.equal, 2)
  const e = new Differences([plan('second'), plan('second')], { ...options, tolerance: 0 })
  e.offer(0, line('a', { mean: 1 }))
  e.offer(1, line('a', { mean: 1 + Number.EPSILON }))
  assert.equal(e.finish(same).values.changed, 1)
})

test('a measurement of several windows may come in several lines', () => {
  const d = new Differences([plan('m', 'm'), plan('m')], options)
  d.offer(0, line('a', { mean: 1 }, S, 'm'))
  d.offer(1, line('a', { mean: 1, max: 2 }, S, 'm'))
  d.offer(0, line('a', { max: 2 }, S, 'm'))
  assert.equal(d.finish(same).equal, true)
})

test('what only one side can have is not held; what finds no room is counted', () => {
  const d = new Differences([plan('second', 'new'), plan('second')], { ...options, maxHeldLines: 2 })
  for (let i = 0; i < 100; i++) d.offer(0, line('a', { mean: 1 }, i * S, 'new'))
  for (let i = 0; i < 5; i++) d.offer(0, line('a', { mean: 1, max: 1 }, i * S))
  const { values, equal } = d.finish(same)
  assert.deepEqual(values, { equal: 0, changed: 0, onlyFirst: 104, onlySecond: 0, notCompared: 6 })
  assert.equal(equal, false)
})

test('counters of the ledgers that differ are told', () => {
  const changed = structuredClone(exampleStatus())
  const source = changed.sources[0]
  source.samples.late += 12
  changed.windows[0].late += 12
  changed.sources.push({ ...structuredClone(source), name: 'more' })
  const { ledger, equal } = new Differences([plan(), plan()], options).finish([exampleStatus(), changed])
  assert.equal(equal, false)
  const late = ledger.filter(({ counter }) => counter === 'late').map(({ of, first, second }) => [of, second - first])
  assert.deepEqual(
    new Map(late as [string, number][]),
    new Map([
      [`samples of ${source.name}`, 12],
      ['samples of more', source.samples.late],
      [`window ${changed.windows[0].name}`, 12],
    ]),
  )
})

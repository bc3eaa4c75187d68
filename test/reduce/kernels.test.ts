import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import type { Kernel, PaneView } from '../../src/model/kernel.js'
import { variance } from '../../src/reduce/kernels/variance.js'
import { kernels } from '../../src/reduce/registry.js'
import { states } from '../../src/reduce/states.js'
import {
  apart,
  empty,
  finish,
  folds,
  inOrder,
  inView,
  outcomes,
  overRows,
  paneOf,
  type Rows,
  reductionOf,
  ways,
  written,
} from '../support/kernels.js'

const root = new URL('../../../', import.meta.url)
const names = kernels.map(({ name }) => name)

test('indices are places in the list', () => {
  assert.deepEqual(
    states.map(({ index }) => index),
    states.map((_, i) => i),
  )
})

test('each kernel and each state is a file on both sides, and each file is listed', () => {
  const listed = (folder: string) =>
    readdirSync(new URL(folder, root))
      .filter((file) => file !== 'index.ts')
      .map((file) => file.replace('.ts', '').replaceAll('-', '_'))
      .sort()
  assert.deepEqual(listed('src/reduce/kernels'), [...names].sort())
  assert.deepEqual(listed('assembly/kernels'), [...names].sort())
  for (const { name } of states)
    assert.ok(name === 'rows' || existsSync(new URL(`assembly/state/${name}.ts`, root)), name)
})

const rows = { times: [5, 1, 4, 2, 9, 3, 6], values: [2.5, -1, 7.5, 0.25, 3, -8, 2.5] }
const counted = inOrder({ ...rows, values: [2.5, 90, 7, 0.25, 3, 8, 2.5] })
const pane = paneOf(rows, {
  startUs: 0,
  endUs: 16,
  holdUs: 5,
  before: { timeUs: -4, value: 6 },
  after: { timeUs: 17, value: 1 },
  expectUs: 2,
  late: 1000,
  duplicate: 2000,
})

test('the module holds the same kernels', () => {
  const [found] = ways.map((way) => outcomes(rows, way))
  const expected = folds.map((kernel) =>
    kernel.reference(rows.values, rows.times, reductionOf(written(kernel)).arguments),
  )
  assert.equal(new Set(expected).size, folds.length, 'no two are alike here')
  for (const [i, kernel] of folds.entries()) {
    const tolerance = kernel.tolerance(rows.values, rows.times, reductionOf(written(kernel)).arguments)
    assert.ok(apart(kernel, found!.get(kernel.name)!, expected[i]!) <= tolerance, kernel.name)
  }
})

/** Fails unless the module agrees with the references, and no two of these are alike. */
function agree(listed: readonly Kernel[], { times, values }: Rows, pane: PaneView): void {
  const expected = listed.map((kernel) => kernel.reference(values, times, reductionOf(written(kernel)).arguments, pane))
  assert.equal(new Set(expected).size, listed.length, 'no two are alike here')
  for (const [i, kernel] of listed.entries()) {
    const { value } = inView(written(kernel), { times, values }, pane)
    const tolerance = kernel.tolerance(values, times, reductionOf(written(kernel)).arguments, pane)
    assert.ok(Math.abs(value - expected[i]!) <= tolerance, `${kernel.name}: ${value}, wanted ${expected[i]}`)
  }
}

test('the module holds the same kernels over rows', () => {
  const listed = overRows.filter(({ family }) => family !== 'signal')
  agree(listed, counted, pane)
})

test('the module holds the same kernels over sample arrays', () => {
  const rateHz = 10_000
  const values = Array.from({ length: 1500 }, (_, i) => 9.8 + Math.sin(i / 3) + Math.sin(i * i))
  const times = values.map((_, i) => (i * 1e6) / rateHz)
  const runs = [{ first: 0, rows: values.length, rateHz }]
  const listed = overRows.filter(({ family }) => family === 'signal')
  agree(listed, { times, values }, paneOf({ times, values }, { runs }))
})

test('an empty state has no value but a count of zero', () => {
  for (const kernel of folds) {
    const wanted = kernel.name === 'count' ? 0 : Number.NaN
    assert.equal(finish(written(kernel), empty(kernel.state)), wanted, kernel.name)
    assert.equal(kernel.reference([], [], reductionOf(written(kernel)).arguments), wanted, kernel.name)
  }
})

test('without rows there is a value only where one is held, and of the pane itself', () => {
  const none = { times: [], values: [] }
  const held = { ...pane, before: { timeUs: -4, value: 6 } }
  const spent = { ...pane, before: { timeUs: -5, value: 6 } }
  for (const kernel of overRows) {
    const { name, family, carries } = kernel
    const args = reductionOf(written(kernel)).arguments
    for (const view of [held, spent]) {
      const { value } = inView(written(kernel), none, view)
      const wanted = kernel.reference([], [], args, view)
      assert.equal(value, wanted, name)
      if (family !== 'quality') assert.equal(Number.isNaN(value), !(carries === 'held' && view === held), name)
    }
  }
})

test('the unit of a variance is squared', () => {
  assert.deepEqual(['', '°C', 'mm', '%', 'm/s^2'].map(variance.unit), ['', '°C²', 'mm²', '%²', '(m/s^2)²'])
})

import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { variance } from '../../src/reduce/kernels/variance.js'
import { kernels } from '../../src/reduce/registry.js'
import { states } from '../../src/reduce/states.js'
import { empty, finish, outcomes, ways } from '../support/kernels.js'

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
      .map((file) => file.replace('.ts', ''))
      .sort()
  assert.deepEqual(listed('src/reduce/kernels'), [...names].sort())
  assert.deepEqual(listed('assembly/kernels'), [...names].sort())
  for (const { name } of states) assert.ok(existsSync(new URL(`assembly/state/${name}.ts`, root)), name)
})

test('the module holds the same kernels', () => {
  const rows = { times: [5, 1, 4, 2, 9, 3], values: [2.5, -1, 7, 0.25, 3, -8] }
  const expected = kernels.map((kernel) => kernel.reference(rows.values, rows.times, []))
  assert.equal(new Set(expected).size, kernels.length, 'no two are alike here')
  const [found] = ways.map((way) => outcomes(rows, way))
  for (const [i, { name, tolerance }] of kernels.entries()) {
    assert.ok(Math.abs(found!.get(name)! - expected[i]!) <= tolerance(rows.values), `${name}: ${found!.get(name)}`)
  }
})

test('an empty state has no value but a count of zero', () => {
  for (const { name, state, reference } of kernels) {
    assert.equal(finish(name, empty(state)), name === 'count' ? 0 : Number.NaN, name)
    assert.equal(reference([], [], []), name === 'count' ? 0 : Number.NaN, name)
  }
})

test('the unit of a variance is squared', () => {
  assert.deepEqual(['', '°C', 'mm', '%', 'm/s^2'].map(variance.unit), ['', '°C²', 'mm²', '%²', '(m/s^2)²'])
})

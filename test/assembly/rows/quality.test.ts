import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PaneView } from '../../../src/model/kernel.js'
import { kernels } from '../../../src/reduce/registry.js'
import { inView, paneOf } from '../../support/kernels.js'

const S = 1e6
/** Samples at seconds, in a pane from 10 s to 20 s. Both sides must say the same. */
function outcome(name: string, seconds: number[], said: Partial<PaneView> = {}): number {
  const rows = { times: seconds.map((s) => s * S), values: seconds.map(() => 1) }
  const pane = paneOf(rows, { startUs: 10 * S, endUs: 20 * S, ...said })
  const { value } = inView(name, rows, pane)
  const wanted = kernels.find((kernel) => kernel.name === name)!.reference(rows.values, rows.times, [], pane)
  assert.ok(Object.is(value, wanted) || Math.abs(value - wanted) < 1e-12, `${name}: ${value}, the reference: ${wanted}`)
  return value
}

test('counts', () => {
  assert.equal(outcome('n', [10, 12]), 2)
  assert.equal(outcome('n', []), 0)
  assert.equal(outcome('late', [], { late: 4 }), 4)
  assert.equal(outcome('duplicate', [], { duplicate: 7 }), 7)
})

test('expected: by `expect`, else by the stated rate of the longest run', () => {
  assert.equal(outcome('expected', [], { expectUs: 2 * S }), 5)
  assert.equal(outcome('expected', [], { expectUs: 40 * S }), 0.25)
  const runs = [
    { first: 0, rows: 1, rateHz: 5 },
    { first: 1, rows: 2, rateHz: 3333.3 },
  ]
  assert.equal(outcome('expected', [10, 11, 12], { runs }), 33333)
  assert.ok(Number.isNaN(outcome('expected', [10, 11])))
})

test('gap_max: with the edges of the pane', () => {
  assert.equal(outcome('gap_max', [12, 13, 17, 19]), 4)
  assert.equal(outcome('gap_max', [15, 15]), 5)
  assert.equal(outcome('gap_max', [13]), 7)
  assert.equal(outcome('gap_max', []), 10)
})

test('coverage: within `expect` after a sample, the one carried in too', () => {
  const expectUs = 2 * S
  assert.equal(outcome('coverage', [10, 12, 14, 16, 18], { expectUs }), 1)
  assert.equal(outcome('coverage', [10, 11, 15, 19], { expectUs }), 0.6)
  assert.equal(outcome('coverage', [], { expectUs, before: { timeUs: 9 * S, value: 1 } }), 0.1)
  assert.equal(outcome('coverage', [], { expectUs, before: { timeUs: 8 * S, value: 1 } }), 0)
  assert.equal(outcome('coverage', [], { expectUs }), 0)
  assert.equal(outcome('coverage', [15], { expectUs: 1e12 }), 0.5)
  assert.ok(Number.isNaN(outcome('coverage', [12])))
})

test('coverage of runs: rows × 1/rate, and a lost frame shows', () => {
  const at = (from: number, rows: number) => Array.from({ length: rows }, (_, i) => from + i / 4)
  const lost = [...at(10, 16), ...at(16, 16)]
  const runs = [
    { first: 0, rows: 16, rateHz: 4 },
    { first: 16, rows: 16, rateHz: 4 },
  ]
  assert.equal(outcome('coverage', lost, { runs }), 0.8)
  assert.equal(outcome('coverage', lost, { runs, expectUs: 60 * S }), 0.8, 'the stated rate is nearer')
  assert.equal(outcome('coverage', [...lost, 15], { runs: runs.slice(0, 1) }), 0.4, 'rows without a rate cover nothing')
  // The pane cuts the run before its first row: the one before covers up to it.
  const cut = at(10.125, 40)
  const before = { timeUs: 9.875 * S, value: 1 }
  assert.equal(outcome('coverage', cut, { runs: [{ first: 0, rows: 40, rateHz: 4 }], before }), 1)
})

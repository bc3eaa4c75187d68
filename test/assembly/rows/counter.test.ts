import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inView, paneOf } from '../../support/kernels.js'

/** Readings a second apart, the one before the pane first where `carried`. */
function outcome(reduction: string, readings: number[], carried = false) {
  const times = readings.map((_, i) => i * 1e6)
  const rows = { times: times.slice(carried ? 1 : 0), values: readings.slice(carried ? 1 : 0) }
  const before = carried ? { before: { timeUs: -5e6, value: readings[0]! } } : {}
  return inView(reduction, rows, paneOf(rows, before)).value
}

test('steps add up, with the one from the sample before', () => {
  assert.equal(outcome('increase', [10, 12, 15]), 5)
  assert.equal(outcome('increase', [10, 12, 15], true), 5)
  assert.equal(outcome('rate', [10, 12, 15]), 5 / 2)
  assert.equal(outcome('rate', [10, 12, 15], true), 5 / 7)
})

test('a fall is a reset: the counter began again at 0', () => {
  assert.equal(outcome('increase', [100, 130, 20, 25]), 30 + 20 + 5)
  assert.equal(outcome('increase', [100, 0, 0]), 0)
})

test('with a word a fall is a wrap', () => {
  assert.equal(outcome('increase(u16)', [65530, 4, 10]), 10 + 6)
  assert.equal(outcome('increase(u32)', [4294967295, 0]), 1)
  assert.equal(outcome('rate(u16)', [65530, 4]), 10)
  assert.equal(outcome('increase(none)', [65530, 4]), 4)
})

test('one sample alone has no step, and no time passes between equal times', () => {
  for (const reduction of ['increase', 'rate', 'increase(u16)']) {
    assert.ok(Number.isNaN(outcome(reduction, [5])))
    assert.ok(Number.isNaN(outcome(reduction, [])))
    assert.ok(Number.isNaN(outcome(reduction, [5], true)), 'no rows')
  }
  const equal = { times: [7, 7], values: [1, 4] }
  assert.equal(inView('increase', equal, paneOf(equal)).value, 3)
  assert.ok(Number.isNaN(inView('rate', equal, paneOf(equal)).value))
})

test('a reading that no such counter gives leaves no value rather than a wrong one', () => {
  for (const readings of [
    [5, -1],
    [-1, 5],
  ])
    assert.ok(Number.isNaN(outcome('increase', readings)), `${readings}`)
  assert.ok(Number.isNaN(outcome('increase(u16)', [5, 65536, 7])))
  assert.ok(Number.isNaN(outcome('increase(u16)', [65536, 7, 8], true)))
  assert.equal(outcome('increase(u32)', [5, 65536, 65537]), 65532)
  assert.equal(outcome('increase', [-0, 2]), 2)
})

test('steps beyond 2^53 and fractions keep their digits', () => {
  assert.equal(outcome('increase', [0.1, 2 ** 53, 0.5, 0.75]), 2 ** 53 + 0.75 - 0.1)
  const long = Array.from({ length: 20001 }, (_, i) => 1e9 + i * 0.1)
  assert.equal(outcome('increase', long), long.at(-1)! - 1e9)
})

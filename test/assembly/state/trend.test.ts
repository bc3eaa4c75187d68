import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slope } from '../../../src/reduce/kernels/slope.js'
import { outcomes, ways } from '../../support/kernels.js'

const slopes = (times: number[], values: number[]) =>
  ways.map((way) => ({ how: way.name, found: outcomes({ times, values }, way).get('slope')! }))

test('a line has its own slope, in any order of arrival, at today’s times', () => {
  const times = Array.from({ length: 1000 }, (_, i) => 1.76e15 + ((i * 7919) % 1000) * 1e5)
  for (const { how, found } of slopes(
    times,
    times.map((time) => 20 - ((time - 1.76e15) / 1e6) * 0.5),
  )) {
    assert.ok(Math.abs(found + 0.5) < 1e-15, `${how}: ${found}`)
  }
})

test('a mean of 1e9 deviations and times of 1e15 µs cost no digits', () => {
  const times = Array.from({ length: 5000 }, (_, i) => 1.76e15 + i * 1000 + ((i * i) % 900))
  const values = times.map((_, i) => 1e9 + Math.sin(i * i))
  const wanted = slope.reference(values, times, [])
  for (const { how, found } of slopes(times, values))
    assert.ok(Math.abs(found - wanted) <= slope.tolerance(values, times), `${how}: ${found}, wanted ${wanted}`)
})

test('a first row years away', () => {
  const times = [0, ...Array.from({ length: 400 }, (_, i) => 1.76e15 + i)]
  const values = times.map((_, i) => (i ? i % 5 : 1e9))
  const wanted = slope.reference(values, times, [])
  for (const { how, found } of slopes(times, values))
    assert.ok(Math.abs(found - wanted) <= slope.tolerance(values, times), `${how}: ${found}, wanted ${wanted}`)
})

test('below two different times there is no slope', () => {
  for (const times of [[], [5], [5, 5, 5, 5, 5, 5, 5, 5, 5]])
    for (const { how, found } of slopes(
      times,
      times.map((_, i) => i),
    ))
      assert.ok(Number.isNaN(found), how)
})

test('two rows a microsecond apart', () => {
  for (const { found } of slopes([1.76e15, 1.76e15 + 1], [3, 4])) assert.equal(found, 1e6)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { editDistance, nearest } from '../../src/config/nearest.js'

test('edits between words', () => {
  for (const [a, b, n] of [
    ['', '', 0],
    ['abc', 'abc', 0],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['wiat', 'wait', 1],
  ] as const)
    assert.equal(editDistance(a, b), n)
})

test('the nearest word, if it is near', () => {
  const keys = ['every', 'lateness', 'measurement', 'maxSeries']
  assert.equal(nearest('latness', keys), 'lateness')
  assert.equal(nearest('max_series', keys), 'maxSeries')
  assert.equal(nearest('password', keys), undefined)
})

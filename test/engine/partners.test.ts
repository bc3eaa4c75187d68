import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Series } from '../../src/engine/identities.js'
import { Partners, type Tags } from '../../src/engine/partners.js'

const series = (name: string) => ({ field: name }) as Series
const names = (found: Series[]) => found.map(({ field }) => field)

test('series fit where all tags that both have are equal, whenever they were added', () => {
  const partners = new Partners()
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(series)
  partners.add(a, [['line', '1']])
  partners.add(b, [
    ['line', '1'],
    ['machine', 'x'],
  ])
  const machine: Tags = [
    ['machine', 'x'],
    ['hall', 'h'],
  ]
  assert.deepEqual(names(partners.find(machine)), ['a', 'b'])
  partners.add(c, [
    ['machine', 'y'],
    ['line', '2'],
  ])
  partners.add(d, [])
  assert.deepEqual(names(partners.find(machine)), ['a', 'b', 'd'])
  assert.deepEqual(
    names(
      partners.find([
        ['line', '2'],
        ['machine', 'y'],
      ]),
    ),
    ['c', 'd'],
  )
  assert.deepEqual(
    names(
      partners.find([
        ['line', '1'],
        ['machine', 'y'],
      ]),
    ),
    ['a', 'd'],
  )
  assert.deepEqual(names(partners.find([])), ['a', 'b', 'c', 'd'])
})

test('what was taken out is not found any more', () => {
  const partners = new Partners()
  const [a, b] = ['a', 'b'].map(series)
  partners.add(a, [['m', '1']])
  partners.add(b, [['m', '1']])
  assert.deepEqual(names(partners.find([['m', '1']])), ['a', 'b'])
  partners.delete(a)
  assert.deepEqual(names(partners.find([['m', '1']])), ['b'])
  partners.delete(b)
  assert.deepEqual(names(partners.find([])), [])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addRows,
  addRun,
  empty,
  finish,
  freePages,
  freshSlab,
  merge,
  release,
  type Slot,
  split,
} from '../../support/kernels.js'
import { hostile, ordered, rankError, usual } from '../../support/orders.js'

const rowsOf = (values: readonly number[]) => ({ times: values, values })
const byRows = (values: readonly number[]) => addRows('ranks', empty('ranks'), rowsOf(values))
const quantileOf = (slot: Slot) => (q: number) => finish(`quantile(${q})`, slot)

/** As runs of the length of a batch of columns. */
function byRun(values: readonly number[]): Slot {
  const slot = empty('ranks')
  for (let at = 0; at < values.length; at += 16384) addRun('ranks', slot, rowsOf(values.slice(at, at + 16384)))
  return slot
}

const partsOf = (values: readonly number[]) => split(rowsOf(values), 64).map(({ values: part }) => byRows(part))
const ways: Record<string, (values: readonly number[]) => Slot> = {
  rows: byRows,
  runs: byRun,
  'a chain of 64': (values) => partsOf(values).reduce((into, from) => merge('ranks', into, from)),
  'a tree of 64': (values) => {
    let level = partsOf(values)
    while (level.length > 1) level = level.flatMap((slot, i) => (i % 2 ? [] : [merge('ranks', slot, level[i + 1]!)]))
    return level[0]!
  },
}

for (const [orders, bound] of [
  [usual, 0.005],
  [hostile, 0.01],
] as const) {
  for (const [name, order] of Object.entries(orders)) {
    test(`rank error within ${bound * 100} % of 1,000 to 100,000 rows, ends exact: ${name}`, (t) => {
      for (const n of [1000, 10_000, 100_000]) {
        const values = ordered(order, n)
        const sorted = Float64Array.from(values).sort()
        const errors = Object.entries(ways).map(([way, reduce]) => {
          freshSlab()
          const slot = reduce(values)
          const error = rankError(values, quantileOf(slot))
          assert.ok(error <= bound, `${n} by ${way}: ${error * 100} %`)
          assert.equal(finish('p0', slot), sorted[0], `${n} by ${way}`)
          assert.equal(finish('p100', slot), sorted.at(-1), `${n} by ${way}`)
          return `${way} ${(error * 100).toFixed(2)}`
        })
        t.diagnostic(`${n}: ${errors.join(', ')} %`)
      }
    })
  }
}

test('counts beyond 2^30 are halved: order, ends and quantiles stay', () => {
  freshSlab()
  const values = ordered(usual.exponential!, 5000)
  let slot = byRows(values)
  for (let i = 0; i < 24; i++) slot = merge('ranks', slot, merge('ranks', empty('ranks'), slot))
  addRun('ranks', slot, rowsOf(values))
  addRows('ranks', slot, rowsOf(values))
  assert.ok(rankError(values, quantileOf(slot)) <= 0.005)
  assert.equal(quantileOf(slot)(0), Math.min(...values))
  assert.equal(quantileOf(slot)(1), Math.max(...values))
})

test('four sketches take four pages and their slots; a full slab leaves one at the size it has, its ends exact', () => {
  const values = ordered(usual.exponential!, 20_000)
  freshSlab()
  const free = freePages()
  const four = Array.from({ length: 4 }, () => byRows(values))
  assert.equal(free - freePages(), 4)
  for (const slot of four) release('ranks', slot)
  assert.equal(freePages(), free)
  // Without a page nothing but the ends is told, with one there is a small block of 14 entries.
  for (const pages of [0, 1]) {
    for (const reduce of [byRows, byRun]) {
      freshSlab(pages)
      const slot = reduce(values)
      assert.equal(quantileOf(slot)(0), Math.min(...values))
      assert.equal(quantileOf(slot)(1), Math.max(...values))
      if (pages === 0) assert.ok(Number.isNaN(quantileOf(slot)(0.5)))
      else assert.ok(rankError(values, quantileOf(slot)) < 0.1)
      release('ranks', slot)
      assert.equal(freePages(), pages)
    }
  }
})

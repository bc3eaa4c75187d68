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
} from '../../support/kernels.js'

const rows = (values: readonly number[]) => ({ times: values.map((_, i) => i), values })
const run = (values: readonly number[]): Slot => addRun('distinct', empty('distinct'), rows(values))
const told = (slot: Slot) => finish('distinct', slot)
/** So many different values, others for each seed. */
const different = (n: number, seed: number) => Array.from({ length: n }, (_, i) => 1 + seed * 1e6 + i * 0.37)

test('exact up to 400 different values, however often and in whatever order they come', () => {
  freshSlab()
  for (const n of [1, 2, 24, 25, 26, 97, 98, 99, 399, 400]) {
    const values = different(n, 1)
    assert.equal(told(run([...values, ...values.toReversed(), ...values])), n)
    assert.equal(told(addRows('distinct', empty('distinct'), rows(values))), n)
  }
})

test('zero of either sign is one value, and the least and greatest doubles are others', () => {
  freshSlab()
  assert.equal(told(run([0, -0, 0])), 1)
  assert.equal(told(run([0, 5e-324, -5e-324, 1.7e308, -1.7e308, 2 ** 53, 2 ** 53 + 2])), 7)
  assert.ok(Number.isNaN(told(empty('distinct'))))
})

for (const n of [500, 1000, 5000, 20_000, 100_000]) {
  test(`standard error at most 2 % at ${n} values`, (t) => {
    const seeds = n > 10_000 ? 60 : 150
    let squares = 0
    let bias = 0
    for (let seed = 1; seed <= seeds; seed++) {
      freshSlab()
      const error = told(run(different(n, seed))) / n - 1
      squares += error * error
      bias += error
    }
    const standard = Math.sqrt(squares / seeds)
    t.diagnostic(`${(standard * 100).toFixed(2)} %, on average ${((bias / seeds) * 100).toFixed(2)} %`)
    assert.ok(standard <= 0.02, `${standard}`)
    assert.ok(Math.abs(bias / seeds) <= 0.006, `${bias / seeds}`)
  })
}

test('parts merged tell what the whole does, to the bit', () => {
  for (const [a, b] of [
    [10, 20],
    [300, 300],
    [300, 5000],
    [5000, 300],
    [5000, 9000],
  ] as const) {
    freshSlab()
    const [left, right] = [different(a, 1), [...different(b, 2), ...different(5, 1)]]
    assert.equal(told(merge('distinct', run(left), run(right))), told(run([...left, ...right])), `${a} and ${b}`)
  }
})

test('it starts small, takes a page at most, and gives all back', () => {
  freshSlab()
  const before = freePages()
  const small = Array.from({ length: 16 }, () => run([1, 2, 3]))
  assert.equal(before - freePages(), 1)
  const large = run(different(50_000, 3))
  assert.equal(before - freePages(), 2)
  for (const slot of [...small, large]) release('distinct', slot)
  assert.equal(freePages(), before)
})

test('with a full slab it goes on with fewer registers, and merges with larger ones either way', () => {
  freshSlab(1)
  const small = run(different(5000, 4))
  assert.ok(Math.abs(told(small) / 5000 - 1) < 0.4)
  freshSlab(2)
  const coarse = (() => {
    const first = run([1])
    const blocks = Array.from({ length: 15 }, () => run([1]))
    assert.equal(blocks.length, 15)
    return first
  })()
  const fine = run(different(5000, 5))
  addRun('distinct', coarse, rows(different(5000, 4)))
  assert.ok(Math.abs(told(merge('distinct', coarse, fine)) / 10_000 - 1) < 0.4)
  assert.ok(Math.abs(told(merge('distinct', fine, coarse)) / 10_000 - 1) < 0.4)
})

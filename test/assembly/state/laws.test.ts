import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { states } from '../../../src/reduce/states.js'
import {
  addRows,
  addRun,
  apart,
  empty,
  finish,
  folds,
  freshSlab,
  merge,
  type Rows,
  reductionOf,
  type Slot,
  ways,
  written,
} from '../../support/kernels.js'
import { joined, parts, series } from '../../support/series.js'

/** Fails unless every kernel of the state reads in a slot what its reference says of the rows. */
function holds(state: string, slot: Slot, { values, times }: Rows, how: string): void {
  for (const kernel of folds) {
    if (kernel.state !== state) continue
    const args = reductionOf(written(kernel)).arguments
    const found = finish(written(kernel), slot)
    const wanted = kernel.reference(values, times, args)
    if (Number.isNaN(wanted)) assert.ok(Number.isNaN(found), `${kernel.name}, ${how}: ${found}, no value wanted`)
    else {
      const tolerance = kernel.tolerance(values, times, args)
      assert.ok(apart(kernel, found, wanted) <= 2 * tolerance, `${kernel.name}, ${how}: ${found}, wanted ${wanted}`)
    }
  }
}

for (const { name } of states) {
  if (name === 'rows') continue // kept as they are, not folded
  const slotOnly = name !== 'ranks' && name !== 'distinct'

  test(`${name}: every way in gives the reference`, () => {
    fc.assert(
      fc.property(series, (rows) => {
        freshSlab()
        for (const way of ways) holds(name, way.reduce(name, rows), rows, way.name)
      }),
      { numRuns: 300 },
    )
  })

  test(`${name}: an empty slot is neutral on both sides, to the bit`, () => {
    fc.assert(
      fc.property(series, (rows) => {
        freshSlab()
        const slot = addRows(name, empty(name), rows)
        assert.deepEqual(merge(name, slot.slice(), empty(name)), slot)
        // What a sketch keeps in blocks is copied, so the slots differ in where that is.
        if (slotOnly) assert.deepEqual(merge(name, empty(name), slot), slot)
        else holds(name, merge(name, empty(name), slot), rows, 'merged into none')
      }),
    )
  })

  test(`${name}: merging parts, cut anywhere, equals the whole`, () => {
    fc.assert(
      fc.property(parts(2), ([a, b]) => {
        freshSlab()
        const slot = merge(name, addRows(name, empty(name), a!), addRun(name, empty(name), b!))
        holds(name, slot, joined([a!, b!]), 'merged')
      }),
      { numRuns: 300 },
    )
  })

  test(`${name}: the order of merges does not matter`, () => {
    fc.assert(
      fc.property(parts(3), (three) => {
        freshSlab()
        const slots = () => three.map((rows) => addRun(name, empty(name), rows))
        const [a, b, c] = slots()
        const left = merge(name, merge(name, a!, b!), c!)
        const [d, e, f] = slots()
        const right = merge(name, d!, merge(name, e!, f!))
        holds(name, left, joined(three), '(ab)c')
        holds(name, right, joined(three), 'a(bc)')
      }),
      { numRuns: 300 },
    )
  })

  test(`${name}: the same rows give the same bits, and nothing is written past the slot`, () => {
    fc.assert(
      fc.property(series, (rows) => {
        for (const way of ways) {
          const fresh = (): Slot => {
            freshSlab()
            return way.reduce(name, rows)
          }
          assert.deepEqual(fresh(), fresh())
        }
      }),
      { numRuns: 30 },
    )
  })
}

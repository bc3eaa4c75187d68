import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outcomes, ways } from '../../support/kernels.js'

function expectDirection(values: number[], wanted: number, tolerance = 0): void {
  for (const way of ways) {
    const found = outcomes({ times: values.map((_, i) => i), values }, way).get('circmean')!
    if (Number.isNaN(wanted)) assert.ok(Number.isNaN(found), `${way.name}: ${found}, no value wanted`)
    else assert.ok(Math.abs(found - wanted) <= tolerance, `${way.name}: ${found}, wanted ${wanted}`)
  }
}

test('quarters of a turn are exact, however many', () => {
  for (const turns of [0, 360, -720, 360 * 2 ** 40, -360 * 2 ** 40])
    for (const quarter of [0, 90, 180, 270]) expectDirection([turns + quarter], quarter)
  expectDirection([-90], 270)
  expectDirection([-0], 0)
})

test('the mean of 350 and 10 degrees is north', () => {
  expectDirection([350, 10], 0)
  expectDirection([340, 10], 355, 1e-13)
  expectDirection([10, 20, 30], 20, 1e-13)
})

test('huge angles are reduced exactly', () => {
  for (const value of [1e15 + 0.125, 2 ** 53, 1e22, 1e300, -1e300, 123456789.123]) {
    const exact = ((value % 360) + 360) % 360
    expectDirection([value], exact, 1e-13)
  }
})

test('directions that cancel have no mean', () => {
  expectDirection([0, 180], Number.NaN)
  expectDirection([10, 190], Number.NaN)
  expectDirection([0, 120, 240], Number.NaN)
  expectDirection(
    Array.from({ length: 1000 }, (_, i) => i * 0.36),
    Number.NaN,
  )
})

test('a direction just below north is not 360', () => {
  for (const way of ways) {
    const found = outcomes({ times: [0], values: [-1e-20] }, way).get('circmean')!
    assert.ok(found >= 0 && found < 360, `${found}`)
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inView, paneOf } from '../../support/kernels.js'

/** 1 − e^−x: how far ewma goes from 0 towards 1 while 1 holds for x times tau. */
function decay(x: number): number {
  const spanUs = 2 ** 40
  const rows = { times: [0, 1], values: [0, 1] }
  const tau = spanUs / 1e6 / x
  return inView(`ewma(${tau})`, rows, paneOf(rows, { endUs: 1 + spanUs, holdUs: 2 * spanUs })).value
}

test('1 − e^−x to the last digits, from the least x to the greatest', () => {
  for (let x = 2 ** -9; x < 60; x *= 1.0007) {
    // What is asked for, with tau rounded as it is handed over.
    const tau = 2 ** 40 / 1e6 / x
    const wanted = -Math.expm1(-(2 ** 40) / (tau * 1e6))
    assert.ok(Math.abs(decay(x) / wanted - 1) <= 2.5 * Number.EPSILON, `${x}: ${decay(x)}, wanted ${wanted}`)
  }
  assert.equal(decay(1000), 1)
})

test('a held microsecond of a tau of years', () => {
  const rows = { times: [0, 1], values: [0, 1] }
  const { value } = inView('ewma(1e9)', rows, paneOf(rows, { endUs: 2 }))
  assert.ok(Math.abs(value / 1e-15 - 1) <= 1e-14, `${value}`)
})

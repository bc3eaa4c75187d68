import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addRows, empty } from '../../support/kernels.js'

/** Sine and cosine of one angle, as the state `circle` adds them to nothing. */
function turn(degrees: number): [number, number] {
  const slot = addRows('circle', empty('circle'), { times: [0], values: [degrees] })
  return [slot[1]! + slot[2]!, slot[3]! + slot[4]!]
}

test('multiples of 90 degrees are exact', () => {
  const quarters: [number, number][] = [
    [0, 1],
    [1, 0],
    [0, -1],
    [-1, 0],
  ]
  for (let i = -40; i <= 40; i++) {
    const [sine, cosine] = turn(i * 90)
    assert.deepEqual([sine + 0, cosine + 0], quarters[((i % 4) + 4) % 4])
  }
})

test('within two units in the last place, over a turn', () => {
  const near = (found: number, wanted: number, what: string) =>
    assert.ok(Math.abs(found - wanted) <= 2 * Number.EPSILON * Math.abs(wanted), `${what}: ${found}, wanted ${wanted}`)
  for (let degrees = 0.001; degrees < 45; degrees += 0.0137) {
    const radians = (degrees * Math.PI) / 180
    for (const [angle, sign] of [
      [degrees, 1],
      [-degrees, -1],
    ] as const) {
      near(turn(angle)[0], sign * Math.sin(radians), `sin ${angle}`)
      near(turn(angle)[1], Math.cos(radians), `cos ${angle}`)
    }
  }
})

test('sectors are mirror images, to the bit', () => {
  for (let i = 1; i < 360; i++) {
    const degrees = i * 0.125
    const [sine, cosine] = turn(degrees)
    assert.deepEqual(turn(degrees + 90), [cosine, -sine])
    assert.deepEqual(turn(degrees - 180), [-sine, -cosine])
    assert.deepEqual(turn(degrees + 360 * 1024), [sine, cosine])
  }
})

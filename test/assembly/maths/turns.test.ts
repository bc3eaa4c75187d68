import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileProbe, testArena } from '../../support/probe.js'

const { cosTurns, sinTurns } = await compileProbe('signal', testArena(1).memory)

test('eighths of a turn are right to the bit, on either side of zero', () => {
  const half = Math.SQRT1_2
  const sines = [0, half, 1, half, 0, -half, -1, -half]
  for (let eighth = -24; eighth <= 24; eighth++) {
    const at = ((eighth % 8) + 8) % 8
    assert.ok(Math.abs(sinTurns!(eighth / 8) - sines[at]!) <= 1.2e-16, `sin ${eighth}/8`)
    assert.ok(Math.abs(cosTurns!(eighth / 8) - sines[(at + 2) % 8]!) <= 1.2e-16, `cos ${eighth}/8`)
    if (at % 2 === 0) assert.ok(sinTurns!(eighth / 8) === sines[at]!, `${eighth}/8`)
  }
})

test('within 1.5 units in the last place of sin and cos, and never off the circle', () => {
  // Below an eighth of a turn 2πx is rounded once, and Math.sin is right to less than a unit.
  for (let i = 1; i <= 20_000; i++) {
    const x = i / 160_000
    for (const [found, wanted] of [
      [sinTurns!(x), Math.sin(2 * Math.PI * x)],
      [cosTurns!(x), Math.cos(2 * Math.PI * x)],
    ]) {
      assert.ok(Math.abs(found! / wanted! - 1) <= 1.5 * 2 ** -52, `${x}: ${found}, ${wanted}`)
    }
    const turned = x + (i % 9) - 4
    assert.ok(Math.abs(sinTurns!(turned) ** 2 + cosTurns!(turned) ** 2 - 1) <= 4.5e-16)
  }
  for (const tiny of [1e-10, 1e-300, 5e-324]) assert.equal(sinTurns!(tiny), 2 * Math.PI * tiny)
})

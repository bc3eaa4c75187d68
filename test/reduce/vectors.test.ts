import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { kernels } from '../../src/reduce/registry.js'
import { outcomes, type Rows, ways } from '../support/kernels.js'

interface Case extends Rows {
  name: string
  expected: Record<string, number | null>
}

const path = new URL('../../../test/vectors/kernels/vectors.json', import.meta.url)
const cases: Case[] = JSON.parse(readFileSync(path, 'utf8'))
function close(found: number, exact: number | null, tolerance: number): boolean {
  return exact === null ? Number.isNaN(found) : Math.abs(found - exact) <= tolerance
}

for (const { name, times, values, expected } of cases) {
  test(`exact rationals: ${name}`, () => {
    for (const kernel of kernels) {
      const exact = expected[kernel.name]!
      const tolerance = kernel.tolerance(values)
      const reference = kernel.reference(values, times, [])
      assert.ok(close(reference, exact, tolerance), `${kernel.name}, reference: ${reference}, exact ${exact}`)
      for (const way of ways) {
        const found = outcomes({ times, values }, way).get(kernel.name)!
        assert.ok(close(found, exact, tolerance), `${kernel.name}, ${way.name}: ${found}, exact ${exact}`)
      }
    }
  })
}

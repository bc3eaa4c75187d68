import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Kernel, PaneView } from '../../src/model/kernel.js'
import { kernels } from '../../src/reduce/registry.js'
import { apart, inView, outcomes, type Rows, reductionOf, ways } from '../support/kernels.js'

/** With a pane, what kernels over rows answer, by reduction as written; else the kernels over states. */
interface Case extends Rows {
  name: string
  pane?: PaneView
  expected: Record<string, number | null>
}

const path = new URL('../../../test/vectors/kernels/vectors.json', import.meta.url)
const cases: Case[] = JSON.parse(readFileSync(path, 'utf8'))

function close(kernel: Kernel, found: number, exact: number | null, tolerance: number): boolean {
  return exact === null ? Number.isNaN(found) : apart(kernel, found, exact) <= tolerance
}

for (const { name, times, values, pane, expected } of cases) {
  test(`exact rationals: ${name}`, () => {
    for (const [written, exact] of Object.entries(expected)) {
      const { kernel: kernelName, arguments: args } = reductionOf(written)
      const kernel = kernels.find((each) => each.name === kernelName)!
      const tolerance = kernel.tolerance(values, times, args, pane)
      const reference = kernel.reference(values, times, args, pane)
      assert.ok(close(kernel, reference, exact, tolerance), `${written}, reference: ${reference}, exact ${exact}`)
      const found: [string, number][] = pane
        ? [['in view', inView(written, { times, values }, pane).value]]
        : ways.map((way) => [way.name, outcomes({ times, values }, way).get(kernelName)!])
      for (const [how, value] of found)
        assert.ok(close(kernel, value, exact, tolerance), `${written}, ${how}: ${value}, exact ${exact}`)
    }
  })
}

test('there are vectors for every kernel in closed form', () => {
  const families = new Set(['basic', 'spread', 'uneven time', 'angle', 'quality'])
  const covered = new Set(
    cases.flatMap(({ expected }) => Object.keys(expected).map((each) => reductionOf(each).kernel)),
  )
  assert.deepEqual(
    kernels.flatMap(({ name, family }) => (families.has(family) && !covered.has(name) ? [name] : [])),
    [],
  )
})

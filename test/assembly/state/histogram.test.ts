import assert from 'node:assert/strict'
import { test } from 'node:test'
import { histogram } from '../../../src/reduce/kernels/histogram.js'
import { resolveReduction } from '../../../src/reduce/names.js'
import { addRows, addRun, empty, finish } from '../../support/kernels.js'

test('a value at an edge belongs above it, and each bucket is a field', () => {
  const resolved = resolveReduction('histogram(-10,0,2.5)')
  assert.ok('reductions' in resolved)
  assert.deepEqual(
    resolved.reductions.map(({ suffix, arguments: args, stateArguments }) => [suffix, args, stateArguments]),
    [
      ['histogram_lt_m10', [0], [-10, 0, 2.5]],
      ['histogram_m10_0', [1], [-10, 0, 2.5]],
      ['histogram_0_2.5', [2], [-10, 0, 2.5]],
      ['histogram_ge_2.5', [3], [-10, 0, 2.5]],
    ],
  )
  const values = [-11, -10, -0.5, -0, 0, 2.4, 2.5, 1e300]
  assert.deepEqual(
    [0, 1, 2, 3].map((bucket) => histogram.reference(values, [], [bucket, -10, 0, 2.5])),
    [1, 2, 3, 2],
  )
})

test('the module counts as the reference does', () => {
  const values = [-3, 0, -0, 4, 9.999, 10, 1e9]
  const rows = { times: values.map((_, i) => i), values }
  for (const slot of [addRows('histogram', empty('histogram'), rows), addRun('histogram', empty('histogram'), rows)])
    assert.equal(finish('histogram(0,10)', slot), 1)
})

test('edges out of order, too many or none are refused', () => {
  const problem = (written: string) => {
    const resolved = resolveReduction(written)
    return 'problem' in resolved ? resolved.problem : 'none'
  }
  for (const written of [
    'histogram',
    'histogram(5,5)',
    'histogram(5,1)',
    'histogram(a)',
    `histogram(${Array.from({ length: 16 }, (_, i) => i)})`,
  ])
    assert.match(problem(written), /needs 1 to 15 edges, numbers in ascending order; got/)
})

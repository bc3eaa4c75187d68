import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mean } from '../../src/reduce/kernels/mean.js'
import { resolveReduction } from '../../src/reduce/names.js'
import { kernels } from '../../src/reduce/registry.js'

const band = {
  ...mean,
  name: 'band_rms',
  arguments: [
    { name: 'lo', unit: 'Hz', min: 0, max: 1e6 },
    { name: 'hi', unit: 'Hz', min: 0, max: 1e6 },
  ],
}

test('every kernel is known by its name', () => {
  for (const { name, example } of kernels) {
    const resolved = resolveReduction(example ?? name)
    assert.ok('reductions' in resolved, name)
    assert.ok(resolved.reductions.length > 0)
    for (const { kernel, suffix } of resolved.reductions) {
      assert.equal(kernel, name)
      assert.ok(example ? suffix.startsWith(`${name}_`) : suffix === name, suffix)
    }
  }
})

test('an unknown reduction is told what there is', () => {
  assert.deepEqual(resolveReduction('averge'), {
    problem: `cannot use \`averge\`: unknown reduction; known ones are ${kernels.map(({ name }) => name).join(', ')}`,
  })
})

test('arguments become numbers and part of the field name', () => {
  assert.deepEqual(resolveReduction(' band_rms( 10, 1000.5 )', [band]), {
    reductions: [{ kernel: 'band_rms', arguments: [10, 1000.5], suffix: 'band_rms_10_1000.5' }],
  })
})

for (const [written, problem] of [
  ['mean(3)', 'cannot use `mean(3)`: takes no arguments; got 1'],
  ['band_rms', 'cannot use `band_rms`: needs 2 arguments lo, hi in Hz; got 0'],
  ['band_rms(1,x)', 'cannot use `band_rms(1,x)`: hi must be a number from 0 to 1000000; got `x`'],
  ['band_rms(1,)', 'cannot use `band_rms(1,)`: hi must be a number from 0 to 1000000; got ``'],
  ['band_rms(-1,2)', 'cannot use `band_rms(-1,2)`: lo must be a number from 0 to 1000000; got `-1`'],
  ['mean)', 'cannot use `mean)`: not a reduction; write `name` or `name(number, …)`'],
  ['', 'cannot use ``: not a reduction; write `name` or `name(number, …)`'],
] as const) {
  test(`refuses ${JSON.stringify(written)}`, () => {
    assert.deepEqual(resolveReduction(written, [mean, band]), { problem })
  })
}

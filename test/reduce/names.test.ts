import assert from 'node:assert/strict'
import { test } from 'node:test'
import { histogram } from '../../src/reduce/kernels/histogram.js'
import { mean } from '../../src/reduce/kernels/mean.js'
import { quantile } from '../../src/reduce/kernels/quantile.js'
import { stddev } from '../../src/reduce/kernels/stddev.js'
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

const above = { ...mean, name: 'above', arguments: [{ name: 'level', comparison: true as const }] }
const smooth = { ...mean, name: 'smooth', arguments: [{ name: 'points', min: 1, max: 9, default: 5 }] }
const short = { ...histogram, name: 'short', edges: 2 }

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

test('a quantile is exact in its name, and its short forms keep theirs', () => {
  for (const [written, share, suffix] of [
    ['quantile(0.995)', 0.995, 'quantile_0.995'],
    ['p99', 0.99, 'p99'],
    ['p99.9', 0.999, 'p99.9'],
    ['p5', 0.05, 'p5'],
    ['p0', 0, 'p0'],
    ['p100', 1, 'p100'],
    ['median', 0.5, 'median'],
  ] as const)
    assert.deepEqual(resolveReduction(written), {
      reductions: [{ kernel: 'quantile', arguments: [share], suffix }],
    })
})

test('edges make a field for each gap, over one state', () => {
  const edges = [-40, 0.5, 85]
  const names = ['histogram_lt_m40', 'histogram_m40_0.5', 'histogram_0.5_85', 'histogram_ge_85']
  assert.deepEqual(resolveReduction('histogram(-40, 0.5, 85)'), {
    reductions: names.map((suffix, i) => ({ kernel: 'histogram', arguments: [i], stateArguments: edges, suffix })),
  })
  const fifteen = Array.from({ length: 15 }, (_, i) => i)
  const resolved = resolveReduction(`histogram(${fifteen.join()})`)
  assert.ok('reductions' in resolved && resolved.reductions.length === 16)
})

test('a comparison takes two places, its operator and its number', () => {
  for (const [written, arguments_, suffix] of [
    ['above(>80)', [0, 80], 'above_80'],
    ['above(>= 80.5)', [1, 80.5], 'above_80.5'],
    ['above(<-3)', [2, -3], 'above_m3'],
    ['above(<=0)', [3, 0], 'above_0'],
  ] as const)
    assert.deepEqual(resolveReduction(written, [above]), {
      reductions: [{ kernel: 'above', arguments: arguments_, suffix }],
    })
})

test('words and numbers with defaults may be left out', () => {
  const of = (written: string) => {
    const resolved = resolveReduction(written, [...kernels, smooth])
    return 'problem' in resolved
      ? resolved.problem
      : resolved.reductions.map(({ arguments: all, suffix }) => [all, suffix])
  }
  assert.deepEqual(of('stddev'), [[[0], 'stddev']])
  assert.deepEqual(of('stddev(sample)'), [[[0], 'stddev_sample']])
  assert.deepEqual(of('stddev(population)'), [[[1], 'stddev_population']])
  assert.deepEqual(of('variance( population )'), [[[1], 'variance_population']])
  assert.deepEqual(of('smooth'), [[[5], 'smooth']])
  assert.deepEqual(of('smooth(7)'), [[[7], 'smooth_7']])
})

for (const [written, problem] of [
  ['mean(3)', 'cannot use `mean(3)`: takes no arguments; got 1'],
  ['band_rms', 'cannot use `band_rms`: needs 2 arguments lo, hi in Hz; got 0'],
  ['band_rms(10)', 'cannot use `band_rms(10)`: needs 2 arguments lo, hi in Hz; got 1'],
  ['band_rms(1,2,3)', 'cannot use `band_rms(1,2,3)`: needs 2 arguments lo, hi in Hz; got 3'],
  ['band_rms(1,x)', 'cannot use `band_rms(1,x)`: hi must be a number from 0 to 1000000; got `x`'],
  ['band_rms(1,)', 'cannot use `band_rms(1,)`: hi must be a number from 0 to 1000000; got ``'],
  ['band_rms(-1,2)', 'cannot use `band_rms(-1,2)`: lo must be a number from 0 to 1000000; got `-1`'],
  ['above', 'cannot use `above`: needs 1 argument level; got 0'],
  ['above(80)', 'cannot use `above(80)`: level must be a comparison such as `>80`; got `80`'],
  ['above(=>80)', 'cannot use `above(=>80)`: level must be a comparison such as `>80`; got `=>80`'],
  ['above(>x)', 'cannot use `above(>x)`: level must be a comparison such as `>80`; got `>x`'],
  ['smooth(0)', 'cannot use `smooth(0)`: points must be a number from 1 to 9; got `0`'],
  ['smooth(1,2)', 'cannot use `smooth(1,2)`: needs 0 to 1 arguments points; got 2'],
  ['stddev(n)', 'cannot use `stddev(n)`: of must be one of sample, population; got `n`'],
  ['short', 'cannot use `short`: needs 1 to 2 edges, numbers in ascending order; got ``'],
  ['short(2,1)', 'cannot use `short(2,1)`: needs 1 to 2 edges, numbers in ascending order; got `2, 1`'],
  ['short(1,1)', 'cannot use `short(1,1)`: needs 1 to 2 edges, numbers in ascending order; got `1, 1`'],
  ['short(1,2,3)', 'cannot use `short(1,2,3)`: needs 1 to 2 edges, numbers in ascending order; got `1, 2, 3`'],
  ['short(1,)', 'cannot use `short(1,)`: needs 1 to 2 edges, numbers in ascending order; got `1, `'],
  ['quantile', 'cannot use `quantile`: needs 1 argument q; got 0'],
  ['quantile(1.5)', 'cannot use `quantile(1.5)`: q must be a number from 0 to 1; got `1.5`'],
  ['mean)', 'cannot use `mean)`: not a reduction; write `name` or `name(number, …)`'],
  ['', 'cannot use ``: not a reduction; write `name` or `name(number, …)`'],
] as const) {
  test(`refuses ${JSON.stringify(written)}`, () => {
    assert.deepEqual(resolveReduction(written, [mean, band, above, smooth, stddev, short, quantile]), { problem })
  })
}

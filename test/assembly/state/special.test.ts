import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kernels } from '../../../src/reduce/registry.js'
import { exactMean, exactSum, exactVariance, within } from '../../support/exact.js'
import { addRows, empty, finish, outcomes, ways } from '../../support/kernels.js'

const outcomesOf = (values: number[], times = values.map((_, i) => i)) =>
  ways.map((way) => ({ how: way.name, found: outcomes({ times, values }, way) }))

function expectAll(values: number[], wanted: Record<string, number>, times?: number[]): void {
  for (const { how, found } of outcomesOf(values, times)) {
    for (const [name, value] of Object.entries(wanted)) assert.equal(found.get(name), value, `${name}, ${how}`)
  }
}

test('one value', () => {
  const none = { variance: Number.NaN, stddev: Number.NaN, skewness: Number.NaN, kurtosis: Number.NaN }
  expectAll([-0.1], {
    count: 1,
    sum: -0.1,
    mean: -0.1,
    min: -0.1,
    max: -0.1,
    range: 0,
    rms: 0.1,
    peak: 0.1,
    crest: 1,
    delta: 0,
    ...none,
  })
})

test('two values have a skewness of 0 and a kurtosis of 1, as in SciPy', () => {
  expectAll([1, 2], { variance: 0.5, skewness: 0, kurtosis: 1 })
})

test('equal values: the mean is the value itself, there is no spread and no shape', () => {
  for (const value of [0.1, -1e-300, 1e300, 123456789.123, 5e-324]) {
    const values = Array.from({ length: 97 }, () => value)
    expectAll(values, {
      mean: value,
      min: value,
      max: value,
      range: 0,
      variance: 0,
      stddev: 0,
      skewness: Number.NaN,
      kurtosis: Number.NaN,
    })
  }
})

test('zeros have no crest factor', () => {
  expectAll([0, 0, -0], { rms: 0, peak: 0, crest: Number.NaN, sum: 0 })
})

test('a negative zero is kept by first and last', () => {
  for (const { found } of outcomesOf([-0, 1, -0])) {
    assert.ok(Object.is(found.get('first'), -0))
    assert.ok(Object.is(found.get('last'), -0))
  }
})

test('of equal times the first to arrive is first, the last to arrive is last', () => {
  const values = [1, 2, 3, 4, 5, 6, 7, 8]
  expectAll(
    values,
    { first: 1, last: 8, delta: 7 },
    values.map(() => 3),
  )
  expectAll(values, { first: 2, last: 6 }, [2, 1, 1, 2, 5, 5, 1, 1])
})

test('times that run backwards', () => {
  expectAll([1, 2, 3, 4, 5, 6], { first: 6, last: 1, delta: -5 }, [6, 5, 4, 3, 2, 1])
})

test('integers around 2^53 are added exactly', () => {
  const values = Array.from({ length: 4096 }, (_, i) => 2 ** 53 - (i % 3))
  const wanted = Number(values.reduce((sum, value) => sum + BigInt(value), 0n))
  expectAll(values, { sum: wanted, count: 4096 })
})

test('what overflows gives no finite value, and leaves the rest right', () => {
  for (const { how, found } of outcomesOf([1.7e308, -1.7e308, 1.7e308, 1.7e308])) {
    assert.ok(!Number.isFinite(found.get('variance')), how)
    assert.ok(!Number.isFinite(found.get('kurtosis')), how)
    assert.equal(found.get('max'), 1.7e308)
    assert.equal(found.get('min'), -1.7e308)
    assert.equal(found.get('count'), 4)
  }
})

test('spread too small for its fourth power gives no shape rather than a wrong one', () => {
  expectAll([1e-80, 2e-80, 3e-80, 9e-80], { skewness: Number.NaN, kurtosis: Number.NaN })
})

const long = 30000
const cases: Record<string, (i: number) => number> = {
  noise: (i) => Math.sin(i * i),
  'noise at 1e9 deviations': (i) => 1e9 + Math.sin(i * i),
  'an outlier, then a constant': (i) => (i ? 0.1 : 1e9),
  // Its square is rounded by half a unit, always the same way.
  'an outlier, then zeros': (i) => (i ? 0 : 94906267),
  'an outlier at each block': (i) => (i % 1024 ? 0.1 : 1e9),
  'a ramp': (i) => 0.1 * i,
  'a step': (i) => (i < 20000 ? 0.1 : 1e6 + 0.3),
  'huge and tiny': (i) => (i % 2 ? 1e-9 : -1e9) * (1 + Math.sin(i)),
}

for (const [name, value] of Object.entries(cases)) {
  test(`${long} rows against exact arithmetic: ${name}`, () => {
    const values = Array.from({ length: long }, (_, i) => value(i))
    const exact = { sum: exactSum(values), mean: exactMean(values), variance: exactVariance(values) }
    const shape = kernels.filter((kernel) => kernel.state === 'tails')
    for (const { how, found } of outcomesOf(values)) {
      for (const [kernel, wanted] of Object.entries(exact)) {
        const { tolerance } = kernels.find((each) => each.name === kernel)!
        assert.ok(within(found.get(kernel)!, wanted, tolerance(values)), `${kernel}, ${how}: ${found.get(kernel)}`)
      }
      for (const kernel of shape) {
        const error = Math.abs(found.get(kernel.name)! - kernel.reference(values, [], []))
        assert.ok(error <= 2 * kernel.tolerance(values), `${kernel.name}, ${how}: ${error}`)
      }
    }
  })
}

test('moments: a first value far off costs no digits, however many rows come one by one', () => {
  const [far, value, rows] = [1e9 + 0.1, 0.3, 200_000]
  const slot = addRows('moments', empty('moments'), {
    times: new Array(rows + 1).fill(0),
    values: [far, ...new Array(rows).fill(value)],
  })
  const wanted = (far - value) ** 2 / (rows + 1)
  assert.ok(Math.abs(finish('variance', slot) / wanted - 1) < 1e-12, `${finish('variance', slot)}, wanted ${wanted}`)
})

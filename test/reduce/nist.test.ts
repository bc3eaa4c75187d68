import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { exactMean, exactVariance, within } from '../support/exact.js'
import { outcomes, ways } from '../support/kernels.js'

interface DataSet {
  name: string
  mean: number
  stddev: number
  values: number[]
  /** Certified digits that the data, once rounded to doubles, leave to the standard deviation. */
  digits?: number
}

/** A straight line: y over x in seconds. */
interface Line {
  name: string
  slope: number
  throughOrigin?: boolean
  x: number[]
  y: number[]
}

const read = (file: string) =>
  JSON.parse(readFileSync(new URL(`../../../test/vectors/nist/${file}`, import.meta.url), 'utf8'))
const observed: DataSet[] = read('univariate.json')
const lines: Line[] = read('linear.json')

/** A value, then 500 times one just below and one just above. */
const alternating = (first: number, low: number, high: number) => [
  first,
  ...Array.from({ length: 1000 }, (_, i) => (i % 2 ? high : low)),
]

const made: DataSet[] = [
  { name: 'NumAcc1', mean: 10000002, stddev: 1, values: [10000001, 10000003, 10000002] },
  { name: 'NumAcc2', mean: 1.2, stddev: 0.1, values: alternating(1.2, 1.1, 1.3) },
  { name: 'NumAcc3', mean: 1000000.2, stddev: 0.1, values: alternating(1000000.2, 1000000.1, 1000000.3), digits: 9 },
  {
    name: 'NumAcc4',
    mean: 10000000.2,
    stddev: 0.1,
    values: alternating(10000000.2, 10000000.1, 10000000.3),
    digits: 8,
  },
]

/** Log relative error: the number of right digits, 15 at most. */
function digitsOf(found: number, certified: number): number {
  return found === certified ? 15 : Math.min(15, -Math.log10(Math.abs(found / certified - 1)))
}

for (const { name, mean, stddev, values, digits = 13 } of [...observed, ...made]) {
  test(`NIST StRD ${name}`, (t) => {
    const times = values.map((_, i) => i)
    for (const way of ways) {
      const found = outcomes({ times, values }, way)
      const right = { mean: digitsOf(found.get('mean')!, mean), stddev: digitsOf(found.get('stddev')!, stddev) }
      t.diagnostic(
        `${way.name}: ${right.mean.toFixed(1)} digits of the mean, ${right.stddev.toFixed(1)} of the deviation`,
      )
      assert.ok(right.mean >= 14, `${way.name}: mean ${found.get('mean')}, certified ${mean}`)
      assert.ok(right.stddev >= digits, `${way.name}: stddev ${found.get('stddev')}, certified ${stddev}`)
      assert.ok(within(found.get('mean')!, exactMean(values), 1e-15 * Math.abs(mean)))
      assert.ok(within(found.get('variance')!, exactVariance(values), 1e-14 * stddev ** 2))
    }
  })
}

for (const { name, slope, throughOrigin, x, y } of lines) {
  test(`NIST StRD ${name}`, (t) => {
    // In µs, rounded to nearest: exactly the decimals of the data.
    const times = x.map((seconds) => Math.round(seconds * 1e6))
    const mirrored = (numbers: number[]) =>
      throughOrigin ? [...numbers, ...numbers.map((number) => -number)] : numbers
    for (const way of ways) {
      for (const start of [0, 1.76e15]) {
        const rows = { times: mirrored(times).map((time) => start + time), values: mirrored(y) }
        const found = outcomes(rows, way).get('slope')!
        const digits = digitsOf(found, slope)
        t.diagnostic(`${way.name}, from ${start} µs on: ${digits.toFixed(1)} digits of the slope`)
        assert.ok(digits >= 14, `${way.name}: slope ${found}, certified ${slope}`)
      }
    }
  })
}

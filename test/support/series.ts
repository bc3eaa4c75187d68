import fc from 'fast-check'
import type { Rows } from './kernels.js'

// Values as sensors and hostile ones give them, each shape in a range where a square or fourth power neither vanishes
// nor overflows. What happens outside is tested by example.

const plain = fc.double({ noNaN: true, min: -1e60, max: 1e60 }).map((x) => (Math.abs(x) < 1e-30 ? 0 : x))
const reading = fc.integer({ min: -40000, max: 125000 }).map((x) => x / 1000)
const offset = fc.oneof(fc.constant(0), fc.constant(9.80665), fc.constant(1e9), fc.constant(-1.76e15))

const shapes = fc.oneof(
  fc.array(plain, { maxLength: 40 }),
  fc.array(reading, { maxLength: 200 }),
  // A small spread far from zero, sometimes behind an outlier.
  fc
    .tuple(offset, fc.array(reading, { maxLength: 120 }), fc.option(plain, { nil: undefined }))
    .map(([base, values, outlier]) => [...(outlier === undefined ? [] : [outlier]), ...values.map((x) => base + x)]),
  // Few distinct values, many times: rounding errors do not average out.
  fc
    .tuple(plain, reading, reading, fc.nat({ max: 150 }))
    .map(([first, a, b, n]) => [first, ...Array.from({ length: n }, (_, i) => (i % 7 ? a : b))]),
)

/** Rows of one series; times in order, shuffled or equal. */
export const series: fc.Arbitrary<Rows> = shapes.chain((values) =>
  fc.record({
    values: fc.constant(values),
    times: fc.oneof(
      fc.constant(values.map((_, i) => 1.76e15 + i * 1e3)),
      fc.array(fc.integer({ min: 0, max: 20 }), { minLength: values.length, maxLength: values.length }),
    ),
  }),
)

/** Several series, to be seen as parts of one in order of arrival. */
export const parts = (length: number): fc.Arbitrary<Rows[]> =>
  fc.array(series, { minLength: length, maxLength: length })

/** One series after the other. */
export function joined(rows: readonly Rows[]): Rows {
  return { times: rows.flatMap(({ times }) => times), values: rows.flatMap(({ values }) => values) }
}

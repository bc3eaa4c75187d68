import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { inView, overRows, reductionOf, written } from '../../support/kernels.js'
import { cut, pieces } from '../../support/panes.js'

for (const kernel of overRows) {
  const { name, parts } = kernel
  const args = reductionOf(written(kernel)).arguments

  test(`${name}: any pane gives the reference`, () => {
    fc.assert(
      fc.property(pieces, ({ rows, pane }) => {
        const { value } = inView(written(kernel), rows, pane)
        const wanted = kernel.reference(rows.values, rows.times, args, pane)
        const tolerance = kernel.tolerance(rows.values, rows.times, args, pane)
        if (Number.isNaN(wanted)) assert.ok(Number.isNaN(value), `${value}, no value wanted`)
        else assert.ok(Math.abs(value - wanted) <= 2 * tolerance, `${value}, wanted ${wanted}`)
      }),
      { numRuns: 500 },
    )
  })

  if (!parts) continue
  test(`${name}: a pane cut anywhere adds up to the whole`, () => {
    fc.assert(
      fc.property(pieces, (piece) => {
        const { rows, pane } = piece
        const whole = inView(written(kernel), rows, pane).value
        let a = 0
        let b = 0
        for (const part of cut(piece)) {
          const { parts } = inView(written(kernel), part.rows, part.pane)
          a += parts[0]
          b += parts[1]
        }
        const added = b > 0 ? (parts === 'sum' ? a : a / b) : Number.NaN
        const tolerance = kernel.tolerance(rows.values, rows.times, args, pane)
        // A reading that is none of a counter spoils its own pane only.
        if (Number.isNaN(whole))
          assert.ok(Number.isNaN(added) || rows.values.some((x) => x < 0 || x > 65535), `${added}`)
        else assert.ok(Math.abs(added - whole) <= 4 * tolerance, `${added}, the whole is ${whole}`)
      }),
      { numRuns: 500 },
    )
  })
}

test('a constant is its own mean, to the bit, wherever it is held', () => {
  fc.assert(
    fc.property(pieces, fc.double({ noNaN: true, min: -1e200, max: 1e200 }), ({ rows, pane }, constant) => {
      const values = rows.values.map(() => constant)
      const around = {
        ...(pane.before ? { before: { ...pane.before, value: constant } } : {}),
        ...(pane.after ? { after: { ...pane.after, value: constant } } : {}),
      }
      for (const reduction of ['twa', 'ewma(0.0001)']) {
        const { value } = inView(reduction, { ...rows, values }, { ...pane, ...around })
        assert.ok(Number.isNaN(value) || value === constant, `${reduction}: ${value}`)
      }
    }),
  )
})

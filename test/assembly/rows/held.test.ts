import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PaneView } from '../../../src/model/kernel.js'
import { inView, paneOf } from '../../support/kernels.js'

const S = 1e6
/** Samples at seconds, in a pane from 10 s to 20 s that holds values for 100 s. */
function outcome(reduction: string, samples: [number, number][], said: Partial<PaneView> = {}): number {
  const rows = { times: samples.map(([s]) => s * S), values: samples.map(([, value]) => value) }
  return inView(reduction, rows, paneOf(rows, { startUs: 10 * S, endUs: 20 * S, holdUs: 100 * S, ...said })).value
}
const sample = (s: number, value: number) => ({ timeUs: s * S, value })

test('step: a value holds until the next, the last one to the end', () => {
  assert.equal(outcome('integral', [[12, 5], [14, 1]]), 2 * 5 + 6 * 1) // biome-ignore format: pairs
  assert.equal(outcome('twa', [[12, 5], [14, 1]]), 16 / 8) // biome-ignore format: pairs
})

test('step: the sample before the pane is carried in, from its start on', () => {
  const before = sample(3, 7)
  assert.equal(outcome('integral', [[12, 5]], { before }), 2 * 7 + 8 * 5)
  assert.equal(outcome('twa', [[12, 5]], { before }), 54 / 10)
  assert.equal(outcome('twa', [[12, 5]], { before, after: sample(20, 1e6) }), 54 / 10, 'what follows does not matter')
})

test('nothing is held longer than `hold`, in the pane or into it', () => {
  const holdUs = 3 * S
  assert.equal(outcome('integral', [[12, 5], [19, 1]], { holdUs }), 3 * 5 + 1) // biome-ignore format: pairs
  assert.equal(outcome('twa', [[12, 5], [19, 1]], { holdUs }), 16 / 4) // biome-ignore format: pairs
  assert.equal(outcome('integral', [[15, 5]], { holdUs, before: sample(8, 7) }), 1 * 7 + 3 * 5)
  assert.equal(outcome('integral', [[15, 5]], { holdUs, before: sample(7, 7) }), 3 * 5)
})

test('without rows there is a value while one is held', () => {
  assert.equal(outcome('twa', [], { before: sample(9, 7) }), 7)
  assert.equal(outcome('integral', [], { before: sample(9, 7), holdUs: 4 * S }), 21)
  assert.equal(outcome('duty(>6)', [], { before: sample(9, 7), holdUs: 4 * S }), 1)
  for (const reduction of ['twa', 'integral', 'duty(>6)'])
    assert.ok(Number.isNaN(outcome(reduction, [], { before: sample(6, 7), holdUs: 4 * S })), reduction)
})

test('linear: straight lines, cut at both edges, the last value holds while the next is not there', () => {
  const said = { linear: true, before: sample(8, 0) }
  // 0 at 8 s, 4 at 12 s: 2 at the pane's start; 4 at 12 s, 12 at 16 s.
  assert.equal(outcome('integral', [[12, 4], [16, 12]], said), 2 * 3 + 4 * 8 + 4 * 12) // biome-ignore format: pairs
  // Down to 0 at 24 s: 6 at the pane's end.
  assert.equal(outcome('integral', [[12, 4], [16, 12]], { ...said, after: sample(24, 0) }), 6 + 32 + 4 * 9) // biome-ignore format: pairs
  assert.equal(outcome('twa', [], { ...said, after: sample(28, 20) }), 7)
})

test('linear: towards a sample further away than `hold` a value holds', () => {
  const said = { linear: true, holdUs: 3 * S }
  assert.equal(outcome('integral', [[11, 4], [15, 100]], said), 3 * 4 + 3 * 100) // biome-ignore format: pairs
  assert.equal(outcome('integral', [[11, 4], [14, 100]], said), 3 * 52 + 3 * 100) // biome-ignore format: pairs
})

test('duty by each comparison, at the threshold itself', () => {
  const samples: [number, number][] = [[10, 1], [12, 2], [15, 3]] // biome-ignore format: pairs
  assert.equal(outcome('duty(>2)', samples), 0.5)
  assert.equal(outcome('duty(>=2)', samples), 0.8)
  assert.equal(outcome('duty(<2)', samples), 0.2)
  assert.equal(outcome('duty(<=2)', samples), 0.5)
})

test('duty on lines: from the crossing on', () => {
  const said = { linear: true, after: sample(20, 0) }
  const samples: [number, number][] = [[10, 0], [15, 10]] // biome-ignore format: pairs
  assert.equal(outcome('duty(>8)', samples, said), 0.2)
  assert.equal(outcome('duty(<8)', samples, said), 0.8)
  assert.equal(outcome('duty(>=0)', samples, said), 1)
  // The line that begins at 0 is above it at once, and the one that ends there until its end.
  assert.equal(outcome('duty(>0)', samples, said), 1)
  assert.equal(outcome('duty(<=0)', samples, said), 0)
  // Crossings outside of the pane: up through 8 at 9 s, down through it at 21 s.
  const around = { linear: true, before: sample(5, 0), after: sample(25, 0) }
  assert.equal(outcome('duty(>8)', [[10, 10], [20 - 1e-6, 10]], around), 1) // biome-ignore format: pairs
})

test('equal times: the last to arrive holds', () => {
  assert.equal(outcome('integral', [[12, 5], [12, 1]]), 8) // biome-ignore format: pairs
  assert.equal(outcome('integral', [[10, 0], [12, 4], [12, 1]], { linear: true }), 4 + 8) // biome-ignore format: pairs
})

test('an outlier held for a moment costs no digits', () => {
  const { value } = inView(
    'twa',
    { times: [0, 1], values: [1e15, 0.1] },
    paneOf({ times: [], values: [] }, { endUs: 1e7 }),
  )
  assert.ok(Math.abs(value - (1e15 + 0.1 * (1e7 - 1)) / 1e7) < 1e-7 * Number.EPSILON * 1e15)
  const twice = { times: [0, 1, 2], values: [1e15, -1e15, 0.125] }
  assert.equal(inView('twa', twice, paneOf(twice, { endUs: 12 })).value, 1.25 / 12)
})

test('ewma: starts with the first value held, moves towards each while it holds', () => {
  const toward = (mean: number, value: number, seconds: number, tau: number) =>
    value + (mean - value) * Math.exp(-seconds / tau)
  const near = (found: number, wanted: number) =>
    assert.ok(Math.abs(found - wanted) < 1e-14, `${found}, wanted ${wanted}`)
  near(outcome('ewma(4)', [[12, 5], [14, 1]]), toward(5, 1, 6, 4)) // biome-ignore format: pairs
  near(outcome('ewma(4)', [[12, 5]], { before: sample(9, 1) }), toward(1, 5, 8, 4))
  near(outcome('ewma(4)', [[12, 5]], { before: sample(9, 1), holdUs: 1 * S }), 5)
  // Nothing fades where nothing is held.
  near(outcome('ewma(4)', [[12, 5], [17, 1]], { holdUs: 2 * S }), toward(5, 1, 2, 4)) // biome-ignore format: pairs
  assert.equal(outcome('ewma(1e-6)', [[12, 5], [14, 1]]), 1) // biome-ignore format: pairs
  assert.ok(Math.abs(outcome('ewma(1e9)', [[12, 5], [14, 1]]) - 5) < 1e-7) // biome-ignore format: pairs
  assert.ok(Number.isNaN(outcome('ewma(4)', [], { before: sample(9, 1) })))
})

test('what leaves the range of doubles gives no value', () => {
  for (const reduction of ['twa', 'integral'])
    assert.ok(!Number.isFinite(outcome(reduction, [[12, 1.7e308], [14, -1.7e308]])), reduction) // biome-ignore format: pairs
})

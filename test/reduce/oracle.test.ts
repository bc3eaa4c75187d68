import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kernel, PaneView } from '../../src/model/kernel.js'
import { kernels } from '../../src/reduce/registry.js'
import { apart, inOrder, inView, outcomes, paneOf, type Rows, reductionOf, ways } from '../support/kernels.js'
import { askPython } from '../support/oracle.js'

// Random rows against Python: exact rationals, which bind to the last of the kernels' digits, and NumPy and SciPy, which
// take another way and lose digits where values are far from zero.

const SEED = 5
const ROUNDS = 60

const REDUCTIONS = `twa integral duty(>20) duty(<=20) duty(>=100.5) duty(<0) increase increase(u16) increase(u32) rate
  rate(u16) rate(u32) ewma(0.5) ewma(30) ewma(86400) n expected coverage gap_max late duplicate`.split(/\s+/)

interface Case extends Rows {
  pane?: PaneView
  reductions?: string[]
  /** Values stay near zero: NumPy's doubles suffice. */
  plain: boolean
}
type Answer = { exact: Record<string, number | null>; library: Record<string, number> }

/** mulberry32: numbers from 0 to below 1. */
function draws(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let z = Math.imul(state ^ (state >>> 15), 1 | state)
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32
  }
}

const draw = draws(SEED)
const pick = <T>(from: readonly T[]): T => from[Math.floor(draw() * from.length)]!
const gauss = () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw())

function randomRows(): Rows & { plain: boolean } {
  const n = Math.ceil(1500 ** draw())
  const scale = pick([1e-6, 1, 40, 1e6, 1e30])
  const offset = pick([0, 0, 0, 20, 1e3, 1e9]) * scale
  const shape = pick(['noise', 'drift', 'steps', 'outlier', 'counter', 'angles'])
  const values = Array.from({ length: n }, (_, i) => {
    if (shape === 'noise') return offset + scale * gauss()
    if (shape === 'drift') return offset + scale * (i / n + 0.01 * gauss())
    if (shape === 'steps') return offset + scale * Math.round(3 * gauss())
    if (shape === 'outlier') return offset + scale * gauss() * (draw() < 0.01 ? 1e8 : 1)
    if (shape === 'counter') return (i * 997) % 60000
    return 720 * draw() - 360
  })
  const startUs = pick([0, 1.76e15])
  const gapUs = pick([1, 1000, 1e5, 3e6])
  const spacing = pick(['even', 'jitter', 'equal', 'bursts'])
  let time = startUs
  const times = values.map(() => {
    if (spacing === 'even') time += gapUs
    if (spacing === 'jitter') time += Math.ceil(gapUs * 2 * draw())
    if (spacing === 'equal') time += draw() < 0.5 ? 0 : gapUs
    if (spacing === 'bursts') time += gapUs * (draw() < 0.03 ? 500 : 1)
    return time
  })
  const plain = shape === 'counter' || shape === 'angles' || (shape === 'noise' && Math.abs(offset) <= 20 * scale)
  return { times, values, plain }
}

function shuffled(rows: Rows): Rows {
  const order = rows.times.map((_, i) => i)
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(draw() * (i + 1))
    ;[order[i], order[j]] = [order[j]!, order[i]!]
  }
  return { times: order.map((i) => rows.times[i]!), values: order.map((i) => rows.values[i]!) }
}

function randomPane(rows: Rows): PaneView {
  const startUs = rows.times[0]! - Math.floor(1e6 * draw())
  const endUs = rows.times.at(-1)! + 1 + Math.floor(1e6 * draw())
  const meanUs = (endUs - startUs) / rows.times.length
  const length = rows.times.length
  const run = { first: Math.floor(length / 3), rows: Math.ceil(length / 2), rateHz: pick([0.3, 1, 7.5, 10000]) }
  return paneOf(rows, {
    startUs,
    endUs,
    holdUs: Math.ceil(meanUs * pick([0.5, 2, 1e4])),
    linear: draw() < 0.5,
    expectUs: pick([0, Math.ceil(meanUs), 1e6]),
    runs: draw() < 0.3 ? [run] : [],
    late: Math.floor(draw() * 100),
    duplicate: Math.floor(draw() * 100),
    ...(draw() < 0.7 ? { before: { timeUs: startUs - 1 - Math.floor(2e6 * draw()), value: rows.values.at(-1)! } } : {}),
    ...(draw() < 0.7 ? { after: { timeUs: endUs + Math.floor(2e6 * draw()), value: rows.values[0]! } } : {}),
  })
}

const cases: Case[] = Array.from({ length: ROUNDS }, () => {
  const { plain, ...rows } = randomRows()
  const arrived = draw() < 0.5 ? rows : shuffled(rows)
  return [
    { ...arrived, plain },
    { ...inOrder(rows), plain, pane: randomPane(rows), reductions: REDUCTIONS },
  ]
}).flat()

const answers = askPython<Answer[]>('oracle.py', cases)

/** Greatest error of each kernel, in parts of what it may be. */
const worst = new Map<string, number>()

function compare(kernel: Kernel, found: number, wanted: number | null, tolerance: number, what: string): void {
  if (wanted === null) {
    assert.ok(Number.isNaN(found), `${what}: ${found}, no value wanted`)
    return
  }
  const error = apart(kernel, found, wanted)
  assert.ok(error <= tolerance, `${what}: ${found}, wanted ${wanted}, tolerance ${tolerance}`)
  worst.set(kernel.name, Math.max(worst.get(kernel.name) ?? 0, tolerance > 0 ? error / tolerance : 0))
}

for (const source of ['exact', 'library'] as const) {
  test(`random rows agree with Python: ${source}`, (t) => {
    let compared = 0
    worst.clear()
    for (const [i, { times, values, pane, plain }] of cases.entries()) {
      if (source === 'library' && !plain) continue
      const found = new Map(pane ? [] : ways.map((way) => [way.name, outcomes({ times, values }, way)]))
      for (const [written, wanted] of Object.entries(answers[i]![source])) {
        const { kernel: name, arguments: args } = reductionOf(written)
        const kernel = kernels.find((each) => each.name === name)!
        // NumPy adds up plainly: some thousand roundings of the scale.
        const tolerance = kernel.tolerance(values, times, args, pane) * (source === 'library' ? 100 : 1)
        const what = `case ${i} of seed ${SEED}, ${written}`
        if (pane) compare(kernel, inView(written, { times, values }, pane).value, wanted, tolerance, what)
        for (const [how, all] of found) compare(kernel, all.get(name)!, wanted, tolerance, `${what}, ${how}`)
        compared++
      }
    }
    const shares = [...worst].map(([name, share]) => `${name} ${share.toPrecision(2)}`)
    t.diagnostic(`${compared} outcomes; greatest error in parts of the tolerance: ${shares.join(', ')}`)
  })
}

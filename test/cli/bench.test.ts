import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BenchReport, benchText } from '../../src/cli/bench.js'
import { choose } from '../../src/reduce/bench/choose.js'
import { plain } from '../../src/reduce/bench/plain.js'
import { kernels } from '../../src/reduce/registry.js'
import { weir } from '../support/weir.js'

const written = (words: string[]) => {
  const chosen = choose(words)
  return 'problem' in chosen ? chosen.problem : chosen.map((each) => each.written)
}

test('weir bench measures what is named: by rows, and by series where rows are folded', async (t) => {
  const { code, stdout } = await weir(t, ['bench', 'mean', 'n', '--json'])
  assert.equal(code, 0)
  const report = JSON.parse(stdout) as BenchReport
  assert.deepEqual(
    report.kernels.map(({ reduction, against, sizes }) => [reduction, against, sizes.map(({ rows }) => rows)]),
    [
      ['mean', 'plain', [100, 1000, 10_000]],
      ['n', 'reference', [100, 1000, 10_000]],
    ],
  )
  assert.deepEqual(
    report.interleaved.map(({ state, counts }) => [state, counts.map(({ series }) => series)]),
    [['moments', [100, 1000, 10_000, 100_000]]],
  )
  for (const { wasmNs, jsNs } of [...report.kernels[0]!.sizes, ...report.interleaved[0]!.counts])
    assert.ok(wasmNs > 0 && jsNs > 0)
})

test('weir bench of what there is not is wrong usage', async (t) => {
  const { code, stderr } = await weir(t, ['bench', 'maen'])
  assert.equal(code, 64)
  assert.match(stderr, /^weir: cannot use `maen`: unknown reduction; known ones are .*mean.*; families: .*signal/)
})

test('a family, a reduction, or one as it is written can be chosen; nothing chooses all', () => {
  assert.deepEqual(written(['angle']), ['circmean'])
  assert.deepEqual(written(['mean', 'band_rms(10,200)', 'mean']), ['mean', 'band_rms(10,200)'])
  assert.equal((written([]) as string[]).length, kernels.length)
})

test('plain JavaScript gives nearly what the reference gives, so that both do the same work', () => {
  const rows = 1024
  const times = Float64Array.from({ length: rows }, (_, i) => i * 100)
  const values = times.map((_, i) => 20 + Math.sin(i / 50) + Math.sin(i * i))
  const pane = {
    startUs: 0,
    endUs: rows * 100,
    holdUs: 1e7,
    linear: false,
    runs: [{ first: 0, rows, rateHz: 10_000 }],
    detrend: 'default' as const,
    expectUs: 100,
    late: 0,
    duplicate: 0,
  }
  // Angles in radians, the highest bin, the nearest rank and bins as a whole: less work than the kernel's, never more.
  const nearly: Record<string, number> = { dominant_hz: 0.5, circmean: Number.POSITIVE_INFINITY, slope: 1e-6 }
  for (const kernel of kernels) {
    const own = plain[kernel.name]
    if (!own) continue
    const chosen = choose([kernel.name])
    assert.ok(!('problem' in chosen))
    const [{ arguments: args, stateArguments }] = chosen as [(typeof chosen)[number]]
    const found = own(values, times, stateArguments ?? args, pane)!
    const whole = stateArguments ? [...args, ...stateArguments] : args
    const wanted = kernel.reference(Array.from(values), Array.from(times), whole, pane)
    const factor = kernel.name === 'slope' ? 1e6 : 1
    const apart = Math.abs(found * factor - wanted) / Math.max(1e-9, Math.abs(wanted))
    assert.ok(apart <= (nearly[kernel.name] ?? 0.02), `${kernel.name}: ${found}, the reference gives ${wanted}`)
  }
})

test('the table leaves out what plain JavaScript has nothing alike for', () => {
  const text = benchText({
    version: '1',
    node: 'v20',
    machine: 'm',
    date: 'd',
    kernels: [],
    interleaved: [
      {
        state: 'ranks',
        reductions: ['quantile'],
        counts: [{ series: 100, wasmNs: 31.26, jsNs: Number.NaN, ratio: Number.NaN }],
      },
    ],
  })
  assert.match(text, /ranks +31\.3\n/)
  assert.doesNotMatch(text, /NaN/)
})

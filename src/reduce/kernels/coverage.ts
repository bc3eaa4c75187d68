import type { Kernel, PaneView } from '../../model/kernel.js'

/** Share of the pane near a sample; no value where nothing tells how near. */
export const coverage: Kernel = {
  name: 'coverage',
  family: 'quality',
  state: 'rows',
  summary:
    'share of the window, 0 to 1, that lies within `expect` after a sample, the last one before the window too; samples of an array with a stated rate cover their own spacing instead, so a lost frame shows. Nothing where neither is told',
  source: '|∪[tᵢ, tᵢ + expect) ∩ window| / |window|',
  arguments: [],
  integer: false,
  parts: 'ratio',
  carries: 'before',
  unit: () => '',
  reference(_values, timesUs, _args, pane) {
    const { startUs, endUs, expectUs, runs } = pane!
    if (!(expectUs > 0) && runs.length === 0) return Number.NaN
    let reachedUs = 0
    let coveredUs = 0
    for (const [timeUs, lengthUs] of covers(timesUs, pane!)) {
      // Since the start: beside today's times a fraction of a µs would vanish.
      const fromUs = Math.max(timeUs - startUs, reachedUs)
      const toUs = Math.min(timeUs - startUs + lengthUs, endUs - startUs)
      coveredUs += Math.max(0, toUs - fromUs)
      reachedUs = Math.max(reachedUs, toUs)
    }
    return coveredUs / (endUs - startUs)
  },
  tolerance: () => 1e-12,
}

/** What samples and runs cover: from when on, and for how long. */
function covers(timesUs: readonly number[], { expectUs, runs, before }: PaneView): [number, number][] {
  const single = timesUs.flatMap((timeUs, i): [number, number][] =>
    runs.some(({ first, rows }) => i >= first && i < first + rows) ? [] : [[timeUs, expectUs]],
  )
  const inRuns = runs.map(({ first, rows, rateHz }): [number, number] => [timesUs[first]!, (rows * 1e6) / rateHz])
  const [run] = runs
  const carriedUs = expectUs > 0 ? expectUs : run?.first === 0 ? 1e6 / run.rateHz : 0
  const carried: [number, number][] = before ? [[before.timeUs, carriedUs]] : []
  return [...carried, ...single, ...inRuns].sort(([a], [b]) => a - b)
}

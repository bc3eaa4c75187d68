import type { Kernel } from '../../model/kernel.js'

/** Longest time without a sample inside the pane, s. */
export const gapMax: Kernel = {
  name: 'gap_max',
  family: 'quality',
  state: 'rows',
  summary:
    'longest time in the window without a sample: between neighbours, from its start to the first and from the last to its end; its length where there is none',
  source: 'max(tᵢ − tᵢ₋₁) with start and end',
  arguments: [],
  integer: false,
  unit: () => 's',
  reference(_values, timesUs, _args, pane) {
    const { startUs, endUs } = pane!
    const edges = [startUs, ...timesUs, endUs]
    return edges.reduce((longest, timeUs, i) => Math.max(longest, timeUs - (edges[i - 1] ?? timeUs)), 0) / 1e6
  },
  tolerance: () => 0,
}

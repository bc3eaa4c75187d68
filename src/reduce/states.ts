import type { StateKind } from '../model/kernel.js'

/** The state kinds, in the order of assembly/state/index.ts. Costs are those of a long run on x86-64, rounded up. */
export const states: readonly StateKind[] = [
  { name: 'moments', index: 0, slotBytes: 64, costNs: 0.5, chunked: true },
  { name: 'ends', index: 1, slotBytes: 64, costNs: 1, chunked: false },
  { name: 'tails', index: 2, slotBytes: 128, costNs: 1, chunked: true },
]

import type { StateKind } from '../model/kernel.js'

/** The state kinds, in the order of assembly/state/index.ts. Costs are those of a long run on x86-64, rounded up. */
export const states: readonly StateKind[] = [
  { name: 'moments', index: 0, slotBytes: 64, costNs: 0.5, chunked: true },
  { name: 'ends', index: 1, slotBytes: 64, costNs: 1, chunked: false },
  { name: 'tails', index: 2, slotBytes: 128, costNs: 1, chunked: true },
  { name: 'trend', index: 3, slotBytes: 128, costNs: 2, chunked: true },
  { name: 'circle', index: 4, slotBytes: 64, costNs: 15, chunked: true },
  { name: 'histogram', index: 5, slotBytes: 128, costNs: 4, chunked: true },
  { name: 'ranks', index: 6, slotBytes: 64, costNs: 30, chunked: false },
  { name: 'distinct', index: 7, slotBytes: 64, costNs: 10, chunked: false },
  { name: 'rows', index: 8, slotBytes: 64, costNs: 5, chunked: false },
]

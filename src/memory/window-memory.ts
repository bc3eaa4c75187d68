import {
  CARRY_BYTES,
  COUNT_TIMES,
  HISTORY_BYTES,
  HOP_BYTES,
  MOST_LANES,
  PANE_BUCKETS,
  SESSION_TIMES,
  SLOT_MAX_BYTES,
} from '../../assembly/layout.js'
import type { Plan, WindowPlan } from '../model/plan.js'

const COUNT_LANES = 16

/** Length of a window's panes: of windows that overlap the longest time that divides both their length and their hop. */
export function paneUs({ everyUs, sizeUs }: Pick<WindowPlan, 'everyUs' | 'sizeUs'>): number {
  return everyUs === 0 ? 0 : divisor(sizeUs, everyUs)
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b)
}

/** Lanes of a session or count window: sessions of one device that can be open at once, or windows of one series a pass. */
export function lanesOf(window: WindowPlan, plan: Pick<Plan, 'sources' | 'batchUs'>): number {
  if (window.kind === 'count') return COUNT_LANES
  const waitUs = Math.max(0, ...plan.sources.map((source) => source.waitUs))
  return Math.min(MOST_LANES, Math.ceil((window.latenessUs + waitUs + plan.batchUs) / window.sizeUs) + 2)
}

/** Bytes of a window's marks: of each a device's, of a count window a series'. */
export function markBytes(window: WindowPlan, lanes: number): number {
  if (window.kind === 'hopping') return HOP_BYTES
  if (window.kind === 'session') return SESSION_TIMES + 16 * lanes
  return window.kind === 'count' ? COUNT_TIMES + 16 * lanes : 0
}

/** Bytes of the arena that a window takes at most, for so many series numbers. */
export function windowArenaBytes(window: WindowPlan, plan: Plan, numbers: number): number {
  const reductions = window.reduce.reduce((sum, entry) => sum + entry.reductions.length, 0)
  const bySeries = 1 + CARRY_BYTES + HISTORY_BYTES + 4 + markBytes(window, lanesOf(window, plan))
  return numbers * bySeries + PANE_BUCKETS * 4 + reductions * (SLOT_MAX_BYTES + 160) + 16384
}

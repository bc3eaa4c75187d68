import type { PaneView } from '../model/kernel.js'

/** A stretch of a pane's time over which the series has a value: the value at either end, between them a straight line. */
export interface Stretch {
  fromUs: number
  toUs: number
  left: number
  right: number
}

/**
 * What the references take for the series' value over a pane: each sample holds until the next, the one before the pane
 * from its start on, the last to its end; none longer than `hold`. With `linear`, between two samples no more than `hold`
 * apart, it is the line through both. Rows in time order.
 */
export function stretches(
  values: readonly number[],
  timesUs: readonly number[],
  pane: PaneView,
  linear = pane.linear,
): Stretch[] {
  const { startUs, endUs, holdUs, before, after } = pane
  const samples = values.map((value, i) => ({ timeUs: timesUs[i]!, value }))
  if (before) samples.unshift(before)
  return samples.flatMap((sample, i) => {
    const next = samples[i + 1] ?? after
    const apartUs = next ? next.timeUs - sample.timeUs : Number.POSITIVE_INFINITY
    const fromUs = Math.max(sample.timeUs, startUs)
    const toUs = Math.min(sample.timeUs + Math.min(apartUs, holdUs), endUs)
    if (toUs <= fromUs) return []
    const at = (timeUs: number) =>
      linear && next && apartUs <= holdUs
        ? sample.value + (next.value - sample.value) * ((timeUs - sample.timeUs) / apartUs)
        : sample.value
    return { fromUs, toUs, left: at(fromUs), right: at(toUs) }
  })
}

/** Time covered by stretches, µs. */
export const coveredUs = (over: readonly Stretch[]): number =>
  over.reduce((us, { fromUs, toUs }) => us + toUs - fromUs, 0)

/** Areas of stretches, in values times µs. */
export const areas = (over: readonly Stretch[]): number[] =>
  over.map(({ fromUs, toUs, left, right }) => (left + (right - left) / 2) * (toUs - fromUs))

/** ∫|x| dt at most, in values times µs: the scale of integrals. */
export const scale = (over: readonly Stretch[]): number =>
  over.reduce(
    (total, { fromUs, toUs, left, right }) => total + Math.max(Math.abs(left), Math.abs(right)) * (toUs - fromUs),
    0,
  )

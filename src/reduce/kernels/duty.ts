import { COMPARISONS, type Kernel } from '../../model/kernel.js'
import { coveredUs, type Stretch, stretches } from '../held.js'

/** Share of the time covered in which a comparison holds; no value where none is held. */
export const duty: Kernel = {
  name: 'duty',
  family: 'uneven time',
  state: 'rows',
  summary:
    'share of the time covered, 0 to 1, in which the comparison holds; samples hold as for `integral`; linear: from the crossing on',
  source: '∫[x > threshold] dt / time covered',
  arguments: [{ name: 'threshold', comparison: true }],
  example: 'duty(>80)',
  integer: false,
  parts: 'ratio',
  carries: 'held',
  unit: () => '',
  reference(values, timesUs, [operator, threshold], pane) {
    const over = stretches(values, timesUs, pane!)
    const holds = (value: number) => isMet(COMPARISONS[operator!]!, value, threshold!)
    return over.reduce((sum, stretch) => sum + shareOf(stretch, threshold!, holds), 0) / coveredUs(over)
  },
  // A line's crossing is as sharp as the values at its ends, which are rounded where the pane cuts it.
  tolerance(values, timesUs, _args, pane) {
    const over = stretches(values, timesUs!, pane!)
    const blurs = over.map(({ fromUs, toUs, left, right }) =>
      left === right
        ? 0
        : (1e-15 * (toUs - fromUs) * Math.max(Math.abs(left), Math.abs(right))) / Math.abs(right - left),
    )
    return 1e-12 + blurs.reduce((sum, blur) => sum + blur, 0) / coveredUs(over)
  },
}

function isMet(comparison: (typeof COMPARISONS)[number], value: number, threshold: number): boolean {
  if (comparison === '>') return value > threshold
  if (comparison === '>=') return value >= threshold
  return comparison === '<' ? value < threshold : value <= threshold
}

/** µs of a stretch in which the comparison holds. */
function shareOf({ fromUs, toUs, left, right }: Stretch, threshold: number, holds: (value: number) => boolean): number {
  const spanUs = toUs - fromUs
  if (holds(left) === holds(right)) return holds(left) ? spanUs : 0
  const untilUs = (spanUs * (threshold - left)) / (right - left)
  return holds(left) ? untilUs : spanUs - untilUs
}

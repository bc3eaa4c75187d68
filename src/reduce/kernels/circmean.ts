import type { Kernel } from '../../model/kernel.js'
import { sum } from './sum.js'

/** Mean of directions; no value where they cancel. */
export const circmean: Kernel = {
  name: 'circmean',
  family: 'angle',
  state: 'circle',
  summary:
    'mean direction of angles in degrees, 0 to below 360, as of the sum of unit vectors; nothing where they cancel (below 1e-12 of their number)',
  source: 'atan2(Σ sin x, Σ cos x); Mardia and Jupp, Directional Statistics (2000), 2.2.1',
  arguments: [],
  integer: false,
  unit: (unit) => unit,
  accepts: (unit) =>
    /^(|°|deg|degrees?)$/.test(unit) ? undefined : `takes degrees (\`°\` or \`deg\`), not \`${unit}\``,
  reference(values) {
    const [east, north] = vector(values)
    if (!(Math.hypot(east, north) > 1e-12 * values.length)) return Number.NaN
    const degrees = (Math.atan2(north, east) * 180) / Math.PI
    const turned = degrees < 0 ? degrees + 360 : degrees
    return turned < 360 ? turned : 0
  },
  // An angle is as sharp as the sum of vectors is long.
  tolerance: (values) => (1e-12 * values.length) / Math.hypot(...vector(values)),
}

function vector(values: readonly number[]): [number, number] {
  const radians = values.map((value) => ((value % 360) * Math.PI) / 180)
  return [sum.reference(radians.map(Math.cos), [], []), sum.reference(radians.map(Math.sin), [], [])]
}

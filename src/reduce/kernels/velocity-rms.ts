import type { Kernel } from '../../model/kernel.js'
import { bandRms, noise } from '../band.js'

/** m/s² in one of a unit. */
const METRES_PER_S2: Record<string, number> = { g: 9.80665, 'm/s^2': 1, 'm/s²': 1, 'mm/s^2': 1e-3, 'mm/s²': 1e-3 }

/**
 * Vibration velocity of an acceleration, as ISO 20816 takes it. Reference and module take values in m/s² and give mm/s;
 * `factor` does the rest.
 */
export const velocity_rms: Kernel = {
  name: 'velocity_rms',
  family: 'signal',
  state: 'rows',
  summary:
    'root mean square of the vibration velocity in mm/s in a band of frequencies, from an acceleration (ISO 20816)',
  source: '√ ∫ S(f) / (2πf)² df over [lo, hi), S as for band_power; lo from half a bin on',
  arguments: [
    { name: 'lo', unit: 'Hz', min: 0.001, max: 1e6 },
    { name: 'hi', unit: 'Hz', min: 0, max: 1e6 },
  ],
  check: ([lo, hi]) => (lo! < hi! ? undefined : `lo must be less than hi; got ${lo} and ${hi}`),
  example: 'velocity_rms(10,1000)',
  integer: false,
  signal: true,
  unit: () => 'mm/s',
  accepts(unit) {
    if (Object.hasOwn(METRES_PER_S2, unit)) return undefined
    const allowed = `needs a unit of acceleration, one of ${Object.keys(METRES_PER_S2).join(', ')}`
    return unit ? `${allowed}; got \`${unit}\`` : `${allowed}; the field has none`
  },
  factor: (unit) => METRES_PER_S2[unit] ?? Number.NaN,
  reference(values, _times, args, pane) {
    const integrated = (hz: number) => (hz === 0 ? Number.NaN : 1e6 / (2 * Math.PI * hz) ** 2)
    return bandRms(values, pane, args, integrated)
  },
  tolerance: (values, times, args, pane) =>
    1e-9 * (velocity_rms.reference(values, times!, args!, pane) || 0) +
    (noise(values, pane) * 1000) / (2 * Math.PI * args![0]!),
}

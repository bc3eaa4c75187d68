import { gaussianNoise, hashNoise } from './noise.js'

/** Samples a second of a vibration sensor. */
export const VIBRATION_HZ = 1000

/** What a vibration sensor is fixed to. */
export interface Shaft {
  turnsHz: number
  /** How much more it shakes at full load, as a share. */
  effort: number
  /** Tells its noise from that of others. */
  seed: number
}

// A worn outer race: each ball that rolls over the pit strikes the housing, which rings and dies away.
const BALLS = 8
/** Of ball diameter to pitch diameter, times the cosine of the contact angle. */
const BALL_RATIO = 0.23
const RINGING_HZ = 340
const DECAY_S = 0.003
/** Of the strikes of a bearing about to seize, g. */
const STRIKE_G = 5
/** How steeply wear grows into strikes: a pit breaks out faster the larger it is. */
const GROWTH = 3

/**
 * Acceleration in g of the samples `[first, first + length)` since the machines began: the turning shaft and its
 * harmonic, noise, both by `load` (0 to 1), and the strikes of a bearing by its `wear` (0 to 1).
 */
export function vibration(shaft: Shaft, first: number, length: number, load: number, wear: number): number[] {
  const strikesHz = (BALLS / 2) * (1 - BALL_RATIO) * shaft.turnsHz
  const strikeG = (STRIKE_G * Math.expm1(GROWTH * wear)) / Math.expm1(GROWTH)
  return Array.from({ length }, (_, i) => {
    const n = first + i
    const turn = (2 * Math.PI * shaft.turnsHz * n) / VIBRATION_HZ
    const smooth = 0.06 * Math.sin(turn) + 0.03 * Math.sin(3 * turn) + 0.12 * gaussianNoise(n + shaft.seed)
    return (1 + shaft.effort * load) * smooth + (strikeG > 0 ? strikeG * ringing(n / VIBRATION_HZ, strikesHz) : 0)
  })
}

/** Of strikes of about 1 at `strikesHz`, `seconds` after the first; the one before has died away when the next comes. */
function ringing(seconds: number, strikesHz: number): number {
  const strike = Math.floor(seconds * strikesHz)
  const ageS = seconds - strike / strikesHz
  const strength = 1 + 0.25 * hashNoise(strike)
  return strength * Math.exp(-ageS / DECAY_S) * Math.sin(2 * Math.PI * RINGING_HZ * ageS)
}

import type { MACHINES } from './machines.js'

/** How many times as fast as the clock the story runs. */
export const PACE = { normal: 1, fast: 7 } as const

/** The story begins again after so many of its seconds. */
export const STORY_S = 210

const WEAR_S = { from: 15, to: 180 }
const BEARING_REPLACED_S = 200
const SILENCE_S = { from: 40, to: 75 }
const WEAK_RADIO_S = 100
/** The weak radio is one of the machines' own time: late data must stay within the windows' `lateness` at any pace. */
const WEAK_RADIO_MS = 4000

/** What goes wrong at a moment. */
export interface Plight {
  /** Of the bearing of `lathe-1`: 0 as new, 1 about to seize. */
  wear: number
  /** The thermometer of `press-1` says nothing. */
  silent: boolean
  /** The drive of `press-2` disturbs its radio: what the power meter says in a stroke is held back until this ends. */
  weakRadio: boolean
}

/** What goes wrong `elapsedMs` after the machines began, at a pace. */
export function plightAt(elapsedMs: number, pace: number): Plight {
  const seconds = ((elapsedMs / 1000) * pace) % STORY_S
  const worn = (seconds - WEAR_S.from) / (WEAR_S.to - WEAR_S.from)
  return {
    wear: seconds >= BEARING_REPLACED_S ? 0 : Math.min(1, Math.max(0, worn)),
    silent: seconds >= SILENCE_S.from && seconds < SILENCE_S.to,
    weakRadio: seconds >= WEAK_RADIO_S && seconds < WEAK_RADIO_S + (WEAK_RADIO_MS / 1000) * pace,
  }
}

type Machine = (typeof MACHINES)[number]

const NOTES: readonly { atS: number; machine: Machine; text: string }[] = [
  { atS: WEAR_S.from, machine: 'lathe-1', text: 'a bearing begins to wear' },
  { atS: SILENCE_S.from, machine: 'press-1', text: 'the thermometer falls silent' },
  { atS: SILENCE_S.to, machine: 'press-1', text: 'the thermometer is back' },
  {
    atS: WEAK_RADIO_S,
    machine: 'press-2',
    text: 'its drive disturbs the radio; readings of power are held back',
  },
  { atS: BEARING_REPLACED_S, machine: 'lathe-1', text: 'the bearing is replaced' },
]

/** What the simulation did in `(fromMs, toMs]` after the machines began, in words. */
export function notesBetween(fromMs: number, toMs: number, pace: number): string[] {
  const storyS = (ms: number) => (ms / 1000) * pace
  return NOTES.filter(({ atS }) => {
    const round = Math.floor((storyS(toMs) - atS) / STORY_S)
    return round >= 0 && round * STORY_S + atS > storyS(fromMs)
  }).map(({ machine, text }) => `${machine}: ${text}`)
}

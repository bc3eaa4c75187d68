// The ledger: everything that arrived is in a result or in a counter that says why not.

export interface FrameLedger {
  in: number
  decoded: number
  /** Broken syntax. */
  undecodable: number
  /** Left out by the configuration, or without a wanted field. */
  filtered: number
  retained: number
  duplicate: number
  /** Framed, but no room. */
  dropped: number
  lost: number
  /** Taken, not decoded yet. */
  pending: number
}

/** What went wrong on the wire, before there were frames; beside the equations. */
export interface WireCounts {
  /** Seeming frames whose check was wrong, that broke the framing's rules, or were too long. */
  crc: number
  malformed: number
  long: number
  /** Good frames right behind bytes that were none. */
  resyncs: number
  /** Frames that their sender numbered and that never came. */
  missing: number
}

/** One value of one series, counted once. */
export interface SampleLedger {
  decoded: number
  /** Taken by a window. */
  reduced: number
  late: number
  duplicate: number
  /** Further ahead of its arrival than `ahead`. */
  future: number
  filtered: number
  /** No window wants it. */
  unmatched: number
  /** A wanted value or time that can't be read. */
  invalid: number
  /** No room: `maxSeries` or `maxMemory`. */
  rejected: number
  /** In a window that began before the start and so is not written. */
  lost: number
  pending: number
}

/** Points of one sink, corrections included. */
export interface PointLedger {
  emitted: number
  delivered: number
  refused: number
  givenUp: number
  spooled: number
}

export const newFrameLedger = (): FrameLedger => ({
  in: 0,
  decoded: 0,
  undecodable: 0,
  filtered: 0,
  retained: 0,
  duplicate: 0,
  dropped: 0,
  lost: 0,
  pending: 0,
})

export const newWireCounts = (): WireCounts => ({ crc: 0, malformed: 0, long: 0, resyncs: 0, missing: 0 })

export const newSampleLedger = (): SampleLedger => ({
  decoded: 0,
  reduced: 0,
  late: 0,
  duplicate: 0,
  future: 0,
  filtered: 0,
  unmatched: 0,
  invalid: 0,
  rejected: 0,
  lost: 0,
  pending: 0,
})

export const newPointLedger = (): PointLedger => ({ emitted: 0, delivered: 0, refused: 0, givenUp: 0, spooled: 0 })

const total = (ledger: object, except: string): number =>
  Object.entries(ledger).reduce((sum, [key, n]) => (key === except ? sum : sum + n), 0)

/** What is unaccounted for: left side minus right side of the ledger's equation; 0 when it balances. */
export const imbalance = {
  frames: (l: FrameLedger): number => l.in - total(l, 'in'),
  samples: (l: SampleLedger): number => l.decoded - total(l, 'decoded'),
  points: (l: PointLedger): number => l.emitted - total(l, 'emitted'),
}

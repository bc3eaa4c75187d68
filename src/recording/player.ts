import { type Clock, pause } from '../model/clock.js'
import type { RecordingReader } from './reader.js'
import type { Pace, Side } from './side.js'

export interface PlayOptions {
  /** Recorded seconds a second; infinite: as fast as it goes. */
  speed: number
  /** The time by which `speed` is kept. */
  clock: Clock
  /** Ends it where it stands. */
  signal: AbortSignal
  /** Told after each piece that was read. */
  onProgress?(counts: Played): void
}

/** What was played so far. */
export interface Played {
  frames: number
  bytes: number
  /** Frames that the recording itself missed. */
  missed: number
}

/** Real time that is not worth waiting for, ms. */
const NOT_WORTH_MS = 1

/**
 * Plays a recording into one or more sides, each of which sees the same frames at the same recorded times, and then lets
 * their time run to the recording's end. What the sides do does not depend on speed, machine or workers.
 * Rejects with a RecordingError at damage, after what precedes it has been played.
 */
export async function play(reader: RecordingReader, sides: readonly Side[], options: PlayOptions): Promise<Played> {
  const { signal, onProgress } = options
  const played: Played = { frames: 0, bytes: 0, missed: 0 }
  // All sides go by the first one's pace.
  const [leader, ...others] = sides
  const pace = Number.isFinite(options.speed) ? pacer(leader, options) : undefined
  const advance = async (toUs: number) => {
    await leader.advance(toUs, pace)
    for (const side of others) if (!signal.aborted) await side.advance(toUs)
  }
  while (!signal.aborted && (await reader.load())) {
    for (let kind = reader.next(); kind && !signal.aborted; kind = reader.next()) {
      if (kind === 'frame') {
        if (sides.some((side) => side.mustMove(reader))) await advance(reader.arrivalUs)
        if (signal.aborted) break
        for (const side of sides) while (!side.take(reader)) await side.gateway.idle()
        played.frames++
        played.bytes += reader.to - reader.from
      } else if (kind === 'counted') for (const side of sides) side.counted(reader)
      else if (kind === 'lost') for (const side of sides) side.lost(reader)
      else if (kind === 'missed') played.missed += reader.amount
      else if (kind === 'step') for (const side of sides) await side.step(reader.amount)
    }
    onProgress?.(played)
  }
  if (reader.end && reader.end.endedUs > leader.clock.nowUs()) await advance(reader.end.endedUs)
  return played
}

function pacer(leader: Side, { speed, clock, signal }: PlayOptions): Pace {
  const startMs = clock.monotonicMs()
  const startedMs = leader.clock.monotonicMs()
  return async (us) => {
    const atMs = (leader.clock.monotonicMs() - startedMs + us / 1000) / speed
    const waitMs = atMs - (clock.monotonicMs() - startMs)
    if (waitMs > NOT_WORTH_MS) await pause(clock, waitMs, signal)
    return !signal.aborted
  }
}

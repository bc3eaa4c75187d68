import { type Clock, pause } from '../model/clock.js'
import { ConfigError, LinkError, reasonOf } from '../model/errors.js'
import type { Log } from '../model/log.js'
import type { Source } from '../model/source.js'
import type { Inlet } from './inlet.js'

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
const REASONS_SAID = 3
/** A link that held this long starts again with the shortest pause. */
const HELD_MS = 60_000

/**
 * Keeps one source running: calls `run` again after a link error, for ever, with jittered back-off, and says each
 * reason once, the first few of them, until the link is up again. A finite source has one try: its error is the run's.
 */
export async function supervise(
  source: Source,
  inlet: Inlet,
  signal: AbortSignal,
  options: { clock: Clock; log: Log; random?: () => number },
): Promise<'end' | 'aborted'> {
  const { clock, log, random = Math.random } = options
  const name = inlet.plan.name
  let pauseMs = FIRST_PAUSE_MS
  /** Reasons said since the link was last up. */
  const said = new Set<string>()
  for (;;) {
    const sinceMs = clock.monotonicMs()
    inlet.linkState.attempts++
    try {
      const outcome = await source.run(inlet, signal)
      inlet.link('ended')
      return outcome
    } catch (error) {
      const reason = reasonOf(error)
      if (signal.aborted) return 'aborted'
      const wasUp = inlet.linkState.state === 'up'
      inlet.link('down', reason)
      if (inlet.plan.finite || error instanceof ConfigError) throw error
      if (!(error instanceof LinkError))
        log.error({ source: name, error }, 'a source failed in a way it should not; it is started again')
      if (wasUp) said.clear()
      if (!said.has(reason) && said.size < REASONS_SAID) {
        said.add(reason)
        log.warn({ source: name }, `${reason}; trying again until it works`)
      }
      if (wasUp && clock.monotonicMs() - sinceMs >= HELD_MS) pauseMs = FIRST_PAUSE_MS
    }
    await pause(clock, pauseMs * (0.5 + random()), signal)
    if (signal.aborted) return 'aborted'
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)
  }
}

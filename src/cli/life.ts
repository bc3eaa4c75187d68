import type { EventEmitter } from 'node:events'
import { type Clock, pause } from '../model/clock.js'
import type { Engine } from '../model/engine.js'
import { reasonOf } from '../model/errors.js'
import type { Log } from '../model/log.js'
import { ledgerText } from '../observe/ledger-text.js'
import { EXIT, signalCode } from './exit-codes.js'

/** What the life of a gateway needs of its process. */
export interface Surroundings {
  clock: Clock
  log: Log
  /** Emits SIGINT and SIGTERM, as `process` does. */
  signals: EventEmitter
  /** Takes the ledger at the end. */
  stderr: { write(text: string): unknown }
  stopTimeoutMs: number
  /** Ends the process at once. */
  exit(code: number): void
  /** Called once the gateway is ready. */
  onReady?(): void
  /** Called when it begins to stop, for whatever reason. */
  onStopping?(): void
  /** Stops the gateway as a signal does. */
  until?: Promise<unknown>
}

/** How long a stop that is not graceful may still take, ms. */
const HARD_STOP_MS = 1000

type Signal = 'SIGINT' | 'SIGTERM'

const never = new Promise<never>(() => {})

/**
 * Starts a gateway and sees it to its end: all sources ended, a failure, or a signal. A signal stops it gracefully
 * within `stopTimeoutMs`, then hard, saying what was not delivered; a second one ends the process at once.
 * Prints the ledger; resolves with the exit code.
 */
export async function liveToEnd(engine: Engine, around: Surroundings): Promise<number> {
  const { log, stderr } = around
  const asked = Promise.race([firstSignal(around), around.until?.then(() => 'asked' as const) ?? never])
  const finished = engine.finished.then(() => 'finished' as const)
  // A gateway that fails while stopping is heard through stop().
  finished.catch(() => {})

  let code: number = EXIT.ok
  try {
    const started = engine.start().then(() => 'ready' as const)
    started.catch(() => {})
    if ((await Promise.race([started, finished, asked])) === 'ready') {
      around.onReady?.()
      await Promise.race([finished, asked])
    }
  } catch (error) {
    log.error({ reason: reasonOf(error) }, 'the gateway failed')
    code = EXIT.failure
  }
  around.onStopping?.()
  if (!(await stopInTime(engine, around))) code = EXIT.failure
  stderr.write(ledgerText(engine.status()))
  return code
}

/** Resolves at the first signal; the second ends the process. */
function firstSignal({ log, signals, stopTimeoutMs, exit }: Surroundings): Promise<'asked'> {
  return new Promise((resolve) => {
    let stopping = false
    const onSignal = (signal: Signal) => {
      if (stopping) return exit(signalCode(signal))
      stopping = true
      log.info({ signal, stopTimeoutMs }, 'stopping; a second signal ends it at once')
      resolve('asked')
    }
    for (const signal of ['SIGINT', 'SIGTERM'] as const) signals.on(signal, () => onSignal(signal))
  })
}

async function stopInTime(engine: Engine, { clock, log, stopTimeoutMs }: Surroundings): Promise<boolean> {
  const failed = (error: unknown) => {
    log.error({ reason: reasonOf(error) }, 'cannot stop cleanly')
    return 'failed' as const
  }
  const inTime = new AbortController()
  const graceful = engine.stop({ graceful: true }).then(() => 'stopped' as const, failed)
  const outcome = await Promise.race([
    graceful,
    pause(clock, stopTimeoutMs, inTime.signal).then(() => 'timeout' as const),
  ])
  inTime.abort()
  if (outcome === 'stopped') return true
  if (outcome === 'timeout') {
    const { sources, sinks } = engine.status()
    log.error(
      {
        frames: sources.reduce((sum, { frames }) => sum + frames.pending, 0),
        samples: sources.reduce((sum, { samples }) => sum + samples.pending, 0),
        points: sinks.reduce((sum, { points }) => sum + points.spooled, 0),
      },
      `cannot stop gracefully within ${stopTimeoutMs} ms; these are given up; raise stopTimeout, or see why a sink is slow`,
    )
  }
  await Promise.race([engine.stop({ graceful: false }).catch(failed), pause(clock, HARD_STOP_MS)])
  return false
}

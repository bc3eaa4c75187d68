import type { GenericSchema } from 'valibot'
import type { Clock } from './clock.js'
import type { Log } from './log.js'
import type { Points } from './points.js'

/**
 * Points as bytes. `encode` returns whole lines; a body is such texts one behind the other.
 * Where a sink may answer `refused`, a line must be a point.
 */
export interface Format {
  readonly type: string
  readonly summary: string
  /** Text before the first line of a new file, or ''. */
  readonly header: string
  encode(points: Points): Buffer
}

export type SendResult =
  | { outcome: 'ok' }
  /** Try the same body again later. */
  | { outcome: 'retry'; why: string; afterMs?: number }
  /** The server will never take this body as it is; the lane halves it until single lines are refused. */
  | { outcome: 'refused'; why: string }
  /** Nobody takes anything here any more, as a closed stdout; the lane gives up what it holds and all that follows. */
  | { outcome: 'closed'; why: string }

/** Where points go. The lane before it queues, retries, halves and counts; a sink never retries itself. */
export interface Sink {
  /**
   * Before the first body and after each failure of it: administration, opening files. Rejects with a LinkError.
   * `mark` is what it said of itself when all that is not offered again had been taken.
   */
  open?(signal: AbortSignal, mark?: string): Promise<void>
  /** It may be sent a second body while one is on its way. */
  readonly takesSeveral?: boolean
  /** Of a sink that can take back what came behind it: where it is after the last body. Short text. */
  mark?(): string | undefined
  /** Sends one body; one call at a time, or two where it takes several. Answers within a bounded time even when the other side hangs. Never rejects. */
  send(body: Uint8Array, signal: AbortSignal): Promise<SendResult>
  close?(): Promise<void>
}

export interface SinkContext {
  name: string
  gateway: string
  /** What it says that it has taken must outlive power, as far as that is its own doing. */
  durable: boolean
  clock: Clock
  log: Log
}

/** A kind of sink, as the registry lists it. */
export interface SinkComponent<Options = never> {
  readonly type: string
  readonly summary: string
  readonly options: Record<string, GenericSchema>
  /** A problem's text where options do not go together; nothing when they do. */
  check?(options: Options): string | undefined
  /** Name of the format it takes. */
  format(options: Options): string
  /** True: each window comes once, when final. False: as soon as due, and again when corrected. */
  finalOnly(options: Options): boolean
  /** Where its results go, if to this process's stdout. */
  usesStdout?(options: Options): boolean
  create(options: Options, context: SinkContext): Sink
}

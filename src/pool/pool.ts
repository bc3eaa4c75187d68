import type { Piscina } from 'piscina'
import {
  AHEAD_COUNT,
  AHEAD_LIST,
  AHEAD_ROWS,
  CHUNK_BYTES,
  CHUNK_ROWS,
  CHUNK_STATE,
  POOL_AHEAD,
  POOL_CHUNKS,
  POOL_LIST,
  POOL_NEXT,
  POOL_SEAT,
} from '../../assembly/layout.js'
import type { KernelsModule } from '../memory/modules.js'
import type { Memory } from '../memory/regions.js'
import { type Clock, pause } from '../model/clock.js'
import { reasonOf } from '../model/errors.js'
import type { StateKind } from '../model/kernel.js'
import type { Log } from '../model/log.js'
import { sharedMs } from './shared-clock.js'
import type { Worked } from './worker.js'

/** Estimated work from which on workers are woken, where a task's round trip takes no longer than ROUND_TRIP_MS. */
export const HAND_OVER_MS = 2
const ROUND_TRIP_MS = 0.5

/** Where round trips take longer, so much more work is wanted, in proportion, but at most this many times. */
const MOST_RELUCTANT = 4

/** ... and every so many times all the same. */
const RETRY = 64

/** Times that workers take part before it counts how long they take. */
const WARM_UP = 4

/** Weight of a new measurement among those before. */
const NEWEST = 1 / 8

/** A worker that takes longer is stuck, ms: chunks take it some milliseconds. */
const PATIENCE_MS = 10_000

/** A worker that takes more memory of its own is ended, so that it does not take all there is. */
const MOST_HEAP_MB = 64

export interface PoolOptions {
  /** 0 = all chunks run on the ingest thread. */
  workers: number
  handOverMs: number
  states: readonly StateKind[]
  clock: Clock
  log: Log
  /** The workers' program; tests have their own. */
  worker?: URL
}

/**
 * Runs chunks: on the ingest thread alone, or with Piscina's workers beside it once their estimated cost is worth the
 * wake-up. Which chunks there are never depends on this, so neither do results.
 */
export class ChunkPool {
  /** Tasks handed to workers, chunks in all, and those of them run without workers. */
  tasks = 0
  chunks = 0
  inline = 0
  /** Series of due panes that were computed with workers, before their lines were written. */
  ahead = 0
  /** Measured: a task's round trip without the work itself, ms, and what dear kernels take, ns a row, without workers and with; undefined = not yet. */
  roundTripMs: number | undefined
  aheadNs: number | undefined
  sharedNs: number | undefined
  #workers: Promise<Piscina> | undefined
  /** Workers got stuck or cannot begin: from now on there are none. */
  #givenUp = false
  readonly #costNs: number[] = []
  #turns = 0
  #shared = 0
  #wasShared = false
  /** Times that round trips were too long. */
  #declined = 0

  constructor(
    private readonly memory: Pick<Memory<'pool'>, 'u32' | 'i32' | 'regions' | 'memory'>,
    private readonly kernels: KernelsModule,
    private readonly options: PoolOptions,
  ) {
    for (const state of options.states) this.#costNs[state.index] = state.costNs
  }

  get workers(): number {
    return this.options.workers
  }

  /** Completes the partials of the chunks in [list, end). A promise only when workers take part. */
  run(list: number, end: number): Promise<void> | undefined {
    const length = (end - list) / CHUNK_BYTES
    const control = this.#put(list, length, 0)
    this.chunks += length
    if (this.#isWorth(this.#estimateMs(list, end))) return this.#share(() => this.kernels.runChunks(control))
    this.kernels.runChunks(control)
    this.inline += length
    return undefined
  }

  /** Computes the series listed in an AHEAD record; a promise only when workers take part. */
  runAhead(ahead: number): Promise<void> | undefined {
    const { u32 } = this.memory
    const length = u32[(ahead + AHEAD_COUNT) >>> 2]
    const rows = u32[(ahead + AHEAD_ROWS) >>> 2]
    if (length === 0) return undefined
    const control = this.#put(u32[(ahead + AHEAD_LIST) >>> 2], length, ahead)
    const work = () => this.kernels.runAhead(control)
    const beganMs = performance.now()
    const nsARow = () => ((performance.now() - beganMs) * 1e6) / rows
    // A single series can't be shared.
    if (length > 1 && this.#paysAhead() && this.#isWorth((rows * (this.aheadNs ?? 0)) / 1e6)) {
      this.ahead += length
      return this.#share(work).then(() => {
        // The first ones wait for workers that are starting, and whose code is not warm yet.
        if (++this.#shared > WARM_UP) this.sharedNs = blend(this.#wasShared ? this.sharedNs : undefined, nsARow())
        this.#wasShared = true
      })
    }
    work()
    this.aheadNs = blend(this.#wasShared ? undefined : this.aheadNs, nsARow())
    this.#wasShared = false
    return undefined
  }

  /** What has cost less so far, with workers or without; at times the other, as other programs come and go. */
  #paysAhead(): boolean {
    const { aheadNs, sharedNs } = this
    if (this.options.handOverMs === 0) return true
    if (aheadNs === undefined || sharedNs === undefined) return aheadNs !== undefined
    return sharedNs < aheadNs !== (++this.#turns % RETRY === 0)
  }

  /** Lays the list open to whoever claims; returns the address of the control words. */
  #put(list: number, length: number, ahead: number): number {
    const { i32, regions } = this.memory
    const control = regions.pool.start
    Atomics.store(i32, (control + POOL_LIST) >>> 2, list)
    Atomics.store(i32, (control + POOL_CHUNKS) >>> 2, length)
    Atomics.store(i32, (control + POOL_AHEAD) >>> 2, ahead)
    Atomics.store(i32, (control + POOL_SEAT) >>> 2, 0)
    Atomics.store(i32, (control + POOL_NEXT) >>> 2, 0)
    return control
  }

  #isWorth(estimateMs: number): boolean {
    const { workers, handOverMs } = this.options
    if (workers === 0 || this.#givenUp || estimateMs < handOverMs) return false
    const reluctance = Math.min(MOST_RELUCTANT, (this.roundTripMs ?? 0) / ROUND_TRIP_MS)
    // Measured anew now and then, as a bad time may be over.
    return estimateMs >= handOverMs * reluctance || ++this.#declined % RETRY === 0
  }

  async close(): Promise<void> {
    await (await this.#workers)?.destroy()
  }

  #estimateMs(list: number, end: number): number {
    const { u32 } = this.memory
    let ns = 0
    for (let chunk = list; chunk < end; chunk += CHUNK_BYTES) {
      ns += u32[(chunk + CHUNK_ROWS) >>> 2] * this.#costNs[u32[(chunk + CHUNK_STATE) >>> 2]]
    }
    return ns / 1e6
  }

  /** Wakes the workers, does its own share with `work`, and waits for theirs. */
  async #share(work: () => void): Promise<void> {
    this.#workers ??= this.#start()
    const pool = await this.#workers
    const { workers, clock, log } = this.options
    const { start } = this.memory.regions.pool
    const givenMs = sharedMs()
    const tasks = Promise.allSettled(
      Array.from({ length: workers }, () => pool.run(start) as Promise<Worked | undefined>),
    )
    this.tasks += workers
    work()
    const readyMs = sharedMs()
    const done = new AbortController()
    const patience = pause(clock, PATIENCE_MS, done.signal).then(() => 'stuck' as const)
    const outcomes = await Promise.race([tasks, patience])
    done.abort()
    if (outcomes === 'stuck') {
      log.error({}, 'workers do not come to an end; from now on all chunks run on the ingest thread')
      this.#givenUp = true
      // Only a worker that has ended writes no more.
      await pool.destroy()
      return
    }
    this.#measure(outcomes, givenMs, readyMs)
    for (const outcome of outcomes) {
      // Its chunks run again when partials are merged: their inputs are as they were.
      if (outcome.status === 'rejected')
        log.warn({ reason: reasonOf(outcome.reason) }, 'a worker failed; its chunks run on the ingest thread')
    }
  }

  /** A round trip: from the wake-up to the first to begin, and from the last to end until this thread knew, if it had to wait. */
  #measure(outcomes: PromiseSettledResult<Worked | undefined>[], givenMs: number, readyMs: number): void {
    const worked = outcomes.flatMap((outcome) =>
      outcome.status === 'fulfilled' && outcome.value ? [outcome.value] : [],
    )
    if (worked.length === 0) return
    const wakeMs = Math.min(...worked.map(({ beganMs }) => beganMs)) - givenMs
    const overMs = Math.max(readyMs, ...worked.map(({ endedMs }) => endedMs))
    const backMs = sharedMs() - overMs
    const roundTripMs = Math.max(0, wakeMs) + Math.max(0, backMs)
    // The first wakes workers that are not warm yet; after it, what the machine can do counts more than its bad moments.
    if (this.tasks > this.options.workers)
      this.roundTripMs = Math.min(roundTripMs, blend(this.roundTripMs, roundTripMs))
  }

  async #start(): Promise<Piscina> {
    const { Piscina } = await import('piscina')
    const pool = new Piscina({
      filename: (this.options.worker ?? new URL('./worker.js', import.meta.url)).href,
      minThreads: this.options.workers,
      maxThreads: this.options.workers,
      workerData: { memory: this.memory.memory },
      // It needs next to none: all it works on is in the shared memory.
      resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MB },
    })
    // A worker that dies between tasks: there is another for the next.
    pool.on('error', (error) => this.options.log.warn({ reason: reasonOf(error) }, 'a worker failed'))
    return pool
  }
}

const blend = (before: number | undefined, now: number) =>
  before === undefined ? now : before + (now - before) * NEWEST

import type { Piscina } from 'piscina'
import { CHUNK_BYTES, CHUNK_ROWS, CHUNK_STATE, POOL_CHUNKS, POOL_LIST, POOL_NEXT } from '../../assembly/layout.js'
import type { KernelsModule } from '../memory/modules.js'
import type { Memory } from '../memory/regions.js'
import { type Clock, pause } from '../model/clock.js'
import { reasonOf } from '../model/errors.js'
import type { StateKind } from '../model/kernel.js'
import type { Log } from '../model/log.js'

/** Estimated work from which on workers are woken: waking one costs about half a millisecond. */
export const HAND_OVER_MS = 2

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
  #workers: Promise<Piscina> | undefined
  /** Workers got stuck or cannot begin: from now on there are none. */
  #givenUp = false
  readonly #costNs: number[] = []

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
    const { i32, regions } = this.memory
    const length = (end - list) / CHUNK_BYTES
    const control = regions.pool.start
    Atomics.store(i32, (control + POOL_LIST) >>> 2, list)
    Atomics.store(i32, (control + POOL_CHUNKS) >>> 2, length)
    Atomics.store(i32, (control + POOL_NEXT) >>> 2, 0)
    this.chunks += length
    if (this.options.workers > 0 && !this.#givenUp && this.#estimateMs(list, end) >= this.options.handOverMs)
      return this.#share(control)
    this.kernels.runChunks(control)
    this.inline += length
    return undefined
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

  async #share(control: number): Promise<void> {
    this.#workers ??= this.#start()
    const pool = await this.#workers
    const { workers, clock, log } = this.options
    const tasks = Promise.allSettled(Array.from({ length: workers }, () => pool.run(control)))
    this.tasks += workers
    this.kernels.runChunks(control)
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
    for (const outcome of outcomes) {
      // Its chunks run again when partials are merged: their inputs are as they were.
      if (outcome.status === 'rejected')
        log.warn({ reason: reasonOf(outcome.reason) }, 'a worker failed; its chunks run on the ingest thread')
    }
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

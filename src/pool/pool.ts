import type { Piscina } from 'piscina'
import { CHUNK_BYTES, CHUNK_ROWS, CHUNK_STATE, POOL_CHUNKS, POOL_LIST, POOL_NEXT } from '../../assembly/layout.js'
import type { KernelsModule } from '../memory/modules.js'
import type { Memory } from '../memory/regions.js'
import { reasonOf } from '../model/errors.js'
import type { StateKind } from '../model/kernel.js'
import type { Log } from '../model/log.js'

/** Estimated work from which on workers are woken: waking one costs about half a millisecond. */
export const HAND_OVER_MS = 2

export interface PoolOptions {
  /** 0 = all chunks run on the ingest thread. */
  workers: number
  handOverMs: number
  states: readonly StateKind[]
  log: Log
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
    if (this.options.workers > 0 && this.#estimateMs(list, end) >= this.options.handOverMs) return this.#share(control)
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
    const tasks = Array.from({ length: this.options.workers }, () => pool.run(control))
    this.tasks += tasks.length
    this.kernels.runChunks(control)
    for (const outcome of await Promise.allSettled(tasks)) {
      // Its chunks run again when partials are merged: their inputs are as they were.
      if (outcome.status === 'rejected') {
        this.options.log.warn(
          { reason: reasonOf(outcome.reason) },
          'a worker failed; its chunks run on the ingest thread',
        )
      }
    }
  }

  async #start(): Promise<Piscina> {
    const { Piscina } = await import('piscina')
    return new Piscina({
      filename: new URL('./worker.js', import.meta.url).href,
      minThreads: this.options.workers,
      maxThreads: this.options.workers,
      workerData: { memory: this.memory.memory },
    })
  }
}

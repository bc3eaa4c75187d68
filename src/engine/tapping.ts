import {
  COLUMNS_FATE,
  COLUMNS_ROWS,
  COLUMNS_SERIES,
  COLUMNS_TIME,
  COLUMNS_VALUE,
  FATE_DUPLICATE,
  FATE_FILTERED,
  FATE_FUTURE,
  FATE_INVALID,
  FATE_LATE,
  FATE_LOST,
  FATE_REDUCED,
  FATE_REJECTED,
} from '../../assembly/layout.js'
import type { Device } from '../model/points.js'
import type { Fate, TappedSamples, Taps } from '../model/taps.js'
import type { EngineMemory } from './engine-memory.js'
import type { Series } from './identities.js'

/** Everybody who looks, as one: what nobody wants is undefined, and so costs a look at a field. */
export class Tapping implements Taps {
  frame: Taps['frame']
  counted: Taps['counted']
  lost: Taps['lost']
  samples: Taps['samples']
  points: Taps['points']
  readonly #taps = new Set<Taps>()

  /** Who looks from now on; the answer ends it. */
  add(taps: Taps): () => void {
    this.#taps.add(taps)
    this.#join()
    return () => {
      this.#taps.delete(taps)
      this.#join()
    }
  }

  #join(): void {
    for (const name of ['frame', 'counted', 'lost', 'samples', 'points'] as const) {
      const wanted = [...this.#taps].filter((taps) => taps[name])
      const all = (...args: unknown[]) => {
        for (const taps of wanted) (taps[name] as (...args: unknown[]) => void)(...args)
      }
      this[name] = wanted.length > 0 ? all : undefined
    }
  }
}

/** The rows in the columns, by name. */
export class ColumnRows implements TappedSamples {
  constructor(
    private readonly memory: EngineMemory,
    private readonly series: readonly (Series | undefined)[],
  ) {}

  get rows(): number {
    return this.#register(COLUMNS_ROWS)
  }

  device(row: number): Device {
    return this.#series(row).device
  }

  field(row: number): string {
    return this.#series(row).field
  }

  timeUs(row: number): number {
    return this.memory.f64[(this.#register(COLUMNS_TIME) >>> 3) + row]
  }

  value(row: number): number {
    return this.memory.f64[(this.#register(COLUMNS_VALUE) >>> 3) + row]
  }

  /** In the order in which `settle` looks. */
  fate(row: number): Fate {
    const bits = this.memory.u8[this.#register(COLUMNS_FATE) + row]
    if (bits & FATE_REDUCED) return 'reduced'
    if (bits & FATE_REJECTED) return 'rejected'
    if (bits & FATE_LATE) return 'late'
    if (bits & FATE_LOST) return 'lost'
    if (bits & FATE_DUPLICATE) return 'duplicate'
    if (bits & FATE_FUTURE) return 'future'
    if (bits & FATE_INVALID) return 'invalid'
    return bits & FATE_FILTERED ? 'filtered' : 'unmatched'
  }

  #series(row: number): Series {
    return this.series[this.memory.u32[(this.#register(COLUMNS_SERIES) >>> 2) + row]]!
  }

  #register(offset: number): number {
    return this.memory.u32[(this.memory.regions.columns.start + offset) >>> 2]
  }
}

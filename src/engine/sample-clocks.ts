import {
  CLOCK_ARRIVAL,
  CLOCK_BYTES,
  CLOCK_CHANNEL,
  CLOCK_COUNTER,
  CLOCK_DEVICE,
  CLOCK_FIRST,
  CLOCK_FRAME,
  CLOCK_ORDINAL,
  CLOCK_ROWS,
  CLOCK_RUN,
  CLOCK_SAMPLES,
  COLUMNS_CLOCK_LIST,
  COLUMNS_CLOCKS,
  COLUMNS_RUN_LIST,
  COLUMNS_RUNS,
  COLUMNS_TIME,
  RUN_BYTES,
  RUN_FIRST,
  RUN_RATE,
  RUN_START,
} from '../../assembly/layout.js'
import { CountedClock, type SavedCountedClock } from '../clocks/counted-clock.js'
import type { Placed } from '../clocks/sample-clock.js'
import { bug } from '../model/errors.js'
import type { EngineMemory } from './engine-memory.js'
import type { Identities } from './identities.js'

/** Clocks told of in the status of a source. */
const MOST_TOLD = 100

/** A clock as it is kept. */
export interface SavedClock {
  device: number
  channel: number
  clock: SavedCountedClock
}

/** The clocks of sensors whose samples are counted (`time: { clock: samples }`): they tell rows their times before they are reduced. */
export class SampleClocks {
  /** By device, then by channel: a device may have several sensors. */
  readonly #clocks = new Map<number, Map<number, CountedClock>>()
  /** A frame that is larger than the columns comes in pieces: where its rows were placed, by ordinal. */
  #frame = 0
  readonly #placed: Placed[] = []

  constructor(
    private readonly memory: EngineMemory,
    private readonly identities: Identities,
  ) {}

  /** Tells the rows decoded since the last call their times; `isDone` once no piece of a frame follows. */
  tellTimes(isDone: boolean): void {
    const { u32 } = this.memory
    const count = this.#column(COLUMNS_CLOCKS)
    for (let i = 0; i < count; i++) {
      const record = this.#column(COLUMNS_CLOCK_LIST) + i * CLOCK_BYTES
      const frame = u32[(record + CLOCK_FRAME) >>> 2]
      if (frame !== this.#frame) this.#placed.length = 0
      this.#frame = frame
      const ordinal = u32[(record + CLOCK_ORDINAL) >>> 2]
      this.#placed[ordinal] ??= this.#place(record)
      this.#tell(record, this.#placed[ordinal])
    }
    u32[(this.memory.regions.columns.start + COLUMNS_CLOCKS) >>> 2] = 0
    if (isDone) this.#frame = this.#placed.length = 0
  }

  /** A device's number will be another's. */
  forget(device: number): void {
    this.#clocks.delete(device)
  }

  /** All clocks, for `load`. */
  save(): SavedClock[] {
    return [...this.#clocks].flatMap(([device, channels]) =>
      [...channels].map(([channel, clock]) => ({ device, channel, clock: clock.save() })),
    )
  }

  /** Takes up clocks of channels and devices that there still are. */
  load(saved: readonly SavedClock[]): void {
    for (const { device, channel, clock } of saved) {
      const kind = this.identities.channelOf(channel)?.program?.clock
      if (!kind || !this.identities.devices[device]) continue
      const channels = this.#clocks.get(device) ?? new Map<number, CountedClock>()
      this.#clocks.set(device, channels.set(channel, CountedClock.load(clock, kind.rateHz, kind.modulus)))
    }
  }

  /** What the clocks of a source tell, none where it has none: the first ones, and how many there are. */
  status(sourceIndex: number): Record<string, unknown> {
    const told: Record<string, unknown>[] = []
    let clocks = 0
    for (const [device, channels] of this.#clocks)
      for (const [channel, clock] of channels) {
        const of = this.identities.channelOf(channel)
        if (of.sourceIndex !== sourceIndex) continue
        const tags = Object.fromEntries(this.identities.devices[device]?.tags ?? [])
        if (clocks++ < MOST_TOLD) told.push({ channel: of.spec.name, tags, ...clock.status() })
      }
    return clocks ? { clocks, sampleClocks: told } : {}
  }

  #place(record: number): Placed {
    const { u32, f64 } = this.memory
    const arrivalUs = f64[(record + CLOCK_ARRIVAL) >>> 3]
    const samples = u32[(record + CLOCK_SAMPLES) >>> 2]
    if (samples === 0) return { timeUs: arrivalUs, stepUs: 0 }
    const clock = this.#clock(u32[(record + CLOCK_DEVICE) >>> 2], u32[(record + CLOCK_CHANNEL) >>> 2])
    return clock.place(samples, f64[(record + CLOCK_COUNTER) >>> 3], arrivalUs)
  }

  #clock(device: number, channel: number): CountedClock {
    let channels = this.#clocks.get(device)
    if (!channels) this.#clocks.set(device, (channels = new Map()))
    let clock = channels.get(channel)
    if (!clock) {
      const { rateHz, modulus } =
        this.identities.channelOf(channel).program.clock ?? bug(`channel ${channel} has no clock`)
      channels.set(channel, (clock = new CountedClock(rateHz, modulus)))
    }
    return clock
  }

  /** Rows and runs have the numbers of their samples for times. */
  #tell(record: number, { timeUs, stepUs }: Placed): void {
    const { u32, f64 } = this.memory
    const rateHz = 1e6 / stepUs
    const first = u32[(record + CLOCK_FIRST) >>> 2]
    const end = first + u32[(record + CLOCK_ROWS) >>> 2]
    const times = this.#column(COLUMNS_TIME) >>> 3
    for (let row = first; row < end; row++) f64[times + row] = timeUs + (f64[times + row] * 1e6) / rateHz
    const runsEnd = this.#column(COLUMNS_RUN_LIST) + this.#column(COLUMNS_RUNS) * RUN_BYTES
    let run = this.#column(COLUMNS_RUN_LIST) + u32[(record + CLOCK_RUN) >>> 2] * RUN_BYTES
    for (; run < runsEnd && u32[(run + RUN_FIRST) >>> 2] < end; run += RUN_BYTES) {
      f64[(run + RUN_START) >>> 3] = f64[times + u32[(run + RUN_FIRST) >>> 2]]
      f64[(run + RUN_RATE) >>> 3] = rateHz
    }
  }

  #column(offset: number): number {
    return this.memory.u32[(this.memory.regions.columns.start + offset) >>> 2]
  }
}

import {
  BAD_BYTES,
  BAD_CHANNEL,
  BAD_PAYLOAD,
  BAD_PAYLOAD_BYTES,
  BAD_RECORDS,
  BAD_WHY,
  COUNT_FRAMES_DECODED,
  COUNT_FRAMES_FILTERED,
  COUNT_FRAMES_IN,
  COUNT_FRAMES_UNDECODABLE,
  COUNT_SAMPLES_DECODED,
  COUNT_SAMPLES_FILTERED,
  COUNT_SAMPLES_INVALID,
  COUNT_SAMPLES_REJECTED,
  DECODE_BAD,
  DECODE_CHANNEL_COUNT,
  DECODE_CHANNELS,
  DECODE_CLOSED,
  DECODE_COLUMNS,
  DECODE_CONSTANTS,
  DECODE_COUNTS,
  DECODE_DEVICE_TABLE,
  DECODE_DEVICES,
  DECODE_END,
  DECODE_FRAME,
  DECODE_KEY,
  DECODE_KEY_BYTES,
  DECODE_KEY_PREFIX,
  DECODE_LINE,
  DECODE_MISSING,
  DECODE_SCRATCH,
  DECODE_SERIES_TABLE,
  DECODE_SKIP,
  FRAME_CHANNEL,
  IDS_BYTES,
  IDS_USED,
  STOP_DEVICE,
  STOP_DONE,
  STOP_FULL,
  STOP_HEADER,
  STOP_SERIES,
} from '../../assembly/layout.js'
import type { DecodeModule } from '../memory/modules.js'
import { bug } from '../model/errors.js'
import type { EngineMemory } from './engine-memory.js'
import type { Identities } from './identities.js'
import type { Reducer } from './reducer.js'
import { SampleClocks } from './sample-clocks.js'

/** Frames and samples of one block, as the decoder counted them. */
export interface DecodeCounts {
  framesIn: number
  framesDecoded: number
  framesUndecodable: number
  framesFiltered: number
  samplesDecoded: number
  samplesInvalid: number
  samplesFiltered: number
  samplesRejected: number
  /** Messages passed over in their sender's numbers, less those that came late after all. */
  missing: number
}

/** A frame that could not be read, for the log. */
export interface BadFrame {
  channel: string
  /** WHY_*, or words. */
  why: number | string
  bytes: Uint8Array
}

/** Blocks → columns. Answers the decoder's stops: unknown names, header lines, full columns. */
export class Decoder {
  readonly #registers: number
  readonly #badHeaders: BadFrame[] = []
  readonly #text = new TextDecoder()
  /** Of the sensors whose samples are counted. */
  readonly clocks: SampleClocks

  constructor(
    private readonly memory: EngineMemory,
    private readonly module: DecodeModule,
    private readonly identities: Identities,
    private readonly reducer: Reducer,
    /** Address of the number reader's tables. */
    constants: number,
  ) {
    const { regions } = memory
    this.#registers = regions.registers.start
    this.clocks = new SampleClocks(memory, identities)
    this.#set(DECODE_COLUMNS, regions.columns.start)
    this.#set(DECODE_CHANNELS, regions.channels.start)
    this.#set(DECODE_DEVICE_TABLE, regions.deviceTable.start)
    this.#set(DECODE_SERIES_TABLE, regions.seriesTable.start)
    this.#set(DECODE_DEVICES, regions.devices.start)
    this.#set(DECODE_SCRATCH, regions.scratch.start)
    this.#set(DECODE_CONSTANTS, constants)
  }

  /** Decodes the frames in [start, end). A promise only when full columns wait for workers. */
  decode(start: number, end: number): Promise<void> | undefined {
    this.#set(DECODE_FRAME, start)
    this.#set(DECODE_END, end)
    this.#set(DECODE_LINE, 0)
    this.#set(DECODE_SKIP, 0)
    this.#set(DECODE_CHANNEL_COUNT, this.identities.channelCount)
    return this.#go()
  }

  /** Marks frames in [from, end) by their packet ids, in an IDS record. */
  remember(ids: number, from: number, end: number, connection: number): void {
    this.module.remember(ids, from, end, connection)
  }

  /** Whether the frame came before, over another connection. */
  cameBefore(ids: number, frame: number, connection: number): boolean {
    return this.module.cameBefore(ids, frame, connection) !== 0
  }

  /** Forgets all that an IDS record knows. */
  forgetConnections(ids: number): void {
    const { u8, u32 } = this.memory
    if (u32[(ids + IDS_USED) >>> 2] !== 0) u8.fill(0, ids + IDS_USED, ids + IDS_BYTES)
  }

  /** Counts since the last call. */
  takeCounts(): DecodeCounts {
    const { f64 } = this.memory
    const at = (this.#registers + DECODE_COUNTS) >>> 3
    const missing = (this.#registers + DECODE_MISSING) >>> 3
    const counts = {
      framesIn: f64[at + COUNT_FRAMES_IN],
      framesDecoded: f64[at + COUNT_FRAMES_DECODED],
      framesUndecodable: f64[at + COUNT_FRAMES_UNDECODABLE],
      framesFiltered: f64[at + COUNT_FRAMES_FILTERED],
      samplesDecoded: f64[at + COUNT_SAMPLES_DECODED],
      samplesInvalid: f64[at + COUNT_SAMPLES_INVALID],
      samplesFiltered: f64[at + COUNT_SAMPLES_FILTERED],
      samplesRejected: f64[at + COUNT_SAMPLES_REJECTED],
      missing: f64[missing],
    }
    f64.fill(0, at, at + 8)
    f64[missing] = 0
    return counts
  }

  /** The first few bad frames since the last call; their bytes are bounded copies. To be called before the block is reused. */
  takeBad(): BadFrame[] {
    const taken = this.#badHeaders.splice(0)
    for (let i = 0; i < BAD_RECORDS; i++) {
      const record = DECODE_BAD + i * BAD_BYTES
      const at = this.#get(record + BAD_PAYLOAD)
      if (at === 0) break
      taken.push(
        this.#bad(
          this.#get(record + BAD_CHANNEL),
          this.#get(record + BAD_WHY),
          at,
          this.#get(record + BAD_PAYLOAD_BYTES),
        ),
      )
      this.#set(record + BAD_PAYLOAD, 0)
    }
    return taken
  }

  /** True once a table was full: unknown devices and series are rejected until `reopen`. */
  get closed(): boolean {
    return this.#get(DECODE_CLOSED) === 1
  }

  /** There is room again. */
  reopen(): void {
    this.#set(DECODE_CLOSED, 0)
  }

  #go(): Promise<void> | undefined {
    for (;;) {
      switch (this.module.decode(this.#registers)) {
        case STOP_DONE:
          this.clocks.tellTimes(true)
          return undefined
        case STOP_FULL: {
          this.clocks.tellTimes(false)
          const reducing = this.reducer.reduce()
          if (reducing) return reducing.then(() => this.#go())
          break
        }
        case STOP_DEVICE: {
          const known = this.identities.addDevice(this.#get(DECODE_KEY_PREFIX), ...this.#key())
          if (!known) this.#set(DECODE_CLOSED, 1)
          break
        }
        case STOP_SERIES: {
          const channel = this.memory.u32[(this.#get(DECODE_FRAME) + FRAME_CHANNEL) >>> 2]
          const known = this.identities.addSeries(this.#get(DECODE_KEY_PREFIX), channel, ...this.#key())
          if (!known) this.#set(DECODE_CLOSED, 1)
          break
        }
        case STOP_HEADER: {
          const [at, bytes] = this.#key()
          const channel = this.#get(DECODE_KEY_PREFIX)
          const line = this.#text.decode(this.memory.u8.slice(at, at + bytes))
          const problem = this.identities.setLayout(channel, line)
          if (problem) this.#noHeader(this.#bad(channel, `it is no header: ${problem}`, at, bytes))
          break
        }
        default:
          bug('the decoder stopped for an unknown reason')
      }
    }
  }

  /** The line was counted filtered already. */
  #noHeader(bad: BadFrame): void {
    const counts = (this.#registers + DECODE_COUNTS) >>> 3
    this.memory.f64[counts + COUNT_FRAMES_FILTERED]--
    this.memory.f64[counts + COUNT_FRAMES_UNDECODABLE]++
    if (this.#badHeaders.length < BAD_RECORDS) this.#badHeaders.push(bad)
  }

  #bad(channel: number, why: number | string, at: number, bytes: number): BadFrame {
    return {
      channel: this.identities.channelOf(channel).spec.name,
      why,
      bytes: this.memory.u8.slice(at, at + Math.min(200, bytes)),
    }
  }

  #key(): [address: number, bytes: number] {
    return [this.#get(DECODE_KEY), this.#get(DECODE_KEY_BYTES)]
  }

  #get(register: number): number {
    return this.memory.u32[(this.#registers + register) >>> 2]
  }

  #set(register: number, value: number): void {
    this.memory.u32[(this.#registers + register) >>> 2] = value
  }
}

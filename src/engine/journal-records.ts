// What the journal says of the line, a record each, in the order in which it happened. Replaying them through the same engine,
// from the same state, gives the same state again: it reads no clock.
import {
  FRAME_ARRIVAL,
  FRAME_BYTES,
  FRAME_CHANNEL,
  FRAME_FLAGS,
  FRAME_PACKET_ID,
  FRAME_PAYLOAD_BYTES,
} from '../../assembly/layout.js'
import type { WireCounts } from '../model/ledger.js'
import type { ChannelSpec, FrameReason } from '../model/source.js'

/** Record types. JSON but for frames. */
export const RECORD = { channel: 1, frames: 2, counts: 3, connection: 4, mark: 5 } as const

/** A channel was made: frames name it by its number. */
export interface ChannelRecord {
  /** By `sourceKey`: it may have been made while another plan was being gone over to. */
  source: string
  number: number
  spec: ChannelSpec
}

/** Frames behind FRAMES_HEAD_BYTES, as they lie in blocks (FRAME_* of assembly/layout.ts); the head is a u32, the source. */
export const FRAMES_HEAD_BYTES = 8

/** A frame of such a record. */
export interface RecordedFrame {
  channel: number
  arrivalUs: number
  flags: number
  packetId: number
  payload: Buffer
  /** Where the next one begins in the record. */
  end: number
}

/** The frames of a record's body, up to the first that does not fit into it. */
export function* framesOf(body: Buffer): Generator<RecordedFrame> {
  for (let at = FRAMES_HEAD_BYTES; at + FRAME_BYTES <= body.length; ) {
    const start = at + FRAME_BYTES
    const bytes = body.readUInt32LE(at + FRAME_PAYLOAD_BYTES)
    if (start + bytes > body.length) return
    const channel = body.readUInt32LE(at + FRAME_CHANNEL)
    const arrivalUs = body.readDoubleLE(at + FRAME_ARRIVAL)
    const flags = body.readUInt32LE(at + FRAME_FLAGS)
    const packetId = body.readUInt32LE(at + FRAME_PACKET_ID)
    at = start + ((bytes + 7) & ~7)
    yield { channel, arrivalUs, flags, packetId, payload: body.subarray(start, start + bytes), end: at }
  }
}

/** What a source counted since the last such record. */
export interface CountsRecord {
  source: number
  frames: Partial<Record<FrameReason, number>>
  lostBytes: number
  wire: Partial<WireCounts>
}

/** A source has a new connection; `resumed`: in the session that it had. */
export interface ConnectionRecord {
  source: number
  number: number
  resumed: boolean
}

/** A batch was cut: of these sources all that was taken before. */
export interface MarkRecord {
  batch: number
  /** The wall clock as the engine read it, µs since the epoch. */
  nowUs: number
  sources: number[]
  /** From behind this batch on, where something about it has changed. */
  clock?: ClockRecord
  /** From behind this batch on, where the line goes over to another plan. */
  next?: NextPlan
}

/** Another configuration is loaded: what none of its windows and sources goes on with ends with the batch. */
export interface NextPlan {
  /** A KeptPlan, as exact JSON. */
  plan: string
  /** When it was loaded, µs since the epoch. */
  nowUs: number
}

/** What is known of the wall clock. */
export interface ClockRecord {
  /** Wall time less monotonic time, µs. */
  offsetUs: number
  /** It is known to be right. */
  isTrue: boolean
  /** The boot of the machine that its monotonic time belongs to. */
  boot: string
}

/** What records are written to. */
export interface Records {
  /** False: the disk refuses, and there is no room to keep it meanwhile; with `always` it is kept all the same. */
  append(type: number, pieces: readonly Uint8Array[], always?: boolean): boolean
  /** Calls `done` once all appended so far is as safe as configured. */
  whenDurable(done: () => void): void
  /** What the disk refused fills the memory kept for it. */
  readonly full: boolean
  /** Resolves when it is not full. */
  room(): Promise<void>
}

/** What takes frames, for turns between several. */
interface Burst {
  flush(): void
}

/** Writes the line's records. Sources are indexes in the plan, where they are numbers. */
export class LineJournal {
  readonly #journal: Records
  readonly #head = new Uint32Array(FRAMES_HEAD_BYTES / 4)
  readonly #headBytes = new Uint8Array(this.#head.buffer)
  /** Whose frames were taken last: they are written before another's are, so that the order stays. */
  #open: Burst | undefined
  /** Frames that the disk refused for good: they are as safe as with durability `memory`. */
  unwritten = 0
  /** False while the journal itself is read: what happens is in it already. */
  writes = false

  /** `onMark` is told when a mark was written. */
  constructor(
    journal: Records,
    private readonly onMark: () => void,
  ) {
    this.#journal = journal
  }

  /** Before a burst's frame is taken. */
  begin(burst: Burst): void {
    if (this.#open === burst) return
    this.#open?.flush()
    this.#open = burst
  }

  channel(record: ChannelRecord): void {
    this.#open?.flush()
    this.#json(RECORD.channel, record, true)
  }

  /** False: they found no room. */
  frames(source: number, bytes: Uint8Array): boolean {
    if (!this.writes) return true
    this.#head[0] = source
    return this.#journal.append(RECORD.frames, [this.#headBytes, bytes])
  }

  counts(record: CountsRecord): void {
    this.#json(RECORD.counts, record)
  }

  connection(record: ConnectionRecord): void {
    this.#open?.flush()
    this.#json(RECORD.connection, record, true)
  }

  mark(record: MarkRecord): void {
    if (!this.writes) return
    this.#json(RECORD.mark, record, record.next !== undefined)
    this.onMark()
  }

  /** Calls `done` once all that was written is as safe as configured. */
  whenDurable(done: () => void): void {
    this.#journal.whenDurable(done)
  }

  /** True while sources that can wait should: what the disk refuses fills the memory. */
  get full(): boolean {
    return this.#journal.full
  }

  /** Resolves when it is not full. */
  room(): Promise<void> {
    return this.#journal.room()
  }

  /** `always`: frames behind it can't be read without it. */
  #json(type: number, record: object, always = false): void {
    if (this.writes) this.#journal.append(type, [Buffer.from(JSON.stringify(record))], always)
  }
}

import {
  FRAME_FLAGS as FLAGS_AT,
  FRAME_BYTES,
  FRAME_CHANNEL,
  FRAME_PACKET_ID,
  FRAME_PAYLOAD_BYTES,
} from '../../assembly/layout.js'
import type { Clock } from '../../src/model/clock.js'
import { newWireCounts, type WireCounts } from '../../src/model/ledger.js'
import { type Log, silent } from '../../src/model/log.js'
import { type ChannelSpec, FRAME_FLAGS, type FrameReason, type SourceOutput } from '../../src/model/source.js'

/** A frame as it was taken. */
export interface RecordedFrame {
  channel: number
  bytes: Buffer
  flags: number
  packetId: number
}

/** What a source may be made to meet. Every field may be changed while it runs. */
export interface RecordingOptions {
  maxFrameBytes?: number
  /** Channels beyond this number answer -1. */
  maxChannels?: number
  gatherMs?: number
  log?: Log
}

/**
 * A SourceOutput that keeps everything it is given, for contract tests. Frames are copied, bursts commit at once
 * unless `holdCommits` is set, and `room` frames are taken before `frame` says false.
 */
export class RecordingOutput implements SourceOutput {
  readonly clock: Clock
  readonly log: Log
  readonly channels: ChannelSpec[] = []
  readonly frames: RecordedFrame[] = []
  readonly counts: Record<FrameReason, number> = { undecodable: 0, filtered: 0, retained: 0, duplicate: 0, dropped: 0 }
  readonly links: { state: 'up' | 'down'; detail?: string }[] = []
  /** Frames in each burst that was ended, in order. */
  readonly bursts: number[] = []
  lost = 0
  readonly wireCounts = newWireCounts()
  turns = 0
  /** Frames still taken before `frame` answers false. */
  room = Number.POSITIVE_INFINITY
  /** Times that `frame` answered false. */
  refusals = 0
  /** While true, commits wait in `commits`. */
  holdCommits = false
  readonly commits: (() => void)[] = []
  #inBurst = 0
  #waiting: (() => void)[] = []
  #watchers: { met: () => boolean; done: () => void }[] = []

  constructor(
    clock: Clock,
    readonly options: RecordingOptions = {},
  ) {
    this.clock = clock
    this.log = options.log ?? silent
  }

  channel(spec: ChannelSpec): number {
    if (this.channels.length >= (this.options.maxChannels ?? Number.POSITIVE_INFINITY)) return -1
    return this.channels.push(spec) - 1
  }

  frame(channel: number, bytes: Uint8Array, start: number, end: number, flags: number, packetId: number): boolean {
    if (end - start > (this.options.maxFrameBytes ?? 1 << 20)) throw new Error('frame longer than maxFrameBytes')
    if (!this.channels[channel] || start > end || end > bytes.length) throw new Error('frame outside its bytes')
    if (this.room === 0) {
      this.refusals++
      this.#changed()
      return false
    }
    this.room--
    this.#inBurst++
    this.frames.push({ channel, bytes: Buffer.from(bytes.subarray(start, end)), flags, packetId })
    this.#changed()
    return true
  }

  roomFor(firstBytes: number): number {
    if (this.room === 0) {
      this.refusals++
      this.#changed()
      return 0
    }
    return this.room === Number.POSITIVE_INFINITY ? Math.max(65536, firstBytes) : firstBytes
  }

  takeFrames(bytes: Uint8Array, start: number, end: number): void {
    const block = Buffer.from(bytes.buffer, bytes.byteOffset)
    for (let at = start; at < end; ) {
      const from = at + FRAME_BYTES
      const length = block.readUInt32LE(at + FRAME_PAYLOAD_BYTES)
      const channel = block.readUInt32LE(at + FRAME_CHANNEL)
      const flags = block.readUInt32LE(at + FLAGS_AT)
      at = from + ((length + 7) & ~7)
      if (at > end) throw new Error('frame outside its bytes')
      if (
        !this.frame(
          channel,
          bytes,
          from,
          from + length,
          flags,
          block.readUInt32LE(from - FRAME_BYTES + FRAME_PACKET_ID),
        )
      )
        throw new Error('frame without room')
    }
  }

  /** Makes room for `frames` more and wakes who waits. */
  makeRoom(frames: number): void {
    this.room = frames
    for (const wake of this.#waiting.splice(0)) wake()
  }

  ready(): Promise<void> {
    return this.room > 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve))
  }

  endBurst(commit?: () => void): void {
    this.bursts.push(this.#inBurst)
    this.#inBurst = 0
    if (commit) {
      if (this.holdCommits) this.commits.push(commit)
      else commit()
    }
    this.#changed()
  }

  sessions: boolean[] = []

  session(resumed: boolean): void {
    this.sessions.push(resumed)
  }

  count(reason: FrameReason, frames: number): void {
    this.counts[reason] += frames
    this.#changed()
  }

  wire(what: keyof WireCounts, count: number): void {
    this.wireCounts[what] += count
  }

  lostBytes(bytes: number): void {
    this.lost += bytes
    this.#changed()
  }

  link(state: 'up' | 'down', detail?: string): void {
    this.links.push({ state, detail })
    this.#changed()
  }

  gatherMs(): number {
    return this.options.gatherMs ?? 0
  }

  turn(): Promise<void> {
    this.turns++
    this.#changed()
    return Promise.resolve()
  }

  /** Resolves as soon as `met` holds; it is asked again after every call of the source. */
  until(met: () => boolean): Promise<void> {
    if (met()) return Promise.resolve()
    return new Promise((done) => this.#watchers.push({ met, done }))
  }

  /** Channel names with the text of each frame, in order; whole lines of a `lines` frame one by one. */
  texts(): [channel: string, text: string][] {
    return this.frames.flatMap(({ channel, bytes, flags }) => {
      const text = bytes.toString()
      const lines = flags & FRAME_FLAGS.lines ? text.replace(/\n$/, '').split('\n') : [text]
      return lines.map((line): [string, string] => [this.channels[channel].name, line])
    })
  }

  #changed(): void {
    for (const watcher of [...this.#watchers]) {
      if (!watcher.met()) continue
      this.#watchers.splice(this.#watchers.indexOf(watcher), 1)
      watcher.done()
    }
  }
}

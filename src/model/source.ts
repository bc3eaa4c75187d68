import type { GenericSchema } from 'valibot'
import { FLAG_DUP, FLAG_LINES, FLAG_RETAINED } from '../../assembly/layout.js'
import type { Clock } from './clock.js'
import type { WireCounts } from './ledger.js'
import type { Log } from './log.js'
import type { InputPlan } from './plan.js'

/** What a source calls one topic, port or file. */
export interface ChannelSpec {
  /** For people and logs: the topic, port or path. */
  name: string
  /** Index in the source's `inputs`: how its payloads are read. */
  input: number
  /**
   * Tags of every sample on it, besides those in the payload: the source's own and its input's `constantTags`.
   * Source and tags together name the device.
   */
  tags: Record<string, string>
  /** What the codec must know of this channel alone, in the codec's own words. */
  layout?: string
  /** Units of its fields, where the sender tells them. */
  units?: Record<string, string>
  /** The field's name where the channel says it (`{device}/sensor/{field}/state`). */
  field?: string
}

/** Why a frame was not decoded, where the source decides. */
export type FrameReason = 'undecodable' | 'filtered' | 'retained' | 'duplicate' | 'dropped'

/** What is known of a frame besides its bytes, as the decoder reads it. */
export const FRAME_FLAGS = { lines: FLAG_LINES, retained: FLAG_RETAINED, dup: FLAG_DUP } as const

/**
 * The way of a source into the engine. Calls are synchronous and cheap; nothing here is per sample.
 * The engine stamps frames with the arrival of their burst: the time of the first frame after the last `endBurst`.
 */
export interface SourceOutput {
  readonly clock: Clock
  readonly log: Log
  /** Makes a channel; the source remembers its number. -1: no room (`maxSeries`), its frames are to be counted `dropped`. */
  channel(spec: ChannelSpec): number
  /**
   * Copies bytes[start, end) as one frame into the open block and counts it `in`.
   * False: no room now and nothing taken; wait for `ready()` and offer it again. Throws when longer than `maxFrameBytes`.
   * With `FRAME_FLAGS.lines` the bytes are whole lines, each of them a frame.
   */
  frame(channel: number, bytes: Uint8Array, start: number, end: number, flags: number, packetId: number): boolean
  /**
   * Bytes of whole frames, as they lie in blocks (FRAME_* of assembly/layout.ts), that `takeFrames` takes for certain if it is called
   * before anything else; enough at least for a first frame of `firstBytes`. 0: no room now; wait for `ready()`.
   */
  roomFor(firstBytes: number): number
  /**
   * Takes whole frames of channels of this source in bytes[start, end), as they lie in blocks but for their arrival; counts them
   * `in`. There must be room for them, and none may be longer than `maxFrameBytes`.
   */
  takeFrames(bytes: Uint8Array, start: number, end: number): void
  /** Resolves when `frame` and `roomFor` have room again. */
  ready(): Promise<void>
  /** Ends a read burst; `commit` is called once its frames are as safe as configured: acknowledge now. */
  endBurst(commit?: () => void): void
  /**
   * A new connection to the outside, before its first frame. `resumed`: in the session of those before it, so that a frame with
   * the flag `dup` that came over one of them is a duplicate.
   */
  session(resumed: boolean): void
  /** Counts frames that were received and go no further (they count as `in` too). */
  count(reason: FrameReason, frames: number): void
  /** Counts bytes lost before framing (a serial overrun, garbage cut off). */
  lostBytes(bytes: number): void
  /** Counts what went wrong on the wire, before there were frames. */
  wire(what: keyof WireCounts, count: number): void
  /** Says that the link is up or down, for /status; the supervisor says `down` by itself when `run` rejects. */
  link(state: 'up' | 'down', detail?: string): void
  /** Milliseconds until the next tick, at most `maxLatency`: how long a live source may leave bytes in the kernel. */
  gatherMs(): number
  /**
   * Finite sources: hands the open block over as a batch and waits for its results to have room in the sinks
   * and for this source's next turn. Live sources never call it.
   */
  turn(): Promise<void>
}

/** One connection to the outside. Made once; `run` is called again by the one supervisor after it rejects. */
export interface Source {
  /**
   * Reads until the end ('end', finite sources only) or until the signal aborts ('aborted').
   * Rejects with a LinkError when the outside fails; it never retries by itself. Before it settles it has let go of
   * everything it opened.
   */
  run(out: SourceOutput, signal: AbortSignal): Promise<'end' | 'aborted'>
  /** Further facts for /status; plain JSON, no secrets. */
  status?(): Record<string, unknown>
}

export interface SourceContext {
  name: string
  gateway: string
  /** Directory for what must survive a restart; may not exist yet. */
  stateDir: string
  maxFrameBytes: number
  /** How far from true an arrival time may be, µs: the longest pause of a source timed by arrival. */
  arrivalErrorUs: number
  /** True when any input is timed by arrival, or by a clock that is compared with it. */
  timedByArrival: boolean
  /** What the component's `inputs` returned: what `ChannelSpec.input` counts in. */
  inputs: readonly InputPlan[]
  /**
   * It listens beside a weir that runs the same configuration: it takes nothing from it, leaves nothing behind outside,
   * tells nobody, and takes whatever comes, so that it can be decided later.
   */
  listenOnly?: boolean
}

/** Takes recorded frames as the source would have taken them from outside. */
export interface Replayer {
  /**
   * Offers bytes[start, end) as they were recorded on `channel`, and counts what the configuration leaves out.
   * False: no room now and nothing taken, as `SourceOutput.frame`.
   */
  take(channel: ChannelSpec, bytes: Uint8Array, start: number, end: number, flags: number, packetId: number): boolean
}

/** A kind of source, as the registry lists it. `Options` is what `options` makes of the user's keys. */
export interface SourceComponent<Options = never> {
  readonly type: string
  readonly summary: string
  /** valibot entries of its own keys; common ones (time, decode, tags, wait, ...) are added by the configuration. */
  readonly options: Record<string, GenericSchema>
  finite(options: Options): boolean
  /**
   * The inputs its channels may name, from the source's own time, decode and tags (absent when the user gave none)
   * and whatever its options say. `parse` reads the keys `time`, `decode`, `tags` and the like that the options keep unread for
   * one topic or the like. Returns a problem's text instead where a combination is not allowed.
   */
  inputs(options: Options, common: CommonInput, parse: ParseInput): InputPlan[] | string
  create(options: Options, context: SourceContext): Source
  /** For sources that choose among what comes by its name. Without it frames go into the channel they were recorded on. */
  replay?(options: Options, context: SourceContext, out: SourceOutput): Replayer
}

/**
 * `time`, `decode` and payload tags as given at the source, parsed; each may be missing. Of the source itself the configuration
 * adds conditions and sequence to every input; those read for one topic belong into its input.
 */
export interface CommonInput {
  time?: InputPlan['time']
  decode?: InputPlan['decode']
  conditions?: InputPlan['conditions']
  sequence?: InputPlan['sequence']
  payloadTags: Record<string, string>
  /** Tags with a fixed value. */
  constantTags: Record<string, string>
}

/** `time`, `decode`, `tags` and the like as the user wrote them below the source, for one topic or the like; absent = the source's. */
export interface RawInput {
  time?: unknown
  decode?: unknown
  tags?: unknown
  calibrate?: unknown
  valid?: unknown
  deadband?: unknown
  sequence?: unknown
}

/** Reads them as the configuration reads the source's own; what was absent stays absent. A problem's text when wrong. */
export type ParseInput = (raw: RawInput) => CommonInput | string

import type { Device, Points } from './points.js'
import type { ChannelSpec, FrameReason } from './source.js'

/** A frame as a source handed it over: bytes[start, end). */
export interface TappedFrame {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  /** Of its burst, µs. */
  readonly arrivalUs: number
  /** FRAME_FLAGS. */
  readonly flags: number
  readonly packetId: number
}

/** What became of a sample; `unmatched` where no window wants it. */
export type Fate =
  | 'reduced'
  | 'late'
  | 'rejected'
  | 'future'
  | 'lost'
  | 'unmatched'
  | 'filtered'
  | 'duplicate'
  | 'invalid'

/** Decoded samples in columns, in the order in which they were reduced. */
export interface TappedSamples {
  readonly rows: number
  device(row: number): Device
  field(row: number): string
  timeUs(row: number): number
  value(row: number): number
  fate(row: number): Fate
}

/**
 * Who looks at a run as it flows; what is absent is not told. Whatever is handed over is valid only during the call, which
 * must be quick: it is on the thread that does all the work.
 */
export interface Taps {
  /** Each frame that was taken, with its source and channel. */
  frame?(source: string, channel: ChannelSpec, frame: TappedFrame): void
  /** Frames that were received and went no further. */
  counted?(source: string, reason: FrameReason, frames: number): void
  /** Bytes lost before framing. */
  lost?(source: string, bytes: number): void
  /** Samples of one batch or part of one; those that never became rows (unreadable, empty) are not among them. Values are calibrated. */
  samples?(samples: TappedSamples): void
  /** Points of a pane as they are emitted. */
  points?(points: Points): void
}

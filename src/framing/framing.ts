import type { GenericSchema } from 'valibot'
import type { WireCounts } from '../model/ledger.js'

/** Why bytes are no frame: a wrong check, bytes that break the framing's rules, or more than a frame may have. */
export type BadFrame = keyof Pick<WireCounts, 'crc' | 'malformed' | 'long'>

/** Where a framer puts what it found, in the order of the stream. */
export interface FrameReceiver {
  /** bytes[start, end) is one frame; it is the framer's again when the call returns. */
  frame(bytes: Uint8Array, start: number, end: number): void
  /** So many bytes belong to no frame; `why` is said once for each that seemed to be one. */
  lost(bytes: number, why?: BadFrame): void
}

/**
 * Cuts a stream of bytes into frames. How the stream is cut into chunks changes nothing: same bytes, same frames and
 * the same sum of lost bytes. Any bytes are safe, and memory is bounded by the largest frame.
 */
export interface Framer {
  /** Takes a whole chunk, which is the caller's again when the call returns. */
  push(chunk: Uint8Array, to: FrameReceiver): void
  /** The stream ended or broke: what is held belongs to no frame. The framer is then as new. */
  end(to: FrameReceiver): void
}

/** A way to find frames in a stream, as the registry lists it. */
export interface FramingComponent<Options = never> {
  readonly type: string
  readonly summary: string
  /** valibot entries of its own keys. */
  readonly options: Record<string, GenericSchema>
  /** Its frames are messages that only this codec reads, behind a protocol of the source's. */
  readonly codec?: string
  /** A framer for one stream; frames longer than `maxFrameBytes` are lost. */
  create(options: Options, maxFrameBytes: number): Framer
}

import type { BadFrame, FrameReceiver } from '../../framing/framing.js'
import type { SourceOutput } from '../../model/source.js'
import type { Messages } from './messages.js'

/** What a port's framer finds, counted and handed on. Frames that find no room are gone: a serial port can't be told to wait. */
export class Receiver implements FrameReceiver {
  #outOfStep = false
  #dropped = 0

  constructor(
    private readonly out: SourceOutput,
    private readonly messages: Messages,
  ) {}

  /** So many bytes were read, after waiting for them; what the framer finds in them follows. */
  beginBurst(bytes: number, waitedMs: number): void {
    this.messages.arrived?.(this.out.clock.nowUs(), bytes, waitedMs)
  }

  frame(bytes: Uint8Array, start: number, end: number): void {
    if (this.#outOfStep) this.out.wire('resyncs', 1)
    this.#outOfStep = false
    if (!this.messages.take(bytes, start, end)) this.#dropped++
  }

  lost(bytes: number, why?: BadFrame): void {
    this.#outOfStep = true
    this.out.lostBytes(bytes)
    if (why) this.out.wire(why, 1)
  }

  endBurst(): void {
    if (this.#dropped) this.out.count('dropped', this.#dropped)
    this.#dropped = 0
    this.out.endBurst()
  }
}

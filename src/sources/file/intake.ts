import { FRAME_FLAGS, type SourceOutput } from '../../model/source.js'
import type { Cut, LineBlock } from './line-block.js'

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]

/** Hands blocks of lines to the engine, one turn each. */
export class Intake {
  readonly #block: LineBlock
  readonly #out: SourceOutput
  readonly #channel: number
  readonly #signal: AbortSignal
  #isFirst = true

  constructor(block: LineBlock, out: SourceOutput, channel: number, signal: AbortSignal) {
    this.#block = block
    this.#out = out
    this.#channel = channel
    this.#signal = signal
  }

  async take({ start, end }: Cut): Promise<void> {
    const out = this.#out
    const skipped = this.#block.takeSkipped()
    if (skipped) out.count('dropped', skipped)
    const { bytes } = this.#block
    if (this.#isFirst && end - start >= 3) {
      if (BYTE_ORDER_MARK.every((byte, i) => bytes[start + i] === byte)) start += 3
      this.#isFirst = false
    }
    if (start === end) return
    if (this.#channel < 0) return out.count('dropped', linesIn(bytes, start, end))
    while (!out.frame(this.#channel, bytes, start, end, FRAME_FLAGS.lines, 0)) {
      await out.ready()
      if (this.#signal.aborted) return out.lostBytes(end - start)
    }
    out.endBurst()
    await out.turn()
  }
}

/** Lines that aren't empty, as the decoder counts them. */
function linesIn(bytes: Uint8Array, start: number, end: number): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
  return text.split(/\r?\n/).filter((line) => line.length > 0).length
}

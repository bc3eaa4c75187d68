import * as v from 'valibot'
import { CARRY_BYTES, grown } from './carry.js'
import { escapedBytes } from './escaped.js'
import type { FrameReceiver, Framer, FramingComponent } from './framing.js'

const CARRIAGE_RETURN = 13
const NEWLINE = 10

export interface LineOptions {
  /** What ends a line, at least one byte. */
  delimiter: Uint8Array
}

/**
 * Lines of text, handed over without their delimiter (and without the `\r` before a `\n`). Empty lines hold nothing and
 * are passed over. A line that is too long is lost with its delimiter, and the next one is whole again. The first line
 * after opening may be the end of one that began before; nothing tells it from a whole one, so it is handed over.
 */
export const line: FramingComponent<LineOptions> = {
  type: 'line',
  summary: 'Text lines that end in a delimiter',
  options: {
    delimiter: v.optional(
      v.pipe(escapedBytes(8), v.description('What ends a line; before a newline a carriage return goes too.')),
      '\\n',
    ),
  },
  create: ({ delimiter }, maxFrameBytes) => new LineFramer(delimiter, maxFrameBytes),
}

class LineFramer implements Framer {
  readonly #delimiter: Uint8Array
  readonly #maxFrameBytes: number
  readonly #strips: boolean
  /** The longest line with its ending. */
  readonly #limitBytes: number
  /** The line's bytes so far, from earlier chunks; of a line too long only as many as may begin a delimiter. */
  #carry = new Uint8Array(CARRY_BYTES)
  #carryLength = 0
  /** The line is known to be too long. */
  #skipping = false

  constructor(delimiter: Uint8Array, maxFrameBytes: number) {
    this.#delimiter = delimiter
    this.#maxFrameBytes = maxFrameBytes
    this.#strips = delimiter.length === 1 && delimiter[0] === NEWLINE
    this.#limitBytes = maxFrameBytes + delimiter.length + (this.#strips ? 1 : 0)
  }

  push(chunk: Uint8Array, to: FrameReceiver): void {
    const last = this.#delimiter[this.#delimiter.length - 1]
    let start = 0
    let searched = 0
    while (start < chunk.length) {
      const found = chunk.indexOf(last, searched)
      const end = found < 0 ? chunk.length : found + 1
      if (found >= 0 && !this.#carryLength) {
        // The whole line lies in this chunk: no copy.
        if (this.#endsLine(chunk, start, end)) {
          this.#emit(chunk, start, end, to)
          start = end
        }
        searched = end
        continue
      }
      this.#keep(chunk, start, end, to)
      if (found >= 0 && this.#endsLine(this.#carry, 0, this.#carryLength)) {
        if (this.#skipping) to.lost(this.#carryLength)
        else this.#emit(this.#carry, 0, this.#carryLength, to)
        this.#clear()
      }
      start = searched = end
    }
  }

  end(to: FrameReceiver): void {
    if (this.#carryLength) to.lost(this.#carryLength)
    this.#clear()
  }

  #clear(): void {
    this.#carryLength = 0
    this.#skipping = false
  }

  #endsLine(bytes: Uint8Array, start: number, end: number): boolean {
    const from = end - this.#delimiter.length
    return from >= start && this.#delimiter.every((byte, i) => bytes[from + i] === byte)
  }

  #emit(bytes: Uint8Array, start: number, end: number, to: FrameReceiver): void {
    let textEnd = end - this.#delimiter.length
    if (this.#strips && textEnd > start && bytes[textEnd - 1] === CARRIAGE_RETURN) textEnd--
    if (textEnd - start > this.#maxFrameBytes) to.lost(end - start, 'long')
    else if (textEnd > start) to.frame(bytes, start, textEnd)
  }

  /** Adds chunk[start, end) to the carry, or what matters of it when the line is too long. */
  #keep(chunk: Uint8Array, start: number, end: number, to: FrameReceiver): void {
    const totalLength = this.#carryLength + end - start
    if (!this.#skipping && totalLength <= this.#limitBytes) {
      this.#carry = grown(this.#carry, this.#carryLength, totalLength, this.#limitBytes)
      this.#carry.set(chunk.subarray(start, end), this.#carryLength)
      this.#carryLength = totalLength
      return
    }
    const why = this.#skipping ? undefined : 'long'
    this.#skipping = true
    const tailLength = Math.min(totalLength, this.#delimiter.length)
    const fromChunk = Math.min(tailLength, end - start)
    const fromCarry = tailLength - fromChunk
    this.#carry.copyWithin(0, this.#carryLength - fromCarry, this.#carryLength)
    this.#carry.set(chunk.subarray(end - fromChunk, end), fromCarry)
    this.#carryLength = tailLength
    to.lost(totalLength - tailLength, why)
  }
}

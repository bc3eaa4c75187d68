import type { FrameReceiver, Framer } from './framing.js'

/** The carry's first size; it doubles up to the longest stretch. */
const CARRY_BYTES = 256

/** Takes a stretch bytes[start, end) without its delimiter; it is not empty. The bytes are the caller's again afterwards. */
export type TakeStretch = (bytes: Uint8Array, start: number, end: number, to: FrameReceiver) => void

/**
 * Stretches of bytes that end in a delimiter of one byte. Empty ones hold nothing and are passed over. One longer than
 * `limitBytes` is lost with its delimiter, and the next is whole again.
 */
export class DelimitedFramer implements Framer {
  readonly #delimiter: number
  readonly #limitBytes: number
  readonly #take: TakeStretch
  /** The stretch's bytes so far, from earlier chunks. */
  #carry = new Uint8Array(CARRY_BYTES)
  #carryLength = 0
  /** The stretch is known to be too long. */
  #skipping = false

  constructor(delimiter: number, limitBytes: number, take: TakeStretch) {
    this.#delimiter = delimiter
    this.#limitBytes = limitBytes
    this.#take = take
  }

  push(chunk: Uint8Array, to: FrameReceiver): void {
    for (let start = 0; start < chunk.length; ) {
      const found = chunk.indexOf(this.#delimiter, start)
      const end = found < 0 ? chunk.length : found
      const fits = !this.#skipping && this.#carryLength + end - start <= this.#limitBytes
      if (!fits) this.#skip(end - start, to)
      else if (found < 0 || this.#carryLength) this.#keep(chunk, start, end)
      else if (end > start) this.#take(chunk, start, end, to)
      if (found < 0) return
      if (this.#skipping) to.lost(1)
      else if (this.#carryLength) this.#take(this.#carry, 0, this.#carryLength, to)
      this.#clear()
      start = found + 1
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

  #skip(bytes: number, to: FrameReceiver): void {
    if (this.#skipping) to.lost(bytes)
    else to.lost(this.#carryLength + bytes, 'long')
    this.#skipping = true
    this.#carryLength = 0
  }

  #keep(chunk: Uint8Array, start: number, end: number): void {
    const length = this.#carryLength + end - start
    if (length > this.#carry.length) {
      const grown = new Uint8Array(Math.min(this.#limitBytes, Math.max(length, 2 * this.#carry.length)))
      grown.set(this.#carry.subarray(0, this.#carryLength))
      this.#carry = grown
    }
    this.#carry.set(chunk.subarray(start, end), this.#carryLength)
    this.#carryLength = length
  }
}

/** Room for one decoded frame, made larger as frames need it. */
export class Scratch {
  bytes = new Uint8Array(CARRY_BYTES)

  atLeast(bytes: number): Uint8Array {
    if (this.bytes.length < bytes) this.bytes = new Uint8Array(Math.max(bytes, 2 * this.bytes.length))
    return this.bytes
  }
}

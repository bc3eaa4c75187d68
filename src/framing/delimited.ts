import { CARRY_BYTES, grown } from './carry.js'
import { type CrcOptions, CrcTail } from './crc.js'
import type { FrameReceiver, Framer } from './framing.js'

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
    this.#carry = grown(this.#carry, this.#carryLength, length, this.#limitBytes)
    this.#carry.set(chunk.subarray(start, end), this.#carryLength)
    this.#carryLength = length
  }
}

/** How bytes are stuffed so that a delimiter may end them. */
export interface Stuffing {
  delimiter: number
  /** The longest that so many bytes can get. */
  stuffedBytes(plainBytes: number): number
  /** Takes the stuffing out of bytes[start, end): the length, or -1 where they are none. `into` is as long as they are. */
  decode(bytes: Uint8Array, start: number, end: number, into: Uint8Array): number
}

/** Finds frames that are stuffed, with a check behind them where one is asked for. */
export function stuffedFramer(stuffing: Stuffing, options: CrcOptions, maxFrameBytes: number): Framer {
  const { delimiter, stuffedBytes, decode } = stuffing
  const tail = new CrcTail(options)
  let into = new Uint8Array(CARRY_BYTES)
  const limitBytes = stuffedBytes(maxFrameBytes + tail.bytes)
  return new DelimitedFramer(delimiter, limitBytes, (bytes, start, end, to) => {
    into = grown(into, 0, end - start, limitBytes)
    const length = decode(bytes, start, end, into) - tail.bytes
    const withDelimiter = end - start + 1
    if (length < 0) to.lost(withDelimiter, 'malformed')
    else if (!tail.holds(into, 0, length)) to.lost(withDelimiter, 'crc')
    else if (length > maxFrameBytes) to.lost(withDelimiter, 'long')
    else if (length > 0) to.frame(into, 0, length)
  })
}

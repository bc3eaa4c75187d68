import * as v from 'valibot'
import { type Crc, crcs } from '../memory/crc.js'

/** Keys of a framing whose frames may end in a check. */
export const crcOptions = {
  crc: v.optional(
    v.pipe(
      v.picklist(crcs.map(({ name }) => name)),
      v.description(
        'The check at the end of each frame, which is verified and cut off. `crc16-ibm-3740` is also known as CCITT-FALSE, `crc32-iso-hdlc` as the CRC-32 of zip and Ethernet. Default: none.',
      ),
    ),
  ),
  crcOrder: v.optional(
    v.pipe(
      v.picklist(['little', 'big']),
      v.description('Which byte of the check comes first. Default: the lowest for reflected checks, else the highest.'),
    ),
  ),
}

export interface CrcOptions {
  crc?: string
  crcOrder?: 'little' | 'big'
}

/** A check at the end of frames, as configured; one that holds always where there is none. */
export class CrcTail {
  readonly bytes: number
  readonly #crc: Crc | undefined
  readonly #big: boolean

  constructor({ crc, crcOrder }: CrcOptions) {
    this.#crc = crcs.find(({ name }) => name === crc)
    this.bytes = this.#crc?.bytes ?? 0
    this.#big = (crcOrder ?? this.#crc?.order) === 'big'
  }

  /** Whether the check behind bytes[start, end) is theirs. */
  holds(bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.#crc) return true
    let sent = 0
    for (let i = 0; i < this.bytes; i++) {
      const byte = bytes[end + (this.#big ? i : this.bytes - 1 - i)]
      sent = ((sent << 8) | byte) >>> 0
    }
    return sent === this.#crc.of(bytes, start, end)
  }
}

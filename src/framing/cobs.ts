import { crc32 } from '../../firmware-bridge/host/message.js'
import type { FrameReceiver, Framer } from './framing.js'

export class CobsFramer implements Framer {
  readonly #max: number
  readonly #carry: Uint8Array
  #length = 0
  #skipping = false
  constructor(maxFrameBytes: number) {
    this.#max = maxFrameBytes + 4
    this.#carry = new Uint8Array(this.#max + Math.ceil(this.#max / 254) + 1)
  }
  push(chunk: Uint8Array, to: FrameReceiver): void {
    let start = 0
    while (start < chunk.length) {
      const found = chunk.indexOf(0, start)
      const end = found < 0 ? chunk.length : found
      if (this.#skipping || this.#length + end - start > this.#carry.length) {
        to.lost(this.#length + end - start)
        this.#length = 0
        this.#skipping = true
      } else {
        this.#carry.set(chunk.subarray(start, end), this.#length)
        this.#length += end - start
      }
      if (found < 0) return
      if (this.#skipping) to.lost(1)
      else if (this.#length) this.#emit(to)
      this.#length = 0
      this.#skipping = false
      start = end + 1
    }
  }
  end(to: FrameReceiver): void {
    if (this.#length) to.lost(this.#length)
    this.#length = 0
    this.#skipping = false
  }
  #emit(to: FrameReceiver): void {
    const c = this.#carry
    let out = 0
    for (let i = 0; i < this.#length; ) {
      const code = c[i++]
      const end = i + code - 1
      if (end > this.#length) {
        to.lost(this.#length + 1)
        return
      }
      c.copyWithin(out, i, end)
      out += code - 1
      i = end
      if (code < 255 && i < this.#length) c[out++] = 0
    }
    const crc = (c[out - 4] | (c[out - 3] << 8) | (c[out - 2] << 16) | (c[out - 1] << 24)) >>> 0
    if (out < 5 || out > this.#max || crc32(c, 0, out - 4) !== crc) to.lost(this.#length + 1)
    else to.frame(c, 0, out - 4)
  }
}

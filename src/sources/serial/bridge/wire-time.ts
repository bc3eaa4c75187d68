/** What adapters and drivers may hand over late and at once, besides what the wire brought meanwhile. */
const LATENCY_MS = 32
const BUFFERED_BYTES = 256
/** A read that took so long had found nothing at first. */
const WAITED_MS = 2
/** A busy gateway wakes late now and then, not so often in a row. */
const AT_ONCE_READS = 3

/**
 * How long bytes take on the wire, from the port's settings, and whether they travel on a wire at all: USB devices and
 * pseudo-terminals have a baud rate that means nothing, and hand over more at once than such a wire could bring.
 */
export class WireTime {
  /** µs a byte; 0 once bytes came faster than that. */
  byteUs: number
  readonly #roomBytes: number
  /** Bytes that came before their time. */
  #early = 0
  #atMs = Number.NaN
  #atOnce = 0

  constructor(byteUs: number) {
    this.byteUs = byteUs
    this.#roomBytes = (LATENCY_MS * 1000) / byteUs + BUFFERED_BYTES
  }

  /** So many bytes were read now, after waiting for them; true when they show that there is no wire. */
  read(bytes: number, nowMs: number, waitedMs: number): boolean {
    if (this.byteUs === 0) return false
    // What the kernel kept from before the port was opened came at any time.
    const sinceMs = Number.isNaN(this.#atMs) ? Number.POSITIVE_INFINITY : nowMs - this.#atMs
    this.#atMs = nowMs
    this.#early = Math.max(0, this.#early + bytes - (sinceMs * 1000) / this.byteUs)
    if (waitedMs >= WAITED_MS) this.#atOnce = bytes > this.#roomBytes ? this.#atOnce + 1 : 0
    if (this.#early <= this.#roomBytes && this.#atOnce < AT_ONCE_READS) return false
    this.byteUs = 0
    return true
  }
}

// How long a port is left alone after it was read empty, so that many bytes cost one wake-up. The pause is at most
//
//   - the time to the next tick (`tickMs`), so that windows lose no latency; it is shorter where `maxLatency` asks;
//   - `arrivalError` for a source timed by arrival;
//   - what fits into the kernel ÷ bytes a second: those that the wire can bring, or that came lately where more came (a
//     USB device or a pseudo-terminal has a baud rate that means nothing).
//
// Pauses that the tick does not end lie on a grid of nearly their own length, counted from the boot: ports of the same pause,
// whenever they were opened, are read on the same wake-up.

/** A terminal's buffer in the kernel holds 4,096 bytes; half of it is for a wake-up that comes late. */
const GATHER_BYTES = 2048
/** A read of so many may have left some behind: another at once. */
const FULL_BYTES = 3840
/** From so many on a read tells the pace. */
const TELLING_BYTES = 1024
/** Shorter ones are not worth a timer. */
const LEAST_MS = 1
/** As exact as timers are: so close to the tick it has passed. */
const NEAR_MS = 1

/** Chooses the pauses of one port. Durations in ms. */
export class Gathering {
  readonly #byteMs: number
  readonly #arrivalErrorMs: number
  #readMs: number
  #batchMs = 0

  /** `byteUs`: how long the wire takes for a byte; `arrivalErrorUs`: how far arrival may be from true. */
  constructor(byteUs: number, arrivalErrorUs: number, nowMs: number) {
    this.#byteMs = byteUs / 1000
    this.#arrivalErrorMs = arrivalErrorUs / 1000
    this.#readMs = nowMs
  }

  /** The pause after a read of `bytes`, where the next tick is `tickMs` away; 0 for none. To be asked after each read. */
  pauseMs(bytes: number, nowMs: number, tickMs: number): number {
    const sinceMs = nowMs - this.#readMs
    this.#readMs = nowMs
    this.#batchMs = Math.max(this.#batchMs, tickMs)
    if (bytes >= FULL_BYTES) return 0
    const byteMs = bytes < TELLING_BYTES ? this.#byteMs : Math.min(this.#byteMs, sinceMs / bytes)
    const longestMs = Math.min(GATHER_BYTES * byteMs, this.#arrivalErrorMs)
    const toTickMs = tickMs > NEAR_MS ? tickMs : tickMs + this.#batchMs
    const pauseMs = Math.min(toTickMs, toGridMs(nowMs, longestMs))
    return pauseMs >= LEAST_MS ? pauseMs : 0
  }
}

/** From `nowMs` to the next place of a grid, or to the one behind where it is nearly there; never more than `longestMs`. */
function toGridMs(nowMs: number, longestMs: number): number {
  if (longestMs === Number.POSITIVE_INFINITY) return longestMs
  const nearMs = Math.min(NEAR_MS, longestMs / 8)
  const stepMs = longestMs - nearMs
  return stepMs - ((nowMs + nearMs) % stepMs) + nearMs
}

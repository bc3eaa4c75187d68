// How long to leave the socket alone after it was read empty.
//
// Waking up costs more than everything else, so the kernel collects messages while we pause. The pause is at most
//
//   - the time to the next tick (`gatherMs`), so that windows lose no latency;
//   - `arrivalError` for a source timed by arrival;
//   - 128 KiB ÷ the bytes a second lately, since TCP holds back what does not fit its receive window;
//   - `cap`, the longest pause that was found not to slow the sender down. A broker sends at most its in-flight
//     window of QoS 1 messages ahead of our acknowledgements, and a receive window may be smaller than we think.
//     Either way a pause that is too long shows: with half the pause as much arrives at a time, so more a second.
//
// `cap` starts at 1 ms and doubles while the rate holds. It is probed with half the pause when the rate falls or rises
// much, or when three bursts of about the same size look like a full window; where that brings more a second, it is
// halved on, down to no pause at all; where it doesn't, it goes back and the next such probe waits twice as long.

const RECEIVE_WINDOW_BYTES = 128 * 1024
/** Fewer messages than this in a burst say nothing about a rate. */
const TELLING_MESSAGES = 8
const TELLING_BYTES = 64 * 1024
/** Bursts after a move before the cap is tried higher again. */
const CLIMB_AFTER = 32
/** How long to read without a pause before trying one again. */
const NO_PAUSE_MS = 1000

/** Chooses the pauses of one connection. Durations in ms. */
export class Gather {
  #cap = 1
  #move: 'up' | 'down' | 'hold' = 'up'
  #movedBursts = 0
  #patience = 4
  #rate = 0
  #byteRate = 0
  #lastMs: number
  #sizes: [number, number] = [0, 0]
  #unpausedMs = 0
  #unpausedMessages = 0

  constructor(nowMs: number) {
    this.#lastMs = nowMs
  }

  /**
   * The pause after a burst of `messages` in `bytes`, at most `longestMs`; 0 for none. To be asked once after each
   * burst that read the socket empty.
   */
  pauseMs(messages: number, bytes: number, nowMs: number, longestMs: number): number {
    const elapsedMs = Math.max(nowMs - this.#lastMs, 0.1)
    this.#lastMs = nowMs
    const limitMs = this.#limit(bytes / elapsedMs, longestMs)
    if (this.#cap < 1) return this.#withoutPause(messages, elapsedMs)
    if (messages < TELLING_MESSAGES && bytes < TELLING_BYTES) this.#cap *= this.#cap < limitMs ? 2 : 1
    else this.#climb(messages, messages / elapsedMs, limitMs)
    const pauseMs = Math.min(this.#cap, limitMs)
    return pauseMs < 1 ? 0 : pauseMs
  }

  #limit(byteRate: number, longestMs: number): number {
    const lately = Math.max(byteRate, this.#byteRate)
    this.#byteRate = byteRate
    return Math.min(longestMs, RECEIVE_WINDOW_BYTES / lately)
  }

  #climb(messages: number, rate: number, limitMs: number): void {
    const before = this.#rate
    const plateau = this.#sizes.every((size) => Math.abs(size - messages) <= messages / 16)
    this.#sizes = [this.#sizes[1], messages]
    this.#rate = rate
    this.#movedBursts++
    if (this.#move === 'down') {
      if (rate > before * 1.25) {
        this.#patience = 4
        this.#go('down', this.#cap / 2)
      } else {
        this.#patience = Math.min(this.#patience * 2, 1024)
        this.#go('hold', this.#cap * 2)
      }
    } else if (this.#move === 'up') {
      if (rate < before * 0.75) this.#go('hold', this.#cap / 2)
      else if (this.#cap < limitMs) this.#go('up', this.#cap * 2)
      else this.#go('hold', this.#cap)
    } else if (rate < before * 0.75 || rate > before * 2 || (plateau && this.#movedBursts >= this.#patience)) {
      this.#go('down', this.#cap / 2)
    } else if (this.#cap < limitMs && this.#movedBursts >= CLIMB_AFTER) {
      this.#go('up', this.#cap * 2)
    }
  }

  #go(move: 'up' | 'down' | 'hold', capMs: number): void {
    this.#move = move
    this.#cap = capMs
    this.#movedBursts = 0
    this.#unpausedMs = 0
    this.#unpausedMessages = 0
  }

  #withoutPause(messages: number, elapsedMs: number): number {
    this.#unpausedMs += elapsedMs
    this.#unpausedMessages += messages
    if (this.#unpausedMs < NO_PAUSE_MS) return 0
    this.#rate = this.#unpausedMessages / this.#unpausedMs
    this.#go('up', 1)
    return 1
  }
}

// How long to leave the socket alone after it was read empty.
//
// Waking up costs more than everything else, so the kernel collects messages while we pause. The pause is at most
//
//   - the time to the next tick (`gatherMs`), so that windows lose no latency;
//   - `arrivalError` for a source timed by arrival;
//   - 128 KiB ÷ the bytes a second lately, since TCP holds back what does not fit its receive window;
//   - `cap`, the longest pause that was found not to slow the sender down. A broker sends at most its in-flight
//     window of QoS 1 messages ahead of our acknowledgements, and a receive window may be smaller than we think.
//     Either way a pause too long shows: with half the pause as much arrives each time, so more a second.
//
// The rate at a cap is taken over at least 4 bursts and 50 ms, a trial. `cap` starts at 1 ms and doubles while the rate
// holds; where it falls, it goes back and is tried again 8 trials later. Half the pause is tried when the rate falls by
// half, or when all bursts of a trial are about as large, as a full window makes them; where that brings much more a
// second, the cap is halved on, down to no pause at all; where it doesn't, the next such try waits twice as long.

const RECEIVE_WINDOW_BYTES = 128 * 1024
const TRIAL_BURSTS = 4
const TRIAL_MS = 50
const CLIMB_AFTER_TRIALS = 8
const MOST_PATIENCE_TRIALS = 256
/** Smaller bursts can't be a window's doing. */
const TELLING_MESSAGES = 8
const TELLING_BYTES = 32 * 1024
/** How long to read without a pause before one is tried again. */
const NO_PAUSE_MS = 1000

type Move = 'up' | 'down' | 'hold'

/** Chooses the pauses of one connection. Durations in ms. */
export class Gather {
  #cap = 1
  #move: Move = 'up'
  /** Trials since the last move, and how many of them before a full window is suspected again. */
  #trials = 0
  #patience = 1
  /** Messages a ms in the trial before. */
  #rate = 0
  #lastMs: number
  /** Decaying sums of the last bursts. */
  #recentBytes = 0
  #recentMs = 0
  #trial = newTrial()

  constructor(nowMs: number) {
    this.#lastMs = nowMs
  }

  /**
   * The pause after a burst of `messages` in `bytes`, at most `longestMs`; 0 for none. To be asked once after each
   * burst that read the socket empty.
   */
  pauseMs(messages: number, bytes: number, nowMs: number, longestMs: number): number {
    const elapsedMs = nowMs - this.#lastMs
    this.#lastMs = nowMs
    this.#recentBytes = this.#recentBytes * 0.75 + bytes
    this.#recentMs = this.#recentMs * 0.75 + elapsedMs
    const limitMs = Math.min(longestMs, (RECEIVE_WINDOW_BYTES * this.#recentMs) / Math.max(this.#recentBytes, 1))
    const paused = this.#cap >= 1
    const trial = this.#trial
    trial.bursts++
    trial.ms += elapsedMs
    trial.messages += messages
    trial.least = Math.min(trial.least, messages)
    trial.most = Math.max(trial.most, messages)
    if (paused && messages < TELLING_MESSAGES && bytes < TELLING_BYTES) {
      if (this.#cap < limitMs) this.#go('up', this.#cap * 2)
    } else if (trial.bursts >= TRIAL_BURSTS && trial.ms >= (paused ? TRIAL_MS : NO_PAUSE_MS)) this.#judge(limitMs)
    const pauseMs = Math.min(this.#cap, limitMs)
    return pauseMs < 1 ? 0 : pauseMs
  }

  #judge(limitMs: number): void {
    const { ms, messages, least, most } = this.#trial
    const rate = messages / ms
    const before = this.#rate
    const full = most - least <= most / 16
    this.#rate = rate
    this.#trial = newTrial()
    this.#trials++
    if (this.#cap < 1) this.#go('up', 1)
    else if (this.#move === 'down') {
      if (rate > before * 1.4) {
        this.#patience = 1
        this.#go('down', this.#cap / 2)
      } else {
        this.#patience = Math.min(this.#patience * 2, MOST_PATIENCE_TRIALS)
        this.#go('hold', this.#cap * 2)
      }
    } else if (this.#move === 'up' && rate < before * 0.7) this.#go('hold', this.#cap / 2)
    else if (this.#trials >= this.#patience && (full || rate < before * 0.5)) this.#go('down', this.#cap / 2)
    else if (this.#cap < limitMs && (this.#move === 'up' || this.#trials >= CLIMB_AFTER_TRIALS))
      this.#go('up', this.#cap * 2)
    else this.#move = 'hold'
  }

  #go(move: Move, capMs: number): void {
    this.#move = move
    this.#cap = capMs
    this.#trials = 0
    this.#trial = newTrial()
  }
}

const newTrial = () => ({ bursts: 0, ms: 0, messages: 0, least: Number.POSITIVE_INFINITY, most: 0 })

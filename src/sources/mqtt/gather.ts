// How long to leave the socket alone after it was read empty.
//
// Waking up costs more than everything else, so the kernel collects messages while we pause. The pause is at most
//
//   - the time to the next tick (`gatherMs`), so that windows lose no latency;
//   - `arrivalError` for a source timed by arrival;
//   - 128 KiB ÷ the bytes a second lately, since TCP holds back what does not fit its receive window;
//   - for QoS 1 `room` ÷ the messages a second lately, since what exceeds its in-flight window waits in the broker's
//     queue, which may be short.
//
// What a sender held back comes in a rush once we have read and acknowledged. So after a pause that may have held
// something back we read on for two milliseconds: where more comes than twice the usual pace explains, for two more, and
// so on until the rush is over; where nothing comes, the next pauses are not looked behind. Thus no window, however
// small, throttles the sender. `room` begins where any broker's queue takes it, and doubles while full pauses are
// followed by no rush; after a rush it waits long before it tries again.

const RECEIVE_WINDOW_BYTES = 128 * 1024
/** A burst of so many bytes may have filled a receive window. */
const SUSPECT_BYTES = 32 * 1024
const LOOK_MS = 2
/** As few in a look say nothing. */
const FEW_MESSAGES = 8
/** Pauses after an uneventful look that are not looked behind; a broker's queue bridges fewer than the network's. */
const SKIPPED_ACKNOWLEDGED = 2
const SKIPPED = 4
const LEAST_ROOM = 250
const MOST_ROOM = 1e6
/** Full pauses without a rush before the room grows again after one. */
const GROW_AFTER = 32
const FIRST_PAUSE_MS = 4
/** Time over which rates are averaged. */
const MEMORY_MS = 150
/** After such a silence the rates are not known. */
const SILENCE_MS = 1000

/** Chooses the pauses of one connection. Durations in ms. */
export class Gather {
  #looking = false
  #skip = 0
  /** The first pauses after a silence are short: the rates are not known yet. */
  #longestMs = FIRST_PAUSE_MS
  #room = LEAST_ROOM
  #growAfter = 0
  /** Messages of the burst before the look; during a rush none. */
  #harvest = 0
  #lookMs = 0
  #lookMessages = 0
  #lastMs: number
  #elapsedMs = 0
  #messages = 0
  #bytes = 0

  constructor(nowMs: number) {
    this.#lastMs = nowMs
  }

  /**
   * The pause after a burst of `messages` in `bytes`, at most `longestMs`; 0 for none. `acknowledged`: the sender waits
   * for our acknowledgements, which have just been written. To be asked once after each burst that read the socket empty.
   */
  pauseMs(messages: number, acknowledged: boolean, bytes: number, nowMs: number, longestMs: number): number {
    this.#remember(messages, bytes, nowMs)
    if (!this.#looking && (acknowledged || bytes >= SUSPECT_BYTES) && this.#skip-- <= 0) {
      this.#harvest = messages
      this.#look(nowMs)
      return 0
    }
    if (this.#looking) {
      this.#lookMessages += messages
      const lookedMs = nowMs - this.#lookMs
      if (lookedMs < LOOK_MS) return 0
      if (this.#lookMessages > 2 * this.#rate * lookedMs + FEW_MESSAGES) {
        if (this.#harvest > 0) this.#room = Math.max(LEAST_ROOM, this.#room / 2)
        this.#harvest = 0
        this.#growAfter = GROW_AFTER
        this.#look(nowMs)
        return 0
      }
      this.#looking = false
      const grows = this.#harvest >= this.#room / 2 && --this.#growAfter < 0
      if (grows) this.#room = Math.min(MOST_ROOM, this.#room * 2)
      // After a rush, and while the room grows, every pause is looked behind.
      this.#skip = this.#harvest === 0 || grows ? 0 : acknowledged ? SKIPPED_ACKNOWLEDGED : SKIPPED
    }
    return this.#pause(acknowledged, longestMs)
  }

  #look(nowMs: number): void {
    this.#looking = true
    this.#lookMs = nowMs
    this.#lookMessages = 0
  }

  #pause(acknowledged: boolean, longestMs: number): number {
    this.#longestMs = Math.min(this.#longestMs * 2, 1e6)
    const byteRate = this.#bytes / Math.max(this.#elapsedMs, 1)
    const roomMs = acknowledged ? this.#room / this.#rate : longestMs
    const pauseMs = Math.min(longestMs, this.#longestMs, RECEIVE_WINDOW_BYTES / byteRate, roomMs)
    return pauseMs >= 1 ? pauseMs : 0
  }

  /** Messages a ms lately. */
  get #rate(): number {
    return this.#messages / Math.max(this.#elapsedMs, 1)
  }

  #remember(messages: number, bytes: number, nowMs: number): void {
    const sinceMs = nowMs - this.#lastMs
    this.#lastMs = nowMs
    if (sinceMs > SILENCE_MS) this.#longestMs = FIRST_PAUSE_MS
    const elapsedMs = Math.min(sinceMs, 2 * MEMORY_MS)
    const kept = Math.exp(-elapsedMs / MEMORY_MS)
    this.#elapsedMs = this.#elapsedMs * kept + elapsedMs
    this.#messages = this.#messages * kept + messages
    this.#bytes = this.#bytes * kept + bytes
  }
}

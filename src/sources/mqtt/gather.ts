// How long to leave the socket alone after it was read empty.
//
// Waking up costs more than everything else, so the kernel collects messages while we pause. The pause is at most
//
//   - the time to the next tick (`gatherMs`), so that windows lose no latency;
//   - `arrivalError` for a source timed by arrival;
//   - 128 KiB ÷ the bytes a second lately, since TCP holds back what does not fit its receive window;
//   - for QoS 1 the messages that may wait in its in-flight window ÷ the messages a second lately, since what exceeds the window
//     waits in the broker's queue, which may be short.
//
// Nobody tells us either window. What a sender held back comes in a rush once we have read and acknowledged. So after a pause
// that may have held something back we read on for two milliseconds: where more comes than twice the usual pace explains, a
// little longer, and so on until the rush is over. Thus no window, however small, throttles the sender. A harvest that no rush
// followed is proven: the window is no smaller, and nothing well below it need be looked behind again. So looks, which wake us
// for every few messages, are rare: where more than ever came, in an attempt at a longer pause, and now and then.

const RECEIVE_WINDOW_BYTES = 128 * 1024
/** What of it is used once it is proven: so the next harvests, which differ a little, are proven too. */
const PROVEN_WINDOW_BYTES = 0.85 * RECEIVE_WINDOW_BYTES
/** A burst of so many bytes may have filled a receive window. */
const SUSPECT_BYTES = 32 * 1024
const LOOK_MS = 2
/** So long a rush must last to be one: devices that speak together are none, nor is a broker that was kept waiting. */
const RUSH_MS = 10
/** As few in a look say nothing. */
const FEW_MESSAGES = 8
/** A harvest below this part of one that was proven is proven too. */
const SURELY = 0.9
/** One about as large may have filled the window exactly; one above this part surely is a new one. */
const ABOUT = 1.05
/** What of the proven messages is waited for. */
const PROVEN_PART = 0.8
/** What is left of a proven harvest that fails. */
const LESS = 0.75
/** A harvest below this part of what was expected is short. */
const SHORT = 0.7
/** Of pauses with proven harvests one in so many is looked behind, and of those with one about as large. */
const LOOK_EVERY = 32
const LOOK_EVERY_ABOUT = 4
/** Any broker's queue takes as many. */
const LEAST_ROOM = 250
/** An attempt goes so far beyond what is proven at most: if it is too far, the rest waits in the broker's queue. */
const MOST_MORE = 500
/** An attempt between what is proven and what failed must promise so much. */
const WORTH = 1.2
/** Pauses before the next attempt after one that failed, and twice as many. What failed once may hold later: TCP widens its window. */
const TRY_AFTER = 32
const MOST_TRY_AFTER = 64
const FIRST_PAUSE_MS = 4
/** Time over which rates are averaged. */
const MEMORY_MS = 150
/** After such a silence the rates are not known. */
const SILENCE_MS = 1000

/** Chooses the pauses of one connection. Durations in ms. */
export class Gather {
  #looking = false
  /** The first pauses after a silence are short: the rates are not known yet. */
  #longestMs = FIRST_PAUSE_MS
  /** The largest harvest that no rush followed: of acknowledged messages, and of bytes. */
  #proven = 0
  #provenBytes = 0
  /** The smallest that one followed. */
  #failed = Number.POSITIVE_INFINITY
  /** Pauses until the next attempt at a longer one, and from a failed one to the next. */
  #tryIn = 0
  #tryAfter = TRY_AFTER
  #sinceLook = 0
  /** Messages that the last pause was made for. */
  #expected = 0
  /** The burst before the look; during a rush none. */
  #harvest = { messages: 0, bytes: 0 }
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
    if (!this.#looking && this.#isSuspect(messages, acknowledged, bytes)) {
      this.#harvest = { messages: acknowledged ? messages : 0, bytes }
      this.#sinceLook = 0
      this.#look(nowMs)
      return 0
    }
    if (this.#looking) {
      this.#lookMessages += messages
      const lookedMs = nowMs - this.#lookMs
      if (lookedMs < LOOK_MS) return 0
      if (this.#lookMessages > 2 * this.#rate * lookedMs + FEW_MESSAGES) {
        if (lookedMs < RUSH_MS) return 0
        this.#fails()
        this.#look(nowMs)
        return 0
      }
      this.#looking = false
      this.#proves()
    }
    return this.#pause(acknowledged, longestMs)
  }

  #isSuspect(messages: number, acknowledged: boolean, bytes: number): boolean {
    if (!acknowledged && bytes < SUSPECT_BYTES) return false
    const part = Math.max(
      acknowledged ? messages / this.#proven : 0,
      bytes >= SUSPECT_BYTES ? bytes / this.#provenBytes : 0,
    )
    // Far fewer than the pause was made for: somebody may hold them back.
    const isShort = part > SURELY && messages < SHORT * this.#expected
    const every = part > ABOUT || isShort ? 1 : part > SURELY ? LOOK_EVERY_ABOUT : LOOK_EVERY
    return ++this.#sinceLook >= every
  }

  #fails(): void {
    const { messages, bytes } = this.#harvest
    if (bytes > 0) {
      this.#tryIn = this.#tryAfter
      if (messages > this.#proven) {
        this.#failed = messages
        this.#tryAfter = Math.min(2 * this.#tryAfter, MOST_TRY_AFTER)
      } else this.#proven = LESS * messages
      // What was proven and fails is so no more.
      if (bytes <= this.#provenBytes) this.#provenBytes = LESS * bytes
    }
    this.#harvest = { messages: 0, bytes: 0 }
  }

  #proves(): void {
    const { messages, bytes } = this.#harvest
    this.#proven = Math.max(this.#proven, messages)
    this.#provenBytes = Math.max(this.#provenBytes, bytes)
  }

  /** Messages that are waited for where they are acknowledged. */
  #room(): number {
    const proven = Math.max(LEAST_ROOM, PROVEN_PART * this.#proven)
    if (this.#proven === 0 || --this.#tryIn >= 0) return proven
    if (this.#tryIn < -TRY_AFTER) {
      this.#failed = Number.POSITIVE_INFINITY
      this.#tryIn = 0
    }
    const more = Math.min(2 * this.#proven, this.#proven + MOST_MORE, (this.#proven + this.#failed) / 2)
    return more >= WORTH * this.#proven ? Math.max(proven, more) : proven
  }

  #look(nowMs: number): void {
    this.#looking = true
    this.#lookMs = nowMs
    this.#lookMessages = 0
  }

  #pause(acknowledged: boolean, longestMs: number): number {
    this.#longestMs = Math.min(this.#longestMs * 2, 1e6)
    const byteRate = this.#bytes / Math.max(this.#elapsedMs, 1)
    const windowBytes = this.#provenBytes < 0.95 * RECEIVE_WINDOW_BYTES ? RECEIVE_WINDOW_BYTES : PROVEN_WINDOW_BYTES
    const roomMs = acknowledged ? this.#room() / this.#rate : longestMs
    const pauseMs = Math.min(longestMs, this.#longestMs, windowBytes / byteRate, roomMs)
    this.#expected = this.#rate * pauseMs
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

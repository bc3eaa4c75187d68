/** The only way to tell or wait for time; tests hand in a fake one. */
export interface Clock {
  /** Wall time, µs since the Unix epoch, never rounded up. */
  nowUs(): number
  /** Monotonic time in ms, for durations; within a boot of the machine it goes on over a restart. */
  monotonicMs(): number
  /** Calls `f` once, `delayMs` from now or a little later. All callers share one timer. */
  after(delayMs: number, f: () => void): Timer
  /**
   * Whether the wall clock is known to be right; `knownUs` is a time that has passed for certain. Absent: it always is. Cheap
   * enough for each tick.
   */
  isTrue?(knownUs: number): boolean
}

export interface Timer {
  cancel(): void
}

/** Resolves after `delayMs`, or at once when the signal aborts; never rejects. */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      timer.cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = clock.after(delayMs, done)
    signal?.addEventListener('abort', done, { once: true })
  })
}

import { existsSync } from 'node:fs'

/** No clock that is right shows less: weir did not exist. To be moved on with each release. */
const RELEASED_US = Date.UTC(2025, 0, 1) * 1000
const BATTERY = '/sys/class/rtc/rtc0'
const TIMESYNC = '/run/systemd/timesync'

/**
 * What the machine says of its wall clock. A board without a battery clock that systemd-timesyncd sets does not know the time
 * until that has said `synchronized`; any other is taken at its word, unless it shows a time that has passed for certain.
 */
export class TrueTime {
  readonly #exists: (path: string) => boolean
  #waits: boolean | undefined

  constructor(exists: (path: string) => boolean = existsSync) {
    this.#exists = exists
  }

  /** Whether a wall clock that shows `nowUs` may be right; `knownUs` has passed. */
  isKnown(nowUs: number, knownUs: number): boolean {
    if (nowUs < RELEASED_US) return false
    this.#waits ??= !this.#exists(BATTERY) && this.#exists(TIMESYNC)
    return this.#waits ? this.#exists(`${TIMESYNC}/synchronized`) : nowUs >= knownUs
  }
}

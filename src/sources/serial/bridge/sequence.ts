const MODULUS = 0x10000
/** Frames remembered, by which one that comes again is told from one of a device that began anew. */
const REMEMBERED = 16

/** What a data frame's number says: further, come again, or the first seen of a device that has begun anew. */
export type Verdict = 'next' | 'repeated' | 'reset'

/** Follows the numbers of one stream's data frames: 16 bits, 0 after a reset, wrapping. */
export class Sequence {
  /** Frames that never came, as gaps show. */
  lost = 0
  repeated = 0
  resets = 0
  /** Number of the last frame that was no repeat; -1 before the first. */
  last = -1
  readonly #numbers = new Int32Array(REMEMBERED).fill(-1)
  readonly #ticks = new Float64Array(REMEMBERED)
  #next = 0
  /** The device's boot as its descriptor told it; -1 while it isn't known. */
  #boot = -1
  #rebooted = false
  /** The descriptor came, and no data since. */
  #described = false

  /** A descriptor of the stream came. */
  describe(boot: number): void {
    this.#described = true
    if (this.#boot >= 0 && this.#boot !== boot) this.#rebooted = true
    this.#boot = boot
  }

  /**
   * A data frame came; `lost` grows by those missing before it. `goesOn` is false where its ticks are far from what has
   * passed since the frame before.
   */
  take(number: number, ticks: number, goesOn = true): Verdict {
    const verdict = this.#judge(number, ticks, goesOn)
    if (verdict === 'repeated') {
      this.repeated++
      return verdict
    }
    if (verdict === 'reset') {
      this.resets++
      this.#numbers.fill(-1)
      // Whatever boot the next descriptor tells is that of this reset.
      if (!this.#described) this.#boot = -1
      this.lost += number
    } else if (this.last >= 0) this.lost += (number - this.last - 1 + MODULUS) % MODULUS
    this.#rebooted = false
    this.#described = false
    this.last = number
    this.#numbers[this.#next] = number
    this.#ticks[this.#next] = ticks
    this.#next = (this.#next + 1) % REMEMBERED
    return verdict
  }

  #judge(number: number, ticks: number, goesOn: boolean): Verdict {
    if (this.last < 0) return 'next'
    if (this.#rebooted) return 'reset'
    const ahead = (number - this.last + MODULUS) % MODULUS
    if (ahead === 1) return 'next'
    // A device that always begins at the same tick sends a frame 0 that looks like its last one, behind a descriptor.
    if (number === 0 && this.#described) return 'reset'
    if (this.#numbers.some((known, i) => known === number && this.#ticks[i] === ticks)) return 'repeated'
    return goesOn && ahead > 0 && ahead < MODULUS / 2 ? 'next' : 'reset'
  }
}

import { type Placed, SampleClock, type SavedSampleClock } from './sample-clock.js'

/** Oscillators inside sensors may be off by so much. */
const STEEPEST = 0.1
/** Further off than this from what has passed, a count no longer means what it did; the drift is added. */
const UNEXPLAINED_US = 10e6
/** A device that goes on where it stopped after less than this was cut off and sends what it kept; else it stood still. */
const LONGEST_BACKLOG_US = 600e6
/** Frames remembered, by which one that comes again is known. */
const REMEMBERED = 64
/** Of the mean delay: how many frames it looks back, about. */
const MEAN_FRAMES = 64

/** What a clock tells of itself. */
export interface CountedClockStatus {
  /** Samples a second as the sensor takes them by the gateway's clock; null before a minute of frames. */
  rateHz: number | null
  /** How much the sensor is faster than its nominal rate, in millionths; null before a minute of frames. */
  driftPpm: number | null
  /** How much later than the fastest frames they come, on average of the last ones. */
  jitterMs: number
  frames: number
  /** Samples that never came, as gaps in the counter tell. */
  missing: number
  /** Frames whose number came before. */
  repeated: number
  /** Times that counting began anew: the counter fell back, or the device was silent. */
  restarts: number
  /** Times that event time had to jump by more than a second. */
  jumps: number
}

/** What is kept of a clock over a restart. */
export interface SavedCountedClock {
  clock: SavedSampleClock
  numbers: number[]
  remembered: number[]
  placed: Placed[]
}

/**
 * A sensor's clock as its samples count it. Frames tell the number of their first sample, or none: then all that were
 * taken came. A count that falls back, or that no passing of time explains, begins anew, and what is known of the
 * sensor's rate holds.
 */
export class CountedClock {
  readonly #rateHz: number
  readonly #modulus: number
  #clock: SampleClock
  /** Count of the sample after the last frame, without wraps; NaN before the first. */
  #next = Number.NaN
  /** The same as the device would number it. */
  #nextNumber = 0
  #arrivalUs = 0
  #frames = 0
  #missing = 0
  #repeated = 0
  #restarts = 0
  #jumps = 0
  #meanDelayUs = 0
  readonly #numbers = new Float64Array(REMEMBERED).fill(Number.NaN)
  readonly #placed: Placed[] = []

  /** `rateHz` is the nominal rate; the counter wraps at `modulus`. */
  constructor(rateHz: number, modulus: number) {
    this.#rateHz = rateHz
    this.#modulus = modulus
    this.#clock = new SampleClock(rateHz, undefined, STEEPEST)
  }

  /** Event time of a frame of `samples` samples that came at `arrivalUs`; `number` is of its first, NaN where it tells none. */
  place(samples: number, number: number, arrivalUs: number): Placed {
    const known = this.#numbers.indexOf(number)
    if (known >= 0) {
      this.#repeated++
      return this.#placed[known]
    }
    this.#follow(number, samples, arrivalUs)
    const placed = this.#clock.place(this.#next, samples, 1, arrivalUs)
    this.#remember(number, placed)
    this.#next += samples
    this.#nextNumber = number + samples
    this.#arrivalUs = arrivalUs
    this.#frames++
    this.#meanDelayUs += (this.#clock.delayUs - this.#meanDelayUs) / Math.min(this.#frames, MEAN_FRAMES)
    return placed
  }

  /** All that it knows, for `load`. */
  save(): SavedCountedClock {
    return {
      clock: this.#clock.save(),
      numbers: [
        ...[this.#next, this.#nextNumber, this.#arrivalUs, this.#frames, this.#missing, this.#repeated],
        ...[this.#restarts, this.#jumps, this.#meanDelayUs],
      ],
      remembered: [...this.#numbers],
      placed: [...this.#placed],
    }
  }

  /** `rateHz` and `modulus` as it was made. */
  static load(
    { clock, numbers, remembered, placed }: SavedCountedClock,
    rateHz: number,
    modulus: number,
  ): CountedClock {
    const made = new CountedClock(rateHz, modulus)
    made.#clock = SampleClock.load(clock, rateHz, STEEPEST)
    ;[made.#next, made.#nextNumber, made.#arrivalUs, made.#frames, made.#missing, made.#repeated] = numbers
    ;[made.#restarts, made.#jumps, made.#meanDelayUs] = numbers.slice(6)
    made.#numbers.set(remembered.slice(0, REMEMBERED))
    made.#placed.push(...placed)
    return made
  }

  status(): CountedClockStatus {
    const { driftPpm } = this.#clock
    // The clock tells it as a part of the sensor's own time; here it is one of the nominal rate.
    const ratio = driftPpm === null ? null : 1 / (1 - driftPpm / 1e6)
    return {
      rateHz: ratio === null ? null : rounded(this.#rateHz * ratio, 1e4),
      driftPpm: ratio === null ? null : rounded((ratio - 1) * 1e6, 10),
      jitterMs: rounded(this.#meanDelayUs / 1000, 100),
      frames: this.#frames,
      missing: this.#missing,
      repeated: this.#repeated,
      restarts: this.#restarts,
      jumps: this.#jumps + this.#clock.jumps,
    }
  }

  /** Sets `#next` to the count of the frame's first sample. */
  #follow(number: number, samples: number, arrivalUs: number): void {
    if (Number.isNaN(this.#next)) {
      this.#next = Number.isNaN(number) ? 0 : number
      return
    }
    const passedUs = arrivalUs - this.#arrivalUs
    /** Samples that seem to be missing before the frame, by the time that passed from the end of the last to that of this one. */
    const expected = (passedUs * this.#rateHz) / 1e6 - samples
    const isExplained = (missing: number) =>
      (Math.abs(missing - expected) * 1e6) / this.#rateHz < UNEXPLAINED_US + STEEPEST * Math.abs(passedUs)
    if (Number.isNaN(number)) {
      if (!isExplained(0)) this.#restart(0)
      return
    }
    const ahead = modulo(number - this.#nextNumber, this.#modulus)
    if (ahead === 0 && passedUs < LONGEST_BACKLOG_US) return
    const missing = ahead + Math.max(0, Math.round((expected - ahead) / this.#modulus)) * this.#modulus
    if (isExplained(missing)) {
      this.#missing += missing
      this.#next += missing
    } else this.#restart(number)
  }

  #restart(count: number): void {
    this.#restarts++
    this.#jumps += this.#clock.jumps
    this.#clock = new SampleClock(this.#rateHz, this.#clock, STEEPEST)
    this.#numbers.fill(Number.NaN)
    this.#next = count
  }

  #remember(number: number, placed: Placed): void {
    if (Number.isNaN(number)) return
    const at = this.#frames % REMEMBERED
    this.#numbers[at] = number
    this.#placed[at] = placed
  }
}

const modulo = (value: number, modulus: number) => ((value % modulus) + modulus) % modulus
const rounded = (value: number, parts: number) => Math.round(value * parts) / parts

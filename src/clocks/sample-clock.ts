import { LowerEnvelope, STEEPEST } from './lower-envelope.js'

/** Further off than this the two clocks no longer mean the same: nothing delays a frame so long, and slewing takes too long. */
const APART_US = 1e6
/** Off by more than usual delays: a step of the gateway's clock, once it has lasted. */
const STEPPED_US = 50e3
const APART_LASTS_US = 3e6
const STEPPED_LASTS_US = 20e6
const STEPPED_FRAMES = 4
/** How much faster or slower than the device's clock event time goes to make an error good: more where it is large. */
const SLEW = 0.005
const SETTLE_US = 10e6
/** Longer than frames are ever held up. */
const UNEXPLAINED_US = 10e6
const WRAP = 2 ** 32
/** From so much history on the drift is told. */
const TOLD_SPAN_US = 60e6
const LONGEST_PRIOR_US = 120e6

/** What is kept of a clock over a restart. */
export interface SavedSampleClock {
  envelope: number[]
  numbers: number[]
}

/** Where a frame's rows lie in event time. */
export interface Placed {
  /** Of the first row, µs. */
  timeUs: number
  /** From one row to the next, µs. */
  stepUs: number
}

/**
 * The ticks of one stream's sample clock as event time of the gateway. A frame arrives when its last row was sampled or
 * later, never before: where frames were delayed least, the line below all arrivals, is the device's clock. Event time
 * follows that line, goes on from the frame before without a gap or a step back, and makes errors good gently, by half a
 * percent of the time that passes, or within some ten seconds. What is handed in alone decides; memory is about 1 KiB.
 */
export class SampleClock {
  /** Times that event time had to jump, since the clocks were apart by more than a second. */
  jumps = 0
  /** How much later than the line below all arrivals the last frame came, µs. */
  delayUs = 0
  readonly #tickRateHz: number
  readonly #steepest: number
  #envelope: LowerEnvelope
  /** What was known of the slope before the envelope began. */
  #prior = { slope: 0, spanUs: 0 }
  #originUs = Number.NaN
  /** Unwrapped, of the last frame's first row. */
  #ticks = 0
  #firstTicks = 0
  #sentUs = 0
  /** Nominal time of the last row given out, and what event time is ahead of it (both less their origins). */
  #lastX = 0
  #lastOffset = 0
  /** Frames that came later than they should, since when, and the least late of them. */
  #late = { frames: 0, sinceUs: 0, x: 0, y: 0 }

  /** `before` is the clock that this one continues after a reset: its drift holds. `steepest` bounds the drift, as a ratio. */
  constructor(tickRateHz: number, before?: SampleClock, steepest = STEEPEST) {
    this.#tickRateHz = tickRateHz
    this.#steepest = steepest
    if (before?.tickRateHz === tickRateHz) this.#prior = before.#known()
    this.#envelope = new LowerEnvelope(this.#prior, steepest)
  }

  /** All that it knows, for `load`. */
  save(): SavedSampleClock {
    const { slope, spanUs } = this.#prior
    const { frames, sinceUs, x, y } = this.#late
    return {
      envelope: this.#envelope.save(),
      numbers: [
        ...[this.jumps, this.delayUs, slope, spanUs, this.#originUs, this.#ticks, this.#firstTicks, this.#sentUs],
        ...[this.#lastX, this.#lastOffset, frames, sinceUs, x, y],
      ],
    }
  }

  /** `tickRateHz` and `steepest` as it was made. */
  static load({ envelope, numbers }: SavedSampleClock, tickRateHz: number, steepest = STEEPEST): SampleClock {
    const made = new SampleClock(tickRateHz, undefined, steepest)
    const [jumps, delayUs, slope, spanUs, originUs, ticks, firstTicks, sentUs, lastX, lastOffset, ...late] = numbers
    made.jumps = jumps
    made.delayUs = delayUs
    made.#prior = { slope, spanUs }
    made.#envelope = LowerEnvelope.load(envelope)
    made.#originUs = originUs
    made.#ticks = ticks
    made.#firstTicks = firstTicks
    made.#sentUs = sentUs
    made.#lastX = lastX
    made.#lastOffset = lastOffset
    made.#late = { frames: late[0], sinceUs: late[1], x: late[2], y: late[3] }
    return made
  }

  get tickRateHz(): number {
    return this.#tickRateHz
  }

  /** How much the device's clock is fast, in millionths; null before a minute of frames. */
  get driftPpm(): number | null {
    const { slope, spanUs } = this.#known()
    return spanUs < TOLD_SPAN_US ? null : -slope * 1e6
  }

  /** The slope, and the span over which it was seen. */
  #known(): { slope: number; spanUs: number } {
    const { slope, spanUs } = this.#envelope
    return { slope, spanUs: Math.min(LONGEST_PRIOR_US, Math.max(spanUs, this.#prior.spanUs)) }
  }

  /** False where these ticks, arriving now, are so far from what has passed since the last frame that no delay explains it. */
  goesOn(ticks: number, arrivalUs: number): boolean {
    if (Number.isNaN(this.#originUs)) return true
    const passedUs = arrivalUs - this.#sentUs
    const expected = this.#ticks + (passedUs * this.#tickRateHz) / 1e6
    const offUs = ((nearest(ticks, expected) - expected) * 1e6) / this.#tickRateHz
    return Math.abs(offUs) < UNEXPLAINED_US + this.#steepest * Math.abs(passedUs)
  }

  /** Places a frame of `rows` rows, `periodTicks` apart, that began to travel at `sentUs` of the gateway or before. */
  place(ticks: number, rows: number, periodTicks: number, sentUs: number): Placed {
    const usPerTick = 1e6 / this.#tickRateHz
    const isFirst = Number.isNaN(this.#originUs)
    const nominalStepUs = periodTicks * usPerTick
    this.#unwrap(ticks, sentUs, isFirst)
    const firstX = (this.#ticks - this.#firstTicks) * usPerTick
    const lastX = firstX + (rows - 1) * nominalStepUs
    if (isFirst) this.#originUs = sentUs - lastX
    const y = sentUs - this.#originUs - lastX
    this.#observe(lastX, y, sentUs)
    this.delayUs = y - this.#envelope.at(lastX)

    const { slope } = this.#envelope
    const passed = lastX - this.#lastX
    const offset = this.#lastOffset + slope * passed
    const error = this.#envelope.at(lastX) - offset
    let pace = 1 + slope
    let firstOffset = this.#lastOffset + slope * (firstX - this.#lastX)
    if (isFirst || Math.abs(error) > APART_US) {
      if (!isFirst) this.jumps++
      firstOffset = this.#envelope.at(firstX)
    } else if (passed > 0) {
      const most = Math.max(SLEW, Math.abs(error) / SETTLE_US)
      const correction = Math.max(-most, Math.min(most, error / passed))
      pace += correction
      firstOffset += correction * (firstX - this.#lastX)
    }
    this.#lastX = lastX
    this.#lastOffset = firstOffset + (pace - 1) * (lastX - firstX)
    return { timeUs: this.#originUs + firstX + firstOffset, stepUs: nominalStepUs * pace }
  }

  /** Of the times that the ticks may stand for, the one nearest to what has passed since the last frame. */
  #unwrap(ticks: number, sentUs: number, isFirst: boolean): void {
    if (isFirst) this.#ticks = this.#firstTicks = ticks
    else {
      const expected = this.#ticks + ((sentUs - this.#sentUs) * this.#tickRateHz) / 1e6
      this.#ticks = nearest(ticks, expected)
    }
    this.#sentUs = sentUs
  }

  /** Adds an arrival to the envelope, or begins a new one where the gateway's clock or the device's has stepped. */
  #observe(x: number, y: number, sentUs: number): void {
    const excess = this.#envelope.isEmpty ? 0 : y - this.#envelope.at(x)
    if (excess < -STEPPED_US) this.#restart(x, y)
    else if (excess > STEPPED_US) {
      if (!this.#late.frames || y < this.#late.y) Object.assign(this.#late, { x, y })
      if (!this.#late.frames++) this.#late.sinceUs = sentUs
      const lastsUs = y - this.#envelope.at(x) > APART_US ? APART_LASTS_US : STEPPED_LASTS_US
      if (this.#late.frames >= STEPPED_FRAMES && sentUs - this.#late.sinceUs >= lastsUs)
        this.#restart(this.#late.x, this.#late.y)
    } else this.#late.frames = 0
    this.#envelope.add(x, y)
  }

  #restart(x: number, y: number): void {
    this.#prior = this.#known()
    this.#envelope = new LowerEnvelope(this.#prior, this.#steepest)
    this.#envelope.add(x, y)
    this.#late.frames = 0
  }
}

/** What 32 bits of ticks stand for, nearest to what is expected. */
const nearest = (ticks: number, expected: number) => ticks + Math.round((expected - ticks) / WRAP) * WRAP

import type { Data, Descriptor } from '../../../firmware-bridge/host/message.js'
import { SampleClock } from './sample-clock.js'

const TICKS = 2 ** 32
const SEQUENCES = 2 ** 16

/** One stream of a device: which frames came, and what its sample clock says in the gateway's time. */
export class BridgeStream {
  #clock = new SampleClock()
  #frames = 0
  #missing = 0
  #repeated = 0
  #resets = 0
  #sequence = -1
  #ticks = 0
  /** Ticks since the first frame after a reset, without wrapping: device time. */
  #elapsedTicks = 0

  /** `before` was the stream's number until now: what was counted of it goes on where the name is the same. */
  constructor(
    readonly descriptor: Descriptor,
    /** Where its frames go; -1 = there was no room. */
    readonly channel: number,
    before?: BridgeStream,
  ) {
    if (before?.descriptor.name !== descriptor.name) return
    this.#frames = before.#frames
    this.#missing = before.#missing
    this.#repeated = before.#repeated
    this.#resets = before.#resets + 1
  }

  /** Whether a descriptor says of the stream what is known. */
  is(descriptor: Descriptor): boolean {
    return descriptor.description === this.descriptor.description && same(descriptor, this.descriptor)
  }

  /** Frames that are missing before this one; -1 = it is the last one once more. */
  follow({ sequence, ticks }: Data): number {
    if (sequence === this.#sequence && ticks === this.#ticks) {
      this.#repeated++
      return -1
    }
    const gone = (sequence - this.#sequence - 1 + SEQUENCES) % SEQUENCES
    const passed = (ticks - this.#ticks + TICKS) % TICKS
    let missing = 0
    if (this.#sequence < 0) this.#elapsedTicks = 0
    else if (gone >= SEQUENCES / 2 || passed >= TICKS / 2) {
      // Backwards: the device began anew.
      this.#resets++
      this.#elapsedTicks = 0
      this.#clock = new SampleClock()
    } else {
      missing = gone
      this.#elapsedTicks += passed
    }
    this.#frames++
    this.#missing += missing
    this.#sequence = sequence
    this.#ticks = ticks
    return missing
  }

  /** Event time of the first row of the frame that `follow` saw last, and µs from row to row. */
  time(_ticks: number, rows: number, arrivalUs: number): { timeUs: number; stepUs: number } {
    const { tickRateHz, periodTicks } = this.descriptor
    const startUs = (this.#elapsedTicks / tickRateHz) * 1e6
    const endUs = startUs + ((rows * periodTicks) / tickRateHz) * 1e6
    const { steps } = this.#clock
    let timeUs = this.#clock.at(startUs)
    this.#clock.heard(endUs, arrivalUs)
    // Frames join without gap or overlap: each begins where the one before it ended.
    if (Number.isNaN(timeUs) || endUs === startUs || this.#clock.steps !== steps) timeUs = this.#clock.at(startUs)
    return { timeUs, stepUs: (this.#clock.at(endUs) - timeUs) / rows }
  }

  status(): Record<string, unknown> {
    const { name, stream, tickRateHz, periodTicks, fields } = this.descriptor
    return {
      name,
      number: stream,
      fields: fields.map(({ name, unit }) => (unit ? `${name} ${unit}` : name)),
      rateHz: periodTicks ? tickRateHz / periodTicks : null,
      frames: this.#frames,
      missing: this.#missing,
      repeated: this.#repeated,
      resets: this.#resets,
      clockSteps: this.#clock.steps,
      driftPpm: Math.round(this.#clock.drift * 1e7) / 10,
    }
  }
}

const same = (a: Descriptor, b: Descriptor) => JSON.stringify(a) === JSON.stringify(b)

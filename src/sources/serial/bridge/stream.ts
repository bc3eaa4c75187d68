import type { Data, Descriptor } from '../../../../firmware-bridge/host/message.js'
import { type Placed, SampleClock } from '../../../clocks/sample-clock.js'
import { Sequence, type Verdict } from './sequence.js'

/** One stream of a device: which frames came, and what its sample clock says in the gateway's time. */
export class BridgeStream {
  /** What it last said of itself; data may come before it. */
  descriptor?: Descriptor
  /** Where its frames go; -1 = there was no room. */
  channel = -1
  readonly #sequence = new Sequence()
  #clock = new SampleClock(1)
  #frames = 0
  #undescribed = 0
  /** Jumps of clocks before this one. */
  #jumps = 0

  /** Whether a descriptor says of the stream what is known. */
  is(descriptor: Descriptor): boolean {
    return (
      descriptor.description === this.descriptor?.description &&
      JSON.stringify(descriptor) === JSON.stringify(this.descriptor)
    )
  }

  /** A descriptor came, perhaps one that is known. */
  describe(descriptor: Descriptor, channel: number): void {
    this.#sequence.describe(descriptor.boot)
    this.descriptor = descriptor
    this.channel = channel
    if (descriptor.tickRateHz !== this.#clock.tickRateHz) this.renewClock()
  }

  /** Follows the number of a frame that arrived now; `missing` says how many before it never came. */
  follow({ sequence, ticks }: Data, arrivalUs: number): { verdict: Verdict; missing: number } {
    const { lost } = this.#sequence
    const verdict = this.#sequence.take(sequence, ticks, this.#clock.goesOn(ticks, arrivalUs))
    if (verdict === 'reset') this.renewClock()
    return { verdict, missing: this.#sequence.lost - lost }
  }

  /** Whether the descriptor that is known is the frame's. */
  describes({ description }: Data): boolean {
    if (this.descriptor?.description === description) return true
    this.#undescribed++
    return false
  }

  /** How many rows these bytes are by the descriptor; 0 where they are no whole number, or several where there is one. */
  rowsOf(bytes: number): number {
    const { rowBytes, periodTicks } = this.descriptor!
    const rows = bytes / rowBytes
    return Number.isInteger(rows) && (rows === 1 || periodTicks > 0) ? rows : 0
  }

  /** Event time of the rows of a frame that left the device at `sentUs` of the gateway's time or before. */
  place({ ticks }: Data, rows: number, sentUs: number): Placed {
    this.#frames++
    return this.#clock.place(ticks, rows, this.descriptor!.periodTicks, sentUs)
  }

  /** Ticks or arrivals no longer mean what they did: they are compared anew; a drift that is known holds. */
  renewClock(): void {
    this.#jumps += this.#clock.jumps
    this.#clock = new SampleClock(this.descriptor?.tickRateHz ?? 1, this.#clock)
  }

  status(): Record<string, unknown> {
    const { lost, repeated, resets, last } = this.#sequence
    const drift = this.#clock.driftPpm
    const { name = null, stream = null, tickRateHz = 1, periodTicks = 0, fields = [] } = this.descriptor ?? {}
    return {
      name,
      number: stream,
      fields: fields.map(({ name, unit }) => (unit ? `${name} ${unit}` : name)),
      rateHz: periodTicks ? tickRateHz / periodTicks : null,
      frames: this.#frames,
      missing: lost,
      repeated,
      resets,
      undescribed: this.#undescribed,
      lastSequence: last < 0 ? null : last,
      clockJumps: this.#jumps + this.#clock.jumps,
      driftPpm: drift === null ? null : Math.round(drift * 10) / 10,
    }
  }
}

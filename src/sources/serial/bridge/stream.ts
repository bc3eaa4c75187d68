import type { Data, Descriptor } from '../../../../firmware-bridge/host/message.js'
import { rowBytes } from '../../../codecs/bridge.js'
import { type Placed, SampleClock } from './sample-clock.js'
import { Sequence } from './sequence.js'

/** One stream of a device: what its descriptor says, its numbers, its clock. Lives as long as its port's source. */
export class Stream {
  readonly sequence = new Sequence()
  descriptor?: Descriptor
  /** Where its rows go; -1: nowhere, there is no room. */
  channel = -1
  frames = 0
  /** Data frames that came without their descriptor. */
  undescribed = 0
  /** Times that the sample clock jumped, of clocks before this one. */
  #jumps = 0
  #rowBytes = 0
  #clock?: SampleClock

  describe(descriptor: Descriptor, channel: number): void {
    this.sequence.describe(descriptor.boot)
    if (descriptor.tickRateHz !== this.#clock?.tickRateHz) this.#renewClock(descriptor.tickRateHz)
    this.descriptor = descriptor
    this.channel = channel
    this.#rowBytes = rowBytes(descriptor.fields)
  }

  /** How many rows the bytes are; 0: not a whole number, or several where the descriptor says one. */
  rowsOf(bytes: number): number {
    const rows = bytes / this.#rowBytes
    return Number.isInteger(rows) && (rows === 1 || this.descriptor!.periodTicks > 0) ? rows : 0
  }

  /** Ticks or arrivals no longer mean what they did: they are compared anew, at the rate that is known. */
  renewClock(): void {
    if (this.#clock) this.#renewClock(this.#clock.tickRateHz)
  }

  /** Where a frame's rows lie in event time. */
  place(data: Data, rows: number, sentUs: number): Placed {
    return this.#clock!.place(data.ticks, rows, this.descriptor!.periodTicks, sentUs)
  }

  #renewClock(tickRateHz: number): void {
    this.#jumps += this.#clock?.jumps ?? 0
    this.#clock = new SampleClock(tickRateHz, this.#clock)
  }

  /** For /status. */
  status(): Record<string, unknown> {
    const { sequence, descriptor, frames, undescribed } = this
    const drift = this.#clock?.driftPpm ?? null
    const tickRateHz = descriptor?.tickRateHz ?? 0
    return {
      frames,
      lost: sequence.lost,
      repeated: sequence.repeated,
      resets: sequence.resets,
      undescribed,
      lastSequence: sequence.last < 0 ? null : sequence.last,
      ...(descriptor && {
        fields: descriptor.fields.map(({ name, unit }) => (unit ? `${name} (${unit})` : name)),
        rateHz: descriptor.periodTicks ? tickRateHz / descriptor.periodTicks : null,
        driftPpm: drift === null ? null : Math.round(drift * 10) / 10,
        clockJumps: this.#jumps + (this.#clock?.jumps ?? 0),
      }),
    }
  }
}

import { type Described, encodeData, encodeDescriptor, encodeFrame } from '../../firmware-bridge/host/encode.js'
import { descriptionOf, FIELD_TYPES, type Field } from '../../firmware-bridge/host/message.js'

/** A field as most tests want it. */
export const field = (name: string, type: 'u8' | 'i16' | 'u32' | 'f32', more: Partial<Field> = {}): Field => ({
  type: FIELD_TYPES.findIndex((known) => known?.name === type),
  ...{ offset: 0, multiplier: 1, divisor: 1, name, unit: '' },
  ...more,
})

/** One stream of a device that speaks the bridge: frames as they go on the wire, numbered as they should be. */
export class BridgeDevice {
  readonly stream: Described
  /** Number of the next data frame. */
  sequence = 0
  /** Ticks at the next data frame's first row. */
  ticks = 0

  constructor(stream: Partial<Described> = {}) {
    this.stream = {
      ...{ stream: 1, name: 'vibration', tickRateHz: 1_000_000, periodTicks: 1000, boot: 0 },
      fields: [field('x', 'i16', { divisor: 1000, unit: 'g' })],
      ...stream,
    }
  }

  /** Begins anew as after a reset. */
  reset(boot = this.stream.boot): void {
    this.stream.boot = boot
    this.sequence = this.ticks = 0
  }

  descriptor(): Buffer {
    return encodeFrame(encodeDescriptor(this.stream))
  }

  /** A data frame of these rows; `sequence` and `ticks` move on. */
  data(rows: readonly (readonly number[])[]): Buffer {
    const { stream, fields, periodTicks } = this.stream
    const message = encodeDescriptor(this.stream)
    const description = descriptionOf(message, 0, message.length)
    const { sequence, ticks } = this
    this.sequence = (sequence + 1) & 0xffff
    this.ticks = (ticks + rows.length * periodTicks) >>> 0
    return encodeFrame(encodeData({ stream, description, sequence, ticks }, fields, rows))
  }
}

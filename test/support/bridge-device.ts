import { encodeDescriptor, encodeFrame } from '../../firmware-bridge/host/encode.js'
import { crc32, type Field } from '../../firmware-bridge/host/message.js'

export interface BridgeStream {
  stream: number
  name: string
  tickRateHz: number
  periodTicks: number
  fields: Field[]
  boot: number
}

const WRITE: Record<Field['type'], (bytes: Buffer, value: number, at: number) => number> = {
  u8: (bytes, value, at) => bytes.writeUInt8(value, at),
  i8: (bytes, value, at) => bytes.writeInt8(value, at),
  u16: (bytes, value, at) => bytes.writeUInt16LE(value, at),
  i16: (bytes, value, at) => bytes.writeInt16LE(value, at),
  u32: (bytes, value, at) => bytes.writeUInt32LE(value, at),
  i32: (bytes, value, at) => bytes.writeInt32LE(value, at),
  f32: (bytes, value, at) => bytes.writeFloatLE(value, at),
}

/** A field as most tests want it. */
export const field = (name: string, type: Field['type'], more: Partial<Field> = {}): Field => ({
  name,
  type,
  offset: 0,
  multiplier: 1,
  divisor: 1,
  unit: '',
  ...more,
})

/** One stream of a device that speaks the bridge: frames as they go on the wire, numbered as they should be. */
export class BridgeDevice {
  readonly stream: BridgeStream
  /** Number of the next data frame. */
  sequence = 0
  /** Ticks at the next data frame's first row. */
  ticks = 0

  constructor(stream: Partial<BridgeStream> = {}) {
    this.stream = {
      stream: 1,
      name: 'vibration',
      tickRateHz: 1_000_000,
      periodTicks: 1000,
      fields: [field('x', 'i16', { divisor: 1000, unit: 'g' })],
      boot: 0,
      ...stream,
    }
  }

  /** Begins anew as after a reset. */
  reset(boot = this.stream.boot): void {
    this.stream.boot = boot
    this.sequence = this.ticks = 0
  }

  /** Time of the rows of one frame, µs by the device's clock. */
  usOf(rows: number): number {
    return (rows * this.stream.periodTicks * 1e6) / this.stream.tickRateHz
  }

  descriptor(): Uint8Array {
    return encodeFrame(this.#descriptor())
  }

  #descriptor(): Uint8Array {
    return encodeDescriptor(this.stream)
  }

  /** A data frame of these rows; `sequence` and `ticks` move on. */
  data(rows: number[][]): Uint8Array {
    const descriptor = this.#descriptor()
    const bytes = Buffer.alloc(10 + 4 * rows.length * this.stream.fields.length)
    bytes[0] = 0x12
    bytes[1] = this.stream.stream
    bytes.writeUInt16LE(crc32(descriptor, 0, descriptor.length) & 0xffff, 2)
    bytes.writeUInt16LE(this.sequence, 4)
    bytes.writeUInt32LE(this.ticks, 6)
    let at = 10
    for (const row of rows)
      for (const [i, { type }] of this.stream.fields.entries()) at = WRITE[type](bytes, row[i], at)
    this.sequence = (this.sequence + 1) & 0xffff
    this.ticks = (this.ticks + rows.length * this.stream.periodTicks) >>> 0
    return encodeFrame(bytes.subarray(0, at))
  }
}

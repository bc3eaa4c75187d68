// The other direction: what a device sends, for tests, vectors and simulators.
import { crc32 } from 'node:zlib'
import { cobsEncode } from './cobs.js'
import { DATA, DESCRIPTOR, type Descriptor, FIELD_TYPES, type Field, VERSION } from './message.js'

/** What a device says of a stream. */
export type Described = Pick<Descriptor, 'stream' | 'boot' | 'tickRateHz' | 'periodTicks' | 'name' | 'fields'>

/** A descriptor's message, without CRC. */
export function encodeDescriptor(described: Described): Buffer {
  const { stream, boot, tickRateHz, periodTicks, name, fields } = described
  return Buffer.concat([
    Uint8Array.of((VERSION << 4) | DESCRIPTOR, stream),
    u16(boot),
    u32(tickRateHz),
    u32(periodTicks),
    text(name),
    Uint8Array.of(fields.length),
    ...fields.flatMap((field) => [
      Uint8Array.of(field.type),
      u32(field.offset),
      u32(field.multiplier),
      u32(field.divisor),
      text(field.name),
      text(field.unit),
    ]),
  ])
}

/** A data message, without CRC: each row has a raw value for each field. */
export function encodeData(
  head: { stream: number; description: number; sequence: number; ticks: number },
  fields: readonly Pick<Field, 'type'>[],
  rows: readonly (readonly number[])[],
): Buffer {
  const rowBytes = fields.reduce((sum, { type }) => sum + FIELD_TYPES[type]!.bytes, 0)
  const raw = Buffer.alloc(rowBytes * rows.length)
  let at = 0
  for (const row of rows)
    for (const [i, { type }] of fields.entries()) {
      const { name, bytes } = FIELD_TYPES[type]!
      if (name === 'f32') raw.writeFloatLE(row[i], at)
      else if (name.startsWith('u')) raw.writeUIntLE(row[i], at, bytes)
      else raw.writeIntLE(row[i], at, bytes)
      at += bytes
    }
  return Buffer.concat([
    Uint8Array.of((VERSION << 4) | DATA, head.stream),
    u16(head.description),
    u16(head.sequence),
    u32(head.ticks),
    raw,
  ])
}

/** A message as it goes over the wire: with its CRC, stuffed, and the 0x00 behind it. */
export function encodeFrame(message: Uint8Array): Buffer {
  return Buffer.concat([cobsEncode(Buffer.concat([message, u32(crc32(message))])), Uint8Array.of(0)])
}

const u16 = (value: number) => Uint8Array.of(value, value >>> 8)
const u32 = (value: number) => Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24)

function text(value: string): Uint8Array {
  const bytes = Buffer.from(value)
  return Buffer.concat([Uint8Array.of(bytes.length), bytes])
}

// What a frame of the bridge says: PROTOCOL.md, version 1, from bytes to fields. The CRC has been taken off before.
import { crc32 } from 'node:zlib'

/** Longest message with its CRC, bytes. */
export const MESSAGE_MAX_BYTES = 4096
export const VERSION = 1
export const DESCRIPTOR = 1
export const DATA = 2

/** Types of raw values by their number in a descriptor, and their bytes. */
export const FIELD_TYPES = [
  undefined,
  { name: 'u8', bytes: 1 },
  { name: 'i8', bytes: 1 },
  { name: 'u16', bytes: 2 },
  { name: 'i16', bytes: 2 },
  { name: 'u32', bytes: 4 },
  { name: 'i32', bytes: 4 },
  { name: 'f32', bytes: 4 },
] as const

/** One field of a stream: value = (raw + offset) × multiplier ÷ divisor. */
export interface Field {
  /** Index in FIELD_TYPES. */
  type: number
  offset: number
  multiplier: number
  divisor: number
  name: string
  unit: string
}

export interface Descriptor {
  kind: 'descriptor'
  stream: number
  boot: number
  /** Ticks a second of the sample clock, Hz. */
  tickRateHz: number
  /** Ticks between two rows of a data frame; 0 = every data frame holds one row. */
  periodTicks: number
  name: string
  fields: Field[]
  /** What data frames name it by. */
  description: number
  rowBytes: number
}

export interface Data {
  kind: 'data'
  stream: number
  /** Of the descriptor that its rows follow. */
  description: number
  sequence: number
  ticks: number
  /** Where its rows lie in the bytes that were parsed. */
  rowsStart: number
  rowsEnd: number
}

/** No message of this version: another version, a type not known, or bytes that break a rule. */
export interface Refusal {
  kind: 'refused'
  reason: 'version' | 'type' | 'malformed'
}

export type Message = Descriptor | Data

const MALFORMED: Refusal = { kind: 'refused', reason: 'malformed' }
const OTHER_VERSION: Refusal = { kind: 'refused', reason: 'version' }
const OTHER_TYPE: Refusal = { kind: 'refused', reason: 'type' }

const DATA_HEAD_BYTES = 10
const FIELDS_MAX = 16
const NAME_MAX_BYTES = 32
const UNIT_MAX_BYTES = 16

/** Reads the message in bytes[start, end). Never throws; whether data fit their descriptor is the caller's to see. */
export function parseMessage(bytes: Uint8Array, start: number, end: number): Message | Refusal {
  if (end - start < 2) return MALFORMED
  if (bytes[start] >>> 4 !== VERSION) return OTHER_VERSION
  const type = bytes[start] & 15
  if (type === DATA) {
    const rowsStart = start + DATA_HEAD_BYTES
    if (end <= rowsStart) return MALFORMED
    return {
      kind: 'data',
      stream: bytes[start + 1],
      description: u16(bytes, start + 2),
      sequence: u16(bytes, start + 4),
      ticks: u32(bytes, start + 6),
      rowsStart,
      rowsEnd: end,
    }
  }
  if (type !== DESCRIPTOR) return OTHER_TYPE
  try {
    return readDescriptor(new Reader(bytes, start, end))
  } catch (error) {
    if (error instanceof Malformed) return MALFORMED
    throw error
  }
}

/** Description of a descriptor's message in bytes[start, end). */
export function descriptionOf(bytes: Uint8Array, start: number, end: number): number {
  return crc32(bytes.subarray(start, end)) & 0xffff
}

function readDescriptor(r: Reader): Descriptor {
  const { bytes, start, end } = r
  r.skip(2)
  const boot = r.u16()
  const tickRateHz = r.u32()
  const periodTicks = r.u32()
  const name = r.text(1, NAME_MAX_BYTES)
  const count = r.u8()
  if (tickRateHz === 0 || count < 1 || count > FIELDS_MAX) throw new Malformed()
  const fields: Field[] = []
  let rowBytes = 0
  for (let i = 0; i < count; i++) {
    const type = r.u8()
    const offset = r.u32() | 0
    const multiplier = r.u32() | 0
    const divisor = r.u32()
    const field = {
      type,
      offset,
      multiplier,
      divisor,
      name: r.text(1, NAME_MAX_BYTES),
      unit: r.text(0, UNIT_MAX_BYTES),
    }
    const size = FIELD_TYPES[type]?.bytes
    if (!size || multiplier === 0 || divisor === 0 || fields.some((other) => other.name === field.name))
      throw new Malformed()
    rowBytes += size
    fields.push(field)
  }
  if (!r.atEnd) throw new Malformed()
  const description = descriptionOf(bytes, start, end)
  return {
    kind: 'descriptor',
    stream: bytes[start + 1],
    boot,
    tickRateHz,
    periodTicks,
    name,
    fields,
    description,
    rowBytes,
  }
}

class Malformed extends Error {}

const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

class Reader {
  #at: number
  constructor(
    readonly bytes: Uint8Array,
    readonly start: number,
    readonly end: number,
  ) {
    this.#at = start
  }

  get atEnd(): boolean {
    return this.#at === this.end
  }

  skip(count: number): number {
    const at = this.#at
    if (at + count > this.end) throw new Malformed()
    this.#at += count
    return at
  }

  u8(): number {
    return this.bytes[this.skip(1)]
  }

  u16(): number {
    return u16(this.bytes, this.skip(2))
  }

  u32(): number {
    return u32(this.bytes, this.skip(4))
  }

  /** Its length in a byte, then UTF-8 without control characters. */
  text(minBytes: number, maxBytes: number): string {
    const length = this.u8()
    if (length < minBytes || length > maxBytes) throw new Malformed()
    const at = this.skip(length)
    let read: string
    try {
      read = text.decode(this.bytes.subarray(at, at + length))
    } catch {
      throw new Malformed()
    }
    if (/\p{Cc}/u.test(read)) throw new Malformed()
    return read
  }
}

const u16 = (bytes: Uint8Array, at: number) => bytes[at] | (bytes[at + 1] << 8)
const u32 = (bytes: Uint8Array, at: number) => (u16(bytes, at) | (u16(bytes, at + 2) << 16)) >>> 0

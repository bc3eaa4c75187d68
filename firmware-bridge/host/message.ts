export type FieldType = 'u8' | 'i8' | 'u16' | 'i16' | 'u32' | 'i32' | 'f32'
const TYPES: FieldType[] = ['u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'f32']
export interface Field {
  type: FieldType
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
  tickRateHz: number
  periodTicks: number
  name: string
  fields: Field[]
  description: number
}
export interface Data {
  kind: 'data'
  stream: number
  description: number
  sequence: number
  ticks: number
  rowsStart: number
  rowsEnd: number
}
export interface Refusal {
  kind: 'refusal'
  why: string
}
export type Message = Descriptor | Data
const T = Int32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1
  return c
})
export function crc32(bytes: Uint8Array, start: number, end: number): number {
  let c = -1
  for (let i = start; i < end; i++) c = T[(c ^ bytes[i]) & 255] ^ (c >>> 8)
  return ~c >>> 0
}
export function parseMessage(bytes: Uint8Array, start: number, end: number): Message | Refusal {
  const b = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
  try {
    if (b[0] === 0x12) {
      if (b.length < 11) return { kind: 'refusal', why: 'short data' }
      return {
        kind: 'data',
        stream: b[1],
        description: b.readUInt16LE(2),
        sequence: b.readUInt16LE(4),
        ticks: b.readUInt32LE(6),
        rowsStart: start + 10,
        rowsEnd: end,
      }
    }
    if (b[0] !== 0x11) return { kind: 'refusal', why: 'version or type' }
    let at = 12
    const text = () => {
      const n = b.readUInt8(at)
      at += 1 + n
      if (at > b.length) throw new Error('x')
      return b.toString('utf8', at - n, at)
    }
    const name = text()
    const count = b.readUInt8(at++)
    const fields: Field[] = []
    for (let i = 0; i < count; i++) {
      const f = {
        type: TYPES[b.readUInt8(at) - 1],
        offset: b.readInt32LE(at + 1),
        multiplier: b.readInt32LE(at + 5),
        divisor: b.readUInt32LE(at + 9),
        name: '',
        unit: '',
      }
      at += 13
      f.name = text()
      f.unit = text()
      fields.push(f)
    }
    if (at !== b.length || !count) return { kind: 'refusal', why: 'length' }
    return {
      kind: 'descriptor',
      stream: b[1],
      boot: b.readUInt16LE(2),
      tickRateHz: b.readUInt32LE(4),
      periodTicks: b.readUInt32LE(8),
      name,
      fields,
      description: crc32(bytes, start, end) & 0xffff,
    }
  } catch {
    return { kind: 'refusal', why: 'cut off' }
  }
}

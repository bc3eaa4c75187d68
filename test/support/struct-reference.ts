import type { EntryOptions, FieldOptions, Part, StructOptions, Type } from '../../src/codecs/struct-fields.js'

/** What a struct's payload holds, read by DataView and BigInt: the slow and plain way. Elements of arrays in order. */
export function referenceStruct(options: StructOptions, payload: Uint8Array): Map<string, number[]> {
  const read = new Map<string, number[]>()
  let at = 0
  for (const entry of options.fields) {
    if (entry.skip) at += entry.skip
    else if (entry.rows) at = readRows(options, entry, entry.rows, at, payload, read)
    else {
      const rows = [{ ...entry, at: undefined }]
      const begin = typeof entry.at === 'number' ? entry.at : at
      at = readRows(options, { ...entry, count: entry.count ?? 1 }, rows, begin, payload, read)
    }
  }
  return read
}

const width = (type: Type) => Number(type.slice(1))

function readRows(
  options: StructOptions,
  { count = 1 }: EntryOptions,
  fields: FieldOptions[],
  start: number,
  payload: Uint8Array,
  read: Map<string, number[]>,
): number {
  const rowBytes = fields.reduce((sum, { skip, type }) => sum + (skip ?? width(type!) / 8), 0)
  const rows = count === 'rest' ? (payload.length - start) / rowBytes : count
  let at = start
  for (let row = 0; row < rows; row++)
    for (const field of fields) {
      if (field.skip) at += field.skip
      else {
        const bytes = payload.slice(at, at + width(field.type!) / 8)
        if ((field.endian ?? options.endian) === 'big') bytes.reverse()
        read.set(field.name!, [...(read.get(field.name!) ?? []), valueOfBytes(field, bytes)])
        at += bytes.length
      }
    }
  return at
}

/** Of bytes whose lowest comes first. */
function valueOfBytes(
  { type, bits, scale, offset }: Pick<Part, 'scale' | 'offset'> & FieldOptions,
  bytes: Uint8Array,
): number {
  if (type!.startsWith('f')) {
    const view = new DataView(bytes.buffer)
    return (type === 'f32' ? view.getFloat32(0, true) : view.getFloat64(0, true)) * scale + offset
  }
  let raw = bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n)
  const [from, length] = bits ?? [0, width(type!)]
  raw = (raw >> BigInt(from)) & ((1n << BigInt(length)) - 1n)
  if (type!.startsWith('i')) raw = BigInt.asIntN(length, raw)
  return Number(raw) * scale + offset
}

/** Bytes of a payload with so many elements or rows of what fills the rest. */
export function structBytes({ fields }: StructOptions, restRows: number): number {
  const one = ({ skip, type }: FieldOptions) => skip ?? width(type!) / 8
  return fields.reduce((sum, entry) => {
    const bytes = entry.rows ? entry.rows.reduce((row, field) => row + one(field), 0) : one(entry)
    return sum + bytes * (entry.count === 'rest' ? restRows : (entry.count ?? 1))
  }, 0)
}

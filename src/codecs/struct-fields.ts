/** Types of numbers, in the order of PART_U8 and so on. */
export const TYPES = ['u8', 'i8', 'u16', 'i16', 'u24', 'i24', 'u32', 'i32', 'u64', 'i64', 'f32', 'f64'] as const
export type Type = (typeof TYPES)[number]
export const INTEGER_TYPES = 'u8 to i64'

export type Order = 'little' | 'big'

/** A field as configured, or bytes that are skipped. */
export interface FieldOptions {
  name?: string
  type?: Type
  endian?: Order
  scale: number
  offset: number
  at?: number | string
  bits?: [from: number, length: number]
  skip?: number
}

/** An entry of `fields`: a field, an array, or rows of several. */
export interface EntryOptions extends FieldOptions {
  count?: number | 'rest'
  rows?: FieldOptions[]
}

/** Options of `struct`, parsed. */
export interface StructOptions {
  endian: Order
  fields: EntryOptions[]
  crc?: string
  crcOrder?: Order
  crcAt?: number
  crcFrom?: number
  crcTo?: number
}

/** A number or an array of them in the payload. */
export interface Part {
  name: string
  type: Type
  at: number
  /** 0 = one value. */
  count: number | 'rest'
  strideBytes: number
  shift: number
  /** 0 = the whole integer. */
  bits: number
  scale: number
  offset: number
  big: boolean
}

/** Bytes of a number. */
export const bytesOf = (type: Type): number => Number(type.slice(1)) / 8
export const isFloat = (type: Type) => type.startsWith('f')

/** Names of parts, for a message. */
export const namesOf = (parts: readonly Part[]) => parts.map(({ name }) => name).join(', ') || 'none'

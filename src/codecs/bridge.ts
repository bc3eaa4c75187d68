import {
  BRIDGE_DIVISOR,
  BRIDGE_F32,
  BRIDGE_FIELD_BYTES,
  BRIDGE_FIELDS,
  BRIDGE_I8,
  BRIDGE_I16,
  BRIDGE_I32,
  BRIDGE_LIST,
  BRIDGE_MULTIPLIER,
  BRIDGE_NAME,
  BRIDGE_NAME_BYTES,
  BRIDGE_OFFSET,
  BRIDGE_ROW_BYTES,
  BRIDGE_TYPE,
  BRIDGE_U8,
  BRIDGE_U16,
  BRIDGE_U32,
} from '../../assembly/decode/bridge-layout.js'
import { CODEC_BRIDGE } from '../../assembly/layout.js'
import type { Arena, CodecComponent } from '../model/codec.js'
import { reasonOf } from '../model/errors.js'

const TYPES = {
  u8: { code: BRIDGE_U8, bytes: 1 },
  i8: { code: BRIDGE_I8, bytes: 1 },
  u16: { code: BRIDGE_U16, bytes: 2 },
  i16: { code: BRIDGE_I16, bytes: 2 },
  u32: { code: BRIDGE_U32, bytes: 4 },
  i32: { code: BRIDGE_I32, bytes: 4 },
  f32: { code: BRIDGE_F32, bytes: 4 },
}

/** A field of a row as the device sends it: value = (raw + offset) × multiplier ÷ divisor. */
export interface RowField {
  name: string
  type: keyof typeof TYPES
  offset: number
  multiplier: number
  /** Not 0. */
  divisor: number
}

/** Bytes of a row of these fields. */
export const rowBytes = (fields: readonly RowField[]): number =>
  fields.reduce((bytes, { type }) => bytes + TYPES[type].bytes, 0)

/** A channel's `layout` for rows of these fields: plain text, so that it can be kept with recorded frames. */
export const rowLayout = (fields: readonly RowField[]): string =>
  JSON.stringify(fields.map(({ name, type, offset, multiplier, divisor }) => [name, type, offset, multiplier, divisor]))

/**
 * Rows of raw values behind a head with their times, as the bridge's source hands them over; see
 * assembly/decode/bridge-layout.ts. What the fields are comes with each channel.
 */
export const bridge: CodecComponent<unknown> = {
  type: 'bridge',
  summary: 'Raw rows of the firmware bridge',
  options: {},
  check: () => undefined,
  compile(_options, _input, arena) {
    return {
      codec: CODEC_BRIDGE,
      own: 0,
      fields: [],
      layout(text) {
        const fields = readLayout(text)
        return typeof fields === 'string' ? fields : writeLayout(fields, arena)
      },
    }
  },
  fieldNames: () => [],
}

function readLayout(text: string): RowField[] | string {
  try {
    const list = JSON.parse(text) as [string, RowField['type'], number, number, number][]
    const fields = list.map(([name, type, offset, multiplier, divisor]) => {
      const known = typeof name === 'string' && Object.hasOwn(TYPES, type)
      if (!known || ![offset, multiplier, divisor].every(Number.isFinite) || divisor === 0)
        throw new Error('a field is none')
      return { name, type, offset, multiplier, divisor }
    })
    return fields.length ? fields : 'it has no fields'
  } catch (error) {
    return `cannot read the layout of its rows: ${reasonOf(error)}; got ${text.slice(0, 200)}`
  }
}

function writeLayout(fields: readonly RowField[], arena: Arena): number {
  const layout = arena.alloc(BRIDGE_LIST + fields.length * BRIDGE_FIELD_BYTES)
  arena.u32[(layout + BRIDGE_FIELDS) / 4] = fields.length
  arena.u32[(layout + BRIDGE_ROW_BYTES) / 4] = rowBytes(fields)
  for (const [i, field] of fields.entries()) {
    const at = layout + BRIDGE_LIST + i * BRIDGE_FIELD_BYTES
    const name = arena.text(field.name)
    arena.u32[(at + BRIDGE_NAME) / 4] = name.address
    arena.u32[(at + BRIDGE_NAME_BYTES) / 4] = name.bytes
    arena.u32[(at + BRIDGE_TYPE) / 4] = TYPES[field.type].code
    arena.f64[(at + BRIDGE_OFFSET) / 8] = field.offset
    arena.f64[(at + BRIDGE_MULTIPLIER) / 8] = field.multiplier
    arena.f64[(at + BRIDGE_DIVISOR) / 8] = field.divisor
  }
  return layout
}

import * as v from 'valibot'
import {
  LAYOUT_FIELDS,
  LAYOUT_LIST,
  LAYOUT_ROW_BYTES,
  RAW_AT,
  RAW_BYTES,
  RAW_DIVISOR,
  RAW_MULTIPLIER,
  RAW_NAME,
  RAW_NAME_BYTES,
  RAW_OFFSET,
  RAW_TYPE,
} from '../../assembly/decode/bridge-layout.js'
import { CODEC_BRIDGE } from '../../assembly/layout.js'
import { FIELD_TYPES, type Field, MESSAGE_MAX_BYTES } from '../../firmware-bridge/host/message.js'
import type { Arena, CodecComponent } from '../model/codec.js'

/** Raw rows of a device that speaks the bridge; each channel's layout is the list of its fields. */
export const bridge: CodecComponent<object> = {
  type: 'bridge',
  summary: 'Raw rows of a device that speaks the firmware bridge',
  internal: true,
  options: {},
  check: (_options, { sequencePath }) =>
    sequencePath === undefined ? undefined : 'cannot use `sequence`: the bridge numbers its frames itself; remove it',
  compile: (_options, _input, arena) => ({
    codec: CODEC_BRIDGE,
    own: 0,
    fields: [],
    layout: (text) => {
      const fields = readLayout(text)
      return fields ? writeLayout(fields, arena) : 'no list of fields'
    },
  }),
  fieldNames: () => [],
}

/** What `ChannelSpec.layout` says of a stream's rows. */
export const bridgeLayout = (fields: readonly Field[]): string => JSON.stringify(fields)

const number = v.pipe(v.number(), v.finite())
const layout = v.pipe(
  v.array(
    v.object({
      type: v.picklist(FIELD_TYPES.flatMap((type, i) => (type ? [i] : []))),
      offset: number,
      multiplier: number,
      divisor: number,
      name: v.string(),
      unit: v.string(),
    }),
  ),
  v.minLength(1),
  v.maxLength(MESSAGE_MAX_BYTES),
)

/** Undefined where it is none: a recording may hold anything. */
function readLayout(text: string): Field[] | undefined {
  try {
    return v.parse(layout, JSON.parse(text))
  } catch {
    return undefined
  }
}

function writeLayout(fields: readonly Field[], arena: Arena): number {
  const { u32, f64 } = arena
  const address = arena.alloc(LAYOUT_LIST + fields.length * RAW_BYTES)
  let at = 0
  fields.forEach(({ type, offset, multiplier, divisor, name }, i) => {
    const record = address + LAYOUT_LIST + i * RAW_BYTES
    const text = arena.text(name)
    u32[(record + RAW_TYPE) >>> 2] = type
    u32[(record + RAW_AT) >>> 2] = at
    u32[(record + RAW_NAME) >>> 2] = text.address
    u32[(record + RAW_NAME_BYTES) >>> 2] = text.bytes
    f64[(record + RAW_OFFSET) >>> 3] = offset
    f64[(record + RAW_MULTIPLIER) >>> 3] = multiplier
    f64[(record + RAW_DIVISOR) >>> 3] = divisor
    at += FIELD_TYPES[type]!.bytes
  })
  u32[(address + LAYOUT_FIELDS) >>> 2] = fields.length
  u32[(address + LAYOUT_ROW_BYTES) >>> 2] = at
  return address
}

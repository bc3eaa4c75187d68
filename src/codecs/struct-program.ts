import * as layout from '../../assembly/decode/struct-layout.js'
import { NONE } from '../../assembly/layout.js'
import { crcTable } from '../memory/crc.js'
import type { Arena } from '../model/codec.js'
import { bytesOf, type Part, TYPES } from './struct-fields.js'
import type { StructPlan } from './struct-plan.js'

/** What a plan's counter wraps at, in samples; undefined without one, or where it is a float and never does. */
export function counterModulus({ counter }: StructPlan): number | undefined {
  if (!counter) return undefined
  const { type, bits, scale } = counter
  return type.startsWith('f') ? undefined : 2 ** (bits || bytesOf(type) * 8) * Math.abs(scale)
}

/** Writes a plan for assembly/decode/struct.ts; returns the address of the codec's own part. */
export function writeStruct(plan: StructPlan, arena: Arena): number {
  const own = arena.alloc(layout.STRUCT_BYTES)
  const set = (offset: number, value: number) => {
    arena.u32[(own + offset) >>> 2] = value
  }
  const list = (parts: readonly (Part | undefined)[]) =>
    writeParts(
      parts.flatMap((part) => part ?? []),
      arena,
    )
  const one = (part: Part | undefined) => (part ? list([part]) : 0)
  set(layout.STRUCT_FIXED, plan.fixedBytes)
  set(layout.STRUCT_REPEAT, plan.repeatBytes)
  set(layout.STRUCT_TIME, one(plan.time))
  set(layout.STRUCT_RATE, one(plan.rate))
  set(layout.STRUCT_COUNTER, one(plan.counter))
  set(layout.STRUCT_SEQUENCE, one(plan.sequence))
  set(layout.STRUCT_FIELDS, plan.fields.length)
  set(layout.STRUCT_FIELD_LIST, list(plan.fields))
  set(layout.STRUCT_TAG_LIST, list(plan.tags))
  if (plan.crc) {
    const { crc, big, at, from, to } = plan.crc
    const table = arena.alloc(1024)
    arena.u32.set(crcTable(crc.parameters), table >>> 2)
    set(layout.STRUCT_CRC_TABLE, table)
    set(layout.STRUCT_CRC_AT, at ?? NONE)
    set(layout.STRUCT_CRC_FROM, from)
    set(layout.STRUCT_CRC_TO, to ?? NONE)
    set(layout.STRUCT_CRC_BYTES, crc.bytes)
    set(layout.STRUCT_CRC_FLAGS, (crc.parameters.reflected ? layout.CRC_REFLECTED : 0) | (big ? layout.CRC_BIG : 0))
    set(layout.STRUCT_CRC_INIT, crc.parameters.init)
    set(layout.STRUCT_CRC_XOR, crc.parameters.xorout)
  }
  return own
}

function writeParts(parts: readonly Part[], arena: Arena): number {
  const { u32, f64 } = arena
  const address = arena.alloc(parts.length * layout.PART_BYTES)
  for (const [i, part] of parts.entries()) {
    const at = address + i * layout.PART_BYTES
    u32[(at + layout.PART_TYPE) >>> 2] = TYPES.indexOf(part.type)
    u32[(at + layout.PART_AT) >>> 2] = part.at
    u32[(at + layout.PART_COUNT) >>> 2] = part.count === 'rest' ? NONE : part.count
    u32[(at + layout.PART_STRIDE) >>> 2] = part.strideBytes
    u32[(at + layout.PART_SHIFT) >>> 2] = part.shift
    u32[(at + layout.PART_BITS) >>> 2] = part.bits
    f64[(at + layout.PART_SCALE) >>> 3] = part.scale
    f64[(at + layout.PART_OFFSET) >>> 3] = part.offset
    const isPlain = part.scale === 1 && part.offset === 0
    u32[(at + layout.PART_FLAGS) >>> 2] = (part.big ? layout.PART_BIG : 0) | (isPlain ? layout.PART_PLAIN : 0)
  }
  return address
}

import * as layout from '../../assembly/layout.js'
import { zoneTable } from '../memory/zone.js'
import { type Arena, type CodecComponent, codecInput, type FieldSpec } from '../model/codec.js'
import { bug } from '../model/errors.js'
import type { InputPlan } from '../model/plan.js'

/** An input compiled into the shared memory; lives as long as its arena. */
export interface Program {
  /** Of its PROGRAM record. */
  address: number
  /** Names of the declared fields in order; empty = every number of the payload. */
  fields: string[]
  /** Names of the tags that the configuration takes from the payload, in the order of the device key's parts. */
  tagNames: string[]
  /** Names of those that the codec itself takes, behind them. */
  ownTagNames?: string[]
  /** No tag comes from the payload: a channel is one device. */
  fixedDevice: boolean
  /** Of samples that are timed by counting them: nominal rate, and what their counter wraps at. */
  clock?: { rateHz: number; modulus: number }
  /** A channel's layout from its first line (CSV with a header) or its spec, or why that is none. */
  layout?(text: string): number | string
}

const UNITS = {
  s: layout.TIME_S,
  ms: layout.TIME_MS,
  us: layout.TIME_US,
  ns: layout.TIME_NS,
  iso: layout.TIME_ISO,
}

/** Compiles how an input's payloads are read. The plan was checked before; throws when the arena is full. */
export function compileInput(input: InputPlan, codecs: readonly CodecComponent[], arena: Arena): Program {
  const component = codecs.find(({ type }) => type === input.decode.type)
  if (!component) bug(`no codec is named ${input.decode.type}`)
  const compiled = component.compile(
    input.decode.options as never,
    codecInput(input.time, input.payloadTags, input.sequence),
    arena,
  )
  const tagNames = Object.keys(input.payloadTags)
  const { ownTagNames = [], furtherTags = false } = compiled

  const address = arena.alloc(layout.PROGRAM_BYTES)
  const set = (offset: number, value: number) => {
    arena.u32[(address + offset) / 4] = value
  }
  set(layout.PROGRAM_CODEC, compiled.codec)
  set(layout.PROGRAM_OWN, compiled.own)
  set(layout.PROGRAM_TAGS, tagNames.length + ownTagNames.length)
  set(layout.PROGRAM_FIELDS, compiled.fields.length)
  set(layout.PROGRAM_FIELD_LIST, writeFields(compiled.fields, arena))
  const { time, sequence } = input
  if (sequence) arena.f64[(address + layout.PROGRAM_SEQUENCE) / 8] = sequence.modulus ?? Number.POSITIVE_INFINITY
  set(layout.PROGRAM_TIME_UNIT, layout.TIME_ARRIVAL)
  if (time.kind === 'path') {
    set(layout.PROGRAM_TIME_UNIT, UNITS[time.unit])
    set(layout.PROGRAM_TIME_MISSING, time.missing === 'arrival' ? 1 : 0)
    arena.f64[(address + layout.PROGRAM_RATE) / 8] = time.rateHz ?? 0
    if (time.zone !== undefined) {
      const zone = writeZone(time.zone, arena)
      set(layout.PROGRAM_ZONE, zone.address)
      set(layout.PROGRAM_ZONE_LENGTH, zone.length)
    }
  }
  if (time.kind === 'clock') {
    set(layout.PROGRAM_TIME_UNIT, layout.TIME_CLOCK)
    // Until the host tells their times, elements have their number for a time.
    arena.f64[(address + layout.PROGRAM_RATE) / 8] = 1e6
  }
  return {
    address,
    ...(time.kind === 'clock' && { clock: { rateHz: time.rateHz, modulus: compiled.counterModulus ?? 2 ** 32 } }),
    fields: compiled.fields.map(({ name }) => name),
    tagNames,
    ...(ownTagNames.length > 0 && { ownTagNames }),
    fixedDevice: tagNames.length + ownTagNames.length === 0 && !furtherTags,
    ...(compiled.layout && { layout: compiled.layout.bind(compiled) }),
  }
}

function writeFields(fields: FieldSpec[], arena: Arena): number {
  const list = arena.alloc(fields.length * layout.FIELD_BYTES)
  for (const [i, field] of fields.entries()) {
    const at = (list + i * layout.FIELD_BYTES) / 4
    const name = arena.text(field.name)
    arena.u32[at + layout.FIELD_NAME / 4] = name.address
    arena.u32[at + layout.FIELD_NAME_BYTES / 4] = name.bytes
    arena.u32[at + layout.FIELD_FLAGS / 4] =
      (field.parse ? layout.FIELD_PARSE : 0) | (field.samples ? layout.FIELD_SAMPLES : 0)
    const entries = Object.entries(field.map ?? {})
    if (!entries.length) continue
    arena.u32[at + layout.FIELD_MAP / 4] = writeMap(entries, arena)
    arena.u32[at + layout.FIELD_MAP_LENGTH / 4] = entries.length
  }
  return list
}

function writeMap(entries: [text: string, value: number][], arena: Arena): number {
  const list = arena.alloc(entries.length * layout.MAP_BYTES)
  for (const [i, [text, value]] of entries.entries()) {
    const at = list + i * layout.MAP_BYTES
    const written = arena.text(text)
    arena.u32[(at + layout.MAP_TEXT) / 4] = written.address
    arena.u32[(at + layout.MAP_TEXT_BYTES) / 4] = written.bytes
    arena.f64[(at + layout.MAP_VALUE) / 8] = value
  }
  return list
}

// Rows of zoneTable are rows of ZONE_BYTES already.
function writeZone(zone: string, arena: Arena): { address: number; length: number } {
  const rows = zoneTable(zone)
  const address = arena.alloc(rows.byteLength)
  arena.f64.set(rows, address / 8)
  return { address, length: rows.byteLength / layout.ZONE_BYTES }
}

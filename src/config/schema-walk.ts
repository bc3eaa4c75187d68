import * as v from 'valibot'
import { SECRET } from '../model/schema.js'

/** A valibot schema as this room looks into it: which parts there are depends on its `type`. */
export interface Part extends v.GenericSchema {
  readonly entries?: Record<string, Part>
  readonly wrapped?: Part
  readonly default?: unknown
  readonly options?: readonly (Part | string | number)[]
  readonly item?: Part
  readonly value?: Part
  readonly literal?: unknown
  readonly pipe?: readonly unknown[]
}

const OPTIONAL = new Set(['optional', 'nullish', 'exact_optional', 'undefinedable', 'nullable'])

export const isOptional = (schema: Part): boolean => OPTIONAL.has(schema.type)

/** The schema below optional wrappers. */
export function unwrap(schema: v.GenericSchema): Part {
  const part = schema as Part
  return isOptional(part) && part.wrapped ? unwrap(part.wrapped) : part
}

/** The schemas a value may be read by: a union's or variant's branches, or the schema itself. */
export function branches(schema: v.GenericSchema): Part[] {
  const part = unwrap(schema)
  return part.type === 'union' || part.type === 'variant' ? (part.options as Part[]).flatMap(branches) : [part]
}

/** The schemas of what lies at `path` inside. */
export function inside(schema: v.GenericSchema, path: readonly (string | number)[]): Part[] {
  let found = [schema as Part]
  for (const key of path)
    found = found.flatMap(branches).flatMap((part) => {
      const next = part.entries
        ? Object.hasOwn(part.entries, key)
          ? part.entries[key]
          : undefined
        : typeof key === 'number'
          ? part.item
          : part.value
      return next ? [next] : []
    })
  return found
}

/** Keys that a map at this place may have. */
export const keysOf = (schema: v.GenericSchema): string[] => [
  ...new Set(branches(schema).flatMap((part) => Object.keys(part.entries ?? {}))),
]

/** A metadata value given to the schema or to what it wraps. */
export function metadataOf(schema: v.GenericSchema, name: string): unknown {
  const part = schema as Part
  const own = v.getMetadata(part as v.GenericSchema)[name]
  return own === undefined && isOptional(part) && part.wrapped ? metadataOf(part.wrapped, name) : own
}

/** The sentence that documents the schema, or ''. */
export function descriptionOf(schema: v.GenericSchema): string {
  const part = schema as Part
  return (
    v.getDescription(part as v.GenericSchema) ?? (isOptional(part) && part.wrapped ? descriptionOf(part.wrapped) : '')
  )
}

/** True where the value, or a branch of it, must never be shown. */
export const isSecret = (schema: v.GenericSchema): boolean =>
  metadataOf(schema, SECRET) === true || branches(schema).some((part) => metadataOf(part, SECRET) === true)

/** What the schema allows, in words. */
export function allowedText(schema: v.GenericSchema): string {
  const told = metadataOf(schema, 'allowed')
  if (typeof told === 'string') return told
  const part = unwrap(schema)
  switch (part.type) {
    case 'union':
    case 'variant':
      return [...new Set((part.options as Part[]).map(allowedText))].join(', or ')
    case 'picklist':
    case 'enum':
      return (part.options as (string | number)[]).join(' | ')
    case 'literal':
      return String(part.literal)
    case 'boolean':
      return 'true | false'
    case 'string':
      return 'text'
    case 'number':
      return `${hasRule(part, 'integer') ? 'a whole number' : 'a number'}${bounds(part)}`
    case 'array':
    case 'tuple':
      return part.item ? `a list (${allowedText(part.item)})` : 'a list'
    case 'record':
      return part.value ? `a map (name: ${allowedText(part.value)})` : 'a map'
    case 'object':
    case 'strict_object':
    case 'loose_object':
      return `a map of ${Object.keys(part.entries ?? {}).join(', ')}`
    default:
      return 'any value'
  }
}

interface Rule {
  type: string
  requirement?: unknown
}

const rules = (part: Part): Rule[] => (part.pipe ?? []) as Rule[]
const hasRule = (part: Part, type: string): boolean => rules(part).some((rule) => rule.type === type)

/** Bounds that valibot's rules set, as `, at least 1, at most 8`. */
function bounds(part: Part): string {
  const at = (type: string) => rules(part).find((rule) => rule.type === type)?.requirement
  const least = at('min_value')
  const most = at('max_value')
  return `${least === undefined ? '' : `, at least ${least}`}${most === undefined ? '' : `, at most ${most}`}`
}

import type * as v from 'valibot'
import type { Components } from '../model/components.js'
import { derivedEntries } from './derived-schema.js'
import { NAME } from './findings.js'
import { allowedText, descriptionOf, isOptional, metadataOf, type Part, unwrap } from './schema-walk.js'
import { sinkEntries } from './sink-schema.js'
import { inputEntries, sourceEntries } from './source-schema.js'
import { topEntries } from './top-schema.js'
import { windowEntries } from './window-schema.js'

type Json = Record<string, unknown>

/** JSON Schema of a configuration, for editors. Placeholders are text wherever a value may be one. */
export function jsonSchema(components: Components): Json {
  const decode = { oneOf: components.codecs.filter(({ internal }) => !internal).map((codec) => componentSchema(codec)) }
  const withDecode = (entries: Record<string, v.GenericSchema>) => ({ ...mapSchema(entries).properties, decode })
  const source = { ...inputEntries, ...sourceEntries }
  const top = mapSchema(topEntries)
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of weir',
    ...top,
    properties: {
      ...top.properties,
      sources: byName({ oneOf: components.sources.map((c) => componentSchema(c, withDecode(source))) }),
      derived: byName(mapSchema(derivedEntries)),
      windows: byName(mapSchema(windowEntries)),
      sinks: byName({
        oneOf: components.sinks.map((c) => componentSchema(c, mapSchema(sinkEntries).properties as Json)),
      }),
    },
  }
}

const byName = (item: Json): Json => ({
  type: 'object',
  propertyNames: { pattern: NAME.source },
  additionalProperties: item,
})

function componentSchema(
  { type, summary, options }: { type: string; summary: string; options: Record<string, v.GenericSchema> },
  common: Json = {},
): Json {
  const own = mapSchema(options)
  return {
    description: summary,
    ...own,
    properties: { type: { const: type }, ...common, ...own.properties },
    required: ['type', ...own.required],
  }
}

function mapSchema(entries: Record<string, v.GenericSchema>) {
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(entries).map(([key, schema]) => [key, valueSchema(schema)])) as Json,
    required: Object.keys(entries).filter((key) => !isOptional(entries[key] as Part)),
    additionalProperties: false,
  }
}

function valueSchema(schema: v.GenericSchema): Json {
  const description = [descriptionOf(schema), metadataOf(schema, 'allowed') ? `Allowed: ${allowedText(schema)}.` : '']
    .filter(Boolean)
    .join(' ')
  const fallback = (schema as Part).default
  return {
    ...shape(unwrap(schema)),
    ...(description && { description }),
    ...(fallback !== undefined && typeof fallback !== 'function' && { default: fallback }),
  }
}

function shape(part: Part): Json {
  switch (part.type) {
    case 'union':
    case 'variant':
      return { anyOf: (part.options as Part[]).map(valueSchema) }
    case 'picklist':
      return { enum: part.options }
    case 'literal':
      return { const: part.literal }
    case 'string':
    case 'boolean':
      return { type: part.type }
    case 'number':
      return { type: 'number' }
    case 'array':
      return { type: 'array', items: valueSchema(part.item!) }
    case 'record':
      return { type: 'object', additionalProperties: valueSchema(part.value!) }
    case 'object':
    case 'loose_object':
      return { ...mapSchema(part.entries!), additionalProperties: true }
    case 'strict_object':
      return mapSchema(part.entries!)
    default:
      return {}
  }
}

import * as v from 'valibot'
import type { FieldSpec } from '../model/codec.js'

/** As LONGEST_NAME_BYTES of the decoder. */
const LONGEST_NAME_BYTES = 255
const MOST_FIELDS = 1024

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(1024))

/** Options about fields that codecs share; which of them a codec takes is its own affair. */
export const fieldOptions = {
  fields: v.optional(
    v.pipe(
      v.union(
        [v.array(name), v.record(name, name)],
        'a list of paths, or a map of new name: path; without it every number',
      ),
      v.description('What is taken: a list of paths, or a map of new name: path. Without it, every number.'),
    ),
  ),
  map: v.optional(
    v.pipe(
      v.record(name, v.record(v.string(), v.pipe(v.number(), v.finite()))),
      v.description('Text that stands for a number, per field: { state: { "ON": 1, "OFF": 0 } }.'),
    ),
  ),
  strings: v.optional(
    v.pipe(
      v.picklist(['parse', 'skip'], 'parse or skip'),
      v.description('What strings are that no map knows: parse reads their content as a number.'),
    ),
    'skip',
  ),
}

/** Arrays whose elements are samples of their own times. */
export const samplesOption = {
  samples: v.optional(
    v.pipe(
      v.union([name, v.array(name)], 'a path or a list of paths'),
      v.description('Arrays whose elements are samples: with `rate` from the time on, or with an array of times.'),
    ),
  ),
}

/** What `fieldOptions` and `samplesOption` parse to. */
export interface FieldChoice {
  fields?: string[] | Record<string, string>
  map?: Record<string, Record<string, number>>
  strings: 'parse' | 'skip'
  samples?: string | string[]
}

/** A declared field and the path as it was written. */
export interface PathField extends FieldSpec {
  path: string
}

/**
 * The declared fields in order, none for "every number", or a problem's text. `nameOf` names a path that was given no name.
 * An array named in `samples` alone is a field too. `map` and `samples` know a field by its name or its path.
 */
export function declaredFields(choice: FieldChoice, nameOf: (path: string) => string): PathField[] | string {
  const { fields = [], map = {}, strings } = choice
  const pairs = Array.isArray(fields) ? fields.map((path) => [nameOf(path), path]) : Object.entries(fields)
  const declared: PathField[] = pairs.map(([name, path]) => ({ name, path, parse: strings === 'parse' }))
  const find = (key: string) => declared.find(({ name }) => name === key) ?? declared.find(({ path }) => path === key)

  for (const path of [choice.samples ?? []].flat()) {
    let field = find(path)
    if (!field) declared.push((field = { name: nameOf(path), path, parse: strings === 'parse' }))
    field.samples = true
  }
  for (const [key, texts] of Object.entries(map)) {
    const field = find(key)
    if (!field) return `cannot map the texts of \`${key}\`: no field is named so; name it in \`fields\``
    field.map = texts
  }
  return problemOf(declared) ?? declared
}

/** Names of the declared fields; none where they are not declared, or wrongly. */
export function fieldNames(choice: FieldChoice, nameOf: (path: string) => string): string[] {
  const fields = declaredFields(choice, nameOf)
  return typeof fields === 'string' ? [] : fields.map(({ name }) => name)
}

function problemOf(declared: PathField[]): string | undefined {
  if (declared.length > MOST_FIELDS)
    return `cannot declare ${declared.length} fields: one input takes at most ${MOST_FIELDS}; leave out \`fields\` to take every number`
  const names = new Set<string>()
  for (const { name } of declared) {
    if (names.has(name)) return `cannot name two fields \`${name}\`: their samples would mix; give one a new name`
    names.add(name)
    const bytes = new TextEncoder().encode(name).length
    if (bytes > LONGEST_NAME_BYTES)
      return `cannot name a field \`${name.slice(0, 40)}…\`: the name has ${bytes} bytes; at most ${LONGEST_NAME_BYTES}`
  }
}

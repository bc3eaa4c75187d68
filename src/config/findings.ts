import * as v from 'valibot'
import type { Problem } from '../model/errors.js'
import type { Interpolated } from './interpolate.js'
import { LATER, type Place } from './later.js'
import { nearest } from './nearest.js'
import { isMap, type Path, pathText } from './path.js'
import { allowedText, inside, isSecret, keysOf, type Part } from './schema-walk.js'

type Schema = v.GenericSchema
type Issue = v.BaseIssue<unknown>

/** Collects what is wrong with a configuration, in words that hold no secret. */
export class Findings {
  readonly problems: Problem[] = []
  private readonly filled: Interpolated

  constructor(filled: Interpolated) {
    this.filled = filled
    for (const { path, message } of filled.problems) this.problems.push({ path, message })
  }

  /** Notes a problem; whatever placeholders brought in is shown as the placeholder. */
  add(path: Path, message: string): void {
    const problem = { path: pathText(path), message: this.masked(message) }
    if (!this.problems.some((p) => p.path === problem.path && p.message === problem.message))
      this.problems.push(problem)
  }

  /** True when the value at `path`, or one below, was left unread. */
  unread(path: Path): boolean {
    const text = pathText(path)
    return [...this.filled.unread].some((at) => at === text || at.startsWith(`${text}.`) || at.startsWith(`${text}[`))
  }

  /** Reads a value by its schema; undefined when it is wrong, or can't be told without what was left unread. */
  read<S extends Schema>(schema: S, value: unknown, path: Path, known: Known = {}): v.InferOutput<S> | undefined {
    const parsed = this.parsed(schema, value, path, known)
    return parsed.success ? parsed.output : undefined
  }

  /** Reads a map by its entries' schemas, without the keys that are wrong. */
  readKeys<E extends v.ObjectEntries>(
    entries: E,
    value: Record<string, unknown>,
    path: Path,
    known: Known,
  ): Partial<v.InferOutput<v.StrictObjectSchema<E, undefined>>> {
    const parsed = this.parsed(v.strictObject(entries), value, path, known)
    const wrong = new Set(parsed.issues?.map((issue) => issue.path?.[0]?.key))
    return without(parsed.output as Record<string, unknown>, wrong) as typeof parsed.output & object
  }

  private parsed<S extends Schema>(schema: S, value: unknown, path: Path, known: Known) {
    const parsed = v.safeParse(schema, value)
    if (parsed.success) return parsed
    const unread = this.note(parsed.issues, schema, path, known)
    // Defaults stand in for the optional keys that offline leaves unread.
    return isMap(value) && unread.size ? v.safeParse(schema, without(value, unread)) : parsed
  }

  /** Notes issues; returns the keys whose only fault is that they were left unread. */
  private note(issues: Issue[], schema: Schema, path: Path, known: Known): Set<unknown> {
    const unread = new Set<unknown>()
    for (const issue of issues.flatMap((issue) => flat(issue, [], schema))) {
      if (this.unread([...path, ...issue.path])) unread.add(issue.path[0])
      else this.add([...path, ...issue.path], this.words(issue, schema, path, known))
    }
    return unread
  }

  /** A map of named maps such as `sources`; names and shapes are checked, what is wrong is left out. */
  section(value: unknown, name: string, what: string, needed: boolean): [string, Record<string, unknown>][] {
    if (value === undefined || value === null || (isMap(value) && !Object.keys(value).length)) {
      if (needed) this.add([name], `cannot run without ${what}: there is none; add one as \`${name}: { NAME: { … } }\``)
      return []
    }
    if (!isMap(value)) {
      this.add([name], `cannot read \`${name}\`: not a map; got ${this.got(value, [name])}; allowed: a map by name`)
      return []
    }
    return Object.entries(value).filter((entry): entry is [string, Record<string, unknown>] => {
      const [key, item] = entry
      if (!NAME.test(key))
        this.add([name, key], `cannot name ${what} ${JSON.stringify(key.slice(0, 80))}; allowed: ${NAME_ALLOWED}`)
      else if (isMap(item)) return true
      else
        this.add(
          [name, key],
          `cannot read ${what}: not a map; got ${this.got(item, [name, key])}; allowed: a map of its keys`,
        )
      return false
    })
  }

  /** A component by the `type` of a map. */
  component<C extends { type: string }>(raw: Record<string, unknown>, all: readonly C[], path: Path): C | undefined {
    const found = all.find((component) => component.type === raw.type)
    if (found || this.unread([...path, 'type'])) return found
    const allowed = `allowed: ${all.map((c) => c.type).join(', ')}`
    if (raw.type === undefined) this.add([...path, 'type'], `cannot do without \`type\`: it is missing; ${allowed}`)
    else {
      const near =
        typeof raw.type === 'string'
          ? nearest(
              raw.type,
              all.map((c) => c.type),
            )
          : undefined
      const got = this.got(raw.type, [...path, 'type'])
      this.add(
        [...path, 'type'],
        `cannot find this type; got ${got}; ${allowed}${near ? `; did you mean \`${near}\`?` : ''}`,
      )
    }
  }

  /** What was found, short and fit to be shown. */
  got(value: unknown, path: Path, schema?: Schema): string {
    const written = this.filled.written.get(pathText(path))
    if (written !== undefined) return `the text ${written}`
    if (schema && isSecret(schema)) return 'a value not shown here'
    if (value === null || value === undefined) return 'nothing'
    if (Array.isArray(value)) return 'a list'
    if (typeof value === 'object') return 'a map'
    if (typeof value !== 'string') return String(value)
    const text = value.replace(/\/\/[^/@\s]*@/, '//***@')
    return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text)
  }

  private words(issue: FlatIssue, schema: Schema, base: Path, { place, further = [] }: Known): string {
    const key = String(issue.path.at(-1))
    if (issue.kind === 'unknown') {
      const later = place && issue.path.length === 1 && Object.hasOwn(LATER[place], key) && LATER[place][key]
      if (later) return `cannot take \`${key}\` (${later}): not in this version; remove it`
      const at = inside(schema, issue.path.slice(0, -1))
      const known = [...at.flatMap(keysOf), ...(issue.path.length === 1 ? further : [])]
      const near = nearest(key, known)
      return `cannot take \`${key.slice(0, 80)}\`: no such key; allowed: ${known.join(', ')}${near ? `; did you mean \`${near}\`?` : ''}`
    }
    const at = inside(schema, issue.path)
    const told = issue.message.startsWith('Invalid ') ? undefined : issue.message
    if (told?.startsWith('cannot ')) return told
    const allowed = told ?? (allowedAt(at) || 'another value')
    if (issue.kind === 'missing') return `cannot do without \`${key}\`: it is missing; allowed: ${allowed}`
    return `cannot take this value; got ${this.got(issue.input, [...base, ...issue.path], at[0])}; allowed: ${allowed}`
  }

  private masked(message: string): string {
    for (const [text, placeholder] of this.filled.read)
      if (text.length >= MASK_MIN_LENGTH) message = message.replaceAll(text, placeholder)
    return message
  }
}

/** Names of sources, windows and sinks. */
export const NAME = /^[A-Za-z0-9_.-]{1,64}$/
export const NAME_ALLOWED = '1 to 64 of the characters A-Z a-z 0-9 _ . -'
const MASK_MIN_LENGTH = 4

const allowedAt = (schemas: Part[]): string => [...new Set(schemas.map(allowedText))].join(', or ')

/** What is known of keys besides the schema. */
interface Known {
  place?: Place
  further?: string[]
}

interface FlatIssue {
  kind: 'missing' | 'unknown' | 'value'
  path: (string | number)[]
  input: unknown
  message: string
}

/** An issue, or of a union the issues of the branch that fits the value's shape. */
function flat(issue: Issue, base: (string | number)[], schema: Schema): FlatIssue[] {
  const path = [...base, ...(issue.path ?? []).map((item) => item.key as string | number)]
  const deeper = issue.type === 'union' ? issue.issues?.filter((sub) => sub.path) : undefined
  if (deeper?.length) return deeper.flatMap((sub) => flat(sub, path, schema))
  const { input, message } = issue
  const ofKey = /_?object$/.test(issue.type) ? issue.expected : undefined
  if (ofKey?.startsWith('"')) return [{ kind: 'missing', path, input, message: 'Invalid key' }]
  if (ofKey !== 'never') return [{ kind: 'value', path, input, message }]
  // valibot names the first unknown key only.
  const above = path.slice(0, -1)
  const known = inside(schema, above).flatMap(keysOf)
  return Object.keys(issue.path!.at(-1)!.input as object)
    .filter((key) => !known.includes(key))
    .map((key) => ({ kind: 'unknown', path: [...above, key], input: key, message: 'Invalid key' }))
}

const without = (map: Record<string, unknown>, keys: Set<unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(map).filter(([key]) => !keys.has(key)))

import { glob } from '../model/glob.js'
import type { Device } from '../model/points.js'
import type { ChannelSpec } from '../model/source.js'

/** What may be looked at. */
export const KINDS = ['points', 'samples', 'frames'] as const
export type Kind = (typeof KINDS)[number]

/** What a reader wants to see; globs, and what is absent matches all. */
export interface Filter {
  kind: Kind
  source?: string
  /** Of a sample its field; of a point a field's name (`temp_mean`) or what it was reduced from (`temp`). */
  field?: string
  tags: Record<string, string>
  topic?: string
  window?: string
}

/** Which words make sense for a kind. */
const WORDS: Record<Kind, readonly string[]> = {
  points: ['source', 'field', 'tag', 'window'],
  samples: ['source', 'field', 'tag'],
  frames: ['source', 'topic', 'tag'],
}

/** A filter as the query of a URL: `of=points&source=plant&tag=machine=press-*`. */
export function queryOf({ kind, tags, ...globs }: Filter): URLSearchParams {
  const query = new URLSearchParams({ of: kind })
  for (const [word, pattern] of Object.entries(globs)) if (pattern !== undefined) query.set(word, pattern)
  for (const [name, pattern] of Object.entries(tags)) query.append('tag', `${name}=${pattern}`)
  return query
}

/** The filter that a query asks for, or a problem's text. */
export function filterOf(query: URLSearchParams): Filter | string {
  const kind = KINDS.find((kind) => kind === (query.get('of') ?? 'points'))
  if (!kind) return `cannot show "${query.get('of')}"; allowed: ${KINDS.join(', ')}`
  const filter: Filter = { kind, tags: {} }
  for (const [word, pattern] of query) {
    if (word === 'of') continue
    if (!WORDS[kind].includes(word)) return `cannot choose ${kind} by "${word}"; allowed: ${WORDS[kind].join(', ')}`
    if (word === 'tag') {
      const [, name, wanted] = /^([^=]+)=(.*)$/s.exec(pattern) ?? []
      if (name === undefined)
        return `cannot choose ${kind} by the tag "${pattern}"; write name=glob, as machine=press-*`
      filter.tags[name] = wanted
    } else filter[word as 'source' | 'field' | 'topic' | 'window'] = pattern
  }
  return filter
}

/** A filter, ready to ask; answers about devices and channels are remembered. */
export class Wanted {
  /** Whether a window is wanted. */
  readonly window: (name: string) => boolean
  /** Everything is. */
  readonly all: boolean
  readonly #source: (name: string) => boolean
  readonly #field: (name: string) => boolean
  readonly #topic: (name: string) => boolean
  readonly #tags: (readonly [name: string, matches: (value: string) => boolean])[]
  readonly #devices = new WeakMap<object, boolean>()
  readonly #fields = new Map<string, boolean>()

  constructor({ source = '*', field = '*', topic = '*', window = '*', tags }: Filter) {
    this.window = glob(window)
    this.#source = glob(source)
    this.#field = glob(field)
    this.#topic = glob(topic)
    this.#tags = Object.entries(tags).map(([name, pattern]) => [name, glob(pattern)])
    this.all = [source, field, topic, window].every((pattern) => pattern === '*') && this.#tags.length === 0
  }

  source(name: string): boolean {
    return this.#source(name)
  }

  /** Counts that name no topic are told to those who want every topic. */
  get everyTopic(): boolean {
    return this.#tags.length === 0 && this.#topic('')
  }

  device(device: Device): boolean {
    return this.#remembered(device, () => this.#source(device.source) && this.#hasTags(device.tags))
  }

  channel(source: string, spec: ChannelSpec): boolean {
    return this.#remembered(
      spec,
      () => this.#source(source) && this.#topic(spec.name) && this.#hasTags(Object.entries({ ...spec.tags, source })),
    )
  }

  field(name: string): boolean {
    let wanted = this.#fields.get(name)
    if (wanted === undefined) {
      if (this.#fields.size > MOST_FIELDS) this.#fields.clear()
      this.#fields.set(name, (wanted = this.#field(name)))
    }
    return wanted
  }

  #hasTags(tags: readonly (readonly [string, string])[]): boolean {
    return this.#tags.every(([name, matches]) => tags.some(([own, value]) => own === name && matches(value)))
  }

  #remembered(key: object, ask: () => boolean): boolean {
    let wanted = this.#devices.get(key)
    if (wanted === undefined) this.#devices.set(key, (wanted = ask()))
    return wanted
  }
}

const MOST_FIELDS = 10_000

import type { Device } from '../model/points.js'
import { glob } from '../window/glob.js'

/** What `weir tail` may look at. */
export const KINDS = ['points', 'samples', 'frames'] as const
export type Kind = (typeof KINDS)[number]

/** Globs by what they look at; what is absent takes all. */
export interface Filter {
  source?: string
  /** Of samples, and of what points were reduced from. */
  field?: string
  window?: string
  /** Topic, port or path of frames. */
  channel?: string
  tags?: Record<string, string>
}

type Test = (text: string) => boolean

/** A filter as tests. */
export class Match {
  readonly source: Test
  readonly field: Test
  readonly window: Test
  readonly channel: Test
  readonly #tags: [name: string, test: Test][]
  /** Devices are made once and kept: what was found of one is known. */
  readonly #devices = new WeakMap<Device, boolean>()

  constructor({ source = '*', field = '*', window = '*', channel = '*', tags = {} }: Filter) {
    this.source = glob(source)
    this.field = glob(field)
    this.window = glob(window)
    this.channel = glob(channel)
    this.#tags = Object.entries(tags).map(([name, pattern]) => [name, glob(pattern)])
  }

  device(device: Device): boolean {
    let matches = this.#devices.get(device)
    if (matches === undefined) {
      matches = this.source(device.source) && this.tags(Object.fromEntries(device.tags))
      this.#devices.set(device, matches)
    }
    return matches
  }

  tags(tags: Record<string, string>): boolean {
    return this.#tags.every(([name, test]) => name in tags && test(tags[name]))
  }
}

/** A filter as the query of an address, and back. */
export function filterQuery(kind: Kind, { tags = {}, ...rest }: Filter): string {
  const query = new URLSearchParams({ of: kind })
  for (const [name, pattern] of Object.entries(rest)) if (pattern !== undefined) query.set(name, pattern)
  for (const [name, pattern] of Object.entries(tags)) query.append('tag', `${name}=${pattern}`)
  return query.toString()
}

/** Undefined where it names nothing that there is. */
export function readQuery(query: URLSearchParams): { kind: Kind; filter: Filter } | undefined {
  const kind = KINDS.find((one) => one === (query.get('of') ?? 'points'))
  if (!kind) return undefined
  const filter: Filter = { tags: {} }
  for (const name of ['source', 'field', 'window', 'channel'] as const) {
    const pattern = query.get(name)
    if (pattern !== null) filter[name] = pattern
  }
  for (const tag of query.getAll('tag')) {
    const at = tag.indexOf('=')
    if (at < 1) return undefined
    filter.tags![tag.slice(0, at)] = tag.slice(at + 1)
  }
  return { kind, filter }
}

import type { Selector } from '../model/plan.js'
import type { SinkFragment } from './fragments.js'
import type { Point } from './point.js'

/** A window as in the section `windows`, without the places its points go to. */
export interface WindowFragment {
  name?: string
  of: Selector[]
  reduce?: readonly string[] | Record<string, readonly string[]>
  [key: string]: unknown
}

/** What a stream needs of its context. */
export interface Outputs {
  /** Adds a window, once, and returns its name. */
  window(fragment: WindowFragment): string
  to(window: string, sinks: readonly SinkFragment[]): void
  foreach(window: string, f: (point: Point) => void): void
}

/** Keys of a window besides its length, as in docs/CONFIG.md; `name` is otherwise given by the context, and names the measurement. */
export interface WindowOptions {
  name?: string
  measurement?: string
  lateness?: string
  offset?: string
  /** A new window begins so often, in place of each where the one before ends. */
  slide?: string
  /** Windows begin by the clocks of this zone. */
  zone?: string
  stamp?: 'start' | 'end'
  hold?: string
  between?: 'step' | 'linear'
  quality?: boolean
  expect?: string
  detrend?: string
  maxRows?: number
  /** Tags that stay; devices that differ in others alone are one. */
  by?: readonly string[]
  /** Name of a tag that says the unit of a point's values; then a device has a point for each unit. */
  unitTag?: string
}

/** Series of one or more sources. A stream is a description: nothing runs before the context starts. */
export class Stream {
  constructor(
    private readonly outputs: Outputs,
    /** Which series: those that any of them takes. */
    readonly selectors: readonly Selector[],
  ) {}

  /** Only the series that match; globs with `*` and `?`. Throws a TypeError where a key is chosen twice in unlike ways. */
  filter(selector: Selector): Stream {
    return new Stream(
      this.outputs,
      this.selectors.map((of) => both(of, selector)),
    )
  }

  /** The series of both. */
  union(other: Stream): Stream {
    return new Stream(this.outputs, [...this.selectors, ...other.selectors])
  }

  /** Windows of this length, such as `1s`; with `slide` they overlap. */
  window(length: string, { slide, ...options }: WindowOptions = {}): WindowedStream {
    return this.windows(slide === undefined ? { every: length } : { size: length, every: slide }, options)
  }

  /** Windows of a device that end once it is silent for so long. */
  sessions(gap: string, options: Omit<WindowOptions, 'slide' | 'offset' | 'zone'> = {}): WindowedStream {
    return this.windows({ session: gap }, options)
  }

  /** Windows of so many samples of a series, in order of arrival. */
  windowOf(samples: number, options: Omit<WindowOptions, 'slide' | 'offset' | 'zone'> = {}): WindowedStream {
    return this.windows({ count: samples }, options)
  }

  /** The samples as they are, each a point. */
  raw({ name, ...options }: Pick<WindowOptions, 'name' | 'measurement'> = {}): ReducedStream {
    const of = [...this.selectors]
    return new ReducedStream(this.outputs, { ...(name !== undefined && { name }), of, raw: true, ...options })
  }

  private windows(shape: object, { name, ...rest }: WindowOptions): WindowedStream {
    return new WindowedStream(this.outputs, {
      ...(name !== undefined && { name }),
      of: [...this.selectors],
      ...shape,
      ...rest,
    })
  }

  /** How many samples each series has in each window. */
  countByWindow(every: string, options: WindowOptions = {}): ReducedStream {
    return this.window(every, options).reduce('count')
  }
}

/** A stream cut into windows. */
export class WindowedStream {
  constructor(
    private readonly outputs: Outputs,
    private readonly fragment: Omit<WindowFragment, 'reduce'>,
  ) {}

  /** Reductions by name, as `mean`; or lists of them by field, where the first match wins. */
  reduce(...reductions: readonly string[] | [Record<string, readonly string[]>]): ReducedStream {
    const [first] = reductions
    const reduce = typeof first === 'object' ? first : (reductions as readonly string[])
    return new ReducedStream(this.outputs, { ...this.fragment, reduce } as WindowFragment)
  }
}

/** Points to be. A window without an output is left out. */
export class ReducedStream {
  constructor(
    private readonly outputs: Outputs,
    private readonly fragment: WindowFragment,
  ) {}

  /** Writes the points to sinks; the same sink object given twice is one sink. */
  to(...sinks: readonly SinkFragment[]): this {
    this.outputs.to(this.outputs.window(this.fragment), sinks)
    return this
  }

  /** Calls `f` with every point, corrections included. What it throws is logged. */
  foreach(f: (point: Point) => void): this {
    this.outputs.foreach(this.outputs.window(this.fragment), f)
    return this
  }
}

function both(a: Selector, b: Selector): Selector {
  const one = (what: string, x?: string, y?: string) => {
    if (x !== undefined && y !== undefined && x !== y)
      throw new TypeError(
        `cannot filter ${what} by ${JSON.stringify(x)} and by ${JSON.stringify(y)}; give one glob for both`,
      )
    return x ?? y
  }
  const tags: Record<string, string> = { ...a.tags }
  for (const [name, value] of Object.entries(b.tags ?? {})) tags[name] = one(`the tag ${name}`, tags[name], value)!
  const source = one('sources', a.source, b.source)
  const field = one('fields', a.field, b.field)
  return {
    ...(source !== undefined && { source }),
    ...(field !== undefined && { field }),
    ...(Object.keys(tags).length > 0 && { tags }),
  }
}

import { type Environment, processEnvironment } from '../config/environment.js'
import { parseConfig } from '../config/parse.js'
import type { Components } from '../model/components.js'
import type { Engine, EngineFactory } from '../model/engine.js'
import { bug, reasonOf } from '../model/errors.js'
import { type Log, silent } from '../model/log.js'
import { DERIVED_SOURCE, type DerivedInput, type DeriveFunction, type Plan } from '../model/plan.js'
import type { Points } from '../model/points.js'
import type { Status } from '../model/status.js'
import type { SinkFragment, SourceFragment } from './fragments.js'
import { type Point, pointsOf } from './point.js'
import { type Outputs, Stream, type WindowFragment } from './stream.js'

/** Keys at the top of a configuration; durations and sizes are text such as `250ms` and `64MiB`. */
export interface Settings {
  gateway?: string
  batch?: string
  durability?: 'memory' | 'process' | 'power'
  stateDir?: string
  runtimeDir?: string
  checkpoint?: string
  onDamage?: 'setAside' | 'refuse'
  http?: string | false | { listen: string; token?: string }
  workers?: number | 'auto'
  maxMemory?: string | number
  maxSeries?: number
  stopTimeout?: string
}

/** What a context may be given besides; whatever is absent is the real one. */
export interface ContextParts {
  /** Where the engine logs; silent by default. A pino logger is one. */
  log?: Log
  components?: Components
  engine?: EngineFactory
  environment?: Partial<Environment>
}

/**
 * A pipeline in the words of Spark Streaming. It is compiled to the same configuration as a YAML file, checked alike and
 * run by the same engine.
 */
export class StreamingContext {
  private readonly settings: Settings
  private readonly parts: ContextParts
  private readonly sources: Record<string, SourceFragment> = {}
  private readonly derived: Record<string, object> = {}
  private readonly windows = new Map<WindowFragment, { name: string; to: string[] }>()
  private readonly sinks = new Map<SinkFragment, string>()
  private readonly listeners = new Map<string, ((point: Point) => void)[]>()
  private engine: Promise<Engine> | undefined

  constructor(settings: Settings = {}, parts: ContextParts = {}) {
    this.settings = settings
    this.parts = parts
  }

  /** A stream of all series of a source. Its name is a tag of every point: given here, else its type, numbered. */
  stream(source: SourceFragment, name: string = unused(source.type, Object.keys(this.sources))): Stream {
    if (Object.hasOwn(this.sources, name)) throw new TypeError(`cannot name two sources ${JSON.stringify(name)}`)
    this.sources[name] = source
    return new Stream(this.outputs, [{ source: name }])
  }

  /**
   * A series made of two others, device by device, and its stream; `field` names it. Each input is one field of one source:
   * `meter.filter({ field: 'volt' })`. Throws a TypeError where it is not.
   */
  derive(
    field: string,
    what: DeriveFunction,
    a: Stream,
    b: Stream,
    options: { by?: readonly string[]; hold?: string; unit?: string } = {},
  ): Stream {
    if (Object.hasOwn(this.derived, field)) throw new TypeError(`cannot derive two series ${JSON.stringify(field)}`)
    this.derived[field] = { [what]: [inputOf(a), inputOf(b)], ...options }
    return new Stream(this.outputs, [{ source: DERIVED_SOURCE, field }])
  }

  /** The configuration as a YAML file would hold it. */
  toConfig(): Record<string, unknown> {
    return {
      ...this.settings,
      sources: { ...this.sources },
      ...(Object.keys(this.derived).length > 0 && { derived: { ...this.derived } }),
      windows: Object.fromEntries(
        [...this.windows].map(([{ name: _, ...fragment }, { name, to }]) => [name, { ...fragment, to: [...to] }]),
      ),
      sinks: Object.fromEntries([...this.sinks].map(([fragment, name]) => [name, fragment])),
    }
  }

  /** The plan it compiles to. Rejects with a ConfigError that holds every problem. */
  async plan(): Promise<Plan> {
    const components = await this.components()
    const environment = processEnvironment({ ...this.parts.environment, pointsTaken: this.listeners.size > 0 })
    return parseConfig(this.toConfig(), components, environment)
  }

  /** Starts, once; resolves when ready. Rejects with a ConfigError that holds every problem. */
  async start(): Promise<void> {
    if (this.engine) throw new TypeError('cannot start a StreamingContext twice; make a new one')
    this.engine = this.makeEngine()
    await (await this.engine).start()
  }

  /** Resolves when all sources ended or the context was stopped; rejects when the engine fails. */
  async awaitTermination(): Promise<void> {
    await (await this.started()).finished
  }

  /** Ends it. Graceful: what arrived is delivered first, within `stopTimeout`. */
  async stop({ graceful = true }: { graceful?: boolean } = {}): Promise<void> {
    await (await this.started()).stop({ graceful })
  }

  /** The ledger and the state of everything. */
  async status(): Promise<Status> {
    return (await this.started()).status()
  }

  private started(): Promise<Engine> {
    if (!this.engine) throw new TypeError('cannot do this before start()')
    return this.engine
  }

  private async makeEngine(): Promise<Engine> {
    const plan = await this.plan()
    const components = await this.components()
    const { log = silent } = this.parts
    const options = { components, log, onPoints: (points: Points) => this.hand(points, log) }
    if (this.parts.engine) return this.parts.engine(plan, options)
    const { Gateway } = await import('../gateway.js')
    return new Gateway(plan, options)
  }

  private async components(): Promise<Components> {
    return this.parts.components ?? (await import('../components.js')).components
  }

  private hand(points: Points, log: Log): void {
    const listeners = this.listeners.get(points.window)
    if (!listeners) return
    for (const point of pointsOf(points))
      for (const listener of listeners)
        try {
          listener(point)
        } catch (error) {
          log.error({ window: points.window, err: error }, `cannot hand a point to the program: ${reasonOf(error)}`)
        }
  }

  private readonly outputs: Outputs = {
    window: (fragment) => {
      const known = this.windows.get(fragment)
      if (known) return known.name
      const names = [...this.windows.values()].map(({ name }) => name)
      const name = fragment.name ?? unused('window', names, 1)
      if (names.includes(name)) throw new TypeError(`cannot name two windows ${JSON.stringify(name)}`)
      this.windows.set(fragment, { name, to: [] })
      return name
    },
    to: (window, sinks) => {
      const { to } = [...this.windows.values()].find(({ name }) => name === window) ?? bug(`no window ${window}`)
      for (const sink of sinks) {
        const name = this.sinks.get(sink) ?? unused(sink.type, [...this.sinks.values()])
        this.sinks.set(sink, name)
        if (!to.includes(name)) to.push(name)
      }
    },
    foreach: (window, f) => {
      this.listeners.set(window, [...(this.listeners.get(window) ?? []), f])
    },
  }
}

function inputOf({ selectors }: Stream): DerivedInput {
  const [{ source, field, tags }, ...further] = selectors
  if (source === undefined || field === undefined || further.length > 0)
    throw new TypeError(
      "cannot derive from this stream: not one field of one source; choose one, as stream.filter({ field: 'volt' })",
    )
  return { source, field, ...(tags && { tags }) }
}

/** `type`, or where it is taken `type2`, `type3` and so on; numbered from `first` on if that is given. */
function unused(type: string, taken: readonly string[], first = 0): string {
  for (let n = first; ; n++) {
    const name = n === 0 ? type : `${type}${first ? n : n + 1}`
    if (!taken.includes(name)) return name
  }
}

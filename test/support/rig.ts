import assert from 'node:assert/strict'
import { components } from '../../src/components.js'
import { parseConfig } from '../../src/config/parse.js'
import type { Sizes } from '../../src/engine/engine-memory.js'
import { Gateway } from '../../src/gateway.js'
import type { Components } from '../../src/model/components.js'
import type { Disk } from '../../src/model/disk.js'
import { imbalance } from '../../src/model/ledger.js'
import { type Log, silent } from '../../src/model/log.js'
import type { InputPlan, Plan } from '../../src/model/plan.js'
import type { Points } from '../../src/model/points.js'
import type { SendResult, Sink, SinkComponent } from '../../src/model/sink.js'
import type { Source, SourceComponent, SourceOutput } from '../../src/model/source.js'
import { FakeClock, settle } from './fake-clock.js'
import { MemoryDisk } from './memory-disk.js'

/** A source that a test speaks through. */
class Script implements Source {
  #end!: (outcome: 'end') => void
  #fail!: (error: unknown) => void
  #hangs = false
  out!: SourceOutput
  readonly channels = new Map<string, number>()

  run(out: SourceOutput, signal: AbortSignal): Promise<'end' | 'aborted'> {
    this.out = out
    return new Promise((resolve, reject) => {
      this.#end = resolve
      this.#fail = reject
      signal.addEventListener('abort', () => this.#hangs || resolve('aborted'), { once: true })
    })
  }

  end(): void {
    this.#end('end')
  }

  fail(error: unknown): void {
    this.#fail(error)
  }

  /** From now on it does not hear that it should stop. */
  hang(): void {
    this.#hangs = true
  }
}

/** One point as a test compares it: times in µs, fields by name. */
export interface SeenPoint {
  measurement: string
  timeUs: number
  device: string
  fields: Record<string, number>
  final: boolean
  correction: boolean
}

export interface RigOptions {
  /** As in weir.yaml; sources of type `script` (or `finite-script`), sinks of type `memory`. */
  config: object
  sizes?: Partial<Sizes>
  handOverMs?: number
  /** The workers' program. */
  worker?: URL
  log?: Log
  startUs?: number
  /** How long the machine has run then; it began with 2024 unless told. */
  monotonicMs?: number
  /** False: its wall clock is not known to be right. */
  isTrue?: boolean
  /** What this boot of the machine is called. */
  boot?: string
  /** Nothing is kept on a disk: points wait in memory. */
  transient?: boolean
  /** Where state is kept, where `config` says that it is. */
  disk?: Disk
  /** What sinks of type `memory` answer; they take everything unless told. */
  answer?: () => Promise<SendResult>
  /** Further kinds of sinks. */
  sinks?: SinkComponent[]
  /** What sources of type `script` are read by, where no configuration may say it. */
  decode?: InputPlan['decode']
  /** Sees points before they are noted. */
  onPoints?: (points: Points) => void
}

/** A whole gateway on a fake clock, its sources in the test's hands, its points in arrays. */
export class Rig {
  readonly clock: FakeClock
  readonly plan: Plan
  readonly gateway: Gateway
  /** Points as soon as due and again when corrected. */
  readonly due: SeenPoint[] = []
  /** What sinks of type `memory` got, by name. */
  readonly sunk = new Map<string, string[]>()
  readonly #parse: (config: object) => Plan
  readonly #scripts = new Map<string, Script>()

  constructor(options: RigOptions) {
    this.clock = new FakeClock(options.startUs, options.monotonicMs)
    this.clock.setTrue(options.isTrue ?? true)
    const rigged = riggedComponents(this.#scripts, this.sunk, options)
    this.#parse = (config) =>
      parseConfig({ durability: 'memory', ...config }, rigged, {
        env: {},
        hostname: 'rig',
        cores: 2,
        readText: () => '',
        pointsTaken: true,
      })
    const plan = (this.plan = this.#parse(options.config))
    this.gateway = new Gateway(plan, {
      components: rigged,
      log: options.log ?? silent,
      clock: this.clock,
      onPoints: (points) => {
        options.onPoints?.(points)
        this.due.push(...seen(points))
      },
      disk: options.disk ?? new MemoryDisk(),
      ...(options.boot !== undefined && { boot: options.boot }),
      ...(options.transient && { transient: true }),
      onBatch: () => this.assertBalanced(),
      random: () => 0.5,
      sizes: { ...options.sizes, poison: true },
      ...(options.handOverMs === undefined ? {} : { handOverMs: options.handOverMs }),
      ...(options.worker && { worker: options.worker }),
    })
  }

  async start(): Promise<void> {
    await this.gateway.start()
    await settle()
  }

  /** Loads another configuration, as SIGHUP does. */
  async reload(config: object): Promise<readonly string[]> {
    const reloading = this.gateway.reload(this.#parse(config))
    reloading.catch(() => {})
    await settle()
    return reloading
  }

  script(name: string): Script {
    return this.#scripts.get(name) ?? assert.fail(`no source ${name}`)
  }

  /** Moves the clock ahead; each batch on the way is finished before time goes on, however long workers take. */
  async advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 50) {
      await this.clock.advance(Math.min(50, left))
      await this.gateway.idle()
    }
  }

  /** Offers one frame; waits for room as a source must. */
  async push(source: string, device: string, text: string, flags = 0): Promise<void> {
    const script = this.script(source)
    let channel = script.channels.get(device)
    if (channel === undefined) {
      channel = script.out.channel({ name: device, input: 0, tags: device ? { device } : {} })
      script.channels.set(device, channel)
    }
    if (channel < 0) return script.out.count('dropped', 1)
    const bytes = Buffer.from(text)
    while (!script.out.frame(channel, bytes, 0, bytes.length, flags, 0)) await script.out.ready()
  }

  async stop(): Promise<void> {
    await this.gateway.stop({ graceful: true })
    this.assertBalanced()
    const pending = this.gateway.status().sources.map(({ frames, samples }) => frames.pending + samples.pending)
    assert.deepEqual(
      pending,
      pending.map(() => 0),
    )
  }

  /** The last emission of each point, by measurement, time and device. */
  last(): Map<string, SeenPoint> {
    return new Map(this.due.map((point) => [`${point.measurement} ${point.timeUs} ${point.device}`, point]))
  }

  assertBalanced(): void {
    const { sources, sinks } = this.gateway.status()
    for (const { name, frames, samples } of sources) {
      assert.equal(imbalance.frames(frames), 0, `frames of ${name}: ${JSON.stringify(frames)}`)
      // `pending` is what the other fates leave over, so this is the equation: at a batch's edge nothing is pending.
      assert.equal(samples.pending, 0, `samples of ${name}: ${JSON.stringify(samples)}`)
    }
    for (const { name, points } of sinks) assert.equal(imbalance.points(points), 0, `points of ${name}`)
  }
}

function seen(points: Points): SeenPoint[] {
  return Array.from({ length: points.lines }, (_, i) => {
    const fields: Record<string, number> = {}
    for (let f = points.firstField[i]; f < points.firstField[i + 1]; f++) fields[points.field[f].name] = points.value[f]
    return {
      measurement: points.measurement,
      timeUs: points.timeUs,
      device: points.device[i].tags.find(([name]) => name === 'device')?.[1] ?? '',
      fields,
      final: points.final,
      correction: points.correction[i] === 1,
    }
  })
}

function riggedComponents(
  scripts: Map<string, Script>,
  sunk: Map<string, string[]>,
  { answer, sinks = [], decode }: RigOptions,
): Components {
  const script = (type: string, finite: boolean): SourceComponent => ({
    type,
    summary: 'frames of a test',
    options: {},
    finite: () => finite,
    inputs: (_options, common) => [
      {
        time: common.time ?? { kind: 'arrival' },
        decode: decode ?? common.decode ?? { type: 'number', options: {} },
        payloadTags: common.payloadTags,
        constantTags: common.constantTags,
      },
    ],
    create: (_options, context) => {
      const made = new Script()
      scripts.set(context.name, made)
      return made
    },
  })
  const memory: SinkComponent = {
    type: 'memory',
    summary: 'lines of a test',
    options: {},
    format: () => 'line',
    finalOnly: () => true,
    create: (_options, context): Sink => {
      const lines = sunk.get(context.name) ?? []
      sunk.set(context.name, lines)
      return {
        send: async (body) => {
          const answered = await answer?.()
          if (answered && answered.outcome !== 'ok') return answered
          lines.push(...Buffer.from(body).toString().trimEnd().split('\n'))
          return { outcome: 'ok' }
        },
      }
    },
  }
  return {
    ...components,
    sources: [...components.sources, script('script', false), script('finite-script', true)],
    sinks: [...components.sinks, memory, ...sinks],
  }
}

import { setImmediate as nextLoop } from 'node:timers/promises'
import { STEP_US } from '../engine/steady-clock.js'
import { Gateway } from '../gateway.js'
import type { Clock } from '../model/clock.js'
import type { Components } from '../model/components.js'
import { ConfigError } from '../model/errors.js'
import type { Log } from '../model/log.js'
import { isLive, type Plan } from '../model/plan.js'
import type { Points } from '../model/points.js'
import type { SourceComponent } from '../model/source.js'
import type { RecordingHeader } from './format.js'
import type { RecordingReader } from './reader.js'
import { ReplayClock } from './replay-clock.js'
import { ReplayedSource } from './replayed-source.js'

export interface SideOptions {
  components: Components
  log: Log
  /** The time of sinks and workers. */
  outsideClock: Clock
  /** Also write windows that began before the recording. */
  partial: boolean
  /** Sees final points; they are valid only during the call. */
  onFinalPoints?(points: Points): void
  /** Estimated work from which on workers take part, ms. */
  handOverMs?: number
}

/** Lets real time pass before recorded time goes `us` further; false when there is to be no more of it. */
export type Pace = (us: number) => Promise<boolean>

/** A recording through one configuration: a gateway whose live sources are played, on a clock of its own. */
export class Side {
  readonly gateway: Gateway
  readonly clock: ReplayClock
  /** Frames of each source of the recording that the configuration has no source for, by the recording's index. */
  readonly unclaimed: number[]
  /** Names of sources that stay silent: those that are not in the recording, and the finite ones, which are left out. */
  readonly silent: readonly string[]
  readonly #sources: (ReplayedSource | undefined)[]

  /** Throws a ConfigError when the recording has nothing for any source of the plan. */
  constructor(plan: Plan, header: RecordingHeader, options: SideOptions) {
    const { components, log, outsideClock, partial, onFinalPoints, handOverMs } = options
    const played = plan.sources.filter(
      (source) => isLive(source) && header.sources.some(({ name }) => name === source.name),
    )
    const isPlayed = (of: string) => played.some(({ name }) => name === of)
    const derived = plan.sources.filter(({ derives }) => derives?.from.every(isPlayed))
    this.silent = plan.sources.filter((source) => !source.derives && !isPlayed(source.name)).map(({ name }) => name)
    if (played.length === 0) {
      const recorded = header.sources.map(({ name }) => JSON.stringify(name)).join(', ')
      const message = `cannot replay: the recording holds no live source of this configuration; it holds ${recorded || 'none'}; name a source so`
      throw new ConfigError([{ path: 'sources', message }])
    }
    const made = new Map<string, ReplayedSource>()
    const replayed = (component: SourceComponent): SourceComponent => ({
      ...component,
      create(sourceOptions, context) {
        const source = new ReplayedSource(component, sourceOptions, context)
        made.set(context.name, source)
        return source
      },
    })
    this.clock = new ReplayClock(header.startedUs)
    this.gateway = new Gateway(
      { ...plan, sources: [...played, ...derived] },
      {
        components: { ...components, sources: components.sources.map(replayed) },
        log,
        clock: this.clock,
        outsideClock,
        transient: true,
        ...(partial && { notBeforeUs: Number.NEGATIVE_INFINITY }),
        onFinalPoints,
        handOverMs,
      },
    )
    this.#sources = header.sources.map(({ name }) => made.get(name))
    this.unclaimed = header.sources.map(() => 0)
  }

  /** Runs what timers are due until `toUs` and moves there; `pace` is asked before each step to let real time pass. */
  async advance(toUs: number, pace?: Pace): Promise<void> {
    const { clock } = this
    while (clock.nextUs <= toUs) {
      if (pace && !(await pace(clock.nextUs - clock.nowUs()))) return
      clock.runNext()
      await this.#settle()
    }
    if (pace && toUs > clock.nowUs() && !(await pace(toUs - clock.nowUs()))) return
    const isBack = toUs < clock.nowUs() - STEP_US
    clock.moveTo(toUs)
    if (isBack) await this.gateway.cut()
  }

  /** The wall clock is set forward. */
  async step(us: number): Promise<void> {
    this.clock.step(us)
    await this.gateway.cut()
  }

  /** True when the frame that the reader stands at is of a new burst and the clock is not there yet. */
  mustMove({ channels, channel, arrivalUs }: RecordingReader): boolean {
    const source = this.#sources[channels[channel].source]
    const nowUs = this.clock.nowUs()
    return source ? arrivalUs !== nowUs && source.opens(arrivalUs) : arrivalUs > nowUs
  }

  /** Takes the frame that the reader stands at; false when there is no room before `gateway.idle()`. */
  take({ channels, channel, arrivalUs, bytes, from, to, flags, packetId }: RecordingReader): boolean {
    const { source: index, spec } = channels[channel]
    const source = this.#sources[index]
    if (source) return source.take(spec, arrivalUs, bytes, from, to, flags, packetId)
    this.unclaimed[index]++
    return true
  }

  /** Counts what went no further than the source when it was recorded. */
  counted({ source, reason, amount }: RecordingReader): void {
    this.#sources[source]?.out?.count(reason, amount)
  }

  lost({ source, amount }: RecordingReader): void {
    this.#sources[source]?.out?.lostBytes(amount)
  }

  /** Waits for what a timer has begun; recorded time stands still meanwhile. */
  async #settle(): Promise<void> {
    // The engine's tick begins its batch in this turn of the event loop.
    await nextLoop()
    await this.gateway.idle()
    await this.gateway.room()
  }
}

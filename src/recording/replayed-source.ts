import type { SourcePlan } from '../model/plan.js'
import {
  type ChannelSpec,
  FRAME_FLAGS,
  type Replayer,
  type Source,
  type SourceComponent,
  type SourceContext,
  type SourceOutput,
} from '../model/source.js'

/** What of a frame's flags a recording may say. Lines are of finite sources, which are not recorded. */
const FLAGS = Object.values(FRAME_FLAGS).reduce((all, flag) => all | flag, 0) & ~FRAME_FLAGS.lines

/** Stands in for a live source: what comes is handed in. */
export class ReplayedSource implements Source {
  out: SourceOutput | undefined
  #replayer: Replayer | undefined
  /** Arrival of the open burst, µs. */
  #burstUs = Number.NaN

  constructor(
    private readonly component: SourceComponent,
    private readonly options: unknown,
    private readonly context: SourceContext,
  ) {}

  run(out: SourceOutput, signal: AbortSignal): Promise<'aborted'> {
    this.out = out
    this.#replayer =
      this.component.replay?.(this.options as never, this.context, out) ?? new SameChannels(this.context, out)
    out.link('up', 'recording')
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve('aborted'), { once: true }))
  }

  /** True when a frame of this arrival opens a burst, whose time the engine then asks for. */
  opens(arrivalUs: number): boolean {
    return arrivalUs !== this.#burstUs
  }

  /** Offers a frame; false when there is no room now. */
  take(
    channel: ChannelSpec,
    arrivalUs: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    flags: number,
    packetId: number,
  ): boolean {
    if (this.opens(arrivalUs)) {
      this.out?.endBurst()
      this.#burstUs = arrivalUs
    }
    return this.#replayer?.take(channel, bytes, start, end, flags & FLAGS, packetId) ?? true
  }
}

/** Frames into the channels that they were recorded on, with the constant tags of today's configuration. */
class SameChannels implements Replayer {
  readonly #channels = new Map<ChannelSpec, number>()

  constructor(
    private readonly context: SourceContext,
    private readonly out: SourceOutput,
  ) {}

  take(spec: ChannelSpec, bytes: Uint8Array, start: number, end: number, flags: number, packetId: number): boolean {
    const { out, context } = this
    const input = context.inputs[spec.input]
    if (!input) out.count('filtered', 1)
    else if (end - start > context.maxFrameBytes) out.count('dropped', 1)
    else {
      const channel = this.#channels.get(spec) ?? this.#meet(spec, input.constantTags)
      if (channel >= 0) return out.frame(channel, bytes, start, end, flags, packetId)
      out.count('dropped', 1)
    }
    return true
  }

  /** Makes the channel; -1 where there is no room, or its layout means nothing to today's codec. */
  #meet(spec: ChannelSpec, constantTags: Record<string, string>): number {
    const channel = this.out.channel({ ...spec, tags: { ...constantTags, ...spec.tags } })
    this.#channels.set(spec, channel)
    return channel
  }
}

/** A channel without the tags that its input gives to every channel: those of the configuration at replay take their place. */
export function withoutConstantTags(spec: ChannelSpec, source: SourcePlan): ChannelSpec {
  const constant = source.inputs[spec.input]?.constantTags ?? {}
  const tags = Object.entries(spec.tags).filter(([name, value]) => constant[name] !== value)
  return { ...spec, tags: Object.fromEntries(tags) }
}

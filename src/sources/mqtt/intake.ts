import { isUtf8 } from 'node:buffer'
import { mayUseArrival } from '../../model/plan.js'
import { FRAME_FLAGS, type SourceContext, type SourceOutput } from '../../model/source.js'
import type { Route, Routes } from './framer.js'
import type { MqttOptions } from './options.js'
import { matchTopic, parseTopic, type TopicPattern } from './topics.js'

const FILTERED: Route = { channel: -1, skipRetained: false, reason: 'filtered' }
const DROPPED: Route = { channel: -1, skipRetained: false, reason: 'dropped' }

const RETAIN = 1
const DUP = 8

/** Topics that no entry wants and that are remembered, so that a hostile broker costs no memory. */
const MAX_UNWANTED = 10_000

/** The topic on which a gateway says whether it is there. */
export const statusTopic = (gateway: string): string => `weir/${gateway}/status`

/** The first byte of a PUBLISH packet with these flags of a frame, as far as they go. */
export const headerOf = (flags: number): number =>
  (flags & FRAME_FLAGS.retained ? RETAIN : 0) | (flags & FRAME_FLAGS.dup ? DUP : 0)

/** Knows for every topic which channel its messages go into. Lives as long as the source; channels are made once. */
export class Intake implements Routes {
  generation = 0
  readonly #entries: { pattern: TopicPattern; input: number; skipRetained: boolean }[]
  readonly #routes = new Map<string, Route>()
  readonly #unwanted = new Set<string>()
  #out!: SourceOutput

  constructor(
    readonly options: MqttOptions,
    readonly context: SourceContext,
  ) {
    this.#entries = options.topics.map((entry, input) => {
      const { time } = context.inputs[input]
      return {
        pattern: parseTopic(typeof entry === 'string' ? entry : entry.topic) as TopicPattern,
        input,
        skipRetained: !context.listenOnly && (options.retained ? options.retained === 'skip' : mayUseArrival(time)),
      }
    })
  }

  /** Topics with a channel. */
  get topics(): number {
    return this.#routes.size
  }

  /** The filters its entries ask for. */
  get filters(): string[] {
    return this.#entries.map((entry) => entry.pattern.filter)
  }

  /** Says where frames go from now on. */
  connect(out: SourceOutput): void {
    if (this.#out !== out) {
      this.#routes.clear()
      this.generation++
    }
    this.#out = out
  }

  /** The route of the topic in bytes[start, end). */
  route(bytes: Buffer, start: number, end: number): Route {
    const key = bytes.toString('latin1', start, end)
    return this.#routes.get(key) ?? (this.#unwanted.has(key) ? FILTERED : this.#meet(key, bytes.subarray(start, end)))
  }

  /** Takes or counts one message; false when there is no room for it now. `header` is its packet's first byte. */
  take(route: Route, bytes: Uint8Array, start: number, end: number, header: number, packetId: number): boolean {
    const retained = (header & RETAIN) !== 0
    if (route.reason) this.#out.count(route.reason, 1)
    else if (retained && route.skipRetained) this.#out.count('retained', 1)
    else if (end - start > this.context.maxFrameBytes) this.#out.count('dropped', 1)
    else {
      const flags = (retained ? FRAME_FLAGS.retained : 0) | (header & DUP ? FRAME_FLAGS.dup : 0)
      return this.#out.frame(route.channel, bytes, start, end, flags, packetId)
    }
    return true
  }

  #meet(key: string, bytes: Buffer): Route {
    if (bytes.length === 0 || !isUtf8(bytes) || /[\0+#]/.test(key)) return DROPPED
    const topic = bytes.toString()
    for (const { pattern, input, skipRetained } of this.#entries) {
      const match = topic === statusTopic(this.context.gateway) ? undefined : matchTopic(pattern, topic)
      if (!match) continue
      if (
        this.options.topic === false &&
        pattern.levels.some((level) => !('text' in level) && !level.tag && !level.field)
      )
        delete match.tags.topic
      const tags = { ...this.context.inputs[input].constantTags, ...match.tags }
      const channel = this.#out.channel({ name: topic, input, tags, field: match.field })
      // Not remembered: there may be room for it later.
      if (channel < 0) return DROPPED
      const route = { channel, skipRetained }
      this.#routes.set(key, route)
      return route
    }
    if (this.#unwanted.size >= MAX_UNWANTED) {
      this.#unwanted.clear()
      this.generation++
    }
    this.#unwanted.add(key)
    return FILTERED
  }
}

import type { Clock } from '../model/clock.js'
import type { WireCounts } from '../model/ledger.js'
import type { Log } from '../model/log.js'
import type { SourcePlan } from '../model/plan.js'
import type { ChannelSpec, FrameReason, SourceOutput } from '../model/source.js'
import type { Intake } from './intake.js'

/**
 * A source's way in that outlives a line: while another configuration is loaded nothing is taken, and then another intake takes
 * it. What the source counts meanwhile is counted then, too.
 */
export class Inlet implements SourceOutput {
  #intake: Intake
  #held: Promise<void> | undefined
  #release: () => void = () => {}
  /** What it said while nothing was taken. */
  #said: ((intake: Intake) => void)[] = []

  constructor(intake: Intake) {
    this.#intake = intake
  }

  get intake(): Intake {
    return this.#intake
  }

  get plan(): SourcePlan {
    return this.#intake.plan
  }

  get linkState(): Intake['linkState'] {
    return this.#intake.linkState
  }

  /** Nothing is taken until `attach`. */
  hold(): void {
    this.#held ??= new Promise((resolve) => {
      this.#release = resolve
    })
  }

  /** From now on this intake takes what comes, under the same channels. */
  attach(intake: Intake): void {
    if (intake !== this.#intake) intake.linkState = this.#intake.linkState
    this.#intake = intake
    this.#held = undefined
    for (const say of this.#said.splice(0)) say(intake)
    this.#release()
  }

  get clock(): Clock {
    return this.#intake.clock
  }

  get log(): Log {
    return this.#intake.log
  }

  channel(spec: ChannelSpec): number {
    return this.#intake.channel(spec)
  }

  frame(channel: number, bytes: Uint8Array, start: number, end: number, flags: number, packetId: number): boolean {
    return this.#held === undefined && this.#intake.frame(channel, bytes, start, end, flags, packetId)
  }

  roomFor(firstBytes: number): number {
    return this.#held === undefined ? this.#intake.roomFor(firstBytes) : 0
  }

  takeFrames(bytes: Uint8Array, start: number, end: number): void {
    this.#intake.takeFrames(bytes, start, end)
  }

  async ready(): Promise<void> {
    await this.#held
    await this.#intake.ready()
  }

  endBurst(commit?: () => void): void {
    this.#intake.endBurst(commit)
  }

  session(resumed: boolean): void {
    this.#say((intake) => intake.session(resumed))
  }

  count(reason: FrameReason, frames: number): void {
    this.#say((intake) => intake.count(reason, frames))
  }

  lostBytes(bytes: number): void {
    this.#say((intake) => intake.lostBytes(bytes))
  }

  wire(what: keyof WireCounts, count: number): void {
    this.#say((intake) => intake.wire(what, count))
  }

  link(state: 'up' | 'down' | 'ended', detail?: string): void {
    this.#intake.link(state, detail)
  }

  gatherMs(): number {
    return this.#intake.gatherMs()
  }

  turn(): Promise<void> {
    return this.#intake.turn()
  }

  #say(what: (intake: Intake) => void): void {
    if (this.#held) this.#said.push(what)
    else what(this.#intake)
  }
}

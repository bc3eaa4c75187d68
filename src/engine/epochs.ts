import {
  DEVICE_BYTES,
  DEVICE_HIGH,
  DEVICE_LAST_ARRIVAL,
  PROGRAM_TIME_MISSING,
  PROGRAM_TIME_UNIT,
  SOURCE_BYTES,
  SOURCE_HIGH,
  SOURCE_LAST_ARRIVAL,
  SOURCE_NOT_BEFORE,
  SOURCE_SLACK,
  SOURCE_WATERMARK,
  TIME_ARRIVAL,
  TIME_CLOCK,
  TIME_US,
} from '../../assembly/layout.js'
import type { Log } from '../model/log.js'
import { followsWall, isLive, type Plan } from '../model/plan.js'
import type { ClockStatus } from '../model/status.js'
import type { Closer } from './closer.js'
import type { Decoder } from './decoder.js'
import type { Derivation } from './derivation.js'
import type { EngineMemory } from './engine-memory.js'
import type { Identities } from './identities.js'
import type { ClockRecord } from './journal-records.js'
import { STEP_US, type SteadyClock } from './steady-clock.js'

/** What is kept of it. */
export interface SavedEpoch extends ClockRecord {
  /** Since when true time is not known, by the wall clock; windows that began before it may have been written by another run. */
  sinceUs: number
  steps: number
  lastStep: { atUs: number; byUs: number } | null
}

export interface EpochParts {
  plan: Plan
  clock: SteadyClock
  boot: string
  memory: EngineMemory
  identities: Identities
  decoder: Decoder
  derivation?: Derivation | undefined
  closer: Closer
  /** Addresses of programs, by source and input. */
  programs: readonly (readonly { address: number }[])[]
  /** Windows of live sources that began before it may have been written whole by the run before this one. */
  notBeforeUs: number
  log: Log
}

/** Longer than any time is off: neither `ahead` nor the cap at arrival applies. */
const ANY_US = 1e300
/** How long a step stays an alarm. */
const ALARM_US = 3600e6

/**
 * The wall clock's epochs: between two of its steps all times mean the same. What a batch was told of the clock holds from
 * its end on, so that a journal that is read again finds the same.
 *
 * Sources all of whose samples are timed by the gateway *follow the wall*. Where the clock was not right before a step,
 * what they have open ends as it stands; where it was, windows go on, since the same window may be open on both sides.
 */
export class Epochs {
  #now: SavedEpoch
  readonly #p: EpochParts
  readonly #follows: boolean[]
  readonly #timing: { address: number; unit: number; missing: number }[]

  constructor(parts: EpochParts) {
    this.#p = parts
    const { plan, clock, boot, notBeforeUs, memory } = parts
    const { offsetUs, isRight: isTrue } = clock
    this.#now = { offsetUs, isTrue, boot, sinceUs: notBeforeUs, steps: 0, lastStep: null }
    const own = plan.sources.map((source) => isLive(source) && source.inputs.every(({ time }) => followsWall(time)))
    this.#follows = plan.sources.map(({ derives }, i) =>
      derives ? derives.from.every((name) => own[plan.sources.findIndex((one) => one.name === name)]) : own[i],
    )
    // Where samples of both kinds come by one source, those without a time of their own have none while it is not known.
    this.#timing = plan.sources.flatMap((source, i) =>
      isLive(source) && !own[i]
        ? parts.programs[i].map(({ address }) => ({
            address,
            unit: memory.u32[(address + PROGRAM_TIME_UNIT) >>> 2],
            missing: memory.u32[(address + PROGRAM_TIME_MISSING) >>> 2],
          }))
        : [],
    )
  }

  /** Once the records of sources are made. */
  begin(): void {
    const { isTrue } = this.#now
    for (const [i, source] of this.#p.plan.sources.entries()) {
      if (source.finite) continue
      this.#set(i, SOURCE_SLACK, isTrue ? 0 : ANY_US)
      if (!isTrue && this.#follows[i]) this.#set(i, SOURCE_NOT_BEFORE, Number.NEGATIVE_INFINITY)
    }
    this.#tellPrograms()
  }

  /** Arrival is true time. */
  get isTrue(): boolean {
    return this.#now.isTrue
  }

  get now(): SavedEpoch {
    return this.#now
  }

  /** The boot of the machine that this process runs in. */
  get boot(): string {
    return this.#p.boot
  }

  /** Whether a device's points have times that true time must be known for. */
  follows(device: number): boolean {
    return this.#follows[this.#p.identities.devices[device]?.sourceIndex ?? -1] ?? false
  }

  /** Until when a silent source with a time of its own has come, µs: by the clock as far as that can be told. */
  silentUntilUs(source: number, nowUs: number): number {
    if (this.#get(source, SOURCE_SLACK) === 0) return nowUs
    return this.#get(source, SOURCE_HIGH) + nowUs - this.#get(source, SOURCE_LAST_ARRIVAL)
  }

  /** What has changed about the clock since it was last taken. */
  look(): ClockRecord | undefined {
    const { clock, boot } = this.#p
    const was = this.#now
    const offsetUs = clock.measuredUs()
    const isSameBoot = boot === was.boot
    const isTrue = clock.isRight || (isSameBoot && was.isTrue)
    const hasStepped = Math.abs(offsetUs - was.offsetUs) > STEP_US
    return hasStepped || isTrue !== was.isTrue || !isSameBoot ? { offsetUs, isTrue, boot } : undefined
  }

  /**
   * A batch is over that was told of this; `nowUs` is its time, `lastUs` that of the batch before; `watermarkUs` as the closer
   * wants it, and `derive` makes what is due of derived series. Resolves with how far the times of arrivals move, µs.
   */
  async turn(
    next: ClockRecord,
    nowUs: number,
    lastUs: number,
    watermarkUs: number,
    derive: () => Promise<void>,
  ): Promise<number> {
    const was = this.#now
    const isSameBoot = was.boot === next.boot
    const goesOn = was.isTrue && next.isTrue && nowUs >= lastUs
    // How long the machine was off nobody knows, unless both times are true.
    const byUs = isSameBoot ? next.offsetUs - was.offsetUs : goesOn ? 0 : nowUs - lastUs
    const hasStepped = Math.abs(byUs) > STEP_US
    const ends = was.isTrue ? !next.isTrue : hasStepped
    if (ends || hasStepped) {
      this.#setAll(SOURCE_WATERMARK, Number.POSITIVE_INFINITY)
      await derive()
      const devices = this.#p.identities.devices.flatMap((device) =>
        device && this.#follows[device.sourceIndex] ? [device.id] : [],
      )
      if (ends) this.#end(devices, nowUs, watermarkUs)
      else this.#p.closer.emitDue(devices, -byUs)
      this.#restart(devices)
    }
    this.#move(byUs, was, next, isSameBoot)
    const steps = was.steps + (hasStepped ? 1 : 0)
    const lastStep = hasStepped ? { atUs: nowUs + (isSameBoot ? byUs : 0), byUs } : was.lastStep
    const sinceUs = was.isTrue && !next.isTrue ? nowUs : was.sinceUs + byUs
    this.#now = { ...next, sinceUs, steps, lastStep }
    this.#tellPrograms()
    if (hasStepped) this.#p.log.warn({ byUs }, this.#stepText(byUs))
    if (next.isTrue && !was.isTrue) this.#p.log.info({}, 'the clock is right from now on')
    return byUs
  }

  load(saved: SavedEpoch): void {
    this.#now = saved
    this.#tellPrograms()
  }

  status(): ClockStatus {
    const { isTrue, steps, lastStep } = this.#now
    return { isTrue, steps, lastStepAtUs: lastStep?.atUs ?? null, lastStepUs: lastStep?.byUs ?? null }
  }

  /** What needs a person. */
  alarms(): string[] {
    const { isTrue, lastStep } = this.#now
    const found: string[] = []
    if (!isTrue)
      found.push(
        `the clock is not known to be right (it shows ${new Date(this.#p.clock.nowUs() / 1000).toISOString()}): points timed by arrival wait; set it, or see why time is not synchronised`,
      )
    if (lastStep && Math.abs(this.#p.clock.nowUs() - lastStep.atUs) < ALARM_US)
      found.push(this.#stepText(lastStep.byUs))
    return found
  }

  #stepText(byUs: number): string {
    return `the clock was set ${byUs < 0 ? 'back' : 'forward'} by ${Math.round(Math.abs(byUs) / 1e6)} s: windows of what is timed by arrival are cut there`
  }

  /** What follows the wall ends as it stands: nothing of it is open any more. */
  #end(devices: readonly number[], nowUs: number, watermarkUs: number): void {
    const { closer } = this.#p
    closer.close(watermarkUs, nowUs, true)
    for (const device of devices) closer.closeDevice(device)
  }

  /** Nothing is late by what was seen before. */
  #restart(devices: readonly number[]): void {
    const { plan, memory, decoder, derivation } = this.#p
    this.#setAll(SOURCE_HIGH, Number.NEGATIVE_INFINITY)
    this.#setAll(SOURCE_WATERMARK, Number.NEGATIVE_INFINITY)
    plan.sources.forEach(({ derives }, i) => {
      if (derives && this.#follows[i]) derivation?.restart(i)
    })
    for (const device of devices) {
      memory.f64[(memory.regions.devices.start + device * DEVICE_BYTES + DEVICE_HIGH) >>> 3] = Number.NEGATIVE_INFINITY
      decoder.clocks.forget(device)
    }
  }

  /** Moves what is measured by the wall along with it. */
  #move(byUs: number, was: ClockRecord, next: ClockRecord, isSameBoot: boolean): void {
    const { plan, identities, memory } = this.#p
    plan.sources.forEach((source, i) => {
      if (source.finite) return
      this.#set(i, SOURCE_LAST_ARRIVAL, this.#get(i, SOURCE_LAST_ARRIVAL) + byUs)
      const slackUs = isSameBoot && was.isTrue ? Math.max(0, this.#get(i, SOURCE_SLACK) - byUs) : 0
      this.#set(i, SOURCE_SLACK, next.isTrue ? (slackUs > STEP_US ? slackUs : 0) : ANY_US)
      let notBeforeUs = this.#get(i, SOURCE_NOT_BEFORE)
      if (was.isTrue && next.isTrue) notBeforeUs += Math.min(0, byUs)
      else if (this.#follows[i] && !next.isTrue) notBeforeUs = Number.NEGATIVE_INFINITY
      else if (this.#follows[i] && Math.abs(byUs) > STEP_US) notBeforeUs = this.#now.sinceUs + byUs
      this.#set(i, SOURCE_NOT_BEFORE, notBeforeUs)
    })
    for (const device of identities.devices) {
      if (!device || plan.sources[device.sourceIndex].finite) continue
      memory.f64[(memory.regions.devices.start + device.id * DEVICE_BYTES + DEVICE_LAST_ARRIVAL) >>> 3] += byUs
    }
  }

  #tellPrograms(): void {
    const { u32 } = this.#p.memory
    for (const { address, unit, missing } of this.#timing) {
      u32[(address + PROGRAM_TIME_MISSING) >>> 2] = this.#now.isTrue ? missing : 0
      u32[(address + PROGRAM_TIME_UNIT) >>> 2] = this.#now.isTrue || !this.#isOfArrival(unit) ? unit : TIME_US
    }
  }

  #isOfArrival(unit: number): boolean {
    return unit === TIME_ARRIVAL || unit === TIME_CLOCK
  }

  /** Of all that follow the wall. */
  #setAll(field: number, value: number): void {
    this.#follows.forEach((follows, i) => {
      if (follows) this.#set(i, field, value)
    })
  }

  #get(source: number, field: number): number {
    return this.#p.memory.f64[this.#at(source, field)]
  }

  #set(source: number, field: number, value: number): void {
    this.#p.memory.f64[this.#at(source, field)] = value
  }

  #at(source: number, field: number): number {
    return (this.#p.memory.regions.sources.start + source * SOURCE_BYTES + field) >>> 3
  }
}

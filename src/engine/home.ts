import { join, resolve } from 'node:path'
import { bootId } from '../disk/boot-id.js'
import { Damage } from '../disk/damage.js'
import { lockDirectory } from '../disk/lock.js'
import type { Clock } from '../model/clock.js'
import type { Disk } from '../model/disk.js'
import type { Log } from '../model/log.js'
import type { Plan, SinkPlan } from '../model/plan.js'
import type { KeptStatus } from '../model/status.js'
import { Held } from '../spool/held.js'
import { Spool, type SpoolBounds, UNBOUNDED } from '../spool/spool.js'
import { Keeper } from './keeper.js'
import type { LaneOptions } from './lane.js'

/** A gateway's directories on a disk: locked, with what is kept of the line, and the spools of its sinks. */
export class Home {
  /** Undefined with durability `memory`. */
  readonly keeper: Keeper | undefined
  readonly #plan: Plan
  readonly #o: { disk: Disk; clock: Clock; log: Log }
  readonly #lock: { release(): void }
  readonly #damage: Damage
  readonly #stateDir: string

  /** Throws a StateError where the directories are in use, or hold what can't be used and may not be set aside. */
  constructor(plan: Plan, options: { disk: Disk; clock: Clock; log: Log }) {
    this.#plan = plan
    this.#o = options
    const { disk, log } = options
    this.#stateDir = resolve(plan.stateDir)
    this.#lock = lockDirectory(disk, this.#stateDir)
    try {
      this.#damage = new Damage({ disk, stateDir: this.#stateDir, policy: plan.onDamage, log })
      this.keeper = Keeper.open(plan, { ...options, damage: this.#damage })
    } catch (error) {
      this.#lock.release()
      throw error
    }
  }

  /** What a sink's lane needs of it; without bounds its points wait in memory. */
  forLane(
    { name }: SinkPlan,
    bounds: SpoolBounds | undefined,
  ): Pick<LaneOptions, 'spool' | 'held' | 'gate' | 'rejectedDir'> {
    const { keeper } = this
    const rejectedDir = join(this.#stateDir, 'rejected')
    if (!bounds) return { rejectedDir }
    const options = { ...this.#spoolOptions(name), lastMark: keeper?.lastMark, bounds }
    const spool = Spool.open(options)
    const held = new Held({ ...options, dir: join(options.dir, 'held') }, spool.heldTo)
    return { rejectedDir, spool, held, ...(keeper && { gate: (done: () => void) => keeper.whenMarked(done) }) }
  }

  /** The last batch that a sink has points of which is not in the plan now, and may come back; -1: there is none. */
  lastBatchOfOthers(): number {
    const found = this.#o.disk.list(join(this.#stateDir, 'spool'))
    const others = found.filter(
      ({ name, kind }) => kind === 'directory' && !this.#plan.sinks.some((s) => s.name === name),
    )
    return others.reduce((last, { name }) => {
      const spool = Spool.open({ ...this.#spoolOptions(name), lastMark: undefined, bounds: UNBOUNDED })
      void spool.close()
      return Math.max(last, spool.batch)
    }, -1)
  }

  #spoolOptions(name: string) {
    return {
      ...this.#o,
      dir: join(this.#stateDir, 'spool', name),
      gateway: this.#plan.gateway,
      bootId: bootId(),
      durable: this.#plan.durability === 'power',
      damage: this.#damage,
    }
  }

  /** What needs a person. */
  get alarms(): string[] {
    return [...this.#damage.alarms, ...(this.keeper?.alarms ?? [])]
  }

  status(lanes: readonly { writtenBytes: number }[]): KeptStatus {
    const spooledBytes = lanes.reduce((sum, lane) => sum + lane.writtenBytes, 0)
    const { stateDirBytes = 0, ...kept } = this.keeper?.status() ?? {}
    return {
      durability: this.#plan.durability,
      journalBytes: 0,
      checkpointBatch: 0,
      checkpointAtUs: null,
      checkpointBytes: 0,
      pauseMs: 0,
      longestPauseMs: 0,
      unwrittenFrames: 0,
      recovery: null,
      ...kept,
      stateDirBytes: stateDirBytes + spooledBytes,
      setAside: this.#damage.setAside,
    }
  }

  close(): void {
    this.keeper?.close()
    this.#lock.release()
  }
}

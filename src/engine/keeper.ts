import { join, resolve } from 'node:path'
import { ChangedPages } from '../checkpoint/changed-pages.js'
import { CheckpointStore, type Loaded } from '../checkpoint/store.js'
import { bootId } from '../disk/boot-id.js'
import type { Damage } from '../disk/damage.js'
import { lockDirectory } from '../disk/lock.js'
import { isBefore, type LogPosition, RecordLog } from '../disk/record-log.js'
import type { Clock } from '../model/clock.js'
import type { Disk } from '../model/disk.js'
import { exactText, exactValue } from '../model/exact-json.js'
import type { Log } from '../model/log.js'
import type { Plan } from '../model/plan.js'
import type { KeptStatus } from '../model/status.js'
import type { Naming } from './identities.js'
import { LineJournal, type MarkRecord, RECORD } from './journal-records.js'
import type { Line } from './line.js'
import { LostRecords } from './lost-records.js'
import { namesOf } from './names.js'
import { RunningMark } from './running-mark.js'
import type { SavedLine, SavedRest } from './saved-line.js'

/** What the points of a sink wait in. */
export interface Lasting {
  /** Resolves once the points of this batch are as safe as configured. */
  whenDurable(batch: number): Promise<void>
}

export interface KeeperParts {
  disk: Disk
  damage: Damage
  clock: Clock
  log: Log
}

/** What was kept, and what has happened since. */
export interface Recovered {
  saved: SavedLine
  /** By source, frames that were taken and could not be read back. */
  lostFrames: ReadonlyMap<number, number>
  records(): Iterable<{ type: number; body: Uint8Array }>
}

/** The journal takes at most so much, or this part of what is free: then a checkpoint is due. */
const MOST_BYTES = { process: 32 * 2 ** 20, power: 256 * 2 ** 20 }
const FREE_PART = 0.25

/**
 * Keeps a line's state over the end of the process, or of power: the journal of what it took, checkpoints of what became of
 * it, and the order in which they are made safe: first the mark of a batch in the journal, then its points in the spools,
 * then the checkpoint of that batch; only then what lies before it in the journal goes.
 */
export class Keeper {
  /** What to begin with; undefined where nothing was kept, or nothing that can be used. */
  readonly recovered: Recovered | undefined
  readonly journal: LineJournal
  /** The last batch known to have been cut: what a spool has of later ones was never sent. Undefined: nothing is known. */
  lastMark: number | undefined
  readonly #plan: Plan
  readonly #clock: Clock
  readonly #lock: { release(): void } | undefined
  readonly #damage: Damage
  readonly #records: RecordLog
  readonly #lost = new LostRecords()
  readonly #store: CheckpointStore
  readonly #running: RunningMark
  /** Where the state is after a clean stop, if not in the same place. */
  readonly #parked: CheckpointStore | undefined
  #loaded: Loaded | undefined
  /** Behind the last mark. */
  #position: LogPosition
  #mostBytes: number
  #changed: { line: Line; pages: ChangedPages } | undefined
  #savedMs: number
  #checkpoint: { batch: number; atUs: number | null } = { batch: 0, atUs: null }
  #pauseMs = 0
  #longestPauseMs = 0
  #startMs: number
  #recovery: KeptStatus['recovery'] = null

  private constructor(plan: Plan, { disk, damage, clock, log }: KeeperParts) {
    this.#plan = plan
    this.#clock = clock
    this.#startMs = this.#savedMs = clock.monotonicMs()
    const durable = plan.durability === 'power'
    const stateDir = resolve(plan.stateDir)
    const dir = durable ? stateDir : resolve(plan.runtimeDir)
    // stateDir is locked by who opened it.
    this.#lock = dir === stateDir ? undefined : lockDirectory(disk, dir)
    try {
      this.#damage = damage
      const common = { disk, gateway: plan.gateway, bootId: bootId(), clock, log, damage }
      this.#records = RecordLog.open({
        ...{ ...common, what: 'journal', dir: join(dir, 'journal'), durable },
        onLost: (record) => this.#lost.take(record),
      })
      this.#running = new RunningMark(disk, stateDir)
      this.#store = new CheckpointStore({ ...common, dir: join(dir, 'checkpoint'), durable })
      if (dir !== stateDir)
        this.#parked = new CheckpointStore({ ...common, dir: join(stateDir, 'checkpoint'), durable: true })
      this.#mostBytes = Math.min(
        MOST_BYTES[durable ? 'power' : 'process'],
        disk.space(dir).freeBytes * FREE_PART + this.#records.bytes,
      )
      this.journal = new LineJournal(this.#records, () => {
        this.#position = this.#records.end
      })
      this.#loaded = this.#choose(durable)
      this.#position = this.#loaded?.complete ? this.#records.end : (this.#loaded?.position ?? this.#records.end)
      const marks = this.#loaded && this.#marksBehind(this.#loaded)
      this.recovered = this.#loaded && marks && this.#recover(this.#loaded, marks.own)
      this.lastMark = marks?.last
    } catch (error) {
      this.#lock?.release()
      throw error
    }
  }

  /** This time has passed for certain, µs; undefined where nothing tells. */
  get knownUs(): number | undefined {
    const engine = this.recovered?.saved.rest.engine
    return engine?.epoch.isTrue ? engine.lastBatchUs : this.#running.sinceUs()
  }

  /** Undefined where the plan keeps nothing. Throws a StateError where the directories are in use, or hold what can't be used and may not be set aside. */
  static open(plan: Plan, parts: KeeperParts): Keeper | undefined {
    return plan.durability === 'memory' ? undefined : new Keeper(plan, parts)
  }

  /** From now on the journal is written: what was read of it is done again. */
  goOn(): void {
    this.#records.touch()
    this.journal.writes = true
  }

  /**
   * From now on the journal is written, and goes on from this line's state, which is kept first. To be called once, before
   * anything is taken; `frameBytes`: of frames that were taken up again.
   */
  async begin(line: Line, lanes: readonly Lasting[], frameBytes = 0): Promise<void> {
    while (this.#store.busy) await this.#saving
    if (this.#loaded) this.#recovery = { ms: Math.round(this.#clock.monotonicMs() - this.#startMs), frameBytes }
    this.#records.touch()
    // Frames in blocks are behind the last mark.
    if (line.intakes.every((intake) => intake.isEmpty)) this.#position = this.#records.end
    this.journal.writes = true
    line.names.take()
    this.lastMark = undefined
    const isSaved = await this.#save(line, lanes, { all: true, complete: false })
    this.#running.begin(this.#clock.nowUs())
    // What a clean stop left counts without the journal: from now on it would be an old state, taken for the newest.
    const isStale = !isSaved && this.#loaded?.complete === true
    this.#loaded?.close()
    this.#loaded = undefined
    if (isStale) await this.#store.clear()
    await this.#parked?.clear()
  }

  /** Another line goes on, by the mark that is in the journal: its state is kept after its next batch. */
  saveNext(): void {
    this.#savedMs = Number.NEGATIVE_INFINITY
  }

  /** To be called after each batch. */
  afterBatch(line: Line, lanes: readonly Lasting[]): void {
    if (this.#store.busy || !this.journal.writes) return
    const isDue = this.#clock.monotonicMs() - this.#savedMs >= line.plan.checkpointUs / 1000
    if (isDue || this.#records.bytes > this.#mostBytes) void this.#save(line, lanes, { all: false, complete: false })
  }

  /** The state as a clean stop leaves it: it needs no journal, and outlives power. */
  async end(line: Line, lanes: readonly Lasting[]): Promise<void> {
    if (!this.journal.writes) return
    while (this.#store.busy) await this.#saving
    if (!(await this.#save(line, lanes, { all: this.#parked !== undefined, complete: true }, this.#parked))) return
    this.#running.end()
    if (this.#parked) await this.#store.clear()
    this.#records.roll()
    this.#records.removeBefore({ segment: this.#records.end.segment, offset: 0 })
  }

  close(): void {
    this.#loaded?.close()
    this.#records.close()
    this.#lock?.release()
  }

  /** Calls `done` once the marks of all batches so far are as safe as configured: their points may leave. */
  whenMarked(done: () => void): void {
    // While the disk refuses, points go all the same: what is not in the journal is not acknowledged, and comes again.
    if (this.#records.failing !== undefined) done()
    else this.#records.whenDurable(done)
  }

  /** What needs a person. */
  get alarms(): string[] {
    const failing = [this.#records.failing, this.#store.failing].filter((why) => why !== undefined)
    return failing.map((why) => `state is not kept: ${why}`)
  }

  status(): Omit<KeptStatus, 'setAside'> {
    const inStateDir = this.#parked ? this.#parked.writtenBytes : this.#records.writtenBytes + this.#store.writtenBytes
    return {
      durability: this.#plan.durability,
      journalBytes: this.#records.bytes,
      checkpointBatch: this.#checkpoint.batch,
      checkpointAtUs: this.#checkpoint.atUs,
      checkpointBytes: this.#store.bytes,
      pauseMs: this.#pauseMs,
      longestPauseMs: this.#longestPauseMs,
      stateDirBytes: inStateDir,
      unwrittenFrames: this.journal.unwritten,
      recovery: this.#recovery,
    }
  }

  #saving: Promise<boolean> | undefined

  #save(
    line: Line,
    lanes: readonly Lasting[],
    { all, complete }: { all: boolean; complete: boolean },
    store = this.#store,
  ): Promise<boolean> {
    const fromMs = this.#clock.monotonicMs()
    const isNew = this.#changed?.line !== line
    if (!this.#changed || isNew)
      this.#changed = { line, pages: new ChangedPages(line.memory, line.kernels, line.memory.regions.hashes) }
    const batch = line.engine.batches
    const position = this.#position
    const taken = line.names.take()
    // Names of devices long forgotten are not kept for ever.
    const isBase = all || isNew || store.needsAll || line.names.forgotten > line.identities.deviceCount + 1000
    if (isBase) line.names.forgotten = 0
    const { published } = store.save({
      batch,
      journal: this.#records.id,
      position,
      complete,
      meta: exactText(line.rest()),
      names: isBase ? namesOf(line.identities.namings()) : taken,
      sections: line.sections(),
      memory: line.memory,
      changed: this.#changed.pages,
      all: isBase,
      after: Promise.all([
        new Promise<void>((resolve) => this.#records.whenDurable(resolve)),
        ...lanes.map((lane) => lane.whenDurable(batch)),
      ]),
    })
    this.#savedMs = this.#clock.monotonicMs()
    this.#pauseMs = this.#savedMs - fromMs
    this.#longestPauseMs = Math.max(this.#longestPauseMs, this.#pauseMs)
    const atUs = this.#clock.nowUs()
    this.#saving = published.then((isGood) => {
      if (!isGood) return false
      this.#checkpoint = { batch, atUs }
      this.#records.removeBefore(position)
      return true
    })
    return this.#saving
  }

  /** The newest state that may be gone on with. */
  #choose(durable: boolean): Loaded | undefined {
    const own = this.#store.load()
    const parked = this.#parked?.load()
    const { id, isNameless } = this.#records
    // A journal whose every head is damaged is still the one that was here.
    const isWhole = ({ complete, journal, boot, position }: Loaded) =>
      complete || ((journal === id || isNameless) && (durable || boot === bootId()) && this.#reaches(position))
    const usable = [own, parked].filter((loaded) => loaded !== undefined && isWhole(loaded)) as Loaded[]
    const newest = usable.sort((a, b) => b.batch - a.batch)[0]
    for (const loaded of [own, parked]) if (loaded !== newest) loaded?.close()
    const sinceUs = this.#running.sinceUs()
    if (!newest && sinceUs !== undefined)
      this.#damage.note(
        `the state of the run before is gone (power was lost, or its files are): what was open in windows between ${new Date(sinceUs / 1000).toISOString()} and now is lost, and windows that began before now are not written`,
      )
    return newest
  }

  #reaches(position: LogPosition): boolean {
    return !isBefore(position, this.#records.first ?? this.#records.end)
  }

  /** What it goes on with lies behind this position. */
  #recover(loaded: Loaded, position: LogPosition): Recovered {
    const { names, read, meta } = loaded
    const records = this.#records
    const lostFrames = loaded.complete ? new Map<number, number>() : this.#lost.framesBehind(position)
    let lost = 0
    for (const frames of lostFrames.values()) lost += frames
    if (lost > 0)
      this.#damage.note(`${lost} messages that the journal had are lost to damage; they are counted as lost`)
    return {
      lostFrames,
      saved: { rest: exactValue(meta) as SavedRest, namings: names as Naming[], read },
      records: () => (loaded.complete ? [] : records.records(position)),
    }
  }

  /**
   * The number of the last mark, and the position behind the state's own: where the disk refused or a sync failed, records before
   * it may have been written behind the position that was known when the state was kept. Also sets the position behind the last.
   */
  #marksBehind(loaded: Loaded): { last: number; own: LogPosition } {
    let last = loaded.batch
    let own = this.#position
    if (loaded.complete) return { last, own }
    for (const { type, body, end } of this.#records.records(own)) {
      if (type !== RECORD.mark) continue
      last = (JSON.parse(Buffer.from(body).toString()) as MarkRecord).batch
      this.#position = end
      if (last === loaded.batch) own = end
    }
    return { last: Math.max(last, this.#lost.lastBatch), own }
  }
}

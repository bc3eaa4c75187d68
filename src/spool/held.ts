// Points that wait for true time: a record log whose records are a spool's (its head says batch and points), the body JSON.
import { isBefore, type LogPosition, RecordLog } from '../disk/record-log.js'
import { headBytes, type SpoolOptions, split } from './spool.js'

/** Where the reading of held points has come to: in which log, and where. */
export interface HeldPosition {
  log: string
  to: LogPosition
}

const TYPE = 1
/** Without a disk, or while it refuses, so much is kept in memory. */
const MEMORY_BYTES = 8 * 2 ** 20
/** Of the bytes that a spool may take. */
const PART = 0.5

/** One sink's points that wait until it is known when they were made. On a disk where there is one, else in memory. */
export class Held {
  /** Points that wait. */
  points = 0
  /** The last batch that it was given. */
  batch = -1
  readonly #log: RecordLog | undefined
  readonly #mostBytes: number
  /** Behind all that is on the disk. */
  readonly #memory: { points: number; text: string }[] = []
  #memoryBytes = 0
  #from: LogPosition | undefined

  /** `dir` is its own; without options all stays in memory. What lies before `from` does not wait any more. */
  constructor(options?: SpoolOptions, from?: HeldPosition) {
    this.#mostBytes = options ? options.bounds.maxBytes * PART : 0
    if (!options) return
    const segmentBytes = Math.min(4 * 2 ** 20, Math.ceil(this.#mostBytes / 4))
    const log = (this.#log = RecordLog.open({ ...options, what: 'held points', queueBytes: 0, segmentBytes }))
    if (from?.log === log.id) this.#from = from.to
    for (let at = log.first; at; ) {
      const next = log.records(at).next()
      if (next.done) break
      const { head } = split(next.value.body)
      if (options.lastMark !== undefined && head.batch > options.lastMark) {
        log.cut(at)
        break
      }
      if (!this.#from || isBefore(this.#from, next.value.end)) this.points += head.points
      this.batch = head.batch
      at = next.value.end
    }
  }

  /** It outlives the process. */
  get isKept(): boolean {
    return this.#log !== undefined
  }

  get bytes(): number {
    return (this.#log?.bytes ?? 0) + this.#memoryBytes
  }

  get writtenBytes(): number {
    return this.#log?.writtenBytes ?? 0
  }

  /** Keeps points of a batch; returns how many others are given up for them, oldest first. */
  append(batch: number, points: number, text: string): number {
    this.batch = batch
    this.points += points
    const body = Buffer.from(text)
    const head = headBytes({ batch, points, tag: 0, atMs: null })
    if (this.#memory.length > 0 || !this.#log?.append(TYPE, [head, body])) {
      this.#memory.push({ points, text })
      this.#memoryBytes += text.length
    }
    return this.#bound()
  }

  /** What waits, oldest first. */
  *read(): Generator<{ points: number; text: string; at: HeldPosition | undefined }> {
    const log = this.#log
    if (log)
      for (const { body, end } of log.records(this.#from)) {
        const { head, body: text } = split(body)
        yield { points: head.points, text: Buffer.from(text).toString(), at: { log: log.id, to: end } }
      }
    for (const { points, text } of [...this.#memory]) yield { points, text, at: undefined }
  }

  /** What was read up to here does not wait any more. */
  passed(points: number, at: HeldPosition | undefined): void {
    this.points -= points
    if (at) this.#from = at.to
    else this.#memoryBytes -= this.#memory.shift()?.text.length ?? 0
  }

  /** Lets go of all; how many points that were. */
  drop(): number {
    const { points } = this
    this.points = this.#memoryBytes = this.#memory.length = 0
    return points
  }

  /** All has been read and is safe elsewhere. */
  clear(): void {
    if (this.points > 0 || !this.#log || this.#log.bytes === 0) return
    this.#log.roll()
    this.#log.removeBefore({ segment: Number.POSITIVE_INFINITY, offset: 0 })
    this.#from = undefined
  }

  whenDurable(done: () => void): void {
    if (this.#log) this.#log.whenDurable(done)
    else done()
  }

  close(): void {
    this.#log?.close()
  }

  #bound(): number {
    let given = 0
    while (this.#memoryBytes > MEMORY_BYTES && this.#memory.length > 1) {
      const { points } = this.#memory[0]
      this.passed(points, undefined)
      given += points
    }
    const log = this.#log
    while (log && log.bytes > this.#mostBytes) {
      let next: LogPosition | undefined
      let points = 0
      for (const { body, end } of log.records()) {
        next ??= { segment: end.segment + 1, offset: 0 }
        if (end.segment >= next.segment) break
        points += split(body).head.points
      }
      // The segment that is written to stays.
      const { bytes } = log
      if (next && isBefore(next, log.end)) log.removeBefore(next)
      if (log.bytes === bytes) break
      this.points -= points
      given += points
    }
    return given
  }
}

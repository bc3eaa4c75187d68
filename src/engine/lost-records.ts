import { isBefore, type LogPosition, type LostRecord } from '../disk/record-log.js'
import { FRAMES_HEAD_BYTES, framesOf, type MarkRecord, RECORD } from './journal-records.js'

/** What the journal told once and can't be read for damage. */
export class LostRecords {
  readonly #frames: { source: number; frames: number; end: LogPosition }[] = []
  readonly #marks: { batch: number; end: LogPosition }[] = []

  take({ type, body, end }: LostRecord): void {
    if (type === RECORD.frames && body.length >= FRAMES_HEAD_BYTES)
      this.#frames.push({ source: body.readUInt32LE(0), frames: [...framesOf(body)].length, end })
    if (type === RECORD.mark) this.#marks.push({ ...(JSON.parse(body.toString()) as MarkRecord), end })
  }

  /** By source, how many frames are lost behind a position up to which all is known. */
  framesBehind(position: LogPosition): Map<number, number> {
    const lost = new Map<number, number>()
    for (const { source, frames, end } of this.#frames)
      if (isBefore(position, end)) lost.set(source, (lost.get(source) ?? 0) + frames)
    return lost
  }

  /** The last batch of which a mark is lost; -1: none. Its points may have left. */
  get lastBatch(): number {
    return Math.max(-1, ...this.#marks.map(({ batch }) => batch))
  }
}

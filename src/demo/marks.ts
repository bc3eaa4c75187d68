/** A value that a maintainer would set an alarm on. */
export interface Mark {
  field: string
  reduction: string
  /** Past this it speaks; with `timesAsNew`, past so many times what it was in the first windows. */
  above: number
  timesAsNew?: true
}

/** What the demo watches. The first three tell of a bearing that strikes, the last of one that is nearly gone. */
export const MARKS: readonly Mark[] = [
  { field: 'acceleration', reduction: 'kurtosis', above: 5 },
  { field: 'acceleration', reduction: 'crest', above: 4.5 },
  { field: 'acceleration', reduction: 'rms', above: 2, timesAsNew: true },
  { field: 'temperature', reduction: 'mean', above: 80 },
]

const WINDOWS_AS_NEW = 5
/** So many windows in a row past a mark, or below it again, and it is said. */
const WINDOWS_TO_TELL = 2

/** One mark over the windows of one series. */
export class Watch {
  /** True from when it was told to be past the mark until it was told to be below it again. */
  past = false
  #asNew: number[] = []
  #against = 0

  constructor(readonly mark: Mark) {}

  /** The value that it speaks above; undefined while that is being learnt. */
  get limit(): number | undefined {
    if (!this.mark.timesAsNew) return this.mark.above
    if (this.#asNew.length < WINDOWS_AS_NEW) return undefined
    return (this.mark.above * this.#asNew.reduce((sum, value) => sum + value, 0)) / WINDOWS_AS_NEW
  }

  /** Takes the value of the next window; true when `past` has changed. */
  take(value: number): boolean {
    const { limit } = this
    if (limit === undefined) {
      this.#asNew.push(value)
      return false
    }
    this.#against = value > limit === this.past ? 0 : this.#against + 1
    if (this.#against < WINDOWS_TO_TELL) return false
    this.#against = 0
    this.past = !this.past
    return true
  }
}

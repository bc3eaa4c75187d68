/**
 * The last panes of one row, in typed arrays of a fixed size: a ring by time. A pane that comes again replaces itself; one
 * that comes late goes where it belongs, if there is still room for it.
 */
export class History {
  /** Panes held. */
  length = 0
  readonly #times: Float64Array
  readonly #values: Float64Array[]
  readonly #corrected: Uint8Array
  readonly #versions: Float64Array
  #start = 0

  constructor(
    readonly capacity: number,
    readonly columns: number,
  ) {
    this.#times = new Float64Array(capacity)
    this.#values = Array.from({ length: columns }, () => new Float64Array(capacity))
    this.#corrected = new Uint8Array(capacity)
    this.#versions = new Float64Array(capacity)
  }

  /** Bytes that such a history takes. */
  static bytesOf(capacity: number, columns: number): number {
    return capacity * (8 * (columns + 2) + 1)
  }

  /** The pane's place, made where there is none yet; -1 = older than all of a full history. Its values are NaN when new. */
  place(timeUs: number, version: number): number {
    let after = this.length
    while (after > 0 && this.#times[this.at(after - 1)] > timeUs) after--
    if (after > 0 && this.#times[this.at(after - 1)] === timeUs) {
      const at = this.at(after - 1)
      this.#versions[at] = version
      return at
    }
    if (this.length === this.capacity) {
      if (after === 0) return -1
      this.#start = (this.#start + 1) % this.capacity
      after--
    } else this.length++
    for (let i = this.length - 1; i > after; i--) this.#move(this.at(i - 1), this.at(i))
    const at = this.at(after)
    this.#times[at] = timeUs
    this.#corrected[at] = 0
    this.#versions[at] = version
    for (const column of this.#values) column[at] = Number.NaN
    return at
  }

  set(at: number, column: number, value: number): void {
    this.#values[column][at] = value
  }

  markCorrected(at: number): void {
    this.#corrected[at] = 1
  }

  /** Place of pane i, oldest first. */
  at(i: number): number {
    return (this.#start + i) % this.capacity
  }

  timeUs(at: number): number {
    return this.#times[at]
  }

  value(at: number, column: number): number {
    return this.#values[column][at]
  }

  corrected(at: number): 0 | 1 {
    return this.#corrected[at] as 0 | 1
  }

  version(at: number): number {
    return this.#versions[at]
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from]
    this.#corrected[to] = this.#corrected[from]
    this.#versions[to] = this.#versions[from]
    for (const column of this.#values) column[to] = column[from]
  }
}

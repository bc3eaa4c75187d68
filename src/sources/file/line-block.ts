const NEWLINE = 10

/** What `LineBlock.cut` found: bytes[start, end) of the block are whole lines; both 0 for none. */
export interface Cut {
  start: number
  end: number
}

/**
 * Collects a stream of bytes into blocks of whole lines. Where the blocks end depends on the bytes alone, not on the
 * chunks they came in. A line longer than `maxLineBytes` (with its end) is passed over in bounded memory and counted.
 */
export class LineBlock {
  /** The block's bytes; another array when it had to grow. */
  bytes: Uint8Array
  /** Lines passed over since the last `takeSkipped`. */
  #skippedLines = 0
  readonly #blockBytes: number
  readonly #maxLineBytes: number
  #start = 0
  #length = 0
  #skipping = false
  /** One past the last line end, 0 for none; the bytes before `#searched` were looked at. */
  #linesEnd = 0
  #searched = 0

  constructor(blockBytes: number, maxLineBytes: number) {
    this.#blockBytes = Math.min(blockBytes, maxLineBytes)
    this.#maxLineBytes = maxLineBytes
    this.bytes = new Uint8Array(this.#blockBytes)
  }

  /** Bytes held and not handed over yet. */
  get heldBytes(): number {
    return this.#length - this.#start
  }

  /** Whether a line has its end. */
  get hasLines(): boolean {
    this.#search()
    return this.#linesEnd > this.#start
  }

  /** Copies from chunk[start…) what finds room; returns where it stopped. When that is before the chunk's end, call `cut`. */
  add(chunk: Uint8Array, start: number): number {
    if (this.#skipping) {
      const end = chunk.indexOf(NEWLINE, start)
      if (end < 0) return chunk.length
      this.#skipping = false
      start = end + 1
    }
    this.#makeRoom()
    const taken = Math.min(chunk.length - start, this.bytes.length - this.#length)
    this.bytes.set(chunk.subarray(start, start + taken), this.#length)
    this.#length += taken
    return start + taken
  }

  /**
   * Takes the whole lines out, and with `atEnd` the last one without its end. The bytes stay as they are until `add`.
   * A block that is full of one line grows, up to the longest line.
   */
  cut(atEnd = false): Cut {
    this.#search()
    const start = this.#start
    const end = atEnd ? this.#length : this.#linesEnd
    if (end > start) {
      this.#start = end
      return { start, end }
    }
    if (!atEnd && this.heldBytes === this.bytes.length) this.#growOrSkip()
    return { start: 0, end: 0 }
  }

  /** Lines passed over since the last call. */
  takeSkipped(): number {
    const lines = this.#skippedLines
    this.#skippedLines = 0
    return lines
  }

  #search(): void {
    if (this.#searched < this.#length) {
      const found = this.bytes.subarray(this.#searched, this.#length).lastIndexOf(NEWLINE)
      if (found >= 0) this.#linesEnd = this.#searched + found + 1
      this.#searched = this.#length
    }
  }

  /** Moves what is held to the front once a cut was made. */
  #makeRoom(): void {
    if (!this.#start) return
    const heldBytes = this.heldBytes
    if (this.bytes.length > this.#blockBytes && heldBytes <= this.#blockBytes) {
      const usual = new Uint8Array(this.#blockBytes)
      usual.set(this.bytes.subarray(this.#start, this.#length))
      this.bytes = usual
    } else this.bytes.copyWithin(0, this.#start, this.#length)
    this.#linesEnd = 0
    this.#searched = this.#length = heldBytes
    this.#start = 0
  }

  #growOrSkip(): void {
    if (this.bytes.length < this.#maxLineBytes) {
      const grown = new Uint8Array(Math.min(this.#maxLineBytes, 2 * this.bytes.length))
      grown.set(this.bytes)
      this.bytes = grown
      return
    }
    this.#skipping = true
    this.#skippedLines++
    this.#length = this.#searched = 0
  }
}

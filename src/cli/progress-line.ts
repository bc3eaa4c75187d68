/** A line on a terminal that says how far a long work is. */
export interface ProgressLine {
  /** Draws it again, a few times a second at most. */
  show(text: () => string): void
  /** Takes it away. */
  end(): void
}

const EVERY_MS = 250
const CLEAR_LINE = '\r\u001b[K'

/** Where `output` is no terminal, nothing is said. */
export function progressLine(output: { isTTY?: boolean; write(text: string): unknown }): ProgressLine {
  let drawnMs = Number.NEGATIVE_INFINITY
  return {
    show(text) {
      if (!output.isTTY || performance.now() - drawnMs < EVERY_MS) return
      drawnMs = performance.now()
      output.write(`${CLEAR_LINE}${text()}`)
    },
    end() {
      if (Number.isFinite(drawnMs)) output.write(CLEAR_LINE)
    },
  }
}

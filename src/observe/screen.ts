/** The stream that a screen draws on. */
export interface ScreenOutput {
  columns?: number
  rows?: number
  write(text: string): unknown
}

const ESCAPE = '\u001b'
const HIDE_CURSOR = `${ESCAPE}[?25l`
const SHOW_CURSOR = `${ESCAPE}[?25h`
const CLEAR_BELOW = `${ESCAPE}[J`
const CLEAR_LINE = `${ESCAPE}[K`

/** Lines that are redrawn in place on a terminal; other lines may be printed above them. */
export class Screen {
  readonly #output: ScreenOutput
  #height = 0
  #lines: readonly string[] = []

  constructor(output: ScreenOutput) {
    this.#output = output
    output.write(HIDE_CURSOR)
  }

  /** Replaces what is drawn. Lines longer than the terminal is wide are cut, and so is what does not fit its height. */
  draw(lines: readonly string[]): void {
    this.#lines = lines
    this.#output.write(`${this.#home()}${this.#body()}`)
  }

  /** Prints text that stays, above what is drawn. */
  printAbove(text: string): void {
    this.#output.write(`${this.#home()}${CLEAR_BELOW}${text}${this.#body()}`)
  }

  /** Leaves what is drawn and gives the cursor back. */
  close(): void {
    this.#output.write(SHOW_CURSOR)
  }

  /** To the first line drawn. */
  #home(): string {
    return this.#height > 0 ? `\r${ESCAPE}[${this.#height}A` : ''
  }

  #body(): string {
    // A terminal whose size nobody has said is 0 wide.
    const columns = this.#output.columns || 80
    const rows = this.#output.rows || 24
    const shown = this.#lines.slice(0, Math.max(1, rows - 1))
    this.#height = shown.length
    return `${shown.map((line) => `${cutLine(line, columns)}${CLEAR_LINE}\n`).join('')}${CLEAR_BELOW}`
  }
}

/** The first `columns` characters of a line; colours count as nothing and are ended. */
export function cutLine(line: string, columns: number): string {
  let width = 0
  let cut = ''
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
  for (const [part] of line.matchAll(/\u001b\[\d*m|./gsu)) {
    if (part.length > 1 && part.startsWith(ESCAPE)) cut += part
    else if (width < columns) {
      cut += part
      width++
    }
  }
  return cut
}

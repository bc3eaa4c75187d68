/** Paints a padded cell. */
export type CellPaint = (padded: string, row: number, column: number) => string

/**
 * Rows as lines of aligned columns with two spaces between. The columns of `left` are set to the left, the others to
 * the right. Cells hold no colours, which would count as width; `paint` adds them.
 */
export function alignedLines(
  rows: readonly (readonly string[])[],
  { left = [0], paint = (padded) => padded }: { left?: readonly number[]; paint?: CellPaint } = {},
): string[] {
  const widths: number[] = []
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  const pad = (cell: string, i: number) => (left.includes(i) ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))
  return rows.map((row, y) =>
    row
      .map((cell, x) => paint(pad(cell, x), y, x))
      .join('  ')
      .trimEnd(),
  )
}

/** A count for people, as `12,345`. */
export function countText(count: number): string {
  return count.toLocaleString('en-US')
}

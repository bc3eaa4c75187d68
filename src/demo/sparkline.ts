const BLOCKS = '▁▂▃▄▅▆▇█'

/** Values as a line of little bars between their own lowest and highest; all the same gives a flat line. */
export function sparkline(values: readonly number[]): string {
  const low = Math.min(...values)
  const span = Math.max(...values) - low
  const level = (value: number) => (span > 0 ? Math.round(((value - low) / span) * (BLOCKS.length - 1)) : 3)
  return values.map((value) => BLOCKS[level(value)]).join('')
}

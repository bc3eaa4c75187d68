/** How a counter wraps, by the word for it: where it begins again at 0. */
export const MODULI = { none: Number.POSITIVE_INFINITY, u16: 2 ** 16, u32: 2 ** 32 }

/**
 * What a counter counted from each reading to the next, the one before them first; `word` is the place in MODULI. Empty
 * where there is no step, or a reading that such a counter can't give.
 */
export function steps(values: readonly number[], word: number, before?: { value: number }): number[] {
  const modulus = Object.values(MODULI)[word]!
  const readings = before ? [before.value, ...values] : values
  if (values.length === 0 || readings.some((reading) => reading < 0 || reading >= modulus)) return []
  return readings.slice(1).map((reading, i) => {
    const previous = readings[i]!
    if (reading >= previous) return reading - previous
    return word === 0 ? reading : modulus - previous + reading
  })
}

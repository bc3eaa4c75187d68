import { sum } from './kernels/sum.js'

/** Σ(x − mean)^power of the references. Zero where all values are equal. */
export function deviations(values: readonly number[], power: number): number {
  return sum.reference(
    centred(values).map((difference) => difference ** power),
    [],
    [],
  )
}

/**
 * The values less their mean, in two passes. The mean is rounded; the difference from the true one, which the second pass
 * sees as the mean of the differences, is taken out of them.
 */
export function centred(values: readonly number[]): number[] {
  const mean = average(values)
  const differences = values.map((value) => value - mean)
  const rest = average(differences)
  return differences.map((difference) => difference - rest)
}

/** Mean that equal values leave as it is. */
function average(values: readonly number[]): number {
  const base = values[0] ?? Number.NaN
  const offsets = values.map((value) => value - base)
  return base + sum.reference(offsets, [], []) / values.length
}

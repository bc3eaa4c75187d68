// Exact rational arithmetic on doubles, for oracles.

/** A double as an integer multiple of 2^-1074, the least double. */
export function units(value: number): bigint {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, value)
  const word = bits.getBigUint64(0)
  const exponent = (word >> 52n) & 0x7ffn
  const fraction = word & 0xfffffffffffffn
  const magnitude = exponent === 0n ? fraction : (fraction | 0x10000000000000n) << (exponent - 1n)
  return word >> 63n ? -magnitude : magnitude
}

/** numerator / denominator, where the numerator counts units of 2^-1074. */
export interface Exact {
  numerator: bigint
  denominator: bigint
}

/** Whether a double is within a tolerance of an exact number. */
export function within(value: number, exact: Exact, tolerance: number): boolean {
  const error = units(value) * exact.denominator - exact.numerator
  return (error < 0n ? -error : error) <= units(tolerance) * exact.denominator
}

export function exactSum(values: readonly number[]): Exact {
  return { numerator: values.reduce((total, value) => total + units(value), 0n), denominator: 1n }
}

export function exactMean(values: readonly number[]): Exact {
  return { ...exactSum(values), denominator: BigInt(values.length) }
}

/** (n Σx² − (Σx)²) / (n (n − 1)) */
export function exactVariance(values: readonly number[]): Exact {
  const n = BigInt(values.length)
  const total = exactSum(values).numerator
  const squares = values.reduce((sum, value) => sum + units(value) ** 2n, 0n)
  return { numerator: n * squares - total * total, denominator: (n * (n - 1n)) << 1074n }
}

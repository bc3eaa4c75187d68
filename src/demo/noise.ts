/** Noise in -1 to 1 that is the same each time: an integer hash. */
export function hashNoise(n: number): number {
  return hash(n) / 2 ** 31
}

/** Noise of about a Gaussian's shape with a standard deviation of 1, the same each time: the four bytes of a hash added up. */
export function gaussianNoise(n: number): number {
  const h = hash(n)
  const sum = (h & 255) + ((h >>> 8) & 255) + ((h >>> 16) & 255) + (h >>> 24)
  return (sum - 510) / 147.8
}

function hash(n: number): number {
  let h = Math.imul(n ^ 0x9e3779b9, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

// The signal kernels as one would write them in JavaScript: Welch over a transform of radix 2, compensating nothing.

const LENGTH = 4096
const window = Float64Array.from({ length: LENGTH }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / LENGTH))
const cosines = Float64Array.from({ length: LENGTH / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / LENGTH))
const sines = Float64Array.from({ length: LENGTH / 2 }, (_, i) => Math.sin((2 * Math.PI * i) / LENGTH))
const re = new Float64Array(LENGTH)
const im = new Float64Array(LENGTH)
const density = new Float64Array(LENGTH / 2 + 1)

function transform(): void {
  for (let i = 1, j = 0; i < LENGTH; i++) {
    let bit = LENGTH >> 1
    for (; j & bit; bit >>= 1) j ^= bit
    j ^= bit
    if (i >= j) continue
    const other = re[i]!
    re[i] = re[j]!
    re[j] = other
  }
  for (let size = 2; size <= LENGTH; size *= 2) {
    const half = size / 2
    const step = LENGTH / size
    for (let at = 0; at < LENGTH; at += size) {
      for (let i = 0; i < half; i++) {
        const c = cosines[i * step]!
        const s = sines[i * step]!
        const a = at + i
        const b = a + half
        const x = re[b]! * c + im[b]! * s
        const y = im[b]! * c - re[b]! * s
        re[b] = re[a]! - x
        im[b] = im[a]! - y
        re[a]! += x
        im[a]! += y
      }
    }
  }
}

/** Root of the power from bin to bin. */
export function bandRms(values: Float64Array, low: number, high: number): number {
  density.fill(0)
  let segments = 0
  for (let at = 0; at + LENGTH <= values.length; at += LENGTH / 2) {
    let sum = 0
    for (let i = 0; i < LENGTH; i++) sum += values[at + i]!
    const mean = sum / LENGTH
    for (let i = 0; i < LENGTH; i++) re[i] = (values[at + i]! - mean) * window[i]!
    im.fill(0)
    transform()
    for (let k = 0; k <= LENGTH / 2; k++) density[k]! += re[k]! * re[k]! + im[k]! * im[k]!
    segments++
  }
  let power = 0
  for (let k = low; k < high; k++) power += density[k]!
  return Math.sqrt((power * 2) / (0.375 * LENGTH * LENGTH * segments))
}

/** Four sections, |x|, then as bandRms. */
export function envelopeRms(values: Float64Array, out: Float64Array, low: number, high: number): number {
  const a = [-0.3, 0.5, -0.7, 0.9] as const
  const b = [0.7, 0.75, 0.8, 0.85] as const
  let u1 = 0
  let u2 = 0
  let v1 = 0
  let v2 = 0
  let w1 = 0
  let w2 = 0
  let y1 = 0
  let y2 = 0
  let z1 = 0
  let z2 = 0
  for (let i = 0; i < values.length; i++) {
    const u = (values[i]! - values[0]!) * 0.01
    const v = u - u2 - b[0] * v2 - a[0] * v1
    const w = v - v2 - b[1] * w2 - a[1] * w1
    const y = w - w2 - b[2] * y2 - a[2] * y1
    const z = y - y2 - b[3] * z2 - a[3] * z1
    u2 = u1
    u1 = u
    v2 = v1
    v1 = v
    w2 = w1
    w1 = w
    y2 = y1
    y1 = y
    z2 = z1
    z1 = z
    out[i] = Math.abs(z)
  }
  return bandRms(out, low, high)
}

/** Changes of sign around the mean. */
export function zerocross(values: Float64Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  const mean = sum / values.length
  let crossings = 0
  for (let i = 1; i < values.length; i++) if (values[i]! - mean < 0 !== values[i - 1]! - mean < 0) crossings++
  return crossings
}

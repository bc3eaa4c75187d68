// The filters of the signal kernels' references: Butterworth sections by the bilinear transform with pre-warped corners,
// run over values from which the first is taken off, as if it had always been there.

interface Section {
  b: readonly [number, number, number]
  a: readonly [number, number]
}

const warped = (hz: number, rateHz: number) => Math.tan((Math.PI * hz) / rateHz)

/** High-pass of order 2. */
export function highpass(values: readonly number[], rateHz: number, cornerHz: number): number[] {
  const k = warped(cornerHz, rateHz)
  const g = 1 / (1 + Math.SQRT2 * k + k * k)
  const section: Section = { b: [g, -2 * g, g], a: [2 * (k * k - 1) * g, (1 - Math.SQRT2 * k + k * k) * g] }
  return through(values, [section])
}

/** Band-pass of order 4 at each edge. */
export function bandpass(values: readonly number[], rateHz: number, lowHz: number, highHz: number): number[] {
  const [low, high] = [warped(lowHz, rateHz), warped(highHz, rateHz)]
  const width = high - low
  const sections = [5, 7].flatMap((eighths) => {
    // h = pole · width / 2; the band-pass has poles at h ± √(h² - low · high), and at their conjugates.
    const angle = (eighths * Math.PI) / 8
    const [re, im] = [(Math.cos(angle) * width) / 2, (Math.sin(angle) * width) / 2]
    const [squareRe, squareIm] = [re * re - im * im - low * high, 2 * re * im]
    const size = Math.sqrt(Math.hypot(squareRe, squareIm))
    const turn = Math.atan2(squareIm, squareRe) / 2
    return [1, -1].map((sign): Section => {
      const s = [re + sign * size * Math.cos(turn), im + sign * size * Math.sin(turn)] as const
      const below = (1 - s[0]) ** 2 + s[1] ** 2
      const gain = width / below
      return {
        b: [gain, 0, -gain],
        a: [(-2 * (1 - s[0] ** 2 - s[1] ** 2)) / below, ((1 + s[0]) ** 2 + s[1] ** 2) / below],
      }
    })
  })
  return through(values, sections)
}

function through(values: readonly number[], sections: readonly Section[]): number[] {
  let signal = values.map((value) => value - values[0]!)
  for (const { b, a } of sections) {
    const out: number[] = []
    for (const [i, x] of signal.entries()) {
      const fed = b[0] * x + b[1] * (signal[i - 1] ?? 0) + b[2] * (signal[i - 2] ?? 0)
      out.push(fed - a[0] * (out[i - 1] ?? 0) - a[1] * (out[i - 2] ?? 0))
    }
    signal = out
  }
  return signal
}

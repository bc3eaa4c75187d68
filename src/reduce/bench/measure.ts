const ROUND_NS = 3e6
const ROUNDS = 9

/**
 * Nanoseconds a row of each body over so many rows. Bodies take turns of about 3 ms; what counts is each one's best turn,
 * since anything else on the machine only adds.
 */
export function measure(rows: number, bodies: readonly (() => unknown)[], rounds = ROUNDS): number[] {
  const repeats = bodies.map((body) => {
    body()
    return Math.max(1, Math.min(100_000, Math.round(ROUND_NS / Math.max(1, timeNs(body, 1)))))
  })
  const best = bodies.map(() => Number.POSITIVE_INFINITY)
  for (let round = 0; round < rounds; round++) {
    for (const [i, body] of bodies.entries()) {
      // The first times were those of code not compiled yet.
      const times = repeats[i]!
      const ns = timeNs(body, times)
      best[i] = Math.min(best[i]!, ns / (times * rows))
      if (ns < ROUND_NS / 2) repeats[i] = Math.min(100_000, times * 2)
    }
  }
  return best
}

function timeNs(body: () => unknown, times: number): number {
  const start = process.hrtime.bigint()
  for (let i = 0; i < times; i++) body()
  return Number(process.hrtime.bigint() - start)
}

/** Rates over the last few seconds, from counters looked at now and then. */
export class RateMeter<Name extends string> {
  readonly #spanMs: number
  #looks: { atMs: number; counts: Readonly<Record<Name, number>> }[] = []

  /** Looks back `spanMs`. */
  constructor(spanMs = 5000) {
    this.#spanMs = spanMs
  }

  /** Takes the counters at a monotonic time; each as a change a second, 0 at the first look. */
  look(counts: Readonly<Record<Name, number>>, nowMs: number): Record<Name, number> {
    this.#looks = [...this.#looks.filter(({ atMs }) => nowMs - atMs <= this.#spanMs), { atMs: nowMs, counts }]
    const [first] = this.#looks
    const elapsedS = (nowMs - first.atMs) / 1000
    const names = Object.keys(counts) as Name[]
    return Object.fromEntries(
      names.map((name) => [name, elapsedS > 0 ? (counts[name] - (first.counts[name] ?? 0)) / elapsedS : 0]),
    ) as Record<Name, number>
  }
}

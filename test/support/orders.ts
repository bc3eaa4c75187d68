// Values in the orders that sketches of ranks are tried on: name and generator over i of n, with numbers from 0 to 1.

/** mulberry32: numbers from 0 to below 1. */
export function draws(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let z = Math.imul(state ^ (state >>> 15), 1 | state)
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32
  }
}

type Order = (i: number, n: number, u: () => number, g: () => number) => number

/** What the design names; the bound is half a percent. */
export const usual: Record<string, Order> = {
  sorted: (i) => i,
  reversed: (i, n) => n - i,
  constant: () => 3.14,
  zipf: (_i, _n, u) => Math.floor(u() ** -5),
  'two-valued': (_i, _n, u) => (u() < 0.3 ? 1 : 2),
  exponential: (_i, _n, u) => -Math.log(1 - u()),
  'steps of a converter': (_i, _n, _u, g) => Math.floor(2048 + 300 * g()) * 0.0048828125,
  drifting: (i, n, _u, g) => (10 * i) / n + g(),
}

/** What else was tried; the bound is one percent. */
export const hostile: Record<string, Order> = {
  'organ pipe': (i, n) => (i < n / 2 ? i * 2 : (n - i) * 2 + 1),
  'alternating extremes': (i) => (i % 2 ? i : -i),
  'closing in': (i, n) => (i % 2 ? 1 : -1) * (n - i),
  staircase: (i, n, u) => Math.floor((i / n) * 1000) + u() * 1e-3,
  'outliers that grow': (i, _n, u) => (i % 100 ? u() : 1.01 ** Math.min(i / 100, 60000)),
  bursts: (i, _n, u, g) => (Math.floor(i / 997) % 7 ? 50 + g() : Math.floor(u() * 1000) + i / 997),
  'heavy points and spread': (_i, _n, u) => (u() < 0.5 ? Math.floor(u() * 20) * 10 : u() * 200),
  'heavy from the middle on': (i, n, u, g) => (i < n / 2 || u() < 0.5 ? g() : 0.5),
  'heavy that moves': (i, n, u) => (u() < 0.5 ? Math.floor((i / n) * 40) : 40 * u()),
  lognormal: (_i, _n, _u, g) => Math.exp(3 * g()),
  cauchy: (_i, _n, _u, g) => g() / g(),
  pareto: (_i, _n, u) => (1 - u()) ** (-1 / 0.3),
  'zooming in': (i, n, _u, g) => g() * 10 ** ((-8 * i) / n),
  'zooming out': (i, n, _u, g) => g() * 10 ** ((8 * i) / n),
  'two sorted, interleaved': (i) => (i % 2 ? i : 1e6 + i),
  'sorted blocks, shuffled': (i) => ((Math.floor(i / 1000) * 7919) % 1009) * 1000 + (i % 1000),
  sine: (i) => Math.sin(i * 0.001),
  cantor: (_i, _n, u) =>
    Array.from({ length: 25 }, (_, k) => (u() < 0.5 ? 0 : 2 * 3 ** -(k + 1))).reduce((a, b) => a + b),
  'bits reversed': (i) => Number.parseInt(i.toString(2).padStart(20, '0').split('').reverse().join(''), 2),
  'bursts in bursts': (i, _n, u) => [u() * 1e-3, 5 + u(), 1e3 * u()][Math.floor(i / 100) % 3]!,
  'noise that ends': (i, _n, _u, g) => 7 + g() / (1 + i),
  'two clusters that part': (i, n, _u, g) => (i % 2 ? 1 : -1) * (i / n) * 100 + g(),
  'powers of two': (i) => -(2 ** (((i * 0.618) % 1000) - 500)),
  sawtooth: (i) => i % 977,
  'slow sawtooth': (i, n) => i % (Math.floor(n / 3) + 1),
  'steps from state to state': (i, n, _u, g) => ((Math.floor((i * 8) / n) * 37) % 11) + 0.1 * g(),
  'to one end, then the other': (i, n, u) => (i < n / 2 ? u() ** 20 : 1 - u() ** 20),
  'half, then one place': (i, n, u) => (i < n / 2 ? u() : 0.5 + u() * 1e-6),
  'growing a thousandth each': (i) => 1.001 ** i,
}

/** `n` values in an order. */
export function ordered(order: Order, n: number, seed = 1): number[] {
  const u = draws(seed)
  const g = () => Math.sqrt(-2 * Math.log(1 - u())) * Math.cos(2 * Math.PI * u())
  return Array.from({ length: n }, (_, i) => order(i, n, u, g))
}

/** Greatest distance in rank, as a share of the rows, between what a sketch says for quantiles and where that lies. */
export function rankError(values: readonly number[], quantile: (q: number) => number): number {
  const sorted = Float64Array.from(values).sort()
  const first = (wanted: (value: number) => boolean) => {
    let low = 0
    for (let high = sorted.length; low < high; ) {
      const middle = (low + high) >> 1
      if (wanted(sorted[middle]!)) high = middle
      else low = middle + 1
    }
    return low
  }
  let worst = 0
  for (let k = 0; k <= 200; k++) {
    const found = quantile(k / 200)
    const rank = (k / 200) * (sorted.length - 1)
    const before = first((value) => value >= found)
    const upTo = first((value) => value > found)
    // Between two rows a place is neither's.
    worst = Math.max(worst, before - rank - 1, rank - upTo)
  }
  return worst / sorted.length
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { quantile } from '../../../src/reduce/kernels/quantile.js'
import {
  addRows,
  addRun,
  empty,
  finish,
  freePages,
  freshSlab,
  merge,
  release,
  type Slot,
  split,
} from '../../support/kernels.js'
import { draws } from '../../support/orders.js'

const QUANTILES = [
  0, 0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999, 1,
]

const rows = (values: readonly number[]) => ({ times: values.map((_, i) => i), values })
const made = (n: number, value: (i: number, draw: () => number) => number, seed = 1) => {
  const draw = draws(seed)
  return Array.from({ length: n }, (_, i) => value(i, draw))
}
const gauss = (draw: () => number) => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw())

/** How far the outcome's rank is from the asked one, as a part of all rows: 0 where it lies among equal values there. */
function rankError(sorted: Float64Array, value: number, q: number): number {
  const n = sorted.length
  const find = (isBelow: (x: number) => boolean) => {
    let low = 0
    let high = n
    while (low < high) {
      const middle = (low + high) >> 1
      if (isBelow(sorted[middle]!)) low = middle + 1
      else high = middle
    }
    return low
  }
  const rank = q * (n - 1)
  const first = find((x) => x < value)
  const last = find((x) => x <= value) - 1
  // Between two rows it has the rank of either.
  const [from, to] = last < first ? [first - 1, first] : [first, last]
  return Math.max(0, from - rank, rank - to) / n
}

function worst(slot: Slot, values: readonly number[]): { error: number; q: number } {
  const sorted = Float64Array.from(values).sort()
  return QUANTILES.map((q) => ({ q, error: rankError(sorted, finish(`quantile(${q})`, slot), q) })).reduce((a, b) =>
    b.error > a.error ? b : a,
  )
}

const ways: Record<string, (values: readonly number[]) => Slot> = {
  'one by one': (values) => addRows('ranks', empty('ranks'), rows(values)),
  'as a run': (values) => addRun('ranks', empty('ranks'), rows(values)),
  '64 parts merged': (values) =>
    split(rows(values), 64).reduce(
      (slot, part) => merge('ranks', slot, addRows('ranks', empty('ranks'), part)),
      empty('ranks'),
    ),
  '64 parts merged as a tree': (values) => {
    let slots = split(rows(values), 64).map((part) => addRun('ranks', empty('ranks'), part))
    while (slots.length > 1) slots = slots.flatMap((slot, i) => (i % 2 ? [] : [merge('ranks', slot, slots[i + 1]!)]))
    return slots[0]!
  },
  'every 64th merged': (values) => {
    const parts = Array.from({ length: 64 }, (_, k) => values.filter((_, i) => i % 64 === k))
    return parts.reduce(
      (slot, part) => merge('ranks', slot, addRows('ranks', empty('ranks'), rows(part))),
      empty('ranks'),
    )
  },
}

const LONG = Number(process.env.WEIR_RANKS_ROWS ?? 40_000)
/** Kinds of data for which half a percent is promised. */
const usual: Record<string, number[]> = {
  sorted: made(LONG, (i) => i * 0.1),
  reversed: made(LONG, (i) => -i * 0.1),
  constant: made(LONG, () => 21.5),
  even: made(LONG, (_, draw) => draw()),
  gaussian: made(LONG, (_, draw) => gauss(draw)),
  zipf: made(LONG, (_, draw) => Math.floor(1 / (1 - draw()) ** 1.2)),
  'two-valued': made(LONG, (_, draw) => (draw() < 0.3 ? 0 : 1)),
  exponential: made(LONG, (_, draw) => -Math.log(1 - draw())),
  'steps of a converter': made(LONG, (_, draw) => Math.round(2048 + 200 * gauss(draw)) * 0.0048828125),
  drifting: made(LONG, (i, draw) => i * 1e-3 + gauss(draw)),
}
/** ... and for which one percent is. */
const odd: Record<string, number[]> = {
  'organ pipe': made(LONG, (i) => (i < LONG / 2 ? i : LONG - i)),
  'extremes in turn': made(LONG, (i) => (i % 2 ? i : -i)),
  'from both ends inwards': made(LONG, (i) => (i % 2 ? i : 2 * LONG - i)),
  'from the middle outwards': made(LONG, (i) => (i % 2 ? LONG + i : LONG - i)),
  staircase: made(LONG, (i) => Math.floor(i / 97)),
  'growing outliers': made(LONG, (i, draw) => (i % 100 === 0 ? 1.01 ** (i / 20) : draw())),
  bursts: made(LONG, (i, draw) => (Math.floor(i / 500) % 7 === 0 ? 1000 + draw() : draw())),
  'heavy points and spread': made(LONG, (_, draw) => (draw() < 0.4 ? Math.floor(draw() * 5) * 10 : draw() * 50)),
  'ever finer': made(LONG, (i) => 1 / (i + 1)),
  'ever finer about a point': made(LONG, (i) => (i % 2 ? 1 : -1) / (i + 1)),
  cauchy: made(LONG, (_, draw) => Math.tan(Math.PI * (draw() - 0.5))),
  lognormal: made(LONG, (_, draw) => Math.exp(3 * gauss(draw))),
  sine: made(LONG, (i) => Math.sin(i / 100)),
  sawtooth: made(LONG, (i) => i % 1013),
  'one then another': made(LONG, (i, draw) => (i < LONG / 2 ? gauss(draw) : 100 + gauss(draw))),
  '301 values in turn': made(LONG, (i) => (i * 7) % 301),
}

for (const [kinds, most] of [
  [usual, 0.005],
  [odd, 0.01],
] as const) {
  for (const [kind, values] of Object.entries(kinds)) {
    test(`rank error at most ${most * 100} %: ${kind}`, (t) => {
      for (const [way, reduce] of Object.entries(ways)) {
        freshSlab()
        const { error, q } = worst(reduce(values), values)
        t.diagnostic(`${way}: ${(error * 100).toFixed(3)} % at q = ${q}`)
        assert.ok(error <= most, `${way}: ${(error * 100).toFixed(3)} % at q = ${q}`)
      }
    })
  }
}

test('exact up to 300 different values, however often each comes', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), {
        minLength: 1,
        maxLength: 300,
        comparator: (a, b) => a === b,
      }),
      fc.integer({ min: 1, max: 2000 }),
      fc.integer(),
      (different, n, seed) => {
        freshSlab()
        const values = made(n, (_, draw) => different[Math.floor(draw() * different.length)]!, seed)
        for (const reduce of Object.values(ways)) {
          const slot = reduce(values)
          for (const q of QUANTILES) {
            const wanted = quantile.reference(values, [], [q])
            assert.ok(Math.abs(finish(`quantile(${q})`, slot) - wanted) <= 1e-12 * Math.abs(wanted), `q = ${q}`)
          }
        }
      },
    ),
    { numRuns: 40 },
  )
})

test('reading changes nothing', () => {
  freshSlab()
  const values = usual.gaussian!.slice(0, 5000)
  const read = empty('ranks')
  const unread = empty('ranks')
  values.forEach((value, i) => {
    addRows('ranks', read, rows([value]))
    if (i % 7 === 0) finish('quantile(0.3)', read)
  })
  for (const value of values) addRows('ranks', unread, rows([value]))
  for (const q of QUANTILES) assert.equal(finish(`quantile(${q})`, read), finish(`quantile(${q})`, unread))
})

test('it takes no more than a page, starts small, and gives all back', () => {
  freshSlab()
  const before = freePages()
  const slots = Array.from({ length: 16 }, () => addRows('ranks', empty('ranks'), rows([1, 2, 3, 4, 5])))
  assert.equal(before - freePages(), 1)
  const large = addRun('ranks', empty('ranks'), rows(usual.gaussian!))
  assert.equal(before - freePages(), 2)
  for (const slot of [...slots, large]) release('ranks', slot)
  assert.equal(freePages(), before)
})

test('with a full slab it goes on in the block it has, or says nothing but the extremes', () => {
  const values = usual.gaussian!.slice(0, 10_000)
  freshSlab(1)
  const small = addRows('ranks', empty('ranks'), rows(values))
  assert.ok(worst(small, values).error < 0.3)
  freshSlab(0)
  const none = addRows('ranks', empty('ranks'), rows(values))
  assert.ok(Number.isNaN(finish('median', none)))
  assert.equal(finish('quantile(1)', none), Math.max(...values))
})

test('beyond what a double tells apart, subnormal and huge values keep their order', () => {
  for (const scale of [5e-324, 1e-300, 1e300]) {
    freshSlab()
    const values = made(2000, (i) => ((i * 37) % 2000) * scale)
    const { error } = worst(addRows('ranks', empty('ranks'), rows(values)), values)
    assert.ok(error <= 0.005, `${scale}: ${error}`)
  }
})

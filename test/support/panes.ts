import fc from 'fast-check'
import type { PaneView } from '../../src/model/kernel.js'
import { paneOf, type Rows } from './kernels.js'

/** Rows in time order, the pane they lie in, and where it is cut. */
export interface Piece {
  rows: Rows
  pane: PaneView
  cuts: number[]
}

const reading = fc.integer({ min: -40000, max: 125000 }).map((x) => x / 1000)
const counter = fc.integer({ min: 0, max: 65535 })
const values = fc.oneof(
  fc.array(reading, { maxLength: 60 }),
  fc.array(reading, { maxLength: 60 }).map((all) => all.map((x) => 1e9 + x)),
  fc.array(counter, { maxLength: 60 }),
  fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 60 }),
)

/** Panes with every rule that kernels over rows know but runs: gaps longer than a value holds, equal times, neighbours. */
export const pieces: fc.Arbitrary<Piece> = fc
  .record({
    startUs: fc.constantFrom(0, 1.76e15),
    lengthUs: fc.integer({ min: 1, max: 1000 }),
    values,
    places: fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 60, maxLength: 60 }),
    holdUs: fc.integer({ min: 1, max: 1500 }),
    linear: fc.boolean(),
    before: fc.option(fc.tuple(fc.integer({ min: 1, max: 2000 }), fc.nat({ max: 60000 })), { nil: undefined }),
    after: fc.option(fc.tuple(fc.integer({ min: 0, max: 2000 }), fc.nat({ max: 60000 })), { nil: undefined }),
    expectUs: fc.constantFrom(0, 1, 30, 5000),
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 }),
  })
  .map(({ startUs, lengthUs, values, places, before, after, cuts, ...rules }) => {
    const at = (share: number) => startUs + Math.floor(share * lengthUs)
    const endUs = startUs + lengthUs
    const times = places
      .slice(0, values.length)
      .map(at)
      .sort((a, b) => a - b)
    const rows = { times, values }
    const pane = paneOf(rows, {
      ...rules,
      startUs,
      endUs,
      late: 3,
      duplicate: 5,
      ...(before ? { before: { timeUs: startUs - before[0], value: before[1] } } : {}),
      ...(after ? { after: { timeUs: endUs + after[0], value: after[1] } } : {}),
    })
    const places2 = [...new Set(cuts.map(at))].filter((cut) => cut > startUs && cut < endUs)
    return { rows, pane, cuts: places2.sort((a, b) => a - b) }
  })

/** The panes that a pane is cut into, each with its rows and with the neighbours it then has. */
export function cut({ rows: { times, values }, pane, cuts }: Piece): { rows: Rows; pane: PaneView }[] {
  const edges = [pane.startUs, ...cuts, pane.endUs]
  const sample = (i: number) => ({ timeUs: times[i]!, value: values[i]! })
  return edges.slice(1).map((endUs, i) => {
    const startUs = edges[i]!
    const from = times.filter((time) => time < startUs).length
    const to = times.filter((time) => time < endUs).length
    const { before, after, ...rules } = pane
    const carried = from > 0 ? sample(from - 1) : before
    const next = to < times.length ? sample(to) : after
    return {
      rows: { times: times.slice(from, to), values: values.slice(from, to) },
      pane: {
        ...rules,
        startUs,
        endUs,
        late: i === 0 ? pane.late : 0,
        duplicate: i === edges.length - 2 ? pane.duplicate : 0,
        ...(carried ? { before: carried } : {}),
        ...(next ? { after: next } : {}),
      },
    }
  })
}

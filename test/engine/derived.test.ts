import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Sizes } from '../../src/engine/engine-memory.js'
import { imbalance } from '../../src/model/ledger.js'
import { Rig } from '../support/rig.js'

const S = 1e6
const T0 = 1_704_067_200_000_000

interface Made {
  device: string
  field: string
  /** s after T0. */
  atS: number
  value: number
  fate: string
}

const source = (more: object = {}) => ({
  type: 'script',
  wait: '1s',
  time: { path: 't', unit: 'us' },
  decode: { type: 'json' },
  ...more,
})
const of = (source: string, field: string, tags?: object) => ({ source, field, ...(tags && { tags }) })

const config = (derived: object, more: object = {}) => ({
  batch: '250ms',
  maxMemory: '8MiB',
  maxSeries: 100,
  sources: { a: source(), b: source() },
  derived,
  windows: { w: { of: { source: 'derived' }, every: '10s', reduce: ['count', 'sum', 'first', 'last'] } },
  ...more,
})

/** A running rig, and every sample of derived series as it was settled. */
async function started(config: object, sizes: Partial<Sizes> = {}) {
  const rig = new Rig({ config, sizes, startUs: T0 })
  const made: Made[] = []
  rig.gateway.tap({
    samples(rows) {
      for (let i = 0; i < rows.rows; i++) {
        const { source, tags } = rows.device(i)
        if (source !== 'derived') continue
        const own = tags.filter(([name]) => name !== 'gateway' && name !== 'source')
        const device = own.map(([name, value]) => `${name}=${value}`).join(',')
        const atS = (rows.timeUs(i) - T0) / S
        made.push({ device, field: rows.field(i), atS, value: rows.value(i), fate: rows.fate(i) })
      }
    },
  })
  await rig.start()
  const say = async (name: string, device: string, atS: number, fields: object) => {
    await rig.push(name, device, JSON.stringify({ t: T0 + Math.round(atS * S), ...fields }))
    rig.script(name).out.endBurst()
  }
  const status = (name = 'derived') => rig.gateway.status().sources.find((each) => each.name === name)!
  return { rig, made, say, status }
}

const steps = (made: readonly Made[], field?: string) =>
  made.filter((row) => field === undefined || row.field === field).map(({ atS, value }) => [atS, value])

test('at each time of either input it is made of the last values then, from the first time on at which both are known', async () => {
  const { rig, made, say, status } = await started(
    config({ power: { product: [of('a', 'volt'), of('b', 'amp')], unit: 'W' } }),
  )
  await rig.advance(10_000)
  await say('a', 'm', 1, { volt: 230 })
  await say('a', 'm', 3, { volt: 231 })
  await say('b', 'm', 2, { amp: 2 })
  await say('b', 'm', 3, { amp: 3 })
  await say('b', 'm', 4, { amp: 5 })
  await say('b', 'm', 9, { amp: 0 })
  await rig.stop()
  assert.deepEqual(steps(made), [
    [2, 460],
    [3, 693],
    [4, 1155],
    [9, 0],
  ])
  assert.deepEqual(rig.last().get(`w ${T0} m`)?.fields, {
    power_count: 4,
    power_sum: 460 + 693 + 1155,
    power_first: 460,
    power_last: 0,
  })
  const { samples } = status()
  assert.deepEqual([samples.decoded, samples.reduced, samples.late], [4, 4, 0])
  // What they are made of is in a result, though no window takes it.
  assert.equal(status('a').samples.reduced, 2)
  assert.equal(status('a').samples.unmatched, 0)
  assert.deepEqual(rig.gateway.status().windows[0].units.power_last, ['W'])
})

test('sum, difference and ratio; a ratio by 0 and what is past all numbers are invalid', async () => {
  const { rig, made, say, status } = await started(
    config({
      s: { sum: [of('a', 'x'), of('a', 'y')] },
      d: { difference: [of('a', 'x'), of('a', 'y')] },
      r: { ratio: [of('a', 'x'), of('a', 'y')] },
      p: { product: [of('a', 'x'), of('a', 'x')] },
    }),
  )
  await rig.advance(10_000)
  await say('a', 'm', 1, { x: 6, y: 4 })
  await say('a', 'm', 2, { x: 1, y: 0 })
  await say('a', 'm', 3, { x: 1e200, y: -1 })
  await rig.stop()
  assert.deepEqual(steps(made, 's'), [
    [1, 10],
    [2, 1],
    [3, 1e200 - 1],
  ])
  assert.deepEqual(steps(made, 'd'), [
    [1, 2],
    [2, 1],
    [3, 1e200 + 1],
  ])
  assert.deepEqual(steps(made, 'r'), [
    [1, 1.5],
    [3, -1e200],
  ])
  assert.deepEqual(steps(made, 'p'), [
    [1, 36],
    [2, 1],
  ])
  const { decoded, reduced, invalid } = status().samples
  assert.deepEqual({ decoded, reduced, invalid }, { decoded: 12, reduced: 10, invalid: 2 })
})

test('a value older than `hold` is none', async () => {
  const { rig, made, say } = await started(config({ s: { sum: [of('a', 'x'), of('b', 'x')], hold: '2s' } }))
  await rig.advance(20_000)
  await say('a', 'm', 1, { x: 1 })
  for (const atS of [2, 3, 4, 5]) await say('b', 'm', atS, { x: 10 })
  await say('a', 'm', 7, { x: 2 })
  await say('a', 'm', 8, { x: 3 })
  await rig.stop()
  assert.deepEqual(steps(made), [
    [2, 11],
    [3, 11],
    [7, 12],
  ])
})

test('it waits for the lower of its sources, and for no other', async () => {
  const { rig, made, say } = await started({
    ...config({
      both: { sum: [of('a', 'x'), of('b', 'x')] },
      one: { sum: [of('a', 'x'), of('a', 'x')] },
    }),
    sources: { a: source({ idle: '1h' }), b: source({ idle: '1h' }) },
  })
  await rig.advance(10_000)
  await say('a', 'm', 1, { x: 1 })
  await say('b', 'm', 1, { x: 10 })
  await say('a', 'm', 9, { x: 2 })
  await rig.advance(500)
  assert.deepEqual(steps(made), [[1, 2]])
  await say('b', 'm', 5, { x: 20 })
  await rig.advance(500)
  // b has come to 5 s, less `wait`.
  assert.deepEqual(steps(made, 'both'), [[1, 11]])
  await say('b', 'm', 9.5, { x: 30 })
  await rig.advance(500)
  assert.deepEqual(steps(made, 'both'), [
    [1, 11],
    [5, 21],
  ])
  await rig.stop()
  assert.deepEqual(steps(made, 'both').slice(2), [
    [9, 22],
    [9.5, 32],
  ])
})

test('a silent source goes on by the clock, and so does what derives from it', async () => {
  const { rig, made, say } = await started(
    config({ s: { sum: [of('a', 'x'), of('b', 'x')] } }, { windows: { w: { of: { source: 'derived' }, raw: true } } }),
  )
  await rig.advance(10_000)
  await say('a', 'm', 9, { x: 1 })
  await say('b', 'm', 9, { x: 10 })
  await rig.advance(250)
  assert.deepEqual(made, [])
  // Nothing but rows that wait keeps the tick going.
  await rig.advance(3000)
  assert.deepEqual(steps(made), [[9, 11]])
  await rig.stop()
})

test('what comes behind what was made counts as late and changes nothing; what only the source has passed is made', async () => {
  const { rig, made, say, status } = await started(config({ s: { sum: [of('a', 'x'), of('a', 'y')] } }))
  await rig.advance(20_000)
  await say('a', 'm', 5, { x: 1, y: 10 })
  await say('a', 'other', 15, { x: 1, y: 10 })
  await rig.advance(500)
  await say('a', 'm', 5, { x: 7 })
  await say('a', 'm', 4, { x: 8, y: 80 })
  await say('a', 'm', 6, { x: 2 })
  await rig.stop()
  assert.deepEqual(steps(made.filter(({ device }) => device === 'device=m')), [
    [5, 11],
    [6, 12],
  ])
  const { samples } = status()
  assert.deepEqual([samples.decoded, samples.late, samples.reduced], [3 + 3, 3, 3])
  assert.equal(imbalance.samples({ ...samples, pending: 0 }), 0)
})

test('two sources fit device by device where all tags that both have are equal; the outcome has the tags of both', async () => {
  const tagged = (tags: object) => source({ tags })
  const { rig, made, say } = await started({
    ...config({ s: { sum: [of('a', 'x'), of('b', 'x')] } }),
    sources: { a: tagged({ line: '{.line}', machine: '{.m}' }), b: tagged({ line: '{.line}', hall: '{.hall}' }) },
  })
  await rig.advance(10_000)
  await say('a', '', 1, { x: 1, line: 'p', m: '1' })
  await say('a', '', 1, { x: 2, line: 'p', m: '2' })
  await say('a', '', 1, { x: 3, line: 'q', m: '1' })
  await say('a', '', 1, { x: 4, m: '9' })
  await say('b', '', 2, { x: 10, line: 'p', hall: 'h' })
  await say('b', '', 2, { x: 20, line: 'r' })
  await rig.stop()
  assert.deepEqual(made.map(({ device, value }) => [device, value]).sort(), [
    ['hall=h,line=p,machine=1', 11],
    ['hall=h,line=p,machine=2', 12],
    // A tag that one of them lacks is none that both have.
    ['hall=h,line=p,machine=9', 14],
    ['line=r,machine=9', 24],
  ])
})

test('`by` names the tags that must agree; a second pair for them is told and not taken', async () => {
  const { rig, made, say, status } = await started({
    ...config({
      slip: { difference: [of('a', 'set'), of('b', 'speed')], by: ['machine'] },
      drop: { difference: [of('a', 'x', { place: 'in' }), of('a', 'x', { place: 'out*' })], by: [] },
    }),
    sources: {
      a: source({ tags: { machine: '{.machine}', place: '{.place}' } }),
      b: source({ tags: { machine: '{.machine}', bus: '{.bus}' } }),
    },
  })
  await rig.advance(10_000)
  await say('a', '', 1, { set: 100, machine: 'm', place: 'in' })
  await say('b', '', 1, { speed: 97, machine: 'm', bus: 'can0' })
  await say('b', '', 1, { speed: 50, machine: 'm', bus: 'can1' })
  await say('b', '', 1, { speed: 50, bus: 'can1' })
  await say('a', '', 2, { x: 20, place: 'in' })
  await say('a', '', 2, { x: 5, place: 'outside' })
  await rig.stop()
  assert.deepEqual(
    made.map(({ device, field, value }) => [device, field, value]),
    [
      ['machine=m', 'slip', 3],
      ['', 'drop', 15],
    ],
  )
  assert.equal(status().details.ambiguous, 1)
  assert.match(rig.gateway.status().alarms.join(), /1 further pairs of inputs fit/)
})

test('derived series may be derived from further ones, whatever their order in the file', async () => {
  const { rig, made, say } = await started(
    config({
      efficiency: { ratio: [of('derived', 'out'), of('derived', 'in')] },
      out: { product: [of('b', 'volt'), of('b', 'amp')] },
      in: { product: [of('a', 'volt'), of('a', 'amp')] },
    }),
  )
  await rig.advance(10_000)
  await say('a', 'm', 1, { volt: 10, amp: 2 })
  await say('b', 'm', 1, { volt: 5, amp: 3 })
  await say('b', 'm', 2, { volt: 5, amp: 2 })
  await rig.stop()
  assert.deepEqual(steps(made, 'efficiency'), [
    [1, 0.75],
    [2, 0.5],
  ])
})

test('samples that are filtered, ahead of time or sent again make nothing', async () => {
  const { rig, made, say } = await started({
    ...config({ s: { sum: [of('a', 'x'), of('a', 'y')] } }),
    sources: { a: source({ valid: { x: [0, 10] }, sequence: 'n' }), b: source() },
  })
  await rig.advance(10_000)
  await say('a', 'm', 1, { n: 1, x: 1, y: 1 })
  await say('a', 'm', 2, { n: 2, x: 11 })
  await say('a', 'm', 3, { n: 2, x: 5 })
  await say('a', 'm', 500, { n: 3, x: 5 })
  await rig.stop()
  assert.deepEqual(steps(made), [[1, 2]])
})

test('finite sources: what is left at their end is made before windows close', async () => {
  const finite = source({ type: 'finite-script' })
  const { rig, made, say, status } = await started({
    ...config({ s: { sum: [of('a', 'x'), of('b', 'x')] } }),
    sources: { a: finite, b: finite },
  })
  for (let i = 0; i < 30; i++) await say('a', 'm', i, { x: i })
  for (let i = 0; i < 30; i++) await say('b', 'm', i + 0.5, { x: 100 })
  rig.script('a').end()
  rig.script('b').end()
  await rig.gateway.finished
  assert.equal(made.length, 59)
  assert.equal(status().link.state, 'ended')
  assert.deepEqual(
    [0, 10, 20].map((s) => rig.last().get(`w ${T0 + s * S} m`)?.fields.s_count),
    [19, 20, 20],
  )
})

test('rows that find no room are rejected', async () => {
  const { rig, say, status } = await started({
    ...config({ s: { sum: [of('a', 'x'), of('b', 'x')] } }),
    maxMemory: '1MiB',
    sources: { a: source(), b: source({ idle: '1h' }) },
    windows: { w: { of: { source: 'derived' }, raw: true } },
  })
  await rig.advance(1000)
  await say('a', 'm', 0, { x: 0 })
  await say('b', 'm', 0, { x: 0 })
  for (let i = 0; i < 700; i++) {
    const rows = Array.from({ length: 100 }, (_, j) => `{"t":${T0 + i * 1000 + j},"x":1}`)
    await rig.push('a', 'm', `[${rows.join()}]`)
    rig.script('a').out.endBurst()
  }
  await rig.advance(1000)
  const rejected = status().samples.rejected
  assert.ok(rejected > 1000 && rejected < 10_000, String(rejected))
  await rig.stop()
  const { decoded, reduced } = status().samples
  // One of them is of the same time as another.
  assert.equal(decoded, 70_000)
  assert.equal(reduced, 70_000 - rejected)
})

test('a forgotten device ends its pairs, and begins anew', async () => {
  const { rig, made, say, status } = await started({
    ...config({ s: { sum: [of('a', 'x'), of('b', 'x')] } }),
    sources: {
      a: source({ forget: '10min', tags: { m: '{.m}' } }),
      b: source({ forget: '10min', tags: { m: '{.m}' } }),
    },
  })
  const both = async (atS: number) => {
    await say('a', '', atS, { x: 1, m: '1' })
    await say('b', '', atS, { x: 2, m: '1' })
  }
  await rig.advance(10_000)
  await both(9)
  await rig.advance(5000)
  assert.equal(status().details.pairs, 1)
  // Only what is due wakes it: another device speaks.
  for (const min of [5, 11, 12, 13, 14]) {
    await rig.advance(min * 60_000 - (rig.clock.nowUs() - T0) / 1000)
    await say('a', '', min * 60, { x: 1, m: '2' })
    await rig.advance(1000)
  }
  assert.equal(status().details.pairs, 0)
  assert.equal(rig.gateway.status().devices, 1)
  await both(15 * 60 - 50)
  await rig.stop()
  assert.deepEqual(steps(made), [
    [9, 3],
    [15 * 60 - 50, 3],
  ])
})

// ---- against a model that sorts everything and makes it from scratch

interface Said {
  source: 'a' | 'b'
  device: string
  /** ms that the clock goes on before it. */
  pauseMs: number
  /** How long before its arrival it was measured. */
  agoMs: number
  value: number
}

const said: fc.Arbitrary<Said[]> = fc.array(
  fc.record({
    source: fc.constantFrom('a' as const, 'b' as const),
    device: fc.constantFrom('1', '2', '3'),
    pauseMs: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(0, 0, 10, 100) }, fc.constantFrom(700, 3000)),
    agoMs: fc.integer({ min: 0, max: 10 }).map((n) => n * 100),
    value: fc.integer({ min: -3, max: 3 }),
  }),
  { maxLength: 80 },
)

const HOLD_S = 1.5

const isHeld = (fromS: number, toS: number) => Math.round((toS - fromS) * S) <= HOLD_S * S

/** Rows of a device's derived series: [s after T0, value], and how many were no number. */
function model(a: [number, number][], b: [number, number][], f: (a: number, b: number) => number) {
  const times = [...new Set([...a, ...b].map(([t]) => t))].sort((x, y) => x - y)
  const last = (rows: [number, number][], t: number) =>
    rows
      .filter(([at]) => at <= t)
      .reduce<[number, number] | undefined>((best, row) => (best && best[0] > row[0] ? best : row), undefined)
  const all = times.flatMap((t): [number, number][] => {
    const [va, vb] = [last(a, t), last(b, t)]
    return va && vb && isHeld(va[0], t) && isHeld(vb[0], t) ? [[t, f(va[1], vb[1])]] : []
  })
  return {
    rows: all.filter(([, value]) => Number.isFinite(value)),
    invalid: all.filter(([, v]) => !Number.isFinite(v)).length,
  }
}

async function run(rows: readonly Said[], workers: number, sizes: Partial<Sizes>) {
  const inputs = [of('a', 'x'), of('b', 'x')]
  const { rig, made, say, status } = await started(
    {
      ...config({ r: { ratio: inputs, hold: '1500ms' }, d: { difference: inputs, hold: '1500ms' } }),
      workers,
      windows: { w: { of: '*', every: '1s', lateness: '1s', reduce: ['count', 'mean', 'first', 'last'] } },
    },
    sizes,
  )
  await rig.advance(2000)
  const seen = new Map<string, [number, number][]>()
  for (const { source, device, pauseMs, agoMs, value } of rows) {
    if (pauseMs > 0) await rig.advance(pauseMs)
    const atS = (rig.clock.nowUs() - T0 - agoMs * 1000) / S
    const key = `${source} ${device}`
    seen.set(key, [...(seen.get(key) ?? []), [atS, value]])
    await say(source, device, atS, { x: value })
  }
  await rig.stop()
  return { made, seen, samples: status().samples, due: rig.due }
}

test('whatever the disorder within `wait` and the cuts, it is what sorting everything would give', async () => {
  await fc.assert(
    fc.asyncProperty(said, fc.constantFrom(3, 17, 65536), async (rows, size) => {
      const { made, seen, samples } = await run(rows, 0, { rows: size, blockBytes: size === 3 ? 64 : 65536 })
      let invalid = 0
      for (const device of ['1', '2', '3'])
        for (const [field, f] of [
          ['r', (a: number, b: number) => a / b],
          ['d', (a: number, b: number) => a - b],
        ] as const) {
          const wanted = model(seen.get(`a ${device}`) ?? [], seen.get(`b ${device}`) ?? [], f)
          const got = steps(
            made.filter((row) => row.device === `device=${device}`),
            field,
          )
          assert.deepEqual(got, wanted.rows)
          invalid += wanted.invalid
        }
      assert.equal(samples.late, 0)
      assert.equal(samples.invalid, invalid)
      assert.equal(samples.decoded, made.length + invalid)
    }),
    { numRuns: 60 },
  )
})

test('workers 0, 1 and 4 give the same points', async () => {
  const rows = Array.from(
    { length: 120 },
    (_, i): Said => ({
      source: i % 3 ? 'a' : 'b',
      device: String((i * 7) % 3),
      pauseMs: i % 20 ? 10 : 2000,
      agoMs: ((i * 37) % 10) * 100,
      value: (i % 7) - 3,
    }),
  )
  const [none, one, four] = await Promise.all([0, 1, 4].map((workers) => run(rows, workers, { rows: 64 })))
  assert.ok(none.due.length > 20, String(none.due.length))
  assert.deepEqual(one.due, none.due)
  assert.deepEqual(four.due, none.due)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Rig } from '../support/rig.js'

const S = 1e6
const T0 = 1_704_067_200_000_000
const EVERY = S
const WAIT = 0.5 * S
const LATENESS = 2 * S

interface Row {
  device: string
  timeUs: number
  value: number
  /** Gap to the row before, ms. */
  gapMs: number
}

interface Aggregate {
  values: number[]
}

/** Sorts nothing and keeps everything: what DESIGN §3 says, row by row. */
function model(rows: readonly (Row & { arrivalUs: number })[], startUs: number) {
  const high = new Map<string, number>()
  const panes = new Map<string, Aggregate>()
  const fates = { reduced: 0, late: 0, future: 0, lost: 0 }
  for (const row of rows) {
    if (row.timeUs > row.arrivalUs + 60 * S) {
      fates.future++
      continue
    }
    const before = high.get(row.device) ?? Number.NEGATIVE_INFINITY
    high.set(row.device, Math.max(before, Math.min(row.timeUs, row.arrivalUs)))
    const start = Math.floor(row.timeUs / EVERY) * EVERY
    if (start + EVERY + LATENESS <= before - WAIT) fates.late++
    else if (start < startUs) fates.lost++
    else {
      fates.reduced++
      const key = `w ${start} ${row.device}`
      const pane = panes.get(key) ?? { values: [] }
      pane.values.push(row.value)
      panes.set(key, pane)
    }
  }
  return { panes, fates }
}

const config = (more: object = {}) => ({
  batch: '250ms',
  maxMemory: '8MiB',
  maxSeries: 200,
  sources: {
    s: { type: 'script', wait: '500ms', time: { path: 't', unit: 'us' }, decode: { type: 'json', fields: ['x'] } },
  },
  windows: { w: { every: '1s', lateness: '2s', reduce: ['count', 'sum', 'min', 'max', 'mean'], ...more } },
})

async function play(rows: readonly Row[]) {
  const rig = new Rig({ config: config() })
  await rig.start()
  const played: (Row & { arrivalUs: number })[] = []
  for (const row of rows) {
    await rig.advance(row.gapMs)
    played.push({ ...row, arrivalUs: rig.clock.nowUs() })
    await rig.push('s', row.device, JSON.stringify({ t: row.timeUs, x: row.value }))
    rig.script('s').out.endBurst()
  }
  await rig.advance(1000)
  await rig.stop()
  return { rig, played }
}

function agrees({ rig, played }: Awaited<ReturnType<typeof play>>) {
  const { panes, fates } = model(played, T0)
  const got = rig.last()
  assert.deepEqual([...got.keys()].sort(), [...panes.keys()].sort())
  for (const [key, { values }] of panes) {
    const { fields } = got.get(key)!
    assert.equal(fields.x_count, values.length, key)
    // Values are quarters, so sums are exact.
    assert.equal(
      fields.x_sum,
      values.reduce((a, b) => a + b, 0),
      key,
    )
    assert.equal(fields.x_min, Math.min(...values), key)
    assert.equal(fields.x_max, Math.max(...values), key)
  }
  const { samples } = rig.gateway.status().sources[0]
  const { reduced, late, future, lost } = samples
  assert.deepEqual({ reduced, late, future, lost }, fates)
}

const row = fc.record({
  device: fc.constantFrom('a', 'b', 'c'),
  offset: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: -900, max: 200 }) },
    { weight: 3, arbitrary: fc.integer({ min: -4500, max: 0 }) },
    { weight: 1, arbitrary: fc.integer({ min: -9000, max: 90_000 }) },
  ),
  value: fc.integer({ min: -4000, max: 4000 }),
  gapMs: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 120 }) }, fc.integer({ min: 0, max: 4000 })),
})

test('the last emission of every window equals a model that keeps everything, whatever the order of rows', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 120 }), async (made) => {
      let nowMs = T0 / 1000
      const rows = made.map(({ device, offset, value, gapMs }) => {
        nowMs += gapMs
        // Half of all times lie on a coarse grid, where the rules have their edges.
        const timeMs = value % 2 === 0 ? nowMs + offset : Math.floor((nowMs + offset) / 250) * 250
        return { device, gapMs, value: value / 4, timeUs: timeMs * 1000 }
      })
      agrees(await play(rows))
    }),
    { numRuns: 60 },
  )
})

test('one fast clock and one slow one make nobody late: no row is lost, and each window is written a bounded number of times', async () => {
  const rows: Row[] = []
  for (let tick = 0; tick < 300; tick++) {
    for (let d = 0; d < 10; d++) {
      const skewMs = d === 0 ? 40_000 : d === 1 ? -8_000 : 0
      const timeUs = T0 + (20_000 + tick * 100 + skewMs) * 1000
      rows.push({ device: `d${d}`, timeUs, value: d + tick / 4, gapMs: d === 0 ? (tick === 0 ? 20_000 : 100) : 0 })
    }
  }
  const { rig, played } = await play(rows)
  agrees({ rig, played })
  const { reduced } = rig.gateway.status().sources[0].samples
  assert.equal(reduced, 3000)
  const written = new Map<string, number>()
  for (const p of rig.due) written.set(`${p.timeUs} ${p.device}`, (written.get(`${p.timeUs} ${p.device}`) ?? 0) + 1)
  const worst = (device: string) =>
    Math.max(...[...written].filter(([key]) => key.endsWith(` ${device}`)).map(([, n]) => n))
  // The fast clock's watermark is capped at arrival, so its windows wait; the slow one's are due at once and corrected each batch.
  assert.ok(worst('d5') <= 2, `a right clock: ${worst('d5')}`)
  assert.ok(worst('d1') <= 5, `the slow clock: ${worst('d1')}`)
  console.log(
    `windows written at most: right clock ${worst('d5')}, 40 s fast ${worst('d0')}, 8 s slow ${worst('d1')} times`,
  )
})

test('a final-only sink gets each window once, with all corrections in it', async () => {
  const rig = new Rig({ config: { ...config({ to: ['m'] }), sinks: { m: { type: 'memory' } } } })
  await rig.start()
  const send = async (ms: number, x: number) => {
    await rig.push('s', 'a', JSON.stringify({ t: T0 + ms * 1000, x }))
    rig.script('s').out.endBurst()
  }
  await rig.advance(5000)
  await send(1000, 1)
  await rig.advance(1000)
  await send(1500, 2)
  await rig.advance(1000)
  assert.deepEqual(rig.sunk.get('m'), [])
  await send(5000, 9)
  await rig.advance(1000)
  assert.equal(rig.sunk.get('m')?.length, 1)
  assert.match(rig.sunk.get('m')![0], /x_count=2i,x_sum=3,/)
  await rig.stop()
  assert.equal(rig.sunk.get('m')?.length, 2)
})

test('arrival-timed windows close by the clock', async () => {
  const rig = new Rig({
    config: {
      sources: { s: { type: 'script', decode: { type: 'number' } } },
      windows: { w: { every: '1s', reduce: ['count'] } },
    },
  })
  await rig.start()
  await rig.advance(1100)
  await rig.push('s', 'a', '1')
  rig.script('s').out.endBurst()
  await rig.push('s', 'a', '2')
  rig.script('s').out.endBurst()
  await rig.advance(800)
  assert.equal(rig.due.length, 0)
  await rig.advance(150)
  assert.deepEqual(
    rig.due.map((p) => [p.timeUs, p.fields.value_count]),
    [[T0 + S, 2]],
  )
  await rig.stop()
})

test('an idle gateway arms no timer', async () => {
  const rig = new Rig({ config: config() })
  await rig.start()
  await rig.advance(2000)
  await rig.push('s', 'a', JSON.stringify({ t: T0 + 1.5 * S, x: 1 }))
  rig.script('s').out.endBurst()
  await rig.advance(5000)
  assert.equal(rig.due.length, 1)
  assert.equal(rig.clock.waiting, 0)
  await rig.stop()
})

test('a silent device leaves the tables after `forget`, and its numbers are used again', async () => {
  const c = config()
  const rig = new Rig({ config: { ...c, maxSeries: 2, sources: { s: { ...c.sources.s, forget: '1min' } } } })
  await rig.start()
  await rig.advance(1000)
  const send = async (device: string) => {
    await rig.push('s', device, JSON.stringify({ t: rig.clock.nowUs(), x: 1 }))
    rig.script('s').out.endBurst()
    await rig.advance(2000)
  }
  await send('a')
  await send('b')
  assert.equal(rig.gateway.status().series, 2)
  await rig.advance(130_000)
  await send('b')
  assert.equal(rig.gateway.status().series, 1)
  await rig.stop()
})

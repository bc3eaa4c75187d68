import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { WindowPlan } from '../../src/model/plan.js'
import { kernels } from '../../src/reduce/registry.js'
import { parseLine } from '../formats/line-protocol.js'
import { Rig, type SeenPoint } from '../support/rig.js'
import { type Expected, model, type Sample } from './model.js'

const T0 = 1_704_067_200_000_000
const RUNS = Number(process.env.WEIR_MODEL_RUNS ?? 0)
/** A live source is heard from here on, so that no window began before the start. */
const LEAD_MS = 20_000
const SOURCES = ['a', 'b']

interface Message {
  source: string
  device: string
  fields: readonly string[]
  timeMs: number
  gapMs: number
  value: number
}

interface Case {
  finite: boolean
  batchMs: number
  waitMs: number
  aheadMs: number
  windows: object[]
  messages: Message[]
}

const carrying = (kind: 'hopping' | 'other') =>
  kernels
    .filter(({ carries, parts, name }) => carries && (kind === 'other' || (parts && name !== 'coverage')))
    .map(({ name, example }) => example ?? name)

const written = (kind: 'hopping' | 'other') =>
  kernels
    .filter(
      ({ state, parts, carries, family }) =>
        !carries && family !== 'quality' && (kind === 'other' || state !== 'rows' || parts),
    )
    .map(({ name, example }) => example ?? name)

const some = (kind: 'hopping' | 'other') => fc.subarray(written(kind), { minLength: 1, maxLength: 6 })
const us = (ms: number) => `${ms}ms`
const lateness = fc.constantFrom(0, 250, 1000, 2000).map(us)
const common = {
  lateness,
  stamp: fc.constantFrom('start', 'end'),
  of: fc.constantFrom('*', { field: 'x' }, { field: 'y' }),
}
const every = fc.constantFrom(100, 250, 400, 1000, 3000)

const window = fc.oneof(
  every.chain((ms) =>
    fc.record({
      every: fc.constant(us(ms)),
      offset: fc.integer({ min: 0, max: ms - 1 }).map(us),
      reduce: some('other'),
      ...common,
    }),
  ),
  fc.tuple(every, fc.integer({ min: 2, max: 50 })).chain(([ms, n]) =>
    fc.record({
      every: fc.constant(us(ms)),
      size: fc
        .constantFrom(ms + 50 * (n % 7) + 50, ms * n, ms * n - 50)
        .map((size) => us(Math.min(5000, Math.max(ms + 50, size)))),
      offset: fc.constantFrom(0, 25, 50, 70).map(us),
      reduce: some('hopping'),
      ...common,
    }),
  ),
  fc.record({ session: fc.constantFrom(100, 500, 1000, 2000).map(us), reduce: some('other'), ...common }),
  fc.record({ count: fc.constantFrom(1, 2, 3, 7), reduce: some('other'), stamp: common.stamp, of: common.of }),
  fc.record({ raw: fc.constant(true), of: common.of }),
)

const message = fc.record({
  source: fc.constantFrom(...SOURCES),
  device: fc.constantFrom('1', '1', '2', '3'),
  fields: fc.constantFrom(['x'], ['y'], ['x', 'y'], ['x', 'y']),
  offsetMs: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: -900, max: 200 }) },
    { weight: 3, arbitrary: fc.integer({ min: -4500, max: 0 }) },
    { weight: 1, arbitrary: fc.integer({ min: -9000, max: 5000 }) },
  ),
  grid: fc.constantFrom(1, 1, 50, 250),
  // Counters don't fall below 0.
  value: fc.integer({ min: 0, max: 4000 }).map((n) => n / 4),
  gapMs: fc.oneof({ weight: 12, arbitrary: fc.integer({ min: 0, max: 120 }) }, fc.integer({ min: 0, max: 7000 })),
  again: fc.constantFrom(0, 0, 0, 0, 1, 2),
})

const casesOf = (window: fc.Arbitrary<object>): fc.Arbitrary<Case> =>
  fc
    .record({
      finite: fc.boolean(),
      batchMs: fc.constantFrom(50, 100, 250),
      waitMs: fc.constantFrom(0, 200, 500),
      aheadMs: fc.constantFrom(1000, 60_000),
      windows: fc.array(window, { minLength: 1, maxLength: 3 }),
      made: fc.array(message, { minLength: 1, maxLength: 60 }),
    })
    .map(({ made, ...rest }) => {
      let nowMs = LEAD_MS
      const messages = made.flatMap(({ offsetMs, grid, again, ...one }) => {
        nowMs += one.gapMs
        const row = { ...one, timeMs: Math.floor((nowMs + offsetMs) / grid) * grid }
        return [row, ...Array.from({ length: again }, () => ({ ...row, gapMs: 0 }))]
      })
      return { ...rest, messages }
    })

const config = ({ finite, batchMs, waitMs, aheadMs, windows }: Case, workers: number) => ({
  batch: us(batchMs),
  maxMemory: '16MiB',
  maxSeries: 300,
  workers,
  sources: Object.fromEntries(
    SOURCES.map((name) => [
      name,
      {
        type: finite ? 'finite-script' : 'script',
        wait: us(waitMs),
        ahead: us(aheadMs),
        time: { path: 't', unit: 'us' },
        decode: { type: 'json' },
      },
    ]),
  ),
  sinks: { m: { type: 'memory' } },
  windows: Object.fromEntries(windows.map((one, i) => [`w${i}`, one])),
})

interface Played {
  rig: Rig
  samples: Map<string, Sample[]>
}

const held = {
  hold: fc.constantFrom(300, 1000, 2000).map(us),
  expect: fc.constantFrom(100, 400).map(us),
  of: common.of,
  stamp: common.stamp,
}
const heldBy = (kind: 'hopping' | 'other') =>
  fc.subarray([...carrying(kind), 'sum', 'count', 'last', 'n'], { minLength: 1, maxLength: 6 })
const rules = fc.oneof(
  fc.record({ between: fc.constant('step'), lateness }),
  fc.record({ between: fc.constant('linear'), lateness: fc.constant('2min') }),
)
const carryingWindow = fc
  .oneof(
    every.chain((ms) =>
      fc.record({
        every: fc.constant(us(ms)),
        offset: fc.integer({ min: 0, max: ms - 1 }).map(us),
        reduce: heldBy('other'),
        ...held,
      }),
    ),
    fc.tuple(fc.constantFrom(100, 250, 500), fc.integer({ min: 2, max: 20 })).chain(([ms, n]) =>
      fc.record({
        every: fc.constant(us(ms)),
        size: fc.constant(us(Math.min(5000, ms * n))),
        reduce: heldBy('hopping'),
        ...held,
      }),
    ),
  )
  .chain((window) => rules.map((rule) => ({ ...window, ...rule })))

/** `cut` says after how many messages a burst ends. */
async function play(made: Case, cut: number, workers = 0): Promise<Played> {
  const rig = new Rig({ config: config(made, workers), handOverMs: 0 })
  await rig.start()
  const samples = new Map(SOURCES.map((name) => [name, [] as Sample[]]))
  const push = async ({ source, device, fields, timeMs, value }: Message) => {
    const timeUs = T0 + timeMs * 1000
    const values = fields.map((field, f) => [field, value + f] as const)
    await rig.push(source, `${source}${device}`, JSON.stringify({ t: timeUs, ...Object.fromEntries(values) }))
    const arrivalUs = rig.clock.nowUs()
    for (const [field, value] of values)
      samples.get(source)!.push({ device: `${source}${device}`, field, timeUs, value, arrivalUs })
  }
  if (made.finite) await Promise.all(SOURCES.map((name) => playFinite(rig, name, made, cut, push)))
  else await playLive(rig, made, cut, push)
  rig.assertBalanced()
  return { rig, samples }
}

type Push = (message: Message) => Promise<void>

async function playFinite(rig: Rig, name: string, { messages }: Case, cut: number, push: Push): Promise<void> {
  const { out } = rig.script(name)
  for (const [i, message] of messages.filter(({ source }) => source === name).entries()) {
    await push(message)
    if (i % cut !== 0) continue
    out.endBurst()
    await out.turn()
  }
  rig.script(name).end()
  await rig.gateway.finished
}

async function playLive(rig: Rig, { messages }: Case, cut: number, push: Push): Promise<void> {
  const endBursts = () => {
    for (const name of SOURCES) rig.script(name).out.endBurst()
  }
  await rig.clock.advance(LEAD_MS)
  for (const [i, message] of messages.entries()) {
    if (message.gapMs > 0) {
      endBursts()
      await rig.advance(message.gapMs)
    }
    await push(message)
    if (i % cut === 0) endBursts()
  }
  endBursts()
  for (let second = 0; second < 16; second++) {
    await rig.clock.advance(1000)
    await rig.gateway.idle()
  }
  await rig.stop()
}

const isCorrected = ({ kind }: WindowPlan) => kind === 'tumbling' || kind === 'hopping'

/** Fields of points, each with all its values in order: `time device field` → values. */
function flat<T>(points: Iterable<readonly [key: string, fields: Iterable<readonly [string, T]>]>): Map<string, T[]> {
  const all = new Map<string, T[]>()
  for (const [key, fields] of points)
    for (const [field, value] of fields) {
      const name = `${key} ${field}`
      all.set(name, [...(all.get(name) ?? []), value])
    }
  return all
}

/** Whether the clock may have ended a session a tick sooner or later than the model thinks. */
function isUnclear(window: WindowPlan, made: Case, samples: Sample[]): boolean {
  if (window.kind !== 'session' || made.finite) return false
  const limitUs = window.sizeUs + window.latenessUs + made.waitMs * 1000
  const heard = new Map<string, number>()
  return samples.some(({ device, timeUs, arrivalUs }) => {
    if (timeUs > arrivalUs + made.aheadMs * 1000) return false
    const silentUs = arrivalUs - (heard.get(device) ?? arrivalUs)
    heard.set(device, arrivalUs)
    return silentUs >= limitUs && silentUs < limitUs + 3 * made.batchMs * 1000
  })
}

function agrees(made: Case, { rig, samples }: Played): void {
  const sunk = rig.sunk.get('m')!.map(parseLine)
  for (const [i, window] of rig.plan.windows.entries()) {
    if (SOURCES.some((name) => isUnclear(window, made, samples.get(name)!))) continue
    const outcomes = SOURCES.map((name) => {
      const own = samples.get(name)!
      const untilUs = made.finite ? Math.max(...own.map(({ timeUs }) => timeUs)) : Number.POSITIVE_INFINITY
      const rules = { finite: made.finite, waitUs: made.waitMs * 1000, aheadUs: made.aheadMs * 1000, untilUs }
      return model(own, window, rules)
    })
    const about = `${window.name} ${JSON.stringify(made.windows[i])}`
    const expected = flat<Expected>(outcomes.flatMap(({ points }) => points))
    const due = rig.due.filter(({ measurement }) => measurement === window.name)
    const key = ({ timeUs, device }: SeenPoint) => `${timeUs} ${device}`
    const last = isCorrected(window) ? [...new Map(due.map((point) => [key(point), point])).values()] : due
    const got = flat(last.map((point) => [key(point), Object.entries(point.fields)]))
    compare(got, expected, about)
    // What is told once, when final, is what was told last.
    const final = sunk.filter(({ measurement }) => measurement === window.name)
    const finals = flat<number>(
      final.map(({ time, tags, fields }) => [
        `${time / 1000n} ${tags.get('device')}`,
        [...fields].map(([name, { value }]) => [name, value] as const),
      ]),
    )
    if (window.kind === 'hopping') {
      // Packed panes are added up page by page: the last bit may be another.
      const near = (value: number) => ({ value, tolerance: 1e-12 * Math.abs(value) + 1e-9 })
      compare(finals, new Map([...got].map(([key, values]) => [key, values.map(near)])), `${about}, final`)
    } else assert.deepEqual(new Map([...finals].sort()), new Map([...got].sort()), `${about}, final`)
    const status = rig.gateway.status().windows[i]!
    assert.equal(
      status.late,
      outcomes.reduce((sum, { late }) => sum + late, 0),
      `${about}, late`,
    )
    assert.deepEqual([status.rejected, status.lost, status.openPanes], [0, 0, 0], about)
    const seen = new Set<string>()
    for (const point of isCorrected(window) ? due : []) {
      assert.ok(point.correction || !seen.has(key(point)), `${about}, correction at ${key(point)}`)
      seen.add(key(point))
    }
  }
}

function compare(got: Map<string, number[]>, expected: Map<string, Expected[]>, about: string): void {
  assert.deepEqual([...got.keys()].sort(), [...expected.keys()].sort(), about)
  for (const [key, all] of expected) {
    const values = got.get(key)!
    assert.equal(values.length, all.length, `${about}, times of ${key}`)
    for (const [i, { value, tolerance }] of all.entries())
      assert.ok(
        Math.abs(values[i]! - value) <= tolerance,
        `${about}, ${key}: got ${values[i]}, expected ${value} ± ${tolerance}`,
      )
  }
}

test('windows of every kind say what a model says that keeps everything', async () => {
  await fc.assert(
    fc.asyncProperty(casesOf(window), fc.integer({ min: 1, max: 20 }), async (made, cut) => {
      agrees(made, await play(made, cut))
    }),
    { numRuns: RUNS || 200, includeErrorInReport: true, interruptAfterTimeLimit: Number(process.env.LIMIT ?? 1e6) },
  )
})

test('values carried over the edges of windows, and windows without rows, say what the model says', async () => {
  await fc.assert(
    fc.asyncProperty(casesOf(carryingWindow), fc.integer({ min: 1, max: 20 }), async (made, cut) => {
      agrees(made, await play(made, cut))
    }),
    { numRuns: RUNS || 100, includeErrorInReport: true, interruptAfterTimeLimit: Number(process.env.LIMIT ?? 1e6) },
  )
})

test('0, 1 and 4 workers and any cut of the same rows give the same', async () => {
  const windows = [
    { every: '1s', lateness: '1s', reduce: ['mean', 'stddev', 'twa'] },
    { every: '250ms', size: '1s', lateness: '500ms', reduce: ['mean', 'variance', 'integral'] },
    { session: '500ms', lateness: '500ms', reduce: ['mean', 'rms', 'slope'] },
    { count: 700, reduce: ['mean', 'last'] },
  ]
  const play = async (workers: number, cut: number) => {
    const source = {
      type: 'script',
      wait: '100ms',
      time: { path: 't', unit: 'us', rate: 4000 },
      decode: { type: 'json', samples: ['x', 'y'] },
    }
    const named = Object.fromEntries(windows.map((one, i) => [`w${i}`, one]))
    const config = { batch: '200ms', workers, sources: { a: source }, windows: named, sinks: { m: { type: 'memory' } } }
    const rig = new Rig({ config, handOverMs: 0 })
    await rig.start()
    await rig.clock.advance(LEAD_MS)
    for (let message = 0; message < 40; message++) {
      const aheadMs = message % 7 === 3 ? -900 : 0
      const timeUs = T0 + (LEAD_MS + message * 200 + (message % 11 === 9 ? 700 : 0) + aheadMs) * 1000
      const values = Array.from({ length: 1500 + message }, (_, i) => Math.sin(i * 0.7 + message) * 1e3)
      const [x, y] = [values, values.slice(0, 1100)]
      await rig.push('a', `a${message % 2}`, JSON.stringify({ t: timeUs, x, y }))
      if (message % cut === 0) rig.script('a').out.endBurst()
      if (message % 2 === 1) {
        rig.script('a').out.endBurst()
        await rig.advance(400)
      }
    }
    await rig.advance(8000)
    await rig.stop()
    return { said: JSON.stringify([rig.due, rig.sunk.get('m')]), pool: rig.gateway.status().pool }
  }
  const alone = await play(0, 1)
  for (const [workers, cut] of [
    [0, 2],
    [1, 1],
    [4, 2],
  ] as const) {
    const { said, pool } = await play(workers, cut)
    assert.ok(workers === 0 || pool.tasks > 0)
    assert.ok(said === alone.said, `${workers} workers, cut ${cut}`)
  }
})

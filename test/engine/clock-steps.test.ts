import assert from 'node:assert/strict'
import { test } from 'node:test'
import { imbalance } from '../../src/model/ledger.js'
import type { SendResult, SinkComponent } from '../../src/model/sink.js'
import { MemoryDisk } from '../support/memory-disk.js'
import { Rig, type RigOptions } from '../support/rig.js'

const HOUR_US = 3600e6
/** What a board without a battery shows, and what it should: at 20 ms past a second. */
const WRONG_US = 100e6
const NOW_US = 1_704_067_200_000_000 + 7 * HOUR_US + 20_000

const config = (more: object = {}) => ({
  durability: 'process',
  stateDir: '/state',
  checkpoint: '2s',
  sources: {
    arrival: { type: 'script', decode: { type: 'number' } },
    event: { type: 'script', wait: '0s', time: { path: 't', unit: 'us' }, decode: { type: 'json', fields: ['v'] } },
  },
  windows: { second: { of: '*', every: '1s', lateness: '2s', reduce: ['count', 'sum'] } },
  sinks: { out: { type: 'database' } },
  ...more,
})

/** A rig, and true time beside whatever its wall clock shows. */
class Board {
  readonly rig: Rig
  readonly #written: string[]
  #trueUs: number

  constructor(options: Partial<RigOptions>, trueUs = NOW_US, written: string[] = []) {
    this.#written = written
    const { answer = async () => ({ outcome: 'ok' }) } = options
    const sinks = [database(this.#written, answer)]
    this.rig = new Rig({ config: config(), disk: new MemoryDisk(), ...options, sinks })
    this.#trueUs = trueUs
  }

  get trueUs(): number {
    return this.#trueUs
  }

  async advance(ms: number): Promise<void> {
    await this.rig.advance(ms)
    this.#trueUs += ms * 1000
  }

  /** A sample of each source, each 100 ms; `from` numbers them. */
  async feed(from: number, to: number): Promise<void> {
    for (let i = from; i < to; i++) {
      await this.rig.push('arrival', 'a', String(i))
      await this.rig.push('event', 'e', JSON.stringify({ t: this.#trueUs, v: i }))
      for (const name of ['arrival', 'event']) this.rig.script(name).out.endBurst()
      await this.advance(100)
    }
  }

  /** The clock is set right. */
  setRight(): void {
    this.rig.clock.stepWall(this.#trueUs)
    this.rig.clock.setTrue(true)
  }

  /** What the database has of a source, oldest first. */
  lines(source: string): Line[] {
    const byTime = new Map(this.#written.flatMap((text) => lineOf(text, source)).map((line) => [line.timeUs, line]))
    return [...byTime.values()].sort((a, b) => a.timeUs - b.timeUs)
  }

  sink() {
    return this.rig.gateway.status().sinks[0]
  }
}

interface Line {
  timeUs: number
  count: number
  sum: number
}

function lineOf(text: string, source: string): Line[] {
  const found = /source=(\w+) \w+_count=(\d+)i,\w+_sum=([\d.]+) (\d+)000$/.exec(text)
  assert.ok(found, text)
  const [, of, count, sum, timeUs] = found
  return of === source ? [{ timeUs: Number(timeUs), count: Number(count), sum: Number(sum) }] : []
}

/** A sink that takes points as soon as they are due, and their corrections. */
const database = (written: string[], answer: () => Promise<SendResult>): SinkComponent => ({
  type: 'database',
  summary: 'points of a test',
  options: {},
  format: () => 'line',
  finalOnly: () => false,
  create: () => ({
    send: async (body) => {
      const answered = await answer()
      if (answered.outcome === 'ok') written.push(...Buffer.from(body).toString().trimEnd().split('\n'))
      return answered
    },
  }),
})

const total = (lines: { count: number }[]) => lines.reduce((sum, { count }) => sum + count, 0)
const sum = (lines: { sum: number }[]) => lines.reduce((all, line) => all + line.sum, 0)

/** Samples 0 to n - 1, all of them once. */
function assertAll(lines: { count: number; sum: number }[], n: number): void {
  assert.equal(total(lines), n)
  assert.equal(sum(lines), (n * (n - 1)) / 2)
}

function untrue(options: Partial<RigOptions> = {}, written: string[] = []): Board {
  return new Board({ startUs: WRONG_US, isTrue: false, ...options }, NOW_US, written)
}

test('1970 to now: points timed by arrival wait until the clock is set, then go out with the times they had in truth', async () => {
  const board = untrue()
  const { rig } = board
  const startUs = board.trueUs
  await rig.start()
  await board.feed(0, 45)
  assert.deepEqual(board.lines('arrival'), [])
  assert.ok(board.sink().untimed >= 2)
  assert.equal(imbalance.points(board.sink().points), 0)
  assert.equal(rig.gateway.status().clock.isTrue, false)
  assert.match(rig.gateway.status().alarms.join('\n'), /clock is not known to be right/)
  board.setRight()
  await board.feed(45, 95)
  await board.advance(10_000)
  await rig.stop()
  const lines = board.lines('arrival')
  assertAll(lines, 95)
  for (const { timeUs } of lines) assert.ok(timeUs >= startUs - 1e6 && timeUs < board.trueUs, `${timeUs - startUs}`)
  // In 1970 windows began at whole seconds of 1970, which are 20 ms past those of now.
  assert.deepEqual(
    lines.slice(0, 2).map(({ timeUs, count }) => [timeUs - startUs, count]),
    [
      [0, 10],
      [1e6, 10],
    ],
  )
  assert.equal(lines.at(-2)!.timeUs % 1e6, 0)
  assert.equal(board.sink().untimed, 0)
  const { clock } = rig.gateway.status()
  assert.deepEqual([clock.isTrue, clock.steps, clock.lastStepUs], [true, 1, startUs - WRONG_US])
})

test('1970 to now: what has a time of its own is the same as with a right clock, and goes out at once', async () => {
  const run = async (board: Board) => {
    await board.rig.start()
    await board.feed(0, 45)
    const early = board.rig.due.filter(({ device }) => device === 'e').length
    if (!board.rig.gateway.status().clock.isTrue) board.setRight()
    await board.feed(45, 95)
    await board.advance(10_000)
    await board.rig.stop()
    const { reduced, lost } = board.rig.gateway.status().sources[1].samples
    assert.equal(reduced + lost, 95)
    return { early, lines: board.lines('event') }
  }
  const wrong = await run(untrue())
  const right = await run(new Board({ startUs: NOW_US }))
  assertAll(wrong.lines, 95)
  // What was open when the run before ended may be written twice: a right clock leaves out the first, which began before the start.
  assert.deepEqual(wrong.lines.slice(1), right.lines.slice(right.lines.length - wrong.lines.length + 1))
  assert.ok(wrong.early >= 3)
})

test('a clock that proves right without being set: what waited goes out as it is', async () => {
  const board = new Board({ startUs: NOW_US, isTrue: false })
  const { rig } = board
  await rig.start()
  await board.feed(0, 25)
  assert.deepEqual(board.lines('arrival'), [])
  rig.clock.setTrue(true)
  await board.feed(25, 60)
  await board.advance(10_000)
  await rig.stop()
  assertAll(board.lines('arrival'), 60)
  assert.ok(board.lines('arrival').every(({ timeUs }) => timeUs % 1e6 === 0))
  assert.equal(rig.gateway.status().clock.steps, 0)
})

for (const [name, byUs] of [
  ['an hour back', -HOUR_US],
  ['an hour forward', HOUR_US],
  ['two seconds back', -2e6],
] as const) {
  test(`${name}: seen within a second, every sample is reduced, and nothing is late, ahead or lost`, async () => {
    const board = new Board({ startUs: NOW_US - 20_000 })
    const { rig } = board
    await rig.start()
    await board.feed(0, 44)
    rig.clock.stepWall(rig.clock.nowUs() + byUs)
    await board.feed(44, 54)
    assert.deepEqual(
      [rig.gateway.status().clock.steps, rig.gateway.status().clock.lastStepUs],
      [1, byUs],
      'within a second',
    )
    await board.feed(54, 150)
    for (const { name: source, samples } of rig.gateway.status().sources) {
      assert.deepEqual([source, samples.late, samples.future, samples.lost, samples.reduced], [source, 0, 0, 0, 150])
    }
    // What was open at the step has been told.
    const due = rig.due.filter(({ device }) => device === 'a')
    assert.ok(due.some(({ timeUs }) => timeUs === NOW_US - 20_000 + 4e6))
    if (byUs < -10e6) assert.ok(due.some(({ timeUs }) => timeUs < NOW_US - HOUR_US / 2))
    // The event-timed source goes on being told as it was.
    const event = rig.due.filter(({ device }) => device === 'e')
    assert.ok(event.at(-1)!.timeUs >= board.trueUs - 2.5e6, `${board.trueUs - event.at(-1)!.timeUs}`)
    assert.match(rig.gateway.status().alarms.join('\n'), /the clock was set (back|forward) by/)
    await rig.stop()
  })
}

test('a window that is open on both sides of a step holds the samples of both', async () => {
  const board = new Board({
    startUs: NOW_US - 20_000,
    config: config({ windows: { minute: { of: '*', every: '1min', lateness: '2s', reduce: ['count', 'sum'] } } }),
  })
  const { rig } = board
  await rig.start()
  await board.feed(0, 100)
  rig.clock.stepWall(rig.clock.nowUs() + 20e6)
  await board.feed(100, 200)
  rig.clock.stepWall(rig.clock.nowUs() - 5e6)
  await board.feed(200, 300)
  await board.advance(90_000)
  await rig.stop()
  const last = [...rig.last().values()].filter(({ device }) => device === 'a')
  assert.deepEqual(
    last.map(({ fields }) => fields.value_count),
    [300],
  )
})

test('a step while the sink is away: what waits is neither too old nor lost', async () => {
  let answer: SendResult = { outcome: 'retry', why: 'away' }
  const board = untrue({ answer: async () => answer })
  const { rig } = board
  await rig.start()
  await board.feed(0, 45)
  board.setRight()
  await board.feed(45, 95)
  await board.advance(20_000)
  assert.deepEqual([board.lines('arrival'), board.lines('event')], [[], []])
  answer = { outcome: 'ok' }
  await board.advance(60_000)
  assertAll(board.lines('arrival'), 95)
  assertAll(board.lines('event'), 95)
  assert.equal(board.sink().points.givenUp, 0)
  await rig.stop()
})

test('kill -9 before, at and after the step: each sample in one point, with the same times as without', async () => {
  const run = async (kills: readonly number[]) => {
    let disk = new MemoryDisk()
    const written: string[] = []
    let board = untrue({ disk }, written)
    await board.rig.start()
    for (let i = 0; i < 100; i++) {
      if (i === 45) board.setRight()
      if (kills.includes(i)) {
        disk = disk.copy()
        const { clock } = board.rig
        const now = { startUs: clock.nowUs(), monotonicMs: clock.monotonicMs(), isTrue: i >= 45 }
        board = new Board({ disk, ...now }, board.trueUs, written)
        await board.rig.start()
      }
      await board.feed(i, i + 1)
    }
    await board.advance(10_000)
    await board.rig.stop()
    assert.equal(imbalance.points(board.sink().points), 0)
    return board.lines('arrival')
  }
  const whole = await run([])
  assertAll(whole, 100)
  for (const kills of [[5], [31, 32], [44], [48], [49], [20, 44, 50, 80]])
    assert.deepEqual(await run(kills), whole, `killed before ${kills.join(', ')}`)
  // Here the next process sees the step before this one has.
  for (const kills of [[45], [46], [47]]) assertAll(await run(kills), 100)
})

test('set while weir is down: what waits is told by how long the machine has run', async () => {
  const disk = new MemoryDisk()
  const first = untrue({ disk })
  await first.rig.start()
  await first.feed(0, 33)
  await first.rig.stop()
  assert.ok(first.sink().untimed > 0)
  const { clock } = first.rig
  const downMs = 60_000
  const second = new Board(
    { disk, startUs: first.trueUs + downMs * 1000, monotonicMs: clock.monotonicMs() + downMs },
    first.trueUs + downMs * 1000,
  )
  await second.rig.start()
  await second.feed(33, 66)
  await second.advance(10_000)
  await second.rig.stop()
  const lines = second.lines('arrival')
  assertAll(lines, 66)
  assert.deepEqual(
    lines.slice(0, 2).map(({ timeUs }) => timeUs),
    [NOW_US, NOW_US + 1e6],
  )
})

test('restarted by another boot before it was set: nobody knows when those were, so they are given up and counted', async () => {
  const disk = new MemoryDisk()
  const first = untrue({ disk, boot: 'one' })
  await first.rig.start()
  await first.feed(0, 33)
  await first.rig.stop()
  const { untimed } = first.sink()
  assert.ok(untimed > 0)
  const second = untrue({ disk: disk.copy(), boot: 'two' })
  await second.rig.start()
  await second.feed(0, 20)
  second.setRight()
  await second.feed(20, 40)
  await second.advance(10_000)
  await second.rig.stop()
  assertAll(second.lines('arrival'), 40)
  assert.ok(second.sink().points.givenUp >= untimed)
  assert.equal(imbalance.points(second.sink().points), 0)
})

test('back in 1970 after a stop in order: nothing is late, and points of before go out with their own times', async () => {
  const disk = new MemoryDisk()
  const first = new Board({ disk, boot: 'one', startUs: NOW_US - 20_000 })
  await first.rig.start()
  await first.feed(0, 25)
  await first.rig.stop()
  const second = new Board({ disk: disk.copy(), boot: 'two', startUs: WRONG_US, isTrue: false }, first.trueUs + 60e6)
  await second.rig.start()
  await second.feed(25, 50)
  second.setRight()
  await second.feed(50, 80)
  await second.advance(10_000)
  await second.rig.stop()
  const lines = [...first.lines('arrival'), ...second.lines('arrival')]
  assertAll(lines, 80)
  assert.ok(lines.every(({ timeUs }) => timeUs >= NOW_US - 1e6 && timeUs < second.trueUs))
})

test('where sources of both kinds share one, samples without a time of their own are invalid until the clock is right', async () => {
  const time = { path: 't', unit: 'us', or: 'arrival' }
  const sources = { event: { type: 'script', wait: '0s', time, decode: { type: 'json', fields: ['v'] } } }
  const board = untrue({ config: config({ sources }) })
  const { rig } = board
  await rig.start()
  await rig.push('event', 'e', JSON.stringify({ v: 1 }))
  await rig.push('event', 'e', JSON.stringify({ v: 2, t: board.trueUs }))
  await board.advance(1000)
  assert.equal(rig.gateway.status().sources[0].samples.invalid, 1)
  board.setRight()
  await board.advance(1000)
  await rig.push('event', 'e', JSON.stringify({ v: 4 }))
  await board.advance(10_000)
  await rig.stop()
  const { invalid, reduced } = rig.gateway.status().sources[0].samples
  assert.deepEqual([invalid, reduced], [1, 2])
})

for (const [name, isTrue, byUs] of [
  ['1970 to now', false, NOW_US - WRONG_US],
  ['an hour back', true, -HOUR_US],
  ['an hour forward', true, HOUR_US],
] as const) {
  test(`${name}: windows of every kind, and what is derived, have each sample as often as without`, async () => {
    const windows = {
      second: { of: '*', every: '1s', lateness: '2s', reduce: ['count', 'twa'] },
      hop: { of: '*', size: '4s', every: '1s', lateness: '2s', reduce: ['count'] },
      session: { of: '*', session: '2s', lateness: '1s', reduce: ['count'] },
      counted: { of: '*', count: 7, reduce: ['count'] },
      raw: { of: '*', raw: true },
    }
    const sources = {
      a: { type: 'script', decode: { type: 'json', fields: ['v', 'w'] } },
      b: { type: 'script', time: { clock: 'samples', rate: 10 }, decode: { type: 'json', fields: ['x'] } },
    }
    const derived = {
      z: {
        sum: [
          { source: 'a', field: 'v' },
          { source: 'a', field: 'w' },
        ],
      },
    }
    const startUs = isTrue ? NOW_US - 20_000 : WRONG_US
    const board = new Board({ startUs, isTrue, config: config({ windows, sources, derived }) })
    const { rig } = board
    await rig.start()
    for (let i = 0; i < 200; i++) {
      if (i === 93) {
        rig.clock.stepWall(rig.clock.nowUs() + byUs)
        rig.clock.setTrue(true)
      }
      await rig.push('a', 'a', JSON.stringify({ v: i, w: 1000 }))
      await rig.push('b', 'b', JSON.stringify({ x: i }))
      for (const of of ['a', 'b']) rig.script(of).out.endBurst()
      await board.advance(100)
    }
    await board.advance(10_000)
    for (const { name, samples } of rig.gateway.status().sources)
      assert.deepEqual(
        [name, samples.reduced, samples.late, samples.future, samples.lost, samples.invalid, samples.rejected],
        [name, name === 'a' ? 400 : 200, 0, 0, 0, 0, 0],
      )
    await rig.stop()
    const last = new Map<string, number>()
    for (const { measurement, timeUs, fields } of rig.due)
      for (const [field, value] of Object.entries(fields)) last.set(`${measurement} ${field} ${timeUs}`, value)
    const count = (measurement: string, field: string) =>
      [...last].reduce((all, [key, value]) => (key.startsWith(`${measurement} ${field} `) ? all + value : all), 0)
    for (const field of ['v_count', 'w_count', 'x_count', 'z_count']) {
      assert.equal(count('second', field), 200, `second ${field}`)
      assert.equal(count('session', field), 200, `session ${field}`)
      assert.ok(count('counted', field) >= 196, `counted ${field}: ${count('counted', field)}`)
      assert.ok(count('hop', field) >= 800 - 3 * 40, `hop ${field}: ${count('hop', field)}`)
    }
    assert.equal(rig.due.filter(({ measurement, fields }) => measurement === 'raw' && 'v' in fields).length, 200)
  })
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lane, type LaneOptions } from '../../src/engine/lane.js'
import { line } from '../../src/formats/line.js'
import { imbalance } from '../../src/model/ledger.js'
import { silent } from '../../src/model/log.js'
import type { SendResult, Sink } from '../../src/model/sink.js'
import { Spool } from '../../src/spool/spool.js'
import { FakeClock, settle } from '../support/fake-clock.js'
import { failure, MemoryDisk } from '../support/memory-disk.js'
import { draws } from '../support/orders.js'
import { points } from '../support/points.js'

const damage = {
  found: (path: string, offset: number, why: string) => assert.fail(`${path} ${offset} ${why}`),
  note() {},
}
const BOUNDS = { maxBytes: 2 ** 28, maxAgeUs: 7 * 86_400e6, minFree: 0.1 }

/** A sink that keeps lines by key, as a database does, in the order in which they came. */
class Database implements Sink {
  readonly takesSeveral = true
  readonly lines: string[] = []
  readonly byKey = new Map<string, string>()
  answer: (body: string) => SendResult = () => ({ outcome: 'ok' })
  tookMs = 0
  #runs = 0

  constructor(readonly clock: FakeClock) {}

  async send(body: Uint8Array, _signal?: AbortSignal, isAlive = () => true): Promise<SendResult> {
    const text = Buffer.from(body).toString()
    if (this.tookMs > 0) await new Promise<void>((resolve) => this.clock.after(this.tookMs, resolve))
    if (!isAlive()) return new Promise(() => {})
    const answer = this.answer(text)
    if (answer.outcome === 'ok')
      for (const one of text.trimEnd().split('\n')) {
        this.lines.push(one)
        const [key, value, time] = one.split(' ')
        this.byKey.set(`${key} ${time}`, value)
      }
    return answer
  }

  /** For one run; those before it have died, and what they send goes nowhere. */
  ofRun(): Sink {
    const run = ++this.#runs
    return { takesSeveral: true, send: (body) => this.send(body, undefined, () => run === this.#runs) }
  }
}

function setUp(
  disk: MemoryDisk,
  clock: FakeClock,
  sink: Sink,
  more: { lastMark?: number; bounds?: object; gate?: LaneOptions['gate'] } = {},
) {
  const spool = Spool.open({
    disk,
    dir: '/state/spool/db',
    gateway: 'g',
    bootId: 'b',
    durable: false,
    lastMark: more.lastMark,
    bounds: { ...BOUNDS, ...more.bounds },
    clock,
    log: silent,
    damage,
  })
  const lane = new Lane({
    name: 'db',
    type: 'db',
    sink,
    format: line,
    clock,
    log: silent,
    spool,
    ...(more.gate && { gate: more.gate }),
    random: () => 0.5,
  })
  const offer = (x: number, timeS: number, correction = false, window = 'm') =>
    lane.offer(
      points([{ tags: { source: 's' }, fields: { x }, correction }], {
        window,
        timeUs: timeS * 1e6,
      }),
    )
  return { lane, spool, offer }
}

const down = (): SendResult => ({ outcome: 'retry', why: 'down' })

test('points wait on disk over restarts at any moment, in their order, each sent at least once and counted once', async () => {
  const clock = new FakeClock()
  let disk = new MemoryDisk()
  const database = new Database(clock)
  let seed = 1
  const random = () => {
    seed = (seed * 48271) % 2147483647
    return seed / 2147483647
  }
  let batch = 0
  let value = 0
  for (let run = 0; run < 40; run++) {
    const { lane, offer } = setUp(disk, clock, database)
    database.answer = () => (random() < 0.4 ? down() : { outcome: 'ok' })
    for (let i = 0; i < 10; i++) {
      batch++
      const n = Math.floor(random() * 3)
      for (let k = 0; k < n; k++) offer(++value, value)
      lane.commit(batch)
      // Made again by a replay: dropped.
      if (n > 0 && random() < 0.3) {
        offer(-1, value)
        lane.commit(batch)
      }
      lane.pump()
      await clock.advance(random() * 2000)
      assert.equal(imbalance.points(lane.status().points), 0)
      assert.equal(lane.status().points.emitted, value)
    }
    disk = disk.copy()
  }
  database.answer = () => ({ outcome: 'ok' })
  const { lane } = setUp(disk, clock, database)
  lane.pump()
  await clock.advance(120_000)
  const { emitted, delivered, spooled } = lane.status().points
  assert.deepEqual({ emitted, delivered, spooled }, { emitted: value, delivered: value, spooled: 0 })
  assert.equal(database.byKey.size, value)
  assert.ok(![...database.byKey.values()].includes('x=-1'))
})

test('after a day away points of now wait less than a second while the backlog goes, and corrections follow what they correct', async () => {
  const clock = new FakeClock()
  const database = new Database(clock)
  const { lane, spool, offer } = setUp(new MemoryDisk(), clock, database)
  database.answer = down
  let batch = 0
  // A point a minute for a day.
  for (let minute = 0; minute < 1440; minute++) {
    for (let i = 0; i < 60; i++) offer(i, minute * 60 + i)
    lane.commit(++batch)
    lane.pump()
    await clock.advance(60_000)
  }
  assert.equal(lane.status().points.spooled, 1440 * 60)
  database.answer = () => ({ outcome: 'ok' })
  database.tookMs = 200
  let longestMs = 0
  let isBack = false
  for (let i = 0; i < 200; i++) {
    const timeS = 100_000 + i
    offer(i, timeS)
    if (i === 50) offer(777, 86_000, true)
    lane.commit(++batch)
    lane.pump()
    const fromMs = clock.monotonicMs()
    let wentMs = Number.NaN
    for (let waited = 0; waited < 1000; waited += 50) {
      await clock.advance(50)
      if (Number.isNaN(wentMs) && database.byKey.has(`m,source=s ${timeS}000000000`))
        wentMs = clock.monotonicMs() - fromMs
    }
    isBack ||= lane.status().state === 'up'
    if (isBack && i > 60) longestMs = Math.max(longestMs, Number.isNaN(wentMs) ? 9999 : wentMs)
  }
  assert.ok(longestMs < 1000, `${longestMs} ms`)
  await clock.advance(600_000)
  lane.pump()
  await clock.advance(600_000)
  assert.equal(lane.status().points.spooled, 0)
  assert.equal(spool.hasBacklog, false)
  // Written last, though points of now went before it.
  assert.equal(database.byKey.get('m,source=s 86000000000000'), 'x=777')
  const at = (text: string) => database.lines.findIndex((one) => one.includes(text))
  assert.ok(at('x=777 ') > at('m,source=s x=20 86000000000000'))
})

test('however long the sink takes, how often it goes, and whenever weir is killed: a correction is never sent before what it corrects, and none stays behind', async () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = draws(seed)
    const clock = new FakeClock()
    const database = new Database(clock)
    let disk = new MemoryDisk()
    let gateMs = 0
    /** Marks become safe in their order, some later than others. */
    const gate = () => {
      const waiting: (() => void)[] = []
      return (done: () => void) => {
        if (gateMs === 0 && waiting.length === 0) return done()
        waiting.push(done)
        clock.after(gateMs * random(), () => waiting.shift()!())
      }
    }
    const begin = () => setUp(disk, clock, database.ofRun(), { gate: gate() })
    let { lane, spool, offer } = begin()
    const last = new Map<string, string>()
    const outages = 0.005 + random() * 0.05
    for (let batch = 1; batch <= 300; batch++) {
      const second = 1000 + Math.floor(batch / 4)
      for (let i = Math.floor(random() * 4); i > 0; i--) {
        const window = random() < 0.5 ? 'm' : 'n'
        const timeS = second - Math.floor(random() * (window === 'm' ? 3 : 12))
        const key = `${window},source=s ${timeS}000000000`
        const x = batch * 10 + i
        offer(x, timeS, last.has(key), window)
        last.set(key, `x=${x}`)
      }
      if (random() < 0.1) await clock.advance(50)
      lane.commit(batch)
      lane.pump()
      if (random() < outages) database.answer = random() < 0.5 ? down : () => ({ outcome: 'ok' })
      if (random() < outages) database.answer = () => (random() < 0.5 ? down() : { outcome: 'ok' })
      if (random() < 0.1) database.tookMs = random() * 900
      if (random() < 0.1) gateMs = random() < 0.5 ? 0 : random() * 400
      await clock.advance(250)
      if (random() < 0.005) {
        disk = disk.copy()
        ;({ lane, spool, offer } = begin())
      }
    }
    database.answer = () => ({ outcome: 'ok' })
    for (let i = 0; i < 150; i++) {
      lane.pump()
      await clock.advance(1000)
    }
    assert.deepEqual([lane.status().points.spooled, spool.hasBacklog], [0, false], `seed ${seed}`)
    for (const [key, value] of last) assert.equal(database.byKey.get(key), value, `seed ${seed}: ${key}`)
  }
})

test('killed when the backlog has just come to its end: a correction behind it is not sent before an earlier one', async () => {
  const clock = new FakeClock()
  const database = new Database(clock)
  const disk = new MemoryDisk()
  let isSafe = true
  const waiting: (() => void)[] = []
  const gate = (done: () => void) => (isSafe ? done() : void waiting.push(done))
  const { lane, spool, offer } = setUp(disk, clock, database.ofRun(), { gate })
  let batch = 0
  const commit = (...point: Parameters<typeof offer>) => {
    offer(...point)
    lane.commit(++batch)
    lane.pump()
  }
  database.answer = down
  commit(1, 1)
  await settle()
  commit(2, 2)
  await clock.advance(10_000)
  database.answer = () => ({ outcome: 'ok' })
  database.tookMs = 100
  while (!spool.hasBacklog) await clock.advance(50)
  // Of now, and past the correction.
  commit(3, 9)
  isSafe = false
  commit(4, 2, true)
  for (let i = 0; i < 20; i++) {
    await clock.advance(50)
    lane.pump()
  }
  assert.equal(spool.hasBacklog, false)
  database.answer = down
  isSafe = true
  for (const done of waiting) done()
  commit(5, 2, true)
  await clock.advance(1000)
  database.answer = () => ({ outcome: 'ok' })
  const again = setUp(disk.copy(), clock, database.ofRun())
  for (let i = 0; i < 20; i++) {
    again.lane.pump()
    await clock.advance(500)
  }
  assert.equal(database.byKey.get('m,source=s 2000000000'), 'x=5')
})

test('a spool past its bounds gives up the oldest and counts it', async () => {
  const clock = new FakeClock()
  const database = new Database(clock)
  database.answer = down
  const { lane, offer } = setUp(new MemoryDisk(), clock, database, { bounds: { maxAgeUs: 10e6 } })
  for (let i = 0; i < 30; i++) {
    offer(i, i)
    lane.commit(i)
    lane.pump()
    await clock.advance(1000)
  }
  const { emitted, givenUp, spooled } = lane.status().points
  assert.equal(emitted, 30)
  assert.ok(givenUp >= 15 && givenUp <= 21, `${givenUp}`)
  assert.equal(spooled, 30 - givenUp)
  database.answer = () => ({ outcome: 'ok' })
  await clock.advance(60_000)
  assert.equal(database.lines.at(-1), 'm,source=s x=29 29000000000')
})

test('a disk that refuses keeps no point back: they go from memory, and later points not before them', async () => {
  const clock = new FakeClock()
  const database = new Database(clock)
  database.answer = down
  const disk = new MemoryDisk()
  const { lane, offer } = setUp(disk, clock, database)
  const commit = (x: number) => {
    offer(x, x)
    lane.commit(x)
    lane.pump()
  }
  commit(1)
  await settle()
  disk.before = (what, path) => {
    if (what === 'append' || what === 'writeAt' || what === 'create') throw failure('ENOSPC', path)
  }
  commit(2)
  assert.match(lane.status().spoolFailing!, /ENOSPC/)
  assert.equal(lane.status().points.spooled, 2)
  disk.before = () => {}
  commit(3)
  database.answer = () => ({ outcome: 'ok' })
  await clock.advance(60_000)
  commit(4)
  await clock.advance(1000)
  assert.deepEqual(
    database.lines,
    [1, 2, 3, 4].map((x) => `m,source=s x=${x} ${x}000000000`),
  )
  assert.equal(lane.status().points.delivered, 4)
  assert.equal(lane.status().spoolFailing, undefined)
})

test('what the journal knows no batch of was never sent: it is cut off', async () => {
  const clock = new FakeClock()
  const disk = new MemoryDisk()
  const away = new Database(clock)
  away.answer = down
  const first = setUp(disk, clock, away)
  for (const batch of [1, 2, 3]) {
    first.offer(batch, batch)
    first.lane.commit(batch)
  }
  const database = new Database(clock)
  const { lane, offer } = setUp(disk.copy(), clock, database, { lastMark: 2 })
  assert.equal(lane.batch, 2)
  offer(33, 3)
  lane.commit(3)
  lane.pump()
  await clock.advance(1000)
  assert.deepEqual([...database.byKey.values()], ['x=1', 'x=2', 'x=33'])
})

import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { Lane, type LaneOptions } from '../../src/engine/lane.js'
import { imbalance } from '../../src/model/ledger.js'
import type { Format, SendResult, Sink } from '../../src/model/sink.js'
import { FakeClock, settle } from '../support/fake-clock.js'
import { points } from '../support/points.js'
import { RecordingLog } from '../support/recording-log.js'

/** One number a line: the first field's value. */
const plain: Format = {
  type: 'plain',
  summary: '',
  header: '',
  encode: (p) => Buffer.from(p.device.map((_, i) => `${p.value[p.firstField[i]]}\n`).join('')),
}

/** Points that are the numbers [from, to). */
const numbers = (from: number, to: number) =>
  points(Array.from({ length: to - from }, (_, i) => ({ tags: {}, fields: { x: from + i } })))

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

const ok: SendResult = { outcome: 'ok' }
const down: SendResult = { outcome: 'retry', why: 'cannot write: no route' }

/** Answers from a script, then ok; keeps what was taken and every attempt. */
class ScriptedSink implements Sink {
  readonly taken: number[] = []
  readonly attempts: number[][] = []
  answer: (lines: number[]) => SendResult | Promise<SendResult> = () => ok

  async send(body: Uint8Array): Promise<SendResult> {
    const lines = Buffer.from(body).toString().trimEnd().split('\n').map(Number)
    this.attempts.push(lines)
    const result = await this.answer(lines)
    if (result.outcome === 'ok') this.taken.push(...lines)
    return result
  }
}

function setUp<S extends Sink>(sink: S, options: Partial<LaneOptions> = {}) {
  const clock = new FakeClock()
  const log = new RecordingLog()
  const lane = new Lane({
    name: 'db',
    type: 'scripted',
    sink,
    format: plain,
    clock,
    log,
    random: () => 0,
    ...options,
  })
  return { lane, clock, log, sink }
}

test('what is offered between ticks goes out as one body, in order', async () => {
  const { lane, sink } = setUp(new ScriptedSink())
  lane.offer(numbers(0, 3))
  lane.offer(numbers(3, 5))
  assert.equal(lane.status().state, 'starting')
  assert.equal(lane.status().queuedBytes, 10)
  lane.pump()
  await settle()
  assert.deepEqual(sink.attempts, [[0, 1, 2, 3, 4]])
  assert.deepEqual(lane.status().points, { emitted: 5, delivered: 5, refused: 0, givenUp: 0, spooled: 0 })
  assert.equal(lane.status().state, 'up')
  assert.equal(lane.status().queuedBytes, 0)
})

test('one body is on its way at a time, and what comes meanwhile follows', async () => {
  let release = (_: SendResult) => {}
  const { lane, sink } = setUp(new ScriptedSink())
  sink.answer = () => new Promise((resolve) => (release = resolve))
  lane.offer(numbers(0, 2))
  lane.pump()
  lane.offer(numbers(2, 4))
  lane.pump()
  await settle()
  assert.deepEqual(sink.attempts, [[0, 1]])
  release(ok)
  await settle()
  assert.deepEqual(sink.attempts, [
    [0, 1],
    [2, 3],
  ])
})

test('bodies keep to their bounds, also for one pane of many lines', async () => {
  const { lane, sink } = setUp(new ScriptedSink(), { maxBodyLines: 40, maxBodyBytes: 100 })
  lane.offer(numbers(0, 130))
  lane.offer(numbers(130, 135))
  lane.offer(numbers(135, 160))
  lane.pump()
  await settle()
  assert.deepEqual(sink.taken, range(0, 160))
  assert.ok(sink.attempts.every((lines) => lines.length <= 40))
})

test('retries back off from half a second to half a minute, with jitter, and say it once', async () => {
  const { lane, clock, log, sink } = setUp(new ScriptedSink())
  sink.answer = () => down
  lane.offer(numbers(0, 1))
  lane.pump()
  await settle()
  let lastMs = 0
  const gaps: number[] = []
  for (let attempts = sink.attempts.length; gaps.length < 9; ) {
    await clock.advance(50)
    lane.pump()
    if (sink.attempts.length === attempts) continue
    attempts = sink.attempts.length
    gaps.push(clock.monotonicMs() - lastMs)
    lastMs = clock.monotonicMs()
  }
  assert.deepEqual(gaps, [250, 500, 1000, 2000, 4000, 8000, 15000, 15000, 15000])
  assert.equal(lane.status().state, 'down')
  assert.equal(lane.status().detail, 'cannot write: no route')
  sink.answer = () => ok
  await clock.advance(30_000)
  assert.deepEqual(sink.taken, [0])
  assert.deepEqual(log.said, [
    'warn: sink db: cannot write: no route; it is tried again until it works',
    'info: sink db: reachable again after 76 s',
  ])
  assert.equal(lane.status().detail, undefined)
})

test('jitter spreads a wait over its upper half', async () => {
  const { lane, clock, sink } = setUp(new ScriptedSink(), { random: () => 0.999 })
  sink.answer = () => down
  lane.offer(numbers(0, 1))
  lane.pump()
  await clock.advance(499)
  assert.equal(sink.attempts.length, 1)
  await clock.advance(1)
  assert.equal(sink.attempts.length, 2)
})

test('the server may ask for a longer wait, but not for ever', async () => {
  const { lane, clock, sink } = setUp(new ScriptedSink())
  const waits = [7000, 1e12]
  sink.answer = () => ({ ...down, afterMs: waits.shift() })
  lane.offer(numbers(0, 1))
  lane.pump()
  await clock.advance(6999)
  assert.equal(sink.attempts.length, 1)
  await clock.advance(1)
  assert.equal(sink.attempts.length, 2)
  await clock.advance(600_000)
  assert.equal(sink.attempts.length, 3)
})

test('a new reason in the same episode is said too, a few of them at most', async () => {
  const { lane, clock, log, sink } = setUp(new ScriptedSink())
  let reason = 0
  sink.answer = () => ({ outcome: 'retry', why: `reason ${reason++ >> 1}` })
  lane.offer(numbers(0, 1))
  lane.pump()
  await clock.advance(600_000)
  assert.deepEqual(
    log.said.map((text) => /reason \d/.exec(text)?.[0]),
    ['reason 0', 'reason 1', 'reason 2'],
  )
})

test('a refused body is halved until the bad lines stand alone; the others arrive in order', async () => {
  const { lane, log, sink } = setUp(new ScriptedSink())
  const bad = new Set([3, 17, 18, 99])
  sink.answer = (lines) => (lines.some((n) => bad.has(n)) ? { outcome: 'refused', why: `bad\n${lines}` } : ok)
  lane.offer(numbers(0, 100))
  lane.pump()
  await settle()
  await settle()
  assert.deepEqual(
    sink.taken,
    range(0, 100).filter((n) => !bad.has(n)),
  )
  assert.deepEqual(lane.status().points, { emitted: 100, delivered: 96, refused: 4, givenUp: 0, spooled: 0 })
  assert.deepEqual(
    lane.rejected,
    [3, 17, 18, 99].map((n) => ({ why: `bad\n${n}`, line: String(n) })),
  )
  assert.equal(log.said.length, 4)
  assert.equal(lane.status().state, 'up')
})

test('refused lines are logged a few a minute', async () => {
  const { lane, clock, log, sink } = setUp(new ScriptedSink())
  sink.answer = () => ({ outcome: 'refused', why: 'bad' })
  lane.offer(numbers(0, 50))
  lane.pump()
  await clock.advance(60_000)
  assert.equal(lane.status().points.refused, 50)
  assert.equal(log.said.length, 5)
  lane.offer(numbers(0, 1))
  lane.pump()
  await settle()
  assert.equal(log.said.length, 6)
})

test('refused lines are kept in a file of bounded size with the reason before them', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'weir-rejected-'))
  const { lane, sink } = setUp(new ScriptedSink(), {
    name: '../db',
    rejectedDir: join(dir, 'new'),
    maxRejectedBytes: 80,
  })
  sink.answer = () => ({ outcome: 'refused', why: 'field type\nconflict' })
  lane.offer(numbers(10, 13))
  lane.pump()
  await lane.drain(new AbortController().signal)
  const [name, older] = await readdir(join(dir, 'new'))
  assert.equal(await readFile(join(dir, 'new', name), 'utf8'), 'field type conflict\t12\n')
  assert.equal(await readFile(join(dir, 'new', older), 'utf8'), 'field type conflict\t11\n')
  assert.ok((await stat(join(dir, 'new', name))).size <= 40)
  await rm(dir, { recursive: true })
})

test('refused lines count also where they cannot be kept', async () => {
  const { lane, log, sink } = setUp(new ScriptedSink(), { rejectedDir: '/dev/null/x' })
  sink.answer = () => ({ outcome: 'refused', why: 'bad' })
  lane.offer(numbers(0, 3))
  await lane.drain(new AbortController().signal)
  assert.equal(lane.status().points.refused, 3)
  assert.equal(log.said.filter((text) => text.includes('cannot keep refused lines')).length, 1)
})

test('an over-full queue gives up the oldest, counts it and says so once', async () => {
  const { lane, clock, log, sink } = setUp(new ScriptedSink(), { maxQueuedBytes: 40, maxBodyBytes: 10 })
  sink.answer = () => down
  for (let n = 10; n < 60; n++) lane.offer(numbers(n, n + 1))
  lane.pump()
  await settle()
  for (let n = 60; n < 70; n++) lane.offer(numbers(n, n + 1))
  assert.ok(lane.status().queuedBytes <= 40)
  assert.equal(imbalance.points(lane.status().points), 0)
  assert.ok(lane.status().points.givenUp > 40)
  assert.equal(log.said.filter((text) => text.startsWith('error: sink db: queue full')).length, 1)
  sink.answer = () => ok
  await clock.advance(1000)
  assert.deepEqual(sink.taken, range(70 - sink.taken.length, 70))
  assert.equal(lane.status().points.delivered, sink.taken.length)
})

test('the body on its way is never given up', async () => {
  let release = (_: SendResult) => {}
  const { lane, sink } = setUp(new ScriptedSink(), { maxQueuedBytes: 6, maxBodyBytes: 3 })
  sink.answer = () => new Promise((resolve) => (release = resolve))
  lane.offer(numbers(10, 11))
  lane.pump()
  for (let n = 11; n < 20; n++) lane.offer(numbers(n, n + 1))
  sink.answer = () => ok
  release(ok)
  await settle()
  assert.deepEqual(sink.taken, [10, 19])
  assert.deepEqual(lane.status().points, { emitted: 10, delivered: 2, refused: 0, givenUp: 8, spooled: 0 })
})

test('a sink is opened before the first body and until it works', async () => {
  let failures = 2
  const opened: string[] = []
  const sink = Object.assign(new ScriptedSink(), {
    async open() {
      opened.push('open')
      if (failures-- > 0) throw new Error('cannot open: not there')
    },
  })
  const { lane, clock, log } = setUp(sink)
  lane.pump()
  await settle()
  assert.equal(lane.status().state, 'down')
  lane.offer(numbers(0, 1))
  await clock.advance(5000)
  assert.equal(opened.length, 3)
  assert.deepEqual(sink.taken, [0])
  assert.equal(lane.status().state, 'up')
  assert.deepEqual(log.said, [
    'warn: sink db: cannot open: not there; it is tried again until it works',
    'info: sink db: reachable again after 1 s',
  ])
})

test('sources that can wait are held from half full on', async () => {
  const { lane, clock, sink } = setUp(new ScriptedSink(), { maxQueuedBytes: 40, maxBodyBytes: 10 })
  await lane.room()
  sink.answer = () => down
  for (let n = 10; n < 17; n++) lane.offer(numbers(n, n + 1))
  assert.equal(lane.full(), true)
  let roomy = false
  lane.room().then(() => (roomy = true))
  await clock.advance(100)
  assert.equal(roomy, false)
  sink.answer = () => ok
  await clock.advance(1000)
  assert.equal(roomy, true)
  assert.equal(lane.status().points.givenUp, 0)
})

test('a sink closed for good takes everything as given up, and nobody waits for it', async () => {
  const { lane, sink, log } = setUp(new ScriptedSink(), { maxQueuedBytes: 40, maxBodyBytes: 10 })
  sink.answer = () => ({ outcome: 'closed', why: 'stdout was closed' })
  for (let n = 10; n < 20; n++) lane.offer(numbers(n, n + 1))
  await lane.room()
  lane.offer(numbers(0, 5))
  lane.pump()
  await lane.drain(new AbortController().signal)
  assert.deepEqual(lane.status().points, { emitted: 15, delivered: 0, refused: 0, givenUp: 15, spooled: 0 })
  assert.equal(lane.status().state, 'closed')
  assert.equal(sink.attempts.length, 1)
  await lane.close()
  assert.equal(log.said.length, 1)
})

test('draining tries at once, then again until it is done', async () => {
  const { lane, clock, sink } = setUp(new ScriptedSink())
  sink.answer = () => down
  lane.offer(numbers(0, 3))
  lane.pump()
  await clock.advance(60_000)
  const before = sink.attempts.length
  const drained = lane.drain(new AbortController().signal)
  await settle()
  assert.equal(sink.attempts.length, before + 1)
  sink.answer = () => ok
  await clock.advance(250)
  await drained
  assert.deepEqual(sink.taken, [0, 1, 2])
  assert.equal(clock.waiting, 0)
})

test('draining with nothing queued does not wait for a sink that is still opening', async () => {
  const opening = Object.assign(new ScriptedSink(), {
    open: (signal: AbortSignal) =>
      new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
  })
  const { lane, clock, log } = setUp(opening)
  lane.pump()
  await lane.drain(new AbortController().signal)
  await lane.close()
  assert.deepEqual(log.said, [])
  assert.equal(clock.waiting, 0)
})

test('draining ends when told; closing gives up the rest, aborts what hangs and leaves no timer', async () => {
  let closed = 0
  const sink: Sink = {
    send: (_, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve({ outcome: 'retry', why: 'aborted' }))),
    async close() {
      closed++
    },
  }
  const { lane, clock, log } = setUp(sink)
  lane.offer(numbers(0, 3))
  const patience = new AbortController()
  const drained = lane.drain(patience.signal)
  await settle()
  patience.abort()
  await drained
  assert.equal(lane.status().points.spooled, 3)
  await lane.close()
  assert.deepEqual(lane.status().points, { emitted: 3, delivered: 0, refused: 0, givenUp: 3, spooled: 0 })
  assert.equal(lane.status().state, 'closed')
  assert.equal(closed, 1)
  assert.equal(clock.waiting, 0)
  assert.deepEqual(log.said, ['error: sink db: 3 points given up, not delivered before the end'])
  lane.offer(numbers(0, 2))
  assert.equal(lane.status().points.givenUp, 5)
})

test('whatever a server does, the ledger balances at every step and each point has one fate', async () => {
  const step = fc.oneof(
    fc.record({ offer: fc.integer({ min: 0, max: 30 }) }),
    fc.record({ advance: fc.integer({ min: 0, max: 3000 }) }),
    fc.record({ server: fc.constantFrom('ok', 'retry', 'refuse some', 'refuse all') }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const { lane, clock, sink } = setUp(new ScriptedSink(), {
        maxQueuedBytes: 200,
        maxBodyBytes: 60,
        maxBodyLines: 12,
      })
      let mode = 'ok'
      const refusedLines: number[] = []
      sink.answer = (lines) => {
        if (mode === 'retry') return down
        if (mode === 'ok' || (mode === 'refuse some' && lines.every((n) => n % 5))) return ok
        if (lines.length === 1) refusedLines.push(lines[0])
        return { outcome: 'refused', why: 'bad' }
      }
      let next = 0
      for (const s of steps) {
        if ('offer' in s) lane.offer(numbers(next, (next += s.offer)))
        else if ('server' in s) mode = s.server
        else await clock.advance(s.advance)
        lane.pump()
        assert.equal(imbalance.points(lane.status().points), 0)
        assert.equal(lane.status().points.emitted, next)
      }
      await lane.close()
      const { delivered, refused, givenUp } = lane.status().points
      assert.equal(delivered + refused + givenUp, next)
      assert.equal(delivered, sink.taken.length)
      assert.equal(refused, refusedLines.length)
      assert.deepEqual(
        sink.taken,
        [...new Set(sink.taken)].sort((a, b) => a - b),
      )
      assert.equal(new Set([...sink.taken, ...refusedLines]).size, delivered + refused)
    }),
    { numRuns: 100 },
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silent } from '../../src/model/log.js'
import { Held } from '../../src/spool/held.js'
import { FakeClock } from '../support/fake-clock.js'
import { FaultyDisk, WRITES } from '../support/faulty-disk.js'
import { MemoryDisk } from '../support/memory-disk.js'

const options = (disk: MemoryDisk | FaultyDisk, changes: object = {}) => ({
  disk,
  dir: '/held',
  gateway: 'g',
  bootId: 'b',
  durable: false,
  lastMark: undefined,
  bounds: { maxBytes: 1e6, maxAgeUs: 1e12, minFree: 0 },
  clock: new FakeClock(),
  log: silent,
  damage: { found: () => assert.fail('damage'), note: () => {} },
  ...changes,
})
const texts = (held: Held) => [...held.read()].map(({ text }) => text)

test('what is held is there for the next process, in order, but for batches that were never cut', () => {
  const disk = new MemoryDisk()
  const held = new Held(options(disk))
  for (const batch of [1, 2, 3]) held.append(batch, batch * 10, `batch ${batch}`)
  assert.equal(held.points, 60)
  const next = new Held(options(disk.copy(), { lastMark: 2 }))
  assert.deepEqual(texts(next), ['batch 1', 'batch 2'])
  assert.deepEqual([next.points, next.batch], [30, 2])
})

test('what was passed on does not wait, also where the process ended in the midst of it', () => {
  const disk = new MemoryDisk()
  const held = new Held(options(disk))
  for (const batch of [1, 2, 3]) held.append(batch, 10, `batch ${batch}`)
  const [first] = held.read()
  held.passed(first.points, first.at)
  assert.deepEqual([held.points, texts(held)], [20, ['batch 2', 'batch 3']])
  const next = new Held(options(disk.copy()), first.at)
  assert.deepEqual([next.points, texts(next)], [20, ['batch 2', 'batch 3']])
  const other = new Held(options(disk.copy()), { log: 'of another log', to: first.at!.to })
  assert.equal(other.points, 30)
})

test('once all is passed on its files go, and nothing of it comes again', () => {
  const disk = new MemoryDisk()
  const held = new Held(options(disk))
  held.append(1, 10, 'x')
  held.clear()
  assert.equal(held.points, 10, 'not while something waits')
  for (const { points, at } of held.read()) held.passed(points, at)
  held.clear()
  assert.equal(held.bytes, 0)
  held.append(2, 5, 'y')
  assert.deepEqual(texts(held), ['y'])
  assert.deepEqual(texts(new Held(options(disk.copy()))), ['y'])
})

test('past half of what a spool may take the oldest are given up, and said', () => {
  const held = new Held(options(new MemoryDisk()))
  let given = 0
  for (let batch = 0; batch < 100; batch++) given += held.append(batch, 1, 'x'.repeat(20_000))
  assert.ok(held.bytes <= 500_000, `${held.bytes}`)
  assert.equal(held.points + given, 100)
  assert.equal(texts(held).length, held.points)
})

test('what the disk refuses waits in memory behind the rest, within a bound', () => {
  const disk = new FaultyDisk(new MemoryDisk())
  const held = new Held(options(disk))
  held.append(1, 10, 'on the disk')
  disk.fail({ on: WRITES, code: 'ENOSPC' })
  held.append(2, 10, 'in memory')
  disk.mend()
  held.append(3, 10, 'behind it')
  assert.deepEqual(texts(held), ['on the disk', 'in memory', 'behind it'])
  let given = 0
  for (let batch = 4; batch < 14; batch++) given += held.append(batch, 10, 'x'.repeat(2 ** 20))
  assert.ok(held.bytes < 9 * 2 ** 20)
  assert.equal(held.points + given, 130)
})

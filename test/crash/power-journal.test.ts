import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogPosition } from '../../src/disk/record-log.js'
import { settle } from '../support/fake-clock.js'
import { draws } from '../support/orders.js'
import { openLog, texts } from '../support/record-logs.js'
import { SimDisk } from '../support/sim-disk.js'

const RECORDS = 60

/** What was true from an operation of the disk on. */
interface Event {
  at: number
  appended?: number
  safe?: number
  /** Those before it may be gone. */
  removed?: number
}

/** A log of numbered records in small segments, some synced while others are appended, some removed. */
async function written(random: () => number) {
  const disk = new SimDisk()
  disk.syncing = async () => {
    for (let i = random() * 5; i > 0; i--) await settle()
  }
  const { log } = openLog(disk, { durable: true, segmentBytes: 4000 })
  const events: Event[] = []
  const ends: LogPosition[] = []
  for (let i = 0; i < RECORDS; i++) {
    events.push({ at: disk.operations + 1, appended: i })
    log.append(2, [Buffer.from(`${i} `), Buffer.alloc(Math.floor(random() ** 3 * 3000), 'x')])
    ends.push(log.end)
    if (random() < 0.6) log.whenDurable(() => events.push({ at: disk.operations, safe: i }))
    if (random() < 0.5) await settle()
    if (i % 10 === 9)
      log.whenDurable(() => {
        events.push({ at: disk.operations + 1, removed: i })
        log.removeBefore(ends[i]!)
      })
  }
  await new Promise<void>((resolve) => log.whenDurable(resolve))
  events.push({ at: disk.operations, safe: RECORDS - 1 })
  return { disk, events }
}

const numbers = (found: readonly string[]) => found.map((text) => Number.parseInt(text, 10))

test('whenever power goes, a journal has all records that were safe, in order; the rest is a torn end, and no damage', async () => {
  const random = draws(1)
  const { disk, events } = await written(random)
  assert.ok(disk.operations > 100)
  let torn = 0
  for (let upTo = 0; upTo <= disk.operations; upTo++) {
    const seen = events.filter(({ at }) => at <= upTo)
    const highest = (of: (event: Event) => number | undefined) => Math.max(-1, ...seen.map((one) => of(one) ?? -1))
    const where = `behind operation ${upTo}`
    for (const pick of ['nothing', 'everything', random, random, random] as const) {
      const left = disk.crash({ upTo, pick })
      // Damage would be refused.
      const { log } = openLog(left, { durable: true, policy: 'refuse' })
      const found = numbers(texts(log))
      const [first = 0] = found
      assert.deepEqual(
        found,
        found.map((_, i) => first + i),
        `${where}: no gap`,
      )
      assert.ok(
        first <=
          Math.max(
            0,
            highest(({ removed }) => removed),
          ),
        `${where}: begins with ${first}`,
      )
      const last = found.at(-1) ?? -1
      assert.ok(last >= highest(({ safe }) => safe), `${where}: ends with ${last}`)
      assert.ok(last <= highest(({ appended }) => appended), where)
      if (left.list('/j').some(({ name }) => name.endsWith('.broken'))) torn++
      // It goes on, and what is safe then outlives the next power cut.
      log.append(2, [Buffer.from('1000')])
      await new Promise<void>((resolve) => log.whenDurable(resolve))
      const again = openLog(left.crash({ pick: random }), { durable: true, policy: 'refuse' })
      assert.deepEqual(numbers(texts(again.log)), [...found, 1000], `${where}, and once more`)
    }
  }
  assert.ok(torn > 20, `${torn} torn ends`)
})

test('a log that was touched is known by its id, and one that was cut ends there, once that is safe', async () => {
  const random = draws(2)
  for (let round = 0; round < 50; round++) {
    const disk = new SimDisk()
    const first = openLog(disk, { durable: true }).log
    first.touch()
    await new Promise<void>((resolve) => first.whenDurable(resolve))
    const { log } = openLog(disk.crash({ pick: random }), { durable: true })
    assert.equal(log.id, first.id)
    for (const text of ['1', '2', '3']) first.append(2, [Buffer.from(text)])
    const found = disk.crash({ pick: 'everything' })
    const cut = openLog(found, { durable: true }).log
    const [{ end }] = cut.records()
    cut.cut(end)
    await new Promise<void>((resolve) => cut.whenDurable(resolve))
    assert.deepEqual(texts(openLog(found.crash({ pick: random }), { durable: true }).log), ['1'])
  }
})

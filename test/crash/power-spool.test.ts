import assert from 'node:assert/strict'
import { test } from 'node:test'
import { imbalance } from '../../src/model/ledger.js'
import { silent } from '../../src/model/log.js'
import { Spool } from '../../src/spool/spool.js'
import { FakeClock, settle } from '../support/fake-clock.js'
import { draws } from '../support/orders.js'
import { SimDisk } from '../support/sim-disk.js'

const BATCHES = 50

function open(disk: SimDisk, lastMark?: number): Spool {
  disk.makeDir('/state')
  return Spool.open({
    disk,
    dir: '/state/spool/db',
    gateway: 'g',
    bootId: 'b',
    durable: true,
    lastMark,
    segmentBytes: 600,
    bounds: { maxBytes: 2 ** 28, maxAgeUs: 1e15, minFree: 0 },
    clock: new FakeClock(),
    log: silent,
    damage: { found: (path, at, why) => assert.fail(`${path} at ${at}: ${why}`), note: (text) => assert.fail(text) },
  })
}

/** A point whose value tells which run made it. */
const put = (spool: Spool, batch: number, by: string) =>
  spool.append(batch, [{ bytes: Buffer.from(`${batch} ${by}\n`), points: 1, tagged: false }])

const safe = (spool: Spool) => new Promise<void>((resolve) => spool.whenDurable(resolve))

/** What waits, to the end. */
function rest(spool: Spool): string[] {
  const lines: string[] = []
  spool.release(spool.end)
  for (let body = spool.next('live'); body; body = spool.next('live')) {
    lines.push(...body.bytes.toString().trimEnd().split('\n'))
    spool.taken('live', body, { delivered: body.points, refused: 0, givenUp: 0 }, `mark ${lines.length}`)
  }
  return lines
}

/** What was true from an operation of the disk on. */
interface Event {
  at: number
  /** Batches are numbered from 1. */
  appended?: number
  safe?: number
  taken?: number
}

async function written(random: () => number) {
  const disk = new SimDisk()
  const spool = open(disk)
  disk.syncing = async () => {
    for (let i = random() * 5; i > 0; i--) await settle()
  }
  const events: Event[] = []
  let taken = 0
  for (let batch = 1; batch <= BATCHES; batch++) {
    events.push({ at: disk.operations + 1, appended: batch })
    put(spool, batch, 'first')
    const { end } = spool
    spool.whenDurable(() => {
      events.push({ at: disk.operations, safe: batch })
      spool.release(end)
    })
    if (random() < 0.7) await settle()
    const body = random() < 0.5 ? spool.next('live') : undefined
    if (!body) continue
    taken += body.points
    events.push({ at: disk.operations, taken })
    spool.taken('live', body, { delivered: body.points, refused: 0, givenUp: 0 }, `mark ${taken}`)
  }
  await safe(spool)
  await spool.close()
  return { disk, events }
}

test('whenever power goes, points that were safe and not taken wait; those taken may come again, in order, from where the mark is', async () => {
  const random = draws(3)
  const { disk, events } = await written(random)
  assert.ok(disk.operations > 80)
  for (let upTo = 0; upTo <= disk.operations; upTo++) {
    const seen = events.filter(({ at }) => at <= upTo)
    const highest = (of: (event: Event) => number | undefined) => Math.max(0, ...seen.map((one) => of(one) ?? 0))
    for (const pick of ['nothing', 'everything', random, random, random] as const) {
      const where = `behind operation ${upTo}`
      const spool = open(disk.crash({ upTo, pick }))
      const { mark = 'mark 0', ledger } = spool
      assert.equal(imbalance.points(ledger), 0)
      const found = rest(spool).map((line) => Number.parseInt(line, 10))
      const taken = highest((one) => one.taken)
      const from = Number(mark.slice(5))
      assert.ok(from <= taken, where)
      const last = from + found.length
      assert.deepEqual(
        found,
        found.map((_, i) => from + 1 + i),
        `${where}: all behind the mark`,
      )
      assert.ok(last >= highest((one) => one.safe) && last <= highest((one) => one.appended), `${where}: to ${last}`)
    }
  }
})

test('points of a batch whose mark was lost never stand for another batch of that number, also after power goes again', async () => {
  const random = draws(4)
  for (let round = 0; round < 200; round++) {
    const disk = new SimDisk()
    const first = open(disk)
    for (let batch = 1; batch <= 3; batch++) {
      put(first, batch, 'first')
      await safe(first)
    }
    // The mark of batch 3 never got to the disk.
    const found = disk.crash({ pick: 'everything' })
    const second = open(found, 2)
    assert.equal(second.batch, 2)
    await safe(second)
    // Another batch 3 is marked; what it has for this sink may get to the disk or not.
    const before = found.operations
    put(second, 3, 'second')
    const upTo = before + Math.floor(random() * (found.operations - before + 1))
    const third = open(found.crash({ upTo, pick: random }), 3)
    const lines = rest(third)
    assert.deepEqual(lines.slice(0, 2), ['1 first', '2 first'])
    assert.ok(lines.length === 2 || lines[2] === '3 second', lines.join())
    assert.equal(third.batch, lines.length)
  }
})

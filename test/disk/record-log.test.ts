import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DiskError, StateError } from '../../src/model/errors.js'
import { settle } from '../support/fake-clock.js'
import { FaultyDisk } from '../support/faulty-disk.js'
import { MemoryDisk } from '../support/memory-disk.js'
import { openLog, put, texts } from '../support/record-logs.js'

const paths = (disk: MemoryDisk) => [...disk.files.keys()].filter((path) => path.startsWith('/j/')).sort()

test('records come back in their order, from any place on, and after a restart', () => {
  const disk = new MemoryDisk()
  const { log } = openLog(disk, { segmentBytes: 300 })
  assert.ok(log.isNew)
  const ends = Array.from({ length: 30 }, (_, i) => {
    log.append(1 + (i % 3), [Buffer.from('record '), Buffer.from(String(i))])
    return log.end
  })
  const { log: again } = openLog(disk.copy(), { segmentBytes: 300 })
  assert.equal(again.isNew, false)
  assert.equal(again.id, log.id)
  assert.ok(paths(disk).length > 3)
  for (const one of [log, again]) {
    const all = [...one.records()]
    assert.deepEqual(
      all.map(({ type, end }) => [type, end]),
      ends.map((end, i) => [1 + (i % 3), end]),
    )
    for (const [i, end] of ends.entries())
      assert.deepEqual(
        texts(one, end),
        Array.from({ length: 29 - i }, (_, k) => `record ${i + 1 + k}`),
      )
  }
  put(again, 'new')
  assert.equal(texts(again).at(-1), 'new')
})

test('segments before a place are removed, the open one only when it is ended', () => {
  const disk = new MemoryDisk()
  const { log } = openLog(disk, { segmentBytes: 300 })
  for (let i = 0; i < 20; i++) put(log, `record ${i}`)
  const { end } = log
  log.removeBefore(end)
  assert.equal(paths(disk).length, 1)
  assert.deepEqual(log.first?.segment, end.segment - 1, 'it begins behind the last one removed')
  assert.equal(openLog(disk.copy()).log.id, log.id)
  log.roll()
  log.removeBefore({ segment: log.end.segment, offset: 0 })
  assert.deepEqual(paths(disk), [])
  assert.equal(log.bytes, 0)
  put(log, 'next')
  assert.deepEqual(texts(log, end), ['next'])
})

test('a segment that can not be removed stays, is tried again, and does no harm', () => {
  const memory = new MemoryDisk()
  const disk = new FaultyDisk(memory)
  const { log } = openLog(disk, { segmentBytes: 300 })
  for (let i = 0; i < 20; i++) put(log, `record ${i}`)
  disk.fail({ on: ['remove'], code: 'EIO' })
  log.removeBefore(log.end)
  assert.equal(texts(log).length, 20)
  disk.mend()
  log.removeBefore(log.end)
  assert.equal(paths(memory).length, 1)
})

test('without durable all is safe as soon as it is written', () => {
  const { log } = openLog(new MemoryDisk())
  put(log, 'a')
  let done = false
  log.whenDurable(() => {
    done = true
  })
  assert.ok(done)
})

test('one sync serves all that was appended before its start; what is appended meanwhile shares the next', async () => {
  const disk = new FaultyDisk(new MemoryDisk())
  const { log } = openLog(disk, { durable: true })
  const done: string[] = []
  const append = (text: string) => {
    put(log, text)
    log.whenDurable(() => done.push(text))
  }
  const release = disk.holdSyncs()
  append('a')
  for (const text of ['b', 'c', 'd', 'e']) append(text)
  await settle()
  assert.deepEqual(done, [], 'nothing is safe before a sync ends')
  release()
  await settle()
  assert.deepEqual(done, ['a', 'b', 'c', 'd', 'e'])
  assert.equal(disk.count('sync'), 2)
  assert.equal(disk.count('syncDir'), 1, 'the name of the segment too')
  append('f')
  await settle()
  assert.deepEqual([disk.count('sync'), disk.count('syncDir')], [3, 1])
})

test('a segment that ends while a sync runs is synced before what it holds counts', async () => {
  const disk = new FaultyDisk(new MemoryDisk())
  const { log } = openLog(disk, { durable: true, segmentBytes: 250 })
  const release = disk.holdSyncs()
  put(log, 'x')
  log.whenDurable(() => {})
  for (let i = 0; i < 20; i++) put(log, `record ${i}`)
  let isSafe = false
  log.whenDurable(() => {
    isSafe = true
  })
  release()
  await settle()
  assert.ok(isSafe)
  const created = disk.asked.filter(({ what }) => what === 'create').map(({ path }) => path)
  const synced = new Set(disk.asked.filter(({ what }) => what === 'sync').map(({ path }) => path))
  assert.ok(created.length > 3)
  for (const path of created) assert.ok(synced.has(path), path)
})

test('what a killed run had not synced is synced before it counts as safe', async () => {
  const memory = new MemoryDisk()
  put(openLog(memory, { durable: true }).log, 'a', 'b')
  const disk = new FaultyDisk(memory.copy())
  const { log } = openLog(disk, { durable: true })
  let isSafe = false
  log.whenDurable(() => {
    isSafe = true
  })
  assert.equal(isSafe, false)
  await settle()
  assert.ok(isSafe)
  assert.deepEqual([disk.count('sync'), disk.count('syncDir')], [1, 1])
})

test('what the disk refuses waits in order, is tried again each second, and is told as safe only then', async () => {
  for (const durable of [false, true])
    for (let nth = 0; nth < 8; nth++) {
      const disk = new FaultyDisk(new MemoryDisk())
      disk.fail({ on: ['create', 'append'], code: 'ENOSPC', nth, times: 5 })
      const { log, clock } = openLog(disk, { durable, segmentBytes: 300 })
      const done: number[] = []
      const expected: string[] = []
      for (let i = 0; i < 20; i++) {
        assert.ok(put(log, `record ${i}`))
        expected.push(`record ${i}`)
        log.whenDurable(() => done.push(i))
        await clock.advance(100)
      }
      assert.ok(nth > 0 || log.failing?.includes('ENOSPC'))
      await clock.advance(10_000)
      await settle()
      assert.deepEqual(texts(log), expected)
      assert.deepEqual(
        done,
        expected.map((_, i) => i),
      )
      assert.equal(log.failing, undefined)
      assert.deepEqual(texts(openLog(disk.inner as MemoryDisk).log), expected)
    }
})

test('what a failed write left in its file is never read, whatever it is', () => {
  const memory = new MemoryDisk()
  const disk = new FaultyDisk(memory)
  const { log } = openLog(disk)
  put(log, 'a', 'b')
  const [path] = paths(memory)
  const before = Buffer.from(memory.files.get(path) as Buffer)
  put(log, 'c')
  const withC = memory.files.get(path) as Buffer
  memory.files.set(path, before)
  const { log: again } = openLog(memory)
  // A write that failed though all of it came to the disk.
  memory.files.set(path, withC)
  put(again, 'd')
  assert.deepEqual(texts(openLog(memory).log), ['a', 'b', 'd'])
})

test('memory for what the disk refuses is bounded: then it says so, and takes only what others rest on', () => {
  const disk = new FaultyDisk(new MemoryDisk())
  const { log } = openLog(disk, { queueBytes: 1000 })
  disk.fail({ on: ['create', 'append'], code: 'EIO' })
  const hundred = 'x'.repeat(100)
  let taken = 0
  while (put(log, hundred)) taken++
  assert.equal(taken, 10)
  assert.ok(log.full)
  assert.ok(log.append(1, [Buffer.from('channel')], true))
  disk.mend()
  log.retry()
  assert.equal(log.full, false)
  assert.deepEqual(texts(log), [...Array(10).fill(hundred), 'channel'])
})

test('who waits for room has it when the disk works again, or the log is closed', async () => {
  const disk = new FaultyDisk(new MemoryDisk())
  const { log, clock } = openLog(disk, { queueBytes: 100 })
  disk.fail({ on: ['create'], code: 'EROFS', times: 2 })
  put(log, 'x'.repeat(90))
  const waited = log.room()
  await clock.advance(2500)
  await waited
  disk.fail({ on: ['create', 'append'], code: 'EROFS' })
  put(log, 'x'.repeat(90))
  const last = log.room()
  log.close()
  await last
})

test('a sync that fails makes nothing safe: all it was for is written again elsewhere, once, and in order', async () => {
  for (let nth = 0; nth < 6; nth++) {
    const memory = new MemoryDisk()
    const disk = new FaultyDisk(memory)
    disk.fail({ on: ['sync', 'syncDir'], code: 'EIO', nth, times: 3 })
    const { log, clock } = openLog(disk, { durable: true, segmentBytes: 300 })
    const done: number[] = []
    const expected: string[] = []
    for (let i = 0; i < 12; i++) {
      put(log, `record ${i}`)
      expected.push(`record ${i}`)
      log.whenDurable(() => done.push(i))
      if (i % 3 === 0) await settle()
    }
    await settle()
    assert.ok(log.failing?.includes('EIO'))
    assert.ok(done.length < 12)
    await clock.advance(20_000)
    await settle()
    assert.deepEqual(
      done,
      expected.map((_, i) => i),
    )
    assert.equal(log.failing, undefined)
    assert.deepEqual(texts(log), expected)
    const found = openLog(memory, { durable: true })
    assert.deepEqual(texts(found.log), expected)
    assert.deepEqual(found.damage.alarms, [])
  }
})

test('what was written before a failed sync may come back with the power: it is not read twice', async () => {
  const memory = new MemoryDisk()
  const disk = new FaultyDisk(memory)
  const { log, clock } = openLog(disk, { durable: true })
  put(log, 'a')
  log.whenDurable(() => {})
  await settle()
  put(log, 'b', 'c')
  const old = memory.copy()
  disk.fail({ on: ['sync'], code: 'EIO', times: 1 })
  log.whenDurable(() => {})
  await clock.advance(3000)
  await settle()
  for (const [path, bytes] of old.files) memory.files.set(path, bytes)
  const { log: found, damage } = openLog(memory, { durable: true })
  assert.deepEqual(texts(found), ['a', 'b', 'c'])
  assert.deepEqual(damage.alarms, [])
})

test('all behind a place can be taken away, and stays away though the disk refuses to remove it', () => {
  for (const code of [undefined, 'EROFS']) {
    const memory = new MemoryDisk()
    const disk = new FaultyDisk(memory)
    const { log } = openLog(disk, { segmentBytes: 300 })
    const ends = Array.from({ length: 20 }, (_, i) => {
      put(log, `record ${i}`)
      return log.end
    })
    log.close()
    for (const [i, end] of ends.entries()) {
      const copy = new FaultyDisk(memory.copy())
      const { log: again } = openLog(copy, { segmentBytes: 300 })
      if (code) copy.fail({ on: ['remove', 'truncate'], code })
      again.cut(end)
      assert.equal(texts(again).length, i + 1)
      put(again, 'new')
      copy.mend()
      const expected = [...Array.from({ length: i + 1 }, (_, k) => `record ${k}`), 'new']
      assert.deepEqual(texts(again), expected)
      assert.deepEqual(texts(openLog(copy).log), expected)
    }
  }
})

test('what is appended lies behind a place that is known from elsewhere', () => {
  const { log } = openLog(new MemoryDisk())
  const place = { segment: 57, offset: 1234 }
  log.goOnBehind(place)
  put(log, 'a')
  assert.deepEqual(texts(log, place), ['a'])
})

test('a record that was whole and is so no more is an error that names file and offset', () => {
  const memory = new MemoryDisk()
  const { log } = openLog(memory)
  put(log, 'a', 'b', 'c')
  const [path] = paths(memory)
  const bytes = memory.files.get(path) as Buffer
  bytes[bytes.length - 1] ^= 1
  const read: string[] = []
  assert.throws(
    () => {
      for (const { body } of log.records()) read.push(String(body))
    },
    (error) => error instanceof StateError && error.path === path && error.offset > 0,
  )
  assert.deepEqual(read, ['a', 'b'])
  memory.files.delete(path)
  assert.throws(() => texts(log), DiskError)
})

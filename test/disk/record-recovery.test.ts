import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordHead, SEGMENT_HEAD_BYTES } from '../../src/disk/record-format.js'
import { StateError } from '../../src/model/errors.js'
import { settle } from '../support/fake-clock.js'
import { FaultyDisk } from '../support/faulty-disk.js'
import { MemoryDisk } from '../support/memory-disk.js'
import { openLog, put, texts } from '../support/record-logs.js'

const PER_SEGMENT = 4
const SEGMENTS = 3
const all = Array.from({ length: PER_SEGMENT * SEGMENTS }, (_, i) => `record ${i}`)

/** A log of three segments with four records each; the paths of its segments. */
async function whole(durable: boolean, more: { gateway?: string } = {}) {
  const disk = new MemoryDisk()
  const { log } = openLog(disk, { durable, ...more })
  const ends: number[] = []
  for (const [i, text] of all.entries()) {
    put(log, text)
    log.whenDurable(() => {})
    await settle()
    ends.push(log.end.offset)
    if (i % PER_SEGMENT === PER_SEGMENT - 1) log.roll()
  }
  log.close()
  const paths = [...disk.files.keys()].sort()
  assert.equal(paths.length, SEGMENTS)
  return { disk, paths, ends }
}

const edited = (disk: MemoryDisk, path: string, bytes: Buffer): MemoryDisk => {
  const copy = disk.copy()
  copy.files.set(path, bytes)
  return copy
}

const contents = (disk: MemoryDisk) =>
  JSON.stringify([...disk.files].sort().map(([path, bytes]) => [path, String(bytes)]))

/** What a log with something wrong is found to be: a part from its start; told, and aside, what is not of that. */
function checkFound(
  disk: MemoryDisk,
  durable: boolean,
  whole: number,
  where: string,
): { alarms: number; count: number } {
  const before = contents(disk)
  const refused = openOrRefused(disk.copy(), durable)
  const { log, damage, lost } = openLog(disk, { durable })
  const found = texts(log)
  assert.deepEqual(found, all.slice(0, found.length), where)
  const told = [...found, ...lost.map(({ text }) => text)]
  assert.equal(new Set(told).size, told.length, `${where}: nothing counts twice`)
  for (const text of told) assert.ok(all.includes(text), where)
  assert.equal(log.lostRecords, lost.length, where)
  const broken = [...disk.files.keys()].filter((path) => path.endsWith('.broken')).length
  if (found.length < whole) assert.ok(damage.alarms.length + broken > 0, `${where}: a loss is told`)
  assert.equal(refused === undefined, damage.alarms.length === 0, `${where}: what is set aside may be refused instead`)
  if (refused) {
    assert.ok(refused.error instanceof StateError && /onDamage/.test(refused.error.message), where)
    assert.match(refused.error.message, /"\/j\/\d{16}\.log" at byte \d+: /, where)
    assert.equal(contents(refused.disk), before, `${where}: refusing touches nothing`)
  }
  put(log, 'new')
  log.close()
  const again = openLog(disk.copy(), { durable })
  assert.deepEqual(texts(again.log), [...found, 'new'], `${where}: it goes on`)
  assert.deepEqual(again.damage.alarms, [], `${where}: what was told once is settled`)
  return { alarms: damage.alarms.length, count: told.length }
}

function openOrRefused(disk: MemoryDisk, durable: boolean): { disk: MemoryDisk; error: unknown } | undefined {
  try {
    openLog(disk, { durable, policy: 'refuse' })
    return undefined
  } catch (error) {
    return { disk, error }
  }
}

for (const durable of [false, true]) {
  const kind = durable ? 'synced' : 'written'

  test(`a log that was ${kind}, cut at any byte, is read up to there; only what a later record says was safe is damage`, async () => {
    const { disk, paths } = await whole(durable)
    for (const [i, path] of paths.entries()) {
      const bytes = disk.files.get(path) as Buffer
      for (let at = 0; at < bytes.length; at++) {
        const where = `segment ${i + 1} cut at byte ${at}`
        const cut = edited(disk, path, Buffer.from(bytes.subarray(0, at)))
        const { alarms } = checkFound(cut, durable, i === SEGMENTS - 1 ? 0 : all.length, where)
        assert.equal(alarms > 0, i < SEGMENTS - 1, where)
      }
    }
  })

  test(`a log that was ${kind}, with any byte flipped, is read up to there; the records behind are told, one by one`, async () => {
    const { disk, paths } = await whole(durable)
    for (const [i, path] of paths.entries()) {
      const bytes = disk.files.get(path) as Buffer
      for (let at = 0; at < bytes.length; at++) {
        const flipped = Buffer.from(bytes)
        flipped[at] ^= 1 << (at % 8)
        const where = `byte ${at} of segment ${i + 1} flipped`
        const { count } = checkFound(edited(disk, path, flipped), durable, all.length, where)
        const isLast = i === SEGMENTS - 1
        // Where nothing says that the last records were safe they may be a torn end: kept, not told.
        if (!isLast) assert.ok(count >= all.length - 1, where)
      }
    }
  })
}

/** Something odd in the place of a segment, or beside it. */
const odd: [string, (disk: MemoryDisk, paths: string[], i: number) => void, RegExp][] = [
  ['is empty', (disk, paths, i) => disk.files.set(paths[i], Buffer.alloc(0)), /it is empty/],
  [
    'is of a newer version',
    (disk, paths, i) => disk.files.get(paths[i])?.writeUInt32LE(2, 8),
    /version 2; this weir reads version 1: use the weir that wrote it/,
  ],
  [
    'is a directory',
    (disk, paths, i) => {
      disk.files.delete(paths[i])
      disk.makeDir(paths[i])
    },
    /EISDIR/,
  ],
  ['is missing', (disk, paths, i) => disk.files.delete(paths[i]), /segments before it are missing, from 2 on/],
]

for (const [what, make, why] of odd)
  for (const i of [0, 1, 2])
    test(`a log whose segment ${i + 1} ${what} is used up to there`, async () => {
      const { disk, paths } = await whole(false)
      make(disk, paths, i)
      const { log, damage } = openLog(disk)
      const isTornEnd = i === 2 && what === 'is empty'
      const isNothing = what === 'is missing' && i !== 1
      if (what === 'is missing' && i === 0)
        assert.deepEqual(texts(log), all.slice(PER_SEGMENT), 'as if removed in order')
      else assert.deepEqual(texts(log), all.slice(0, i * PER_SEGMENT))
      if (isTornEnd || isNothing) assert.deepEqual(damage.alarms, [])
      else assert.match(damage.alarms[0], why)
      put(log, 'new')
      assert.equal(texts(openLog(disk).log).at(-1), 'new')
    })

test("another user's file is set aside, or refused; the log is used up to there", async () => {
  const { disk: memory, paths } = await whole(false)
  const disk = new FaultyDisk(memory)
  disk.fail({ on: ['open'], code: 'EACCES', path: new RegExp(paths[1]) })
  assert.throws(() => openLog(disk, { policy: 'refuse' }), /0002\.log" at byte 0: .*EACCES/)
  const { log, damage } = openLog(disk)
  assert.deepEqual(texts(log), all.slice(0, PER_SEGMENT))
  assert.equal(damage.setAside, 2)
})

test("another gateway's log is set aside as a whole and begun anew; its files do not disturb ours", async () => {
  const { disk } = await whole(false, { gateway: 'other' })
  assert.throws(() => openLog(disk, { policy: 'refuse' }), /it is of gateway "other"/)
  const { log, damage } = openLog(disk)
  assert.ok(log.isNew)
  assert.deepEqual(texts(log), [])
  assert.equal(damage.setAside, 3)
  const ours = await whole(false)
  const first = disk.files.get('/state/set-aside/000001-0000000000000001.log') as Buffer
  for (const number of [0, 9]) {
    const mixed = edited(ours.disk, `/j/000000000000000${number}.log`, first)
    const { log, damage } = openLog(mixed)
    assert.deepEqual(texts(log), all)
    assert.equal(damage.setAside, 1)
  }
})

test('a copy of a segment under another name, and a segment of something else, are told and not read', async () => {
  const { disk, paths } = await whole(false)
  const copied = edited(disk, '/j/0000000000000007.log', disk.files.get(paths[1]) as Buffer)
  assert.match(openLog(copied).damage.alarms[0], /it is segment 2; its name says another/)
  const spool = new MemoryDisk()
  put(openLog(spool, { what: 'spool' }).log, 'x')
  const mixed = edited(disk, '/j/0000000000000007.log', [...spool.files.values()][0])
  const { log, damage } = openLog(mixed)
  assert.match(damage.alarms[0], /it is of a spool, not of a journal/)
  assert.deepEqual(texts(log), all)
})

test('damage in the first segment leaves the log its identity, and new records behind all that there were', async () => {
  const { disk, paths } = await whole(false)
  const { id } = openLog(disk.copy()).log
  ;(disk.files.get(paths[0]) as Buffer)[SEGMENT_HEAD_BYTES + 30] ^= 1
  const { log, lost, damage } = openLog(disk)
  assert.equal(log.id, id)
  assert.deepEqual(
    lost.map(({ text }) => text),
    all,
  )
  assert.ok(log.lostBytes > 0)
  assert.equal(damage.setAside, 3)
  assert.deepEqual(log.first, { segment: 1, offset: 0 })
  assert.deepEqual(log.end, { segment: 4, offset: 0 })
})

test('without durable a reboot may leave anything: that is torn, not damaged', async () => {
  const { disk, paths } = await whole(false)
  for (const [i, path] of paths.entries()) {
    const bytes = Buffer.from(disk.files.get(path) as Buffer)
    bytes.fill(0, bytes.length - 20)
    const { log, damage } = openLog(edited(disk, path, bytes), { bootId: 'next' })
    assert.deepEqual(texts(log), all.slice(0, (i + 1) * PER_SEGMENT - 1))
    assert.deepEqual(damage.alarms, [])
  }
})

test('what power leaves of records that were not synced is torn, over several segments too', async () => {
  const disk = new MemoryDisk()
  const { log } = openLog(disk, { durable: true, segmentBytes: 300 })
  put(log, 'a', 'b')
  log.whenDurable(() => {})
  await settle()
  const synced = log.end.offset
  const faulty = Array.from({ length: 12 }, (_, i) => `lost ${i}`)
  put(log, ...faulty)
  const [first, ...later] = [...disk.files.keys()].sort()
  assert.ok(later.length > 2)
  disk.files.get(first)?.fill(0, synced + 3)
  for (const gone of [undefined, ...later]) {
    const found = disk.copy()
    if (gone) found.files.delete(gone)
    const { log: again, damage } = openLog(found, { durable: true })
    assert.deepEqual(texts(again), ['a', 'b'])
    assert.deepEqual(damage.alarms, [])
    assert.ok([...found.files.keys()].every((path) => path === first || path.endsWith('.broken')))
  }
})

test('a torn end that can not be kept for want of room stays where it is, and weir starts', async () => {
  const { disk: memory, paths, ends } = await whole(false)
  const torn = edited(memory, paths[2], Buffer.from((memory.files.get(paths[2]) as Buffer).subarray(0, ends[11] - 3)))
  const disk = new FaultyDisk(torn)
  disk.fail({ on: ['create', 'append', 'rename'], code: 'ENOSPC' })
  assert.deepEqual(texts(openLog(disk).log), all.slice(0, -1))
  disk.mend()
  disk.fail({ on: ['create', 'rename'], code: 'ENOSPC', path: /broken$/ })
  const { log } = openLog(disk)
  put(log, 'new')
  disk.mend()
  const { log: again, damage } = openLog(disk)
  assert.deepEqual(texts(again), [...all.slice(0, -1), 'new'])
  assert.deepEqual(damage.alarms, [])
})

test('torn ends are kept, but not for ever', () => {
  const disk = new MemoryDisk()
  for (let i = 0; i < 40; i++) {
    const { log } = openLog(disk)
    put(log, 'a', 'b')
    const last = [...disk.files.keys()].sort().findLast((path) => path.endsWith('.log')) as string
    disk.files.set(last, (disk.files.get(last) as Buffer).subarray(0, -1))
  }
  const { log } = openLog(disk)
  assert.equal(texts(log).length, 40)
  assert.equal([...disk.files.keys()].filter((path) => path.endsWith('.broken')).length, 16)
})

test('lengths in a damaged file are bounded before memory is taken for them', () => {
  const disk = new MemoryDisk()
  put(openLog(disk).log, 'a')
  const [path] = disk.files.keys()
  const head = recordHead(2, [], { segment: 0, offset: 0 })
  head.writeUInt32LE(0xffffffff, 8)
  disk.files.set(path, Buffer.concat([disk.files.get(path) as Buffer, head]))
  const { log } = openLog(disk)
  assert.deepEqual(texts(log), ['a'])
})

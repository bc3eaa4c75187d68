import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silent } from '../../src/model/log.js'
import { Spool } from '../../src/spool/spool.js'
import { FakeClock } from '../support/fake-clock.js'
import { failure, MemoryDisk } from '../support/memory-disk.js'

const DIR = '/state/spool/db'
const CURSOR = `${DIR}/cursor`

function open(disk: MemoryDisk, told: string[] = []): Spool {
  return Spool.open({
    disk,
    dir: DIR,
    gateway: 'g',
    bootId: 'b',
    durable: false,
    lastMark: undefined,
    bounds: { maxBytes: 2 ** 28, maxAgeUs: 1e15, minFree: 0 },
    clock: new FakeClock(),
    log: silent,
    damage: {
      note: (text) => told.push(text),
      found(path, _offset, why) {
        told.push(`${path}: ${why}`)
        disk.rename(path, `/state/set-aside/${told.length}`)
      },
    },
  })
}

/** Five batches, the first two of them taken. */
function made(): MemoryDisk {
  const disk = new MemoryDisk()
  const spool = open(disk)
  for (let batch = 1; batch <= 5; batch++) {
    spool.append(batch, [{ bytes: Buffer.from(`m x=${batch} ${batch}\n`), points: 1, tagged: false }])
    spool.release(spool.end)
    if (batch === 2) {
      const taken = spool.next('live')!
      assert.equal(taken.points, 2)
      spool.taken('live', taken, { delivered: 2, refused: 0, givenUp: 0 }, 'mark')
    }
  }
  return disk
}

const rest = (spool: Spool) => spool.next('live')?.bytes.toString() ?? ''

test('what waits, the ledger and the mark are there again after a start', () => {
  const spool = open(made().copy())
  assert.equal(rest(spool), 'm x=3 3\nm x=4 4\nm x=5 5\n')
  assert.deepEqual(spool.ledger, { emitted: 5, delivered: 2, refused: 0, givenUp: 0, spooled: 3 })
  assert.equal(spool.mark, 'mark')
  assert.equal(spool.batch, 5)
})

test('a cursor cut at any byte, or with any byte flipped, never loses a point: at worst those that were taken come again', () => {
  const disk = made()
  const whole = disk.files.get(CURSOR)!
  const places = Array.from({ length: whole.length }, (_, i) => i).filter((i) => i % 4096 < 400 || i % 61 === 0)
  for (const at of places)
    for (const how of ['cut', 'flip']) {
      const hurt = disk.copy()
      const bytes = Buffer.from(how === 'cut' ? whole.subarray(0, at) : whole)
      if (how === 'flip') bytes[at] ^= 1 << (at % 8)
      hurt.files.set(CURSOR, bytes)
      const spool = open(hurt)
      assert.ok(rest(spool).endsWith('m x=3 3\nm x=4 4\nm x=5 5\n'), `${how} at ${at}`)
      assert.equal(spool.batch, 5)
    }
})

test('a cursor of a newer version, a directory in its place, and one of another user are set aside and said', () => {
  const newer = made()
  newer.files.get(CURSOR)!.writeUInt32LE(9)
  const directory = made()
  directory.files.delete(CURSOR)
  directory.dirs.add(CURSOR)
  const foreign = made()
  const { open: openFile } = foreign
  let isForeign = true
  foreign.open = function (path, how) {
    if (path === CURSOR && isForeign) throw failure('EACCES', path)
    return openFile.call(this, path, how)
  }
  const { rename } = foreign
  foreign.rename = function (from, to) {
    isForeign &&= from !== CURSOR
    rename.call(this, from, to)
  }
  for (const [disk, why] of [
    [newer, /newer version/],
    [directory, /EISDIR/],
    [foreign, /EACCES/],
  ] as const) {
    const told: string[] = []
    const spool = open(disk, told)
    assert.match(told.join(), why)
    assert.ok(rest(spool).endsWith('m x=5 5\n'))
  }
})

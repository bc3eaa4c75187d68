import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DiskError } from '../../src/model/errors.js'
import { draws } from '../support/orders.js'
import { SimDisk } from '../support/sim-disk.js'

/** A disk with an empty directory. */
function emptyDisk(): SimDisk {
  const disk = new SimDisk()
  disk.makeDir('/d')
  return disk
}

const text = (disk: SimDisk, path: string) => disk.files.get(path)?.toString()

/** What may be found after many power cuts at one moment. */
function outcomes(disk: SimDisk, see: (found: SimDisk) => string, upTo = disk.operations): Set<string> {
  const random = draws(1)
  return new Set(Array.from({ length: 2000 }, () => see(disk.crash({ upTo, pick: random }))))
}

const put = (disk: SimDisk, path: string, bytes: string) => {
  const file = disk.open(path, 'new')
  file.append([Buffer.from(bytes)])
  return file
}

test('what was synced outlives power, name and bytes; what was not is gone, or not, and a kill takes nothing', async () => {
  const disk = emptyDisk()
  const file = put(disk, '/d/a', 'one')
  await file.sync()
  await disk.syncDir('/d')
  const safe = disk.operations
  file.append([Buffer.from('two')])
  put(disk, '/d/b', 'three')
  assert.deepEqual([...disk.crash({ pick: 'nothing' }).files.keys()], ['/d/a'])
  assert.equal(text(disk.crash({ pick: 'nothing' }), '/d/a'), 'one')
  for (const whole of [disk.crash({ pick: 'everything' }), disk.kill(), disk]) {
    assert.deepEqual(
      [...whole.files].map(([path, bytes]) => [path, String(bytes)]),
      [
        ['/d/a', 'onetwo'],
        ['/d/b', 'three'],
      ],
    )
  }
  assert.equal(text(disk.kill(safe), '/d/a'), 'one')
  assert.ok([...outcomes(disk, (found) => text(found, '/d/a')!)].every((found) => found.startsWith('one')))
  // What is found after power was lost is safe; what is found after a kill is no safer than before.
  assert.equal(text(disk.crash({ pick: 'everything' }).crash({ pick: 'nothing' }), '/d/b'), 'three')
  const killed = disk.kill()
  assert.deepEqual([killed.operations, text(killed.crash({ pick: 'nothing' }), '/d/b')], [disk.operations, undefined])
  const again = killed.open('/d/a', 'update')
  again.append([Buffer.from('four')])
  await again.sync()
  assert.equal(text(killed.crash({ pick: 'nothing' }), '/d/a'), 'onetwofour')
  assert.equal(text(disk, '/d/a'), 'onetwo')
})

test('a sync covers what was written before it began, from when it ends', async () => {
  const disk = emptyDisk()
  const file = put(disk, '/d/a', 'one')
  await disk.syncDir('/d')
  let end = () => {}
  disk.syncing = () => new Promise<void>((resolve) => (end = resolve))
  const syncing = file.sync()
  file.append([Buffer.from('two')])
  assert.equal(text(disk.crash({ pick: 'nothing' }), '/d/a'), '')
  end()
  await syncing
  assert.equal(text(disk.crash({ pick: 'nothing' }), '/d/a'), 'one')
  assert.equal(text(disk.crash({ upTo: disk.operations - 1, pick: 'nothing' }), '/d/a'), '')
})

test('of bytes that were not synced any sectors are there, the others as they were before or zero; the file is as long as it was at some time, or between', async () => {
  const disk = emptyDisk()
  const file = put(disk, '/d/a', 'a'.repeat(1024))
  await file.sync()
  await disk.syncDir('/d')
  file.writeAt(Buffer.from('b'.repeat(1024)), 0)
  file.append([Buffer.from('c'.repeat(1024))])
  const seen = outcomes(disk, (found) => {
    const bytes = found.files.get('/d/a')!
    const sectors = [0, 512, 1024, 1536].map((at) => [...new Set(bytes.subarray(at, at + 512))])
    // Sectors with several values end in the middle, or are noise.
    return sectors.map((of) => (of.length > 1 ? '?' : of[0] === undefined ? '' : of[0] || '0').toString()).join(' ')
  })
  const [a, b, c] = ['a', 'b', 'c'].map((letter) => letter.charCodeAt(0))
  for (const wanted of [`${a} ${a}  `, `${a} ${b}  `, `${b} ${a} ${c} `, `${a} ${a} 0 ${c}`, `${b} ${b} ${c} ${c}`])
    assert.ok(seen.has(wanted), wanted)
  for (const one of seen) {
    const [first, second] = one.split(' ').map(Number)
    assert.ok([a, b].includes(first) && [a, b].includes(second), `${one}: a sector that was safe is old or new`)
  }
  const lengths = outcomes(disk, (found) => String(found.files.get('/d/a')!.length))
  for (const wanted of ['1024', '2048']) assert.ok(lengths.has(wanted))
  assert.ok([...lengths].every((length) => Number(length) >= 1024 && Number(length) <= 2048) && lengths.size > 100)
})

test('a file that was cut and written on may have what was before and after, never less than both', async () => {
  const disk = emptyDisk()
  const file = put(disk, '/d/a', 'old')
  await file.sync()
  await disk.syncDir('/d')
  file.truncate(1)
  file.append([Buffer.from('dd')])
  const seen = outcomes(disk, (found) => text(found, '/d/a')!.replace(/[^old]/g, '.'))
  for (const wanted of ['old', 'o', 'odd']) assert.ok(seen.has(wanted), wanted)
  assert.ok([...seen].every((found) => found.startsWith('o')))
})

test('names in a directory are as they were at some moment since its sync; a rename is there whole or not at all', async () => {
  const disk = emptyDisk()
  await put(disk, '/d/a', 'old').sync()
  await disk.syncDir('/d')
  await put(disk, '/d/new', 'new').sync()
  disk.rename('/d/new', '/d/a')
  disk.remove('/d/a')
  const names = (found: SimDisk) => [...found.files].map(([path, bytes]) => `${path}=${bytes}`).join(' ')
  assert.deepEqual([...outcomes(disk, names)].sort(), ['', '/d/a=new', '/d/a=old', '/d/a=old /d/new=new'])
  await disk.syncDir('/d')
  assert.deepEqual([...outcomes(disk, names)], [''])
  assert.deepEqual([...outcomes(disk, names, disk.operations - 1)].length, 4)
})

test('a file whose name was made safe before its bytes may be empty, or of zeros', async () => {
  const disk = emptyDisk()
  put(disk, '/d/new', 'text')
  disk.rename('/d/new', '/d/a')
  await disk.syncDir('/d')
  const seen = outcomes(disk, (found) => text(found, '/d/a')!)
  for (const wanted of ['', '\0\0\0\0', 'text', '\0\0']) assert.ok(seen.has(wanted), JSON.stringify(wanted))
})

test('a file that moves to another directory is in one of them, never in both or none', async () => {
  const disk = emptyDisk()
  disk.makeDir('/e')
  await put(disk, '/d/a', 'a').sync()
  await disk.syncDir('/d')
  disk.rename('/d/a', '/e/b')
  put(disk, '/e/c', 'c')
  const seen = outcomes(disk, (found) => [...found.files.keys()].join(' '))
  assert.deepEqual([...seen].sort(), ['/d/a', '/e/b', '/e/b /e/c'])
  await disk.syncDir('/d')
  assert.deepEqual([...outcomes(disk, (found) => [...found.files.keys()].join(' '))].sort(), ['/e/b', '/e/b /e/c'])
})

test('it answers as a disk does, and tells who uses a file after closing it', async () => {
  const disk = emptyDisk()
  const file = put(disk, '/d/a', 'abc')
  const code = (what: () => unknown) => {
    try {
      what()
    } catch (error) {
      return (error as DiskError).reason
    }
    return undefined
  }
  assert.equal(
    code(() => disk.open('/d/a', 'new')),
    'EEXIST',
  )
  assert.equal(
    code(() => disk.open('/d/b', 'update')),
    'ENOENT',
  )
  assert.equal(
    code(() => disk.open('/x/b', 'new')),
    'ENOENT',
  )
  assert.equal(
    code(() => disk.rename('/d/b', '/d/c')),
    'ENOENT',
  )
  assert.equal(
    code(() => disk.open('/d', 'read')),
    'EISDIR',
  )
  assert.equal(
    code(() => disk.makeDir('/d/a')),
    'ENOTDIR',
  )
  await assert.rejects(disk.syncDir('/x'), DiskError)
  disk.remove('/d/none')
  disk.makeDir('/d/deep/er')
  assert.deepEqual(disk.list('/d'), [
    { name: 'a', kind: 'file', sizeBytes: 3 },
    { name: 'deep', kind: 'directory', sizeBytes: 0 },
  ])
  assert.deepEqual(
    disk
      .crash({ pick: 'nothing' })
      .list('/d/deep')
      .map(({ name }) => name),
    ['er'],
  )
  const into = Buffer.alloc(4)
  assert.equal(file.read(into, 1), 2)
  assert.equal(into.toString('utf8', 0, 2), 'bc')
  // An opened file outlives its name.
  disk.remove('/d/a')
  file.append([Buffer.from('d')])
  assert.equal(file.sizeBytes, 4)
  file.close()
  assert.throws(() => file.append([Buffer.from('e')]), /after it was closed/)
})

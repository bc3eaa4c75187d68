import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DIR, storeOn, World } from '../support/checkpoints.js'
import { failure, MemoryDisk } from '../support/memory-disk.js'

const PAGES = 8

/** A store with a base and two deltas, and what memory was at each. */
async function made(disk = new MemoryDisk()) {
  const world = new World(PAGES * 4096 - 96)
  const store = storeOn(disk)
  const images: string[] = []
  const save = (batch: number, more = {}) => {
    images.push(world.image())
    return world.save(store, batch, more)
  }
  const { a, b, memory } = world
  assert.equal(await save(1), true)
  memory.u8[a + 4096] ^= 1
  memory.u8[b + 95] ^= 128
  assert.equal(await save(2), true)
  memory.u8[a + PAGES * 4096 - 97] ^= 4
  assert.equal(await save(3), true)
  return { disk, world, store, images, save }
}

const names = (disk: MemoryDisk) => disk.list(DIR).map(({ name }) => name)

/** How many files are open that were opened from now on. */
function openFiles(disk: MemoryDisk): () => number {
  let count = 0
  const { open } = disk
  disk.open = function (path, how) {
    const file = open.call(this, path, how)
    count++
    let isOpen = true
    file.close = () => {
      if (isOpen) count--
      isOpen = false
    }
    return file
  }
  return () => count
}

test('a state is read back byte for byte, from a base and what changed since', async () => {
  const { disk, world, images } = await made()
  const loaded = storeOn(disk.copy()).load()!
  assert.deepEqual([loaded.batch, loaded.meta, loaded.names], [3, 'meta 3', ['name 1', 'name 2', 'name 3']])
  assert.equal(world.read(loaded), images[2])
  const sizes = [...disk.files].filter(([path]) => path.includes('delta')).map(([, bytes]) => bytes.length)
  // A delta holds the pages that changed: one whole and a small one, and one.
  assert.ok(sizes[0] > 4096 && sizes[0] < 2 * 4096, `${sizes[0]}`)
})

test('whatever changes, a chain holds what memory was, and takes at most 4 times as much room, for busy memory twice', async () => {
  for (const [changes, most] of [
    [1, 4],
    [3, 4],
    [PAGES, 2],
  ]) {
    const disk = new MemoryDisk()
    const world = new World(PAGES * 4096)
    const store = storeOn(disk)
    let mostBytes = 0
    disk.before = () => {
      const bytes = [...disk.files].reduce((sum, [path, { length }]) => sum + (path.includes('names') ? 0 : length), 0)
      mostBytes = Math.max(mostBytes, bytes)
    }
    for (let batch = 1; batch <= 30; batch++) {
      for (let i = 0; i < changes; i++) world.memory.u8[world.a + ((batch + i) % PAGES) * 4096 + batch] ^= batch
      assert.equal(await world.save(store, batch), true)
      const loaded = storeOn(disk.copy()).load()!
      assert.equal(world.read(loaded), world.image())
      assert.equal(loaded.names.length, batch)
    }
    // Heads and tables besides.
    assert.ok(mostBytes < most * (PAGES * 4096 + 1500), `${changes}: ${mostBytes / 4096 / PAGES}`)
  }
})

test('a state goes on in another process: its next save is a base with all', async () => {
  const { disk, world } = await made()
  const store = storeOn(disk)
  store.load()!.close()
  assert.equal(store.needsAll, true)
  assert.equal(await world.save(store, 4), true)
  assert.deepEqual(names(disk), ['base-0000000000000004', 'names-0000000000000004'])
})

test('sections that grow, shrink and come anew are read as they were last', async () => {
  const { disk, world, store } = await made()
  const [a] = world.sections
  for (const [batch, bytes] of [
    [4, 4096 + 64],
    [5, PAGES * 4096],
    [6, 32],
    [7, 3 * 4096],
  ]) {
    a.bytes = bytes
    assert.equal(await world.save(store, batch), true)
    assert.equal(world.read(storeOn(disk.copy()).load()!), world.image(), `${bytes}`)
  }
})

test('a save that fails at any operation leaves what counted, no files of its own and none open, and the next has all', async () => {
  let isOver = false
  for (let failing = 0; !isOver; failing++) {
    const { disk, world, store, images, save } = await made()
    const before = names(disk)
    const open = openFiles(disk)
    let operations = 0
    disk.before = (_what, path) => {
      if (operations++ === failing) throw failure('ENOSPC', path)
    }
    world.memory.u8.fill(7, world.a, world.a + PAGES * 4096 - 96)
    isOver = await save(4, { all: failing % 2 === 0 })
    disk.before = () => {}
    assert.equal(open(), 0, `operation ${failing}`)
    const loaded = storeOn(disk.copy()).load()!
    assert.equal(world.read(loaded), images[loaded.batch - 1])
    if (isOver) continue
    assert.match(store.failing!, /ENOSPC/)
    if (loaded.batch === 3) assert.deepEqual(names(disk), before, `operation ${failing}`)
    assert.equal(store.needsAll, true)
    assert.equal(await save(5), true)
    assert.equal(store.failing, undefined)
    const next = storeOn(disk.copy()).load()!
    assert.deepEqual([next.batch, next.names, names(disk).length], [5, ['name 5'], 2])
    assert.equal(world.read(next), images.at(-1))
  }
})

test('what a line says of itself may be long', async () => {
  const { disk, world, store } = await made()
  assert.equal(await world.save(store, 4, { meta: 'x'.repeat(17 * 2 ** 20) }), true)
  assert.equal(storeOn(disk.copy()).load()?.meta.length, 17 * 2 ** 20)
})

test('what is cleared are its own files alone', async () => {
  const { disk, store } = await made()
  disk.files.set(`${DIR}/notes.txt`, Buffer.from('mine'))
  await store.clear()
  assert.deepEqual(names(disk), ['notes.txt'])
})

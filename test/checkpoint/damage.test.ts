import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DIR, storeOn, type Told, World } from '../support/checkpoints.js'
import { failure, MemoryDisk } from '../support/memory-disk.js'

/** A base and two deltas of a memory of little more than a page, and what it was at each. */
async function made() {
  const disk = new MemoryDisk()
  const world = new World(4 * 4096, 32)
  // The base is short, so that it can be cut and flipped at every byte.
  world.sections[0].bytes = 256
  const store = storeOn(disk)
  const images: string[] = []
  for (const batch of [1, 2, 3]) {
    // A small part of all pages, as deltas have it.
    world.memory.u8[world.b + batch] ^= batch
    images.push(world.image())
    assert.equal(await world.save(store, batch), true)
  }
  assert.equal(disk.list(DIR).length, 4)
  return { disk, world, images }
}

const contents = (disk: MemoryDisk) => [...disk.files.values()].reduce((sum, { length }) => sum + length, 0)

test('each file cut at every byte, or with any byte flipped, gives a state that there was, or none: said, and nothing deleted', async () => {
  const { disk, world, images } = await made()
  for (const path of [...disk.files.keys()]) {
    const whole = disk.files.get(path)!
    for (let at = 0; at < whole.length; at++)
      for (const how of ['cut', 'flip'] as const) {
        const hurt = disk.copy()
        const bytes = Buffer.from(how === 'cut' ? whole.subarray(0, at) : whole)
        if (how === 'flip') bytes[at] ^= 1 << (at % 8)
        hurt.files.set(path, bytes)
        const before = contents(hurt)
        const told: Told[] = []
        const loaded = storeOn(hurt, { told }).load()
        const where = `${path} ${how} at ${at}`
        if (loaded) {
          assert.equal(world.read(loaded), images[loaded.batch - 1], where)
          assert.equal(loaded.names.length, loaded.batch, where)
        }
        assert.notEqual(loaded?.batch, 3, where)
        assert.ok(
          told.some((one) => one.path === path && one.offset <= whole.length),
          where,
        )
        assert.equal(contents(hurt), before, where)
      }
  }
})

test('a damaged delta, or damaged names of it, cost what came after them, and not the chain before', async () => {
  const { disk, world, images } = await made()
  for (const [name, at, batch] of [
    ['delta-0000000000000003', -20, 2],
    ['delta-0000000000000002', -20, 1],
    ['names-0000000000000001', -1, 2],
    ['names-0000000000000001', -30, 1],
  ] as const) {
    const hurt = disk.copy()
    const bytes = hurt.files.get(`${DIR}/${name}`)!
    bytes[bytes.length + at] ^= 1
    const loaded = storeOn(hurt).load()!
    assert.equal(loaded.batch, batch, name)
    assert.equal(world.read(loaded), images[batch - 1])
    // And so once more, should that start come to nothing.
    const told: Told[] = []
    assert.equal(storeOn(hurt, { told }).load()!.batch, batch, name)
    assert.deepEqual(told, [])
  }
})

test('what is of another or a newer weir, empty, no file, gone or not to be read is set aside, and said with what to do', async () => {
  const { disk } = await made()
  const base = `${DIR}/base-0000000000000001`
  const cases: [(hurt: MemoryDisk) => void, RegExp, string?][] = [
    [(hurt) => hurt.files.get(base)!.writeUInt32LE(2, 8), /version 2.*reads up to 1: install/],
    [() => {}, /is of gateway "g"/, 'other'],
    [(hurt) => hurt.files.set(base, Buffer.alloc(0)), /ends within its head/],
    [
      (hurt) => hurt.files.delete(`${DIR}/names-0000000000000001`),
      /names-0000000000000001" are not whole, or not there/,
    ],
    [
      (hurt) => {
        hurt.files.delete(base)
        hurt.dirs.add(base)
      },
      /EISDIR/,
    ],
    [
      (hurt) => {
        const { open } = hurt
        hurt.open = function (path, how) {
          if (path === base) throw failure('EACCES', path)
          return open.call(this, path, how)
        }
      },
      /EACCES/,
    ],
  ]
  for (const [hurtIt, why, gateway] of cases) {
    const hurt = disk.copy()
    hurtIt(hurt)
    const told: Told[] = []
    const store = storeOn(hurt, { told, gateway })
    assert.equal(store.load(), undefined)
    assert.match(told.map((one) => one.why).join(), why)
    // It can be written again.
    assert.equal(await new World(4096).save(store, 9), true)
    assert.equal(storeOn(hurt, { gateway }).load()?.batch, 9)
  }
})

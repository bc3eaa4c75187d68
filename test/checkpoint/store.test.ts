import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChangedPages, type Section } from '../../src/checkpoint/changed-pages.js'
import { CheckpointStore } from '../../src/checkpoint/store.js'
import { instantiateKernels } from '../../src/memory/modules.js'
import { Memory } from '../../src/memory/regions.js'
import { silent } from '../../src/model/log.js'
import { failure, MemoryDisk } from '../support/memory-disk.js'

const DIR = '/s/checkpoint'

/** A memory of two sections, and what changes in it. */
function world() {
  const memory = new Memory<'a' | 'b' | 'hashes'>({ a: 5 * 4096, b: 128, hashes: 65536 })
  const { a, b, hashes } = memory.regions
  const sections: Section[] = [
    { name: 'a', start: a.start, bytes: 5 * 4096 - 96 },
    { name: 'b', start: b.start, bytes: 96 },
  ]
  const changed = new ChangedPages(memory, instantiateKernels(memory.memory), hashes)
  const image = () =>
    sections.map(({ start, bytes }) => Buffer.from(memory.u8.slice(start, start + bytes)).toString('hex')).join()
  return { memory, sections, changed, image, a, b }
}

interface Told {
  path: string
  offset: number
  why: string
}

function storeOn(disk: MemoryDisk, told: Told[] = [], gateway = 'g') {
  return new CheckpointStore({
    disk,
    dir: DIR,
    gateway,
    bootId: 'boot',
    durable: false,
    log: silent,
    damage: {
      found(path, offset, why) {
        told.push({ path, offset, why })
        disk.makeDir('/s/set-aside')
        disk.rename(path, path.replace('checkpoint/', `set-aside/${told.length}-`))
      },
    },
  })
}

/** A base and two deltas, and what memory was at each. */
async function made() {
  const disk = new MemoryDisk()
  const store = storeOn(disk)
  const { memory, sections, changed, image, a, b } = world()
  const images: string[] = []
  const save = (batch: number, all: boolean) => {
    images.push(image())
    const { published } = store.save({
      batch,
      journal: 'j',
      position: { segment: 1, offset: batch },
      complete: false,
      meta: `meta ${batch}`,
      names: [Buffer.from(JSON.stringify([`name ${batch}`]))],
      sections,
      memory,
      changed,
      all,
      after: Promise.resolve(),
    })
    return published
  }
  for (let i = 0; i < 5 * 4096; i++) memory.u8[a.start + i] = i * 31
  assert.equal(await save(1, true), true)
  memory.u8[a.start + 4096] ^= 1
  memory.u8[b.start + 95] ^= 128
  assert.equal(await save(2, false), true)
  memory.u8[a.start + 5 * 4096 - 97] ^= 4
  assert.equal(await save(3, false), true)
  return { disk, images, sections, store, memory, changed, save, image, a }
}

/** What is read of a state, as `image` shows it. */
function read(loaded: NonNullable<ReturnType<CheckpointStore['load']>>, sections: Section[]): string {
  return sections
    .map(({ name, bytes }) => {
      const into = new Uint8Array(bytes)
      assert.equal(loaded.read(name, into), bytes)
      return Buffer.from(into).toString('hex')
    })
    .join()
}

test('a state is read back byte for byte, from a base and what changed since', async () => {
  const { disk, images, sections } = await made()
  const loaded = storeOn(disk.copy()).load()!
  assert.equal(loaded.batch, 3)
  assert.equal(loaded.meta, 'meta 3')
  assert.deepEqual(loaded.names, ['name 1', 'name 2', 'name 3'])
  assert.equal(read(loaded, sections), images[2])
  const sizes = [...disk.files].filter(([path]) => path.includes('delta')).map(([, bytes]) => bytes.length)
  // A delta holds the pages that changed: one whole and a small one, and one.
  assert.ok(sizes[0] > 4096 && sizes[0] < 2 * 4096, `${sizes[0]}`)
})

test('each file cut at every byte, or with each byte flipped, gives a state that there was, or none, and is said', async () => {
  const { disk, images, sections } = await made()
  for (const path of [...disk.files.keys()]) {
    const whole = disk.files.get(path)!
    // All of the head and the table, and some bytes of each page.
    const places = Array.from({ length: whole.length }, (_, i) => i).filter(
      (i) => i < 700 || i % 97 === 0 || i > whole.length - 40,
    )
    for (const at of places)
      for (const how of ['cut', 'flip'] as const) {
        const hurt = disk.copy()
        const bytes = how === 'cut' ? whole.subarray(0, at) : Buffer.from(whole)
        if (how === 'flip') bytes[at] ^= 1 << (at % 8)
        hurt.files.set(path, Buffer.from(bytes))
        const told: Told[] = []
        const loaded = storeOn(hurt, told).load()
        const where = `${path} ${how} at ${at}`
        if (loaded) {
          assert.ok(loaded.batch >= 1 && loaded.batch <= 3, where)
          assert.equal(read(loaded, sections), images[loaded.batch - 1], where)
        }
        if (loaded?.batch !== 3) assert.equal(told.length >= 1, true, where)
        // Nothing is deleted: it is all there, or set aside.
        assert.equal(hurt.files.size, disk.files.size, where)
      }
  }
})

test('a newer version, another gateway, an empty file, a directory in its place, and a file of another user are set aside, and said', async () => {
  const { disk } = await made()
  const base = [...disk.files.keys()].find((path) => path.includes('/base-'))!
  const cases: [(hurt: MemoryDisk) => void, RegExp, string?][] = [
    [(hurt) => hurt.files.get(base)!.writeUInt32LE(2, 8), /version 2.*reads up to 1/],
    [() => {}, /is of gateway "g"/, 'other'],
    [(hurt) => hurt.files.set(base, Buffer.alloc(0)), /ends within its head/],
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
    assert.equal(storeOn(hurt, told, gateway).load(), undefined)
    assert.match(told[0]?.why ?? '', why)
  }
})

test('a save that fails leaves the state before it, and the next one has all', async () => {
  const { disk, images, sections, store, memory, save, a } = await made()
  for (let failing = 0; failing < 6; failing++) {
    let writes = 0
    disk.before = (what, path) => {
      if (what !== 'remove' && writes++ === failing) throw failure('ENOSPC', path)
    }
    memory.u8[a.start + 2 * 4096 + failing] ^= 255
    const good = await save(10 + failing, store.needsAll)
    disk.before = () => {}
    const loaded = storeOn(disk.copy()).load()!
    assert.equal(read(loaded, sections), good ? images.at(-1) : images[images.indexOf(read(loaded, sections))])
    if (!good) assert.match(store.failing!, /ENOSPC/)
  }
  assert.equal(await save(30, store.needsAll), true)
  const loaded = storeOn(disk.copy()).load()!
  assert.equal(loaded.batch, 30)
  assert.equal(read(loaded, sections), images.at(-1))
})

test('every bit of a page shows in its hash', () => {
  const { memory, changed, sections, a } = world()
  changed.of(sections[0])
  for (let i = 0; i < 5 * 4096 - 96; i++) {
    const bit = 1 << (i % 8)
    memory.u8[a.start + i] ^= bit
    assert.deepEqual([...changed.of(sections[0]).pages], [i >> 12])
  }
  assert.equal(changed.of(sections[0]).pages.length, 0)
})

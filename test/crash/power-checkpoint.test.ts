import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChangedPages, type Section } from '../../src/checkpoint/changed-pages.js'
import { CheckpointStore } from '../../src/checkpoint/store.js'
import { instantiateKernels } from '../../src/memory/modules.js'
import { Memory } from '../../src/memory/regions.js'
import { silent } from '../../src/model/log.js'
import { settle } from '../support/fake-clock.js'
import { draws } from '../support/orders.js'
import { SimDisk } from '../support/sim-disk.js'

const BYTES = 6 * 4096
const SAVES = 14

const upTo = (batch: number) => Array.from({ length: batch + 1 }, (_, i) => i)

function open(disk: SimDisk): CheckpointStore {
  return new CheckpointStore({
    disk,
    dir: '/state/checkpoint',
    gateway: 'g',
    bootId: 'b',
    durable: true,
    log: silent,
    damage: { found: (path, offset, why) => assert.fail(`${path} at ${offset}: ${why}`) },
  })
}

/** A memory that changes here and there, and its checkpoints: batch `i` holds the names 0 to i. */
async function written(random: () => number, disk: SimDisk, from = 0) {
  const store = open(disk)
  const memory = new Memory<'a' | 'hashes'>({ a: BYTES, hashes: 65536 })
  const { a, hashes } = memory.regions
  const changed = new ChangedPages(memory, instantiateKernels(memory.memory), hashes)
  const sections: Section[] = [{ name: 'a', start: a.start, bytes: BYTES }]
  const images = new Map<number, string>()
  const events: { at: number; batch: number; isBegun: boolean }[] = []
  store.load()?.close()
  for (let batch = from; batch < from + SAVES; batch++) {
    for (let i = 0; i < 3; i++) memory.u8[a.start + Math.floor(random() * BYTES)]! ^= 1 + batch
    images.set(batch, Buffer.from(memory.u8.slice(a.start, a.start + BYTES)).toString('latin1'))
    events.push({ at: disk.operations + 1, batch, isBegun: true })
    const all = store.needsAll
    const { published } = store.save({
      batch,
      journal: 'j',
      position: { segment: 1, offset: batch },
      complete: false,
      meta: `meta ${batch}`,
      names: [Buffer.from(JSON.stringify(all ? upTo(batch) : [batch]))],
      sections,
      memory,
      changed,
      all,
      after: random() < 0.5 ? settle() : Promise.resolve(),
    })
    assert.equal(await published, true)
    events.push({ at: disk.operations, batch, isBegun: false })
  }
  return { images, events }
}

function check(disk: SimDisk, images: ReadonlyMap<number, string>, least: number, most: number, where: string): number {
  const loaded = open(disk).load()
  const batch = loaded?.batch ?? -1
  assert.ok(batch >= least && batch <= most, `${where}: ${batch} where ${least} counted and ${most} was begun`)
  if (!loaded) return batch
  const into = Buffer.alloc(BYTES)
  assert.equal(loaded.read('a', into), BYTES)
  assert.ok(into.toString('latin1') === images.get(batch), `${where}: the memory of batch ${batch}`)
  assert.equal(loaded.meta, `meta ${batch}`)
  assert.deepEqual(loaded.names, upTo(batch), where)
  loaded.close()
  return batch
}

test('whenever power goes, the last checkpoint that counted is found whole, or the one that was being made; never damage', async () => {
  const random = draws(6)
  const disk = new SimDisk()
  const { images, events } = await written(random, disk)
  const bases = disk.changes.filter(({ what, path }) => what === 'rename' && path.includes('base')).length
  assert.ok(bases >= 2 && bases < SAVES, `${bases} bases`)
  for (let end = 0; end <= disk.operations; end++) {
    const seen = events.filter(({ at }) => at <= end)
    const least = Math.max(-1, ...seen.filter(({ isBegun }) => !isBegun).map(({ batch }) => batch))
    const most = Math.max(-1, ...seen.map(({ batch }) => batch))
    for (const pick of ['nothing', 'everything', random, random, random, random] as const) {
      const left = disk.crash({ upTo: end, pick })
      const found = check(left, images, least, most, `behind operation ${end}`)
      if (pick !== random || end % 8 !== 0) continue
      // It goes on from there, and power goes again.
      const more = await written(random, left, found + 1)
      const again = Math.floor(random() * (left.operations + 1))
      const counted = more.events.filter(({ at, isBegun }) => at <= again && !isBegun).map(({ batch }) => batch)
      check(
        left.crash({ upTo: again, pick: random }),
        new Map([...images, ...more.images]),
        Math.max(found, ...counted),
        found + SAVES,
        `behind ${end}, then ${again}`,
      )
    }
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storeOn, type Told, World } from '../support/checkpoints.js'
import { SimDisk } from '../support/sim-disk.js'

const PAGES = 8

/** Numbers from 0 to below 1, the same for the same seed. */
function numbers(seed: number): () => number {
  let state = seed * 2654435761 + 1
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 374761393) | 0
    return (state >>> 0) / 2 ** 32
  }
}

/** Saves on a disk that forgets: what memory was at each batch, and how far the disk was when a batch counted. */
async function run(durable: boolean, saves: { changes: number; complete?: boolean; clear?: boolean }[]) {
  const disk = new SimDisk()
  const world = new World(PAGES * 4096)
  const store = storeOn(disk, { durable })
  const images: string[] = []
  const counts: { batch: number; from: number }[] = []
  for (const [i, { changes, complete, clear }] of saves.entries()) {
    for (let page = 0; page < changes; page++) world.memory.u8[world.a + page * 4096 + i] ^= 255
    images.push(world.image())
    assert.equal(await world.save(store, i + 1, { complete, all: i === 0 || saves[i - 1].complete }), true)
    counts.push({ batch: i + 1, from: disk.operations })
    if (clear) await store.clear()
  }
  return { disk, world, images, counts, end: disk.operations }
}

test('synced: power lost behind any operation, whatever of it survives, leaves the state that counted, or the next', async () => {
  const { disk, world, images, counts, end } = await run(
    true,
    [8, 1, 1, 3, 3, 3, 3, 8, 1].map((changes) => ({ changes })),
  )
  for (let upTo = counts[0].from; upTo <= end; upTo++)
    for (let seed = 0; seed < 6; seed++) {
      const told: Told[] = []
      const pick = seed === 0 ? 'nothing' : seed === 1 ? 'everything' : numbers(upTo * 7 + seed)
      const loaded = storeOn(disk.crash({ upTo, pick }), { told }).load()
      const where = `behind ${upTo}, ${seed}: ${told.map(({ why }) => why).join()}`
      const counted = counts.filter(({ from }) => from <= upTo).at(-1)!.batch
      assert.ok(loaded && loaded.batch >= counted && loaded.batch <= counted + 1, `${where} ${loaded?.batch}`)
      assert.equal(world.read(loaded), images[loaded.batch - 1], where)
      assert.equal(loaded.names.length, loaded.batch, where)
      assert.deepEqual(told, [], where)
    }
})

test('not synced: a state that a clean stop leaves is safe over power, as one base', async () => {
  const { disk, world, images, end } = await run(false, [
    { changes: 8 },
    { changes: 1 },
    { changes: 1, complete: true },
  ])
  for (let seed = 0; seed < 40; seed++) {
    const loaded = storeOn(disk.crash({ upTo: end, pick: seed === 0 ? 'nothing' : numbers(seed) })).load()
    assert.deepEqual([loaded?.batch, loaded?.complete], [3, true])
    assert.equal(world.read(loaded!), images[2])
  }
})

test('not synced: a state that a clean stop left does not come back after power, once another counts or it was cleared', async () => {
  for (const last of [{ changes: 1, complete: true, clear: true }, undefined]) {
    const saves = [{ changes: 8 }, last ?? { changes: 1, complete: true }]
    const { disk, end } = await run(false, last ? saves : [...saves, { changes: 1 }])
    for (let seed = 0; seed < 40; seed++) {
      const loaded = storeOn(disk.crash({ upTo: end, pick: seed === 0 ? 'nothing' : numbers(seed) })).load()
      assert.notEqual(loaded?.complete, true, `${seed}`)
    }
  }
})

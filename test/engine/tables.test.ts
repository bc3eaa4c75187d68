import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ENTRY_BYTES, ENTRY_ID, TABLE_BYTES, TABLE_SEED } from '../../assembly/layout.js'
import type { EngineMemory } from '../../src/engine/engine-memory.js'
import { initTable } from '../../src/engine/tables.js'
import { instantiateDecode } from '../../src/memory/modules.js'

const region = (start: number, bytes: number) => ({ start, end: start + bytes })

/** Tables of one memory after the other, as of several starts. */
function started() {
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true })
  const u8 = new Uint8Array(memory.buffer)
  const u32 = new Uint32Array(memory.buffer)
  const table = region(1024, TABLE_BYTES)
  const entries = region(4096, 64 * ENTRY_BYTES)
  initTable({ u8, u32 } as unknown as EngineMemory, table, entries, region(65536, 65536))
  const decode = instantiateDecode(memory)
  const key = 32768
  const put = (name: string) => {
    u8.fill(0, key, key + 256)
    u8.set(Buffer.from(name), key)
    return Buffer.byteLength(name)
  }
  return {
    seed: Buffer.from(u8.slice(table.start + TABLE_SEED, table.start + TABLE_SEED + 8)).toString('hex'),
    insert: (name: string, id: number) => decode.insert(table.start, 1, key, put(name), id) !== 0,
    lookup: (name: string) => decode.lookup(table.start, 1, key, put(name)) >>> 0,
    /** Which entries are taken. */
    taken: () =>
      Array.from({ length: 64 }, (_, i) => +(u32[(entries.start + i * ENTRY_BYTES + ENTRY_ID) / 4] !== 0)).join(''),
  }
}

test('each start scatters names by a seed of its own, and finds the same under them', () => {
  const names = Array.from({ length: 12 }, (_, i) => `plant/line/${i}/temperature`)
  const starts = Array.from({ length: 4 }, () => started())
  for (const { insert } of starts) for (const [i, name] of names.entries()) assert.ok(insert(name, i))
  for (const { lookup } of starts) assert.deepEqual(names.map(lookup), [...names.keys()])
  assert.equal(new Set(starts.map(({ seed }) => seed)).size, 4)
  // By chance alike: 12 of 64 entries, a chance of 1 in 10^12.
  assert.equal(new Set(starts.map(({ taken }) => taken())).size, 4)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import * as layout from '../../assembly/layout.js'
import { MemoryArena } from '../../src/memory/arena.js'
import { instantiateDecode } from '../../src/memory/modules.js'

function makeTable(entries: number, keysBytes = 1 << 20) {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true })
  const arena = new MemoryArena(memory, 4096, 64 * 65536)
  const module = instantiateDecode(memory)
  const table = arena.alloc(layout.TABLE_BYTES)
  const keys = arena.alloc(keysBytes)
  const scratch = arena.alloc(8192)
  const set = (offset: number, value: number) => {
    arena.u32[(table + offset) / 4] = value
  }
  set(layout.TABLE_MASK, entries - 1)
  set(layout.TABLE_ENTRIES, arena.alloc(entries * layout.ENTRY_BYTES))
  set(layout.TABLE_KEYS, keys)
  set(layout.TABLE_KEYS_END, keys + keysBytes)
  set(layout.TABLE_SEED, 12345)
  // Other bytes behind the key at each call: they must not count.
  let filler = 1
  const key = (bytes: Uint8Array) => {
    arena.u8.fill(filler++ & 0xff, scratch, scratch + bytes.length + 64)
    arena.u8.set(bytes, scratch)
    return [scratch, bytes.length] as const
  }
  return {
    lookup: (prefix: number, bytes: Uint8Array) => module.lookup(table, prefix, ...key(bytes)) >>> 0,
    insert: (prefix: number, bytes: Uint8Array, id: number) => module.insert(table, prefix, ...key(bytes), id) !== 0,
    remove: (prefix: number, bytes: Uint8Array) => module.remove(table, prefix, ...key(bytes)),
    used: () => arena.u32[(table + layout.TABLE_USED) / 4],
  }
}

const text = (value: string) => new TextEncoder().encode(value)

test('a table does what a Map does', () => {
  // Few keys of every length up to three words, so that they meet again.
  const key = fc.tuple(fc.integer({ min: 0, max: 2 }), fc.uint8Array({ minLength: 0, maxLength: 24, max: 1 }))
  const step = fc.tuple(fc.constantFrom('insert', 'insert', 'remove', 'lookup'), key, fc.nat(1e6))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const table = makeTable(1024)
      const map = new Map<string, number>()
      for (const [what, [prefix, bytes], id] of steps) {
        const name = `${prefix} ${bytes}`
        if (what === 'insert') {
          assert.ok(table.insert(prefix, bytes, id))
          map.set(name, id)
        } else if (what === 'remove') {
          table.remove(prefix, bytes)
          map.delete(name)
        }
        assert.equal(table.lookup(prefix, bytes), map.get(name) ?? layout.NONE)
      }
    }),
    { numRuns: 100 },
  )
})

test('REJECTED is an id like any other', () => {
  const table = makeTable(64)
  table.insert(7, text('temp'), layout.REJECTED)
  assert.equal(table.lookup(7, text('temp')), layout.REJECTED)
  table.insert(7, text('temp'), 3)
  assert.equal(table.lookup(7, text('temp')), 3)
})

test('a table is full at three quarters and keeps what it has', () => {
  const table = makeTable(64)
  for (let i = 0; i < 48; i++) assert.ok(table.insert(i, text('x'), i))
  assert.equal(table.insert(48, text('x'), 48), false)
  assert.ok(table.insert(5, text('x'), 500))
  assert.equal(table.lookup(5, text('x')), 500)
  assert.equal(table.lookup(48, text('x')), layout.NONE)
})

test('removed entries are taken again', () => {
  const table = makeTable(64)
  for (let round = 0; round < 1000; round++) {
    assert.ok(table.insert(round, text('same'), round))
    table.remove(round, text('same'))
  }
  assert.ok(table.used() <= 48)
})

test('a table that was emptied is as good as new', () => {
  const table = makeTable(64)
  for (let i = 0; i < 48; i++) table.insert(i, text('x'), i)
  for (let i = 47; i >= 0; i--) table.remove(i, text('x'))
  for (let i = 0; i < 100; i++) assert.equal(table.lookup(i, text('x')), layout.NONE)
  for (let i = 100; i < 140; i++) assert.ok(table.insert(i, text('x'), i))
})

test('keys end where their region ends', () => {
  const table = makeTable(1024, 2 * (layout.KEY_HEAD_BYTES + 4096))
  const long = new Uint8Array(4096).fill(65)
  assert.ok(table.insert(0, long, 1))
  assert.ok(table.insert(1, long, 2))
  assert.equal(table.insert(2, text('x'), 3), false)
  assert.equal(table.lookup(1, long), 2)
})

test('a key that is too long is refused and found nowhere', () => {
  const table = makeTable(64)
  const long = new Uint8Array(4097)
  assert.equal(table.insert(0, long, 1), false)
  assert.equal(table.lookup(0, long), layout.NONE)
  table.remove(0, long)
})

test('names made to meet in a hash without a seed spread all the same', () => {
  // Pairs of words whose top bits differ: a multiply-and-shift hash lets the difference cancel out, whatever its seed.
  const table = makeTable(8192)
  const keys = Array.from({ length: 2048 }, (_, i) => {
    const words = new BigUint64Array(22)
    for (let bit = 0; bit < 11; bit++)
      if (i & (1 << bit)) {
        words[2 * bit] = 1n << 63n
        words[2 * bit + 1] = (1n << 63n) | (1n << 31n)
      }
    return new Uint8Array(words.buffer)
  })
  for (const [i, key] of keys.entries()) assert.ok(table.insert(0, key, i))
  for (const [i, key] of keys.entries()) assert.equal(table.lookup(0, key), i)
})

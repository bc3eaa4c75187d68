import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChangedPages } from '../../src/checkpoint/changed-pages.js'
import { pageHasher } from '../../src/checkpoint/page-hash.js'
import { look, pagesToWrite } from '../../src/checkpoint/pages-to-write.js'
import { instantiateKernels } from '../../src/memory/modules.js'
import { Memory } from '../../src/memory/regions.js'
import { WeirError } from '../../src/model/errors.js'
import { World } from '../support/checkpoints.js'

test('any bit that changes shows its page, and nothing else does', () => {
  const bytes = 3 * 4096 - 96
  const { memory, changed, sections, a } = new World(bytes)
  changed.of(sections[0])
  for (let i = 0; i < bytes; i++)
    for (let bit = 0; bit < 8; bit++) {
      memory.u8[a + i] ^= 1 << bit
      assert.deepEqual([...changed.of(sections[0]).pages], [i >> 12], `bit ${bit} of byte ${i}`)
    }
  assert.equal(changed.of(sections[0]).pages.length, 0)
})

test('two bits in words that meet in the hash show, wherever they are: no two such pages have the same', () => {
  const hash = pageHasher()
  const page = new Uint8Array(4096)
  const words = new BigUint64Array(page.buffer)
  const seen = new Set<bigint>()
  let pages = 0
  for (const first of [0, 8, 248, 496])
    for (const behind of [1, 2, 8, 15])
      for (let i = 0n; i < 64n; i++)
        for (let j = 0n; j < 64n; j++) {
          words[first] = 1n << i
          words[first + behind] = 1n << j
          seen.add(hash(page))
          pages++
          words[first] = words[first + behind] = 0n
        }
  assert.equal(seen.size, pages)
})

test('a hash of a page on disk is that of the page in memory, whatever its length', () => {
  for (const bytes of [32, 64, 96, 4064, 4096]) {
    const { memory, changed, sections, a } = new World(bytes)
    const { hashes } = changed.of(sections[0])
    const expected = pageHasher()(memory.u8.slice(a, a + bytes))
    assert.equal((BigInt(hashes[1]) << 32n) | BigInt(hashes[0]), expected, `${bytes}`)
  }
})

test('pages that hold nothing are in no file, and changed once they hold something again', () => {
  const memory = new Memory<'a' | 'empty' | 'hashes'>({ a: 40 * 4096, empty: 32, hashes: 40 * 32 })
  const { a, empty, hashes } = memory.regions
  const changed = new ChangedPages(memory, instantiateKernels(memory.memory), hashes)
  const section = { name: 'a', start: a.start, bytes: 40 * 4096, empty: empty.start }
  const numbers = (all: boolean) => {
    const { table } = pagesToWrite(look([section], changed), memory.u8, all)
    return Array.from({ length: table.length / 16 }, (_, i) => table.readUInt32LE(i * 16))
  }
  const but = (...left: number[]) => Array.from({ length: 40 }, (_, i) => i).filter((i) => !left.includes(i))
  memory.u8[empty.start] = 0b110
  memory.u8[empty.start + 4] = 0b1000_0000
  assert.deepEqual(numbers(false), but(1, 2, 39))
  assert.deepEqual(numbers(true), but(1, 2, 39))
  memory.u8[empty.start] = 0b100
  memory.u8[empty.start + 4] = 0b1000_0001
  assert.deepEqual(numbers(false), [1])
  assert.deepEqual(numbers(true), but(2, 32, 39))
})

test('sections that outgrow the hashes count as changed as a whole; a region too small for one is a bug, not a loop', () => {
  const memory = new Memory<'a' | 'hashes'>({ a: 64 * 4096, hashes: 64 * 32 })
  const { a, hashes } = memory.regions
  const changed = new ChangedPages(memory, instantiateKernels(memory.memory), hashes)
  for (let pages = 1; pages <= 64; pages++) {
    const section = { name: 'a', start: a.start, bytes: pages * 4096 }
    memory.u8[a.start + pages * 4096 - 1] = 1
    assert.ok(changed.of(section).pages.includes(pages - 1), `${pages}`)
    assert.deepEqual([...changed.of(section).pages], [])
  }
  const tiny = new ChangedPages(memory, instantiateKernels(memory.memory), {
    start: hashes.start,
    end: hashes.start + 512,
  })
  assert.throws(() => tiny.of({ name: 'a', start: a.start, bytes: 64 * 4096 }), WeirError)
})

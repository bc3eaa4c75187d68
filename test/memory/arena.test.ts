import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SLACK_BYTES } from '../../assembly/layout.js'
import { MemoryArena } from '../../src/memory/arena.js'

const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })

test('pieces are aligned, zeroed and apart', () => {
  new Uint8Array(memory.buffer).fill(0xaa)
  const arena = new MemoryArena(memory, 100, 1000)
  const pieces = [1, 16, 17, 0, 5].map((bytes) => ({ bytes, address: arena.alloc(bytes) }))
  for (const [i, { address, bytes }] of pieces.entries()) {
    assert.equal(address % 16, 0)
    assert.ok(arena.u8.subarray(address, address + bytes).every((byte) => byte === 0))
    if (i) assert.ok(address >= pieces[i - 1].address + pieces[i - 1].bytes)
  }
})

test('text has slack behind it', () => {
  const arena = new MemoryArena(memory, 0, 4096)
  const { address, bytes } = arena.text('temp °C')
  assert.equal(bytes, 8)
  assert.equal(Buffer.from(arena.u8.slice(address, address + bytes)).toString(), 'temp °C')
  assert.ok(arena.alloc(1) >= address + bytes + SLACK_BYTES)
})

test('a full arena throws and stays as it was', () => {
  const arena = new MemoryArena(memory, 0, 64)
  assert.throws(() => arena.alloc(65), /cannot keep the plan in memory: it needs 16 bytes more/)
  assert.equal(arena.alloc(64), 0)
  assert.throws(() => arena.alloc(1), /16 bytes more/)
})

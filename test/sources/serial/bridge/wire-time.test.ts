import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WireTime } from '../../../../src/sources/serial/bridge/wire-time.js'

const BYTE_US = 1e7 / 115200

test('a saturated wire, read in bursts of USB adapters and after pauses, stays a wire', () => {
  const wire = new WireTime(BYTE_US)
  assert.equal(wire.read(4096, 0, 0), false)
  let nowMs = 0
  let waiting = 0
  for (let i = 0; i < 1000; i++) {
    const pauseMs = [1, 16, 20, 36, 200, 5000][i % 6]
    nowMs += pauseMs
    // What the wire brought meanwhile; an adapter holds some of it back for 16 ms.
    waiting += (pauseMs * 1000) / BYTE_US
    const bytes = Math.floor(Math.max(0, waiting - (i % 2 ? 0 : 180)))
    waiting -= bytes
    assert.equal(wire.read(bytes, nowMs, i % 7 ? 0 : 5), false)
  }
  assert.equal(wire.byteUs, BYTE_US)
})

test('more than a wire brings is told once, and then no byte takes time', () => {
  const wire = new WireTime(BYTE_US)
  wire.read(64, 0, 5)
  assert.equal(wire.read(600, 1, 0), false)
  assert.equal(wire.read(600, 2, 0), true)
  assert.equal(wire.byteUs, 0)
  assert.equal(wire.read(4096, 3, 0), false)
})

test('long frames that are there at once whenever they were waited for show it, too; a gateway that wakes late does not', () => {
  const wire = new WireTime(BYTE_US)
  const reads = [1000, 1000, 20, 1000, 1000]
  for (const [i, bytes] of reads.entries()) assert.equal(wire.read(bytes, i * 1000, 900), false)
  // Nothing was waited for: they had gathered.
  assert.equal(wire.read(1000, 5000, 0), false)
  assert.equal(wire.read(1000, 6000, 900), true)
})

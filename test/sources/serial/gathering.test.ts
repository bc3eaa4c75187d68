import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Gathering } from '../../../src/sources/serial/gathering.js'

const NEVER = Number.POSITIVE_INFINITY
const BYTE_US = 10e6 / 921_600

test('a pause ends with the tick; at its very edge, with the next', () => {
  const gathering = new Gathering(10e6 / 9600, NEVER, 0)
  assert.equal(gathering.pauseMs(10, 1000, 250), 250)
  assert.equal(gathering.pauseMs(10, 1100, 150), 150)
  assert.equal(gathering.pauseMs(10, 1249.6, 0.4), 250.4)
  assert.equal(new Gathering(BYTE_US, NEVER, 0).pauseMs(10, 0, 0), 0)
})

test('no more gathers than the kernel holds: by the wire, or by what came lately where more came', () => {
  for (const nowMs of [1000, 1010.5, 1033.2, 123_456.7]) {
    const gathering = new Gathering(BYTE_US, NEVER, nowMs - 30)
    const pauseMs = gathering.pauseMs(100, nowMs, 250)
    assert.ok(pauseMs > 0 && (pauseMs * 1000) / BYTE_US <= 3072, `${pauseMs} ms at ${nowMs}`)
  }
  // A USB device that sends 300,000 bytes a second, whatever baud says.
  const gathering = new Gathering(10e6 / 9600, NEVER, 1000)
  const pauseMs = gathering.pauseMs(1500, 1005, 250)
  assert.ok(pauseMs > 0 && pauseMs * 300 <= 3072, `${pauseMs} ms`)
  // Few bytes at once tell nothing.
  assert.equal(gathering.pauseMs(20, 1005.01, 245), 245)
})

test('behind a read that may have left some behind there is no pause, nor where it is not worth a timer', () => {
  const gathering = new Gathering(BYTE_US, NEVER, 1000)
  assert.equal(gathering.pauseMs(4095, 1044, 250), 0)
  assert.equal(new Gathering(10e6 / 50e6, NEVER, 1000).pauseMs(100, 1044.1, 250), 0)
})

test('timed by arrival no longer than the error, and ports wake together whenever they were read', () => {
  const ends = new Set<number>()
  // Places of the grid are 988 and 1007.
  for (const nowMs of [988.7, 993, 1001.2, 1005.9]) {
    const gathering = new Gathering(10e6 / 115_200, 20_000, 900)
    const pauseMs = gathering.pauseMs(40, nowMs, 250)
    assert.ok(pauseMs <= 20)
    ends.add(Math.round(nowMs + pauseMs))
  }
  assert.deepEqual([...ends], [1007])
  // A timer that was half a millisecond early has come, not gone.
  const pauseMs = new Gathering(10e6 / 115_200, 20_000, 900).pauseMs(40, 1006.6, 250)
  assert.ok(Math.abs(pauseMs - 19.4) < 1e-6, `${pauseMs}`)
})

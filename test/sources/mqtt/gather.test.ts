import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Gather } from '../../../src/sources/mqtt/gather.js'

/** A sender of `rate` messages a ms that waits when more than `window` are on their way. */
function run(options: {
  rate: number
  window?: number
  windowBytes?: number
  bytes?: number
  longestMs?: number
  seconds: number
}) {
  const { rate, window = Number.POSITIVE_INFINITY, bytes = 100, longestMs = 250, seconds } = options
  const most = Math.min(window, (options.windowBytes ?? Number.POSITIVE_INFINITY) / bytes)
  const gather = new Gather(0)
  const pauses: number[] = []
  let nowMs = 0
  let queued = 0
  let taken = 0
  while (nowMs < seconds * 1000) {
    const pauseMs = gather.pauseMs(taken, taken * bytes, nowMs, longestMs)
    pauses.push(pauseMs)
    const elapsedMs = pauseMs + 0.2
    nowMs += elapsedMs
    queued += rate * elapsedMs
    taken = Math.floor(Math.min(queued, most))
    queued -= taken
  }
  return { pauses, queued, last: pauses.slice(-64).sort((a, b) => a - b)[32], wakes: pauses.length }
}

test('pauses grow until the tick where nothing holds the sender back', () => {
  const { last, wakes } = run({ rate: 1, seconds: 300 })
  assert.equal(last, 250)
  assert.ok(wakes < 300 * 4 * 1.2, `${wakes} wakes`)
})

test('few messages: the pause reaches the tick', () => assert.equal(run({ rate: 0.01, seconds: 20 }).last, 250))

test('the pause never leaves more than a receive window in the kernel', () => {
  const { last } = run({ rate: 40, bytes: 100, seconds: 20 })
  assert.ok(last <= (128 * 1024) / 4000 + 1, `${last} ms`)
  assert.ok(last > 16, `${last} ms`)
})

test('a small in-flight window shortens the pause until it no longer throttles', () => {
  for (const rate of [0.5, 2, 10]) {
    const { queued, last } = run({ rate, window: 20, seconds: 60 })
    assert.ok(queued < rate * 1000, `${queued} waiting at ${rate} a ms, pause ${last}`)
  }
})

test('a window too small for any pause ends in none', () => {
  const { queued, last } = run({ rate: 60, window: 20, seconds: 30 })
  assert.equal(last, 0)
  assert.ok(queued < 60_000, `${queued} waiting`)
})

test('a receive window smaller than thought shortens the pause too', () => {
  const { queued } = run({ rate: 2, bytes: 4500, windowBytes: 60_000, seconds: 30 })
  assert.ok(queued < 2000, `${queued} waiting`)
})

test('no pause is longer than asked for', () => {
  for (const pause of run({ rate: 1, longestMs: 20, seconds: 5 }).pauses) assert.ok(pause <= 20)
})

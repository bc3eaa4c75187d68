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
  const { rate, window, bytes = 100, longestMs = 250, seconds } = options
  const most = Math.min(window ?? Number.POSITIVE_INFINITY, (options.windowBytes ?? Number.POSITIVE_INFINITY) / bytes)
  const gather = new Gather(0)
  const pauses: number[] = []
  let nowMs = 0
  let queued = 0
  let worst = 0
  while (nowMs < seconds * 1000) {
    const taken = Math.floor(Math.min(queued, most))
    queued -= taken
    worst = Math.max(worst, queued)
    const pauseMs = taken === 0 ? 0 : gather.pauseMs(taken, window !== undefined, taken * bytes, nowMs, longestMs)
    if (taken > 0) pauses.push(pauseMs)
    const elapsedMs = pauseMs + 0.2
    nowMs += elapsedMs
    queued += rate * elapsedMs
  }
  return { pauses, worst, longest: Math.max(...pauses), wakes: pauses.length / seconds }
}

test('pauses grow to the tick where nothing holds the sender back', () => {
  const { longest, wakes } = run({ rate: 0.1, seconds: 60 })
  assert.equal(longest, 250)
  assert.ok(wakes < 4.5, `${wakes} wakes a second`)
})

test('the pause never leaves more than a receive window in the kernel', () => {
  const { pauses } = run({ rate: 40, bytes: 100, seconds: 20 })
  const late = Math.max(...pauses.slice(-50))
  assert.ok(late <= (128 * 1024) / 4000 + 2, `${late} ms`)
  assert.ok(late > 16, `${late} ms`)
})

test('an in-flight window of any size neither throttles the sender nor fills a queue of 1,000', () => {
  for (const window of [20, 100, 1000, 100_000])
    for (const rate of [0.5, 2, 10]) {
      const { worst, wakes } = run({ rate, window, seconds: 60 })
      assert.ok(worst < 1000, `${worst} waiting at ${rate} a ms and a window of ${window}`)
      // A read a message would be 1,000 times the rate.
      assert.ok(wakes < rate * 500, `${wakes} wakes a second at ${rate} a ms and a window of ${window}`)
    }
})

test('a wide window is found and used', () => {
  const { wakes, longest } = run({ rate: 1, window: 100_000, seconds: 60 })
  assert.equal(longest, 250)
  assert.ok(wakes < 20, `${wakes} wakes a second`)
})

test('a receive window smaller than thought does not throttle the sender either', () => {
  const { worst } = run({ rate: 2, bytes: 4500, windowBytes: 60_000, seconds: 30 })
  assert.ok(worst < 2000, `${worst} waiting`)
})

test('no pause is longer than asked for', () => {
  for (const pause of run({ rate: 1, window: 20, longestMs: 20, seconds: 5 }).pauses) assert.ok(pause <= 20)
})

/** Rates a ms, and pauses, of a sender that sends what it has every `everyMs`. */
function bursts(everyMs: number, seconds: number) {
  const rate = 10
  const gather = new Gather(0)
  let [nowMs, taken, asked, acknowledgements] = [0, 0, 0, 0]
  while (nowMs < seconds * 1000) {
    const sent = Math.floor(nowMs / everyMs) * everyMs * rate
    const messages = sent - taken
    taken = sent
    if (messages > 0) {
      acknowledgements++
      asked = gather.pauseMs(messages, true, messages * 100, nowMs, 250)
    } else asked = 0
    nowMs += asked + 0.2
  }
  return acknowledgements / seconds
}

test('devices that speak together are no rush', () => {
  const perSecond = bursts(5, 30)
  assert.ok(perSecond < 20, `${perSecond} acknowledgements a second`)
})

test('what is proven is not looked behind again', () => {
  const { pauses, wakes } = run({ rate: 10, window: 2000, seconds: 60 })
  const quiet = pauses.slice(-100).filter((pauseMs) => pauseMs === 0).length
  assert.ok(wakes < 30, `${wakes} wakes a second`)
  assert.ok(quiet < 60, `${quiet} of the last 100 reads were looks`)
})

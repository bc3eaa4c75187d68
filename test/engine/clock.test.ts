import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SystemClock } from '../../src/engine/clock.js'

test('calls come in the order of their times, a cancelled one never, and none is left behind', async () => {
  const clock = new SystemClock()
  const order: number[] = []
  await new Promise<void>((resolve) => {
    clock.after(20, () => {
      order.push(20)
      resolve()
    })
    clock.after(5, () => order.push(5))
    const cancelled = clock.after(8, () => order.push(8))
    clock.after(0, () => {
      order.push(0)
      cancelled.cancel()
    })
  })
  assert.deepEqual(order, [0, 5, 20])
})

test('of several that are due at once, which go on at once, there is one timer for the next', async (t) => {
  const clock = new SystemClock()
  const delays: number[] = []
  const { setTimeout } = globalThis
  t.mock.method(globalThis, 'setTimeout', (f: () => void, ms: number) => {
    delays.push(ms)
    return setTimeout(f, ms)
  })
  const timers = await new Promise<ReturnType<SystemClock['after']>[]>((resolve) => {
    const made: ReturnType<SystemClock['after']>[] = []
    for (let i = 0; i < 5; i++)
      clock.after(5, () => {
        if (made.push(clock.after(1000, () => {})) === 5) setImmediate(resolve, made)
      })
  })
  assert.ok(delays.length === 2 && delays[1] > 900, `armed for ${delays} ms`)
  for (const timer of timers) timer.cancel()
})

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

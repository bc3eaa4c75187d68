import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RateMeter } from '../../src/observe/rates.js'

test('rates are differences over the span', () => {
  const meter = new RateMeter<'a' | 'b'>(5000)
  assert.deepEqual(meter.look({ a: 10, b: 0 }, 1000), { a: 0, b: 0 })
  assert.deepEqual(meter.look({ a: 110, b: 1 }, 3000), { a: 50, b: 0.5 })
  assert.deepEqual(meter.look({ a: 110, b: 1 }, 60_000), { a: 0, b: 0 })
})

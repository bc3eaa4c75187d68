import assert from 'node:assert/strict'
import { test } from 'node:test'
import { span } from '../../src/observe/span.js'

test('a span in words is short at every length', () => {
  assert.deepEqual([-1, 0.25, 59, 240, 7200, 86_400 * 3].map(span), ['0 s', '0.3 s', '59 s', '4 min', '2 h', '3 d'])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flowOf } from '../../src/demo/flow.js'
import { exampleStatus } from '../support/status.js'

test('what flows is the sum of all sources and sinks', () => {
  assert.deepEqual(flowOf(exampleStatus(), 250_000), { messages: 12_345, samples: 24_680, points: 10, cpu: 0.25 })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killing } from '../support/killing.js'

test('20 kills at random moments under QoS 1: every window in the database is as if there had been none, nothing lost, nothing twice', async (t) => {
  const outcome = await killing({ kills: 20, rate: 1000, seed: Date.now() % 1e9, durability: 'process' })
  t.diagnostic(JSON.stringify(outcome))
  assert.deepEqual(outcome.wrong, [])
  assert.ok(outcome.windows >= 50)
})

test('the same with durability power', async (t) => {
  const outcome = await killing({ kills: 5, rate: 1000, seed: Date.now() % 1e9, durability: 'power' })
  t.diagnostic(JSON.stringify(outcome))
  assert.deepEqual(outcome.wrong, [])
})

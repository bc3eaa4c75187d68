import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { killing } from '../support/killing.js'

async function run(t: TestContext, kills: number, durability: 'process' | 'power') {
  const seed = Date.now() % 1e9
  const outcome = await killing(t, { kills, rateHz: 1000, seed, durability })
  t.diagnostic(JSON.stringify({ seed, ...outcome }))
  assert.deepEqual(outcome.wrong, [])
}

test('20 kills at random moments under QoS 1: every window in the database is as if there had been none, nothing lost, nothing twice', (t) =>
  run(t, 20, 'process'))

test('the same with durability power', (t) => run(t, 5, 'power'))

test('the harness can fail: with durability memory it sees what is lost', async (t) => {
  const { wrong } = await killing(t, { kills: 2, rateHz: 1000, seed: 5, durability: 'memory', patienceMs: 3000 })
  assert.match(wrong.join('\n'), /: is missing|, must be /)
})

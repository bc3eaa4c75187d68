import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killing } from '../support/killing.js'
import { systemdHost } from '../support/systemd-host.js'

test('the shipped unit, killed again and again: systemd brings it back, its runtime directory is there, and nothing is lost or comes twice', async (t) => {
  const host = await systemdHost(t)
  const seed = Date.now() % 1e9
  const outcome = await killing(t, { kills: 4, rateHz: 500, seed, durability: 'process', host })
  t.diagnostic(JSON.stringify({ seed, ...outcome }))
  assert.deepEqual(outcome.wrong, [])
  assert.equal(await host.sh('systemctl show weir -P NRestarts'), '4\n')
  const said = await host.sh('journalctl -u weir -o cat --no-pager')
  assert.match(said, /the state of the run before is taken up/)
})

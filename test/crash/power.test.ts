import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { draws } from '../support/orders.js'
import { cut, differences, firstRun, last, wrong } from '../support/power-cuts.js'
import { linesOf, type Run, run, worldAt } from '../support/power-runs.js'

const SEED = 20
/** Of all operations these runs are ended behind; `node build/test/crash/all-power-cuts.js` does it behind each. */
const ROUNDS = { power: 18, process: 10 }

let whole: Map<string, string>
let first: Run

before(async () => {
  first = await firstRun({ durability: 'power', random: draws(SEED) }, false)
  whole = last(linesOf(first))
})

test('a run that is not ended says what the messages say', () => {
  assert.deepEqual(differences(first), [])
  assert.deepEqual(wrong({ end: first, whole }), [])
})

for (const durability of ['power', 'process'] as const)
  test(`whenever ${durability === 'power' ? 'power is lost' : 'it is killed'}, with durability ${durability}, every acknowledged message counts once and all lines have the same bytes`, async () => {
    const random = draws(SEED)
    for (let round = 0; round < ROUNDS[durability]; round++) {
      const begun = await firstRun({ durability, random }, round % 3 === 2)
      const { end, where } = await cut(begun, { durability, random })
      assert.deepEqual(wrong({ end, whole }), [], where)
    }
  })

test('power lost with durability process is told, and no line that was written gets less', async () => {
  const random = draws(SEED)
  const begun = await firstRun({ durability: 'process', random }, false)
  const { disk } = begun.world
  for (let round = 0; round < 8; round++) {
    const upTo = Math.floor(disk.operations * (0.3 + random() * 0.65))
    const left = disk.crash({ upTo, pick: random, inMemory: '/run' })
    const world = worldAt(begun, upTo, left, 0, 1000)
    const end = await run('process', world, random)
    const { alarms } = end.rig.gateway.status()
    assert.match(alarms.join(), /the state of the run before is gone/)
    const before = last(world.lines)
    const count = (fields = '') => Number(/v_count=(\d+)/.exec(fields)?.[1] ?? 0)
    // Of a spool that was not synced the end may be gone: then what it still has is sent again as it was.
    const sentBefore = (key: string, fields: string) => world.lines.includes(key.replace(' ', ` ${fields} `))
    for (const [key, fields] of last(linesOf(end)))
      assert.ok(
        count(fields) >= count(before.get(key)) || sentBefore(key, fields),
        `behind ${upTo}: ${key} ${before.get(key)} became ${fields}`,
      )
  }
})

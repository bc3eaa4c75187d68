import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { goOn, killed, readSample } from '../support/state-sample.js'

const dir = resolve(import.meta.dirname, '../../../test/vectors/state')

for (const name of readdirSync(dir))
  test(`state as a weir of formats ${name.slice(0, -'.json.gz'.length)} left it is taken up, and every point comes`, async () => {
    const { disk, lines } = readSample(join(dir, name))
    assert.ok(lines.length > 50)
    assert.deepEqual(await goOn(disk), lines)
  })

test('the sample that would be kept now gives the same', async () => {
  const { lines } = readSample(join(dir, '1.json.gz'))
  assert.deepEqual(await goOn(await killed()), lines)
})

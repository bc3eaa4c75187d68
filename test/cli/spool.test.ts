import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { bootId } from '../../src/disk/boot-id.js'
import { NodeDisk } from '../../src/disk/node-disk.js'
import { silent } from '../../src/model/log.js'
import { Held } from '../../src/spool/held.js'
import { Spool } from '../../src/spool/spool.js'
import { FakeClock } from '../support/fake-clock.js'
import { folderWith, weir } from '../support/weir.js'

const config = `
gateway: hall
stateDir: ./state
sources: { m: { type: mqtt, url: "mqtt://127.0.0.1:1", topics: [a], time: arrival, decode: { type: number } } }
windows: { w: { of: "*", every: 1s, reduce: [count] } }
sinks: { db: { type: influxdb, url: "http://127.0.0.1:1", database: plant } }
`

const about = {
  disk: new NodeDisk(),
  gateway: 'hall',
  bootId: bootId(),
  durable: false,
  lastMark: undefined,
  bounds: { maxBytes: 1e9, maxAgeUs: 1e15, minFree: 0 },
  clock: new FakeClock(),
  log: silent,
  damage: { found: (path: string) => assert.fail(path), note() {} },
}

const openSpool = (dir: string) => Spool.open({ ...about, dir })

test('weir spool tells what waits, lets refused lines wait again, and gives up what waits only when told', async (t) => {
  const cwd = folderWith(t, { 'weir.yaml': config })
  const dir = join(cwd, 'state/spool/db')
  const spool = openSpool(dir)
  spool.append(7, [{ bytes: Buffer.from('w v_count=1i 1\nw v_count=2i 2\n'), points: 2, tagged: false }])
  await spool.close()
  const held = new Held({ ...about, dir: join(dir, 'held') })
  held.append(8, 5, '{}')
  held.close()
  mkdirSync(join(cwd, 'state/rejected'))
  writeFileSync(join(cwd, 'state/rejected/db.rejected'), 'field type conflict\tw v_count=3i 3\n')
  const run = (...args: string[]) => weir(t, ['spool', ...args], { cwd })

  const told = await run('status', 'weir.yaml', '--json')
  const [row] = JSON.parse(told.stdout) as { sink: string; waiting: number; untimed: number; rejected: number }[]
  assert.deepEqual([row.sink, row.waiting, row.untimed, row.rejected], ['db', 2, 5, 1])
  assert.match((await run('retry', 'weir.yaml')).stdout, /^db: 1 refused lines wait/)
  assert.match((await run('status', 'weir.yaml')).stdout, /db +3 +5 +\d+ +2\d{3}-.* +0/)
  const kept = await run('drop', 'weir.yaml')
  assert.equal(kept.code, 64)
  assert.match(kept.stderr, /say --yes/)
  const again = openSpool(dir)
  assert.equal(again.next('live')!.bytes.toString(), 'w v_count=1i 1\nw v_count=2i 2\nw v_count=3i 3\n')
  again.close()
  assert.match((await run('drop', 'weir.yaml', '--sink', 'db', '--yes')).stdout, /3 points given up/)
  const empty = openSpool(dir)
  assert.deepEqual(empty.ledger, { emitted: 3, delivered: 0, refused: 0, givenUp: 3, spooled: 0 })
  empty.close()
})

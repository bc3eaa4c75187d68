import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startInfluxd } from '../support/influxd.js'
import { emptyFolder, startWeir, weir } from '../support/weir.js'

test('the demo runs from sensors to a file, prints its points and ends with the ledger', async (t) => {
  const { code, stdout, stderr } = await weir(t, ['demo', '--seconds', '4'])
  assert.equal(code, 0, stderr)
  for (const machine of ['press-1', 'press-2', 'lathe-1'])
    for (const field of ['temperature', 'power', 'current', 'acceleration'])
      assert.match(stdout, new RegExp(`^\\d\\d:\\d\\d:\\d\\d ${machine} .*\\b${field}_mean=`, 'm'))
  assert.match(stderr, /^balances$/m)
  assert.doesNotMatch(stderr, /error|warn/)
  const path = /the points are in (.+)$/m.exec(stderr)?.[1] ?? ''
  const lines = readFileSync(path, 'utf8')
  assert.match(lines, /^second,gateway=demo,machine=press-1,source=plant .*power_mean=/m)
  t.after(() => import('node:fs').then(({ rmSync }) => rmSync(join(path, '..'), { recursive: true })))
})

test('Ctrl-C ends it cleanly', async (t) => {
  const running = startWeir(t, ['demo', '--log-level', 'info'])
  await running.said(/"msg":"ready"/)
  running.child.kill('SIGINT')
  assert.equal(await running.ended, 0)
  assert.match(running.stderr(), /^balances$/m)
})

test('its printed configuration is a good one', async (t) => {
  const cwd = emptyFolder(t)
  for (const flags of [[], ['--influx', 'http://127.0.0.1:1']]) {
    const { code, stdout } = await weir(t, ['demo', '--print-config', ...flags])
    assert.equal(code, 0)
    writeFileSync(join(cwd, 'weir.yaml'), stdout)
    const checked = await weir(t, ['check', 'weir.yaml'], { cwd })
    assert.equal(checked.code, 0, checked.stderr)
  }
})

test('--influx sends the points to a real database, made if it is missing', async (t) => {
  const influxd = await startInfluxd()
  t.after(() => influxd.stop())
  const { code, stderr } = await weir(t, ['demo', '--seconds', '4', '--influx', influxd.url, '--database', 'tried'])
  assert.equal(code, 0, stderr)
  const rows = await influxd
    .client('tried')
    .query<{ machine: string; n: number }>('select sum(acceleration_count) as n from second group by machine')
  assert.deepEqual(rows.map(({ machine }) => machine).sort(), ['lathe-1', 'press-1', 'press-2'])
  for (const { n } of rows) assert.ok(n > 1000)
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { startInfluxd } from '../support/influxd.js'
import { folderWith, weir } from '../support/weir.js'

const root = resolve(import.meta.dirname, '../../..')

interface Dashboard {
  __inputs: { name: string }[]
  templating: { list: { name: string; query: string; regex: string }[] }
  panels: { title: string; targets: { query: string }[] }[]
}
const dashboard: Dashboard = JSON.parse(readFileSync(join(root, 'docs/grafana-windows.json'), 'utf8'))

const config = (url: string) => `
gateway: hall-3
sources:
  press: { type: file, path: press.csv, time: { path: ts, unit: s }, decode: { type: csv, header: true, fields: [temp] }, tags: { machine: m1 } }
windows:
  second: { of: "*", every: 1s, reduce: [count, mean, min, max, stddev] }
sinks:
  plantdb: { type: influxdb, url: "${url}", database: plant, create: true }
`

/** A query as Grafana sends it, with its variables chosen. */
function filled(query: string, chosen: Record<string, string>): string {
  return query.replace(/\$\{(\w+)\}|\$(\w+)/g, (_, braced, bare) => chosen[braced ?? bare] ?? assert.fail(query))
}

test('every query of the Grafana dashboard finds the points of a run', async (t) => {
  const server = await startInfluxd()
  t.after(() => server.stop())
  const startS = 1_700_000_000
  const rows = Array.from({ length: 50 }, (_, i) => `${startS + i / 5},${20 + (i % 7)}`)
  const cwd = folderWith(t, { 'press.csv': `ts,temp\n${rows.join('\n')}\n`, 'weir.yaml': config(server.url) })
  const run = await weir(t, ['run', 'weir.yaml'], { cwd })
  assert.equal(run.code, 0, run.stderr)

  const client = server.client('plant')
  const chosen: Record<string, string> = {
    timeFilter: `time >= ${startS}s and time < ${startS + 10}s`,
    __interval: '1s',
  }
  for (const { name, query, regex } of dashboard.templating.list) {
    const values = [...(await client.query<Record<string, string>>(filled(query, chosen)))].map(
      (row) => row.name ?? row.value ?? row.fieldKey,
    )
    const offered = values.flatMap((value) => (regex ? (new RegExp(regex.slice(1, -1)).exec(value)?.[1] ?? []) : value))
    assert.deepEqual(offered, { window: ['second'], field: ['temp'], gateway: ['hall-3'], source: ['press'] }[name])
    chosen[name] = offered[0]
  }
  for (const { title, targets } of dashboard.panels)
    for (const { query } of targets) {
      const found = await client.query<Record<string, unknown>>(filled(query, chosen))
      const last = [...found].at(-1)
      assert.ok(last, title)
      assert.equal(last.machine, 'm1', title)
      assert.ok(
        Object.values(last).some((value) => typeof value === 'number'),
        title,
      )
    }
})

test('the Grafana dashboard asks for its database when it is imported', () => {
  const text = JSON.stringify(dashboard.panels) + JSON.stringify(dashboard.templating)
  const uids = new Set([...text.matchAll(/"uid":"([^"]*)"/g)].map(([, uid]) => uid))
  assert.deepEqual([...uids], [`\${${dashboard.__inputs[0].name}}`])
})

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { emptyFolder, startWeir, weir } from '../support/weir.js'

const rows = 't,temp\n1001,20\n1002,22\n1011,30\n'

const batchJob = `
gateway: test
sources:
  rows: { type: file, path: rows.csv, time: { path: t, unit: s }, decode: { type: csv, header: true } }
windows:
  ten: { of: "*", every: 10s, reduce: [count, mean] }
sinks:
  out: { type: file, path: "-", format: line }
`

/** A live configuration whose broker is not there. */
const live = (changes = '') => `
gateway: test
http: 127.0.0.1:0
sources:
  plant: { type: mqtt, url: "mqtt://127.0.0.1:1", topics: ["a/{b}"], decode: { type: json } }
windows:
  ten: { of: "*", every: 10s, reduce: [count, mean] }
sinks:
  out: { type: file, path: out.lp, format: line }
${changes}`

test('--version prints the version of the package', async (t) => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  assert.deepEqual(await weir(t, ['--version']), { code: 0, stdout: `${version}\n`, stderr: '' })
})

test('--help names the commands and the exit codes', async (t) => {
  const { code, stdout } = await weir(t, ['--help'])
  assert.equal(code, 0)
  const commands = ['run', 'check', 'demo', 'bench', 'status', 'tail', 'ports', 'record', 'replay', 'service']
  for (const word of [...commands, 'Exit codes', '78', 'stopTimeout']) assert.ok(stdout.includes(word), word)
})

test('wrong usage ends with 64', async (t) => {
  for (const args of [['walk'], ['run'], ['run', '--fast', 'x'], ['check', 'x', '--log-level', 'loud'], []]) {
    const { code, stdout } = await weir(t, args)
    assert.equal(code, 64, args.join(' '))
    assert.equal(stdout, '')
  }
})

test('a batch job prints results on stdout, the ledger on stderr, and ends with 0', async (t) => {
  const cwd = emptyFolder(t)
  writeFileSync(join(cwd, 'rows.csv'), rows)
  writeFileSync(join(cwd, 'weir.yaml'), batchJob)
  const { code, stdout, stderr } = await weir(t, ['run', 'weir.yaml'], { cwd })
  assert.equal(code, 0, stderr)
  assert.equal(
    stdout,
    'ten,gateway=test,source=rows temp_count=2i,temp_mean=21 1000000000000\nten,gateway=test,source=rows temp_count=1i,temp_mean=30 1010000000000\n',
  )
  assert.match(stderr, /^samples +decoded +reduced\n {2}rows +3 +3$/m)
  assert.match(stderr, /^balances$/m)
})

test('a batch job that cannot read its file ends with 1 and says why', async (t) => {
  const cwd = emptyFolder(t)
  writeFileSync(join(cwd, 'weir.yaml'), batchJob)
  const { code, stdout, stderr } = await weir(t, ['run', 'weir.yaml'], { cwd })
  assert.equal(code, 1, stderr)
  assert.equal(stdout, '')
  assert.match(stderr, /rows\.csv/)
})

test('every problem of a configuration is told on a line with its path, and it ends with 78', async (t) => {
  const cwd = emptyFolder(t)
  writeFileSync(join(cwd, 'weir.yaml'), live('batch: soon\n').replace('10s', 'ten').replace('type: mqtt', 'type: mqqt'))
  for (const command of ['run', 'check']) {
    const { code, stdout, stderr } = await weir(t, [command, 'weir.yaml'], { cwd })
    assert.equal(code, 78, stderr)
    assert.equal(stdout, '')
    assert.match(stderr, /^weir: 3 problems in the configuration$/m)
    for (const path of ['batch', 'sources.plant.type', 'windows.ten.every'])
      assert.match(stderr, new RegExp(`^  ${path.replaceAll('.', '\\.')}: .+$`, 'm'))
  }
})

test('check says what would run, as JSON too', async (t) => {
  const cwd = emptyFolder(t)
  writeFileSync(join(cwd, 'weir.yaml'), live())
  const { code, stdout, stderr } = await weir(t, ['check', 'weir.yaml'], { cwd })
  assert.equal(code, 0, stderr)
  assert.equal(stderr, '')
  for (const word of ['plant', 'mqtt', 'ten', 'mean', 'out']) assert.ok(stdout.includes(word), word)
  const json = JSON.parse((await weir(t, ['check', '--json', 'weir.yaml'], { cwd })).stdout)
  assert.equal(json.ok, true)
  assert.equal(json.gateway, 'test')
  writeFileSync(join(cwd, 'bad.yaml'), 'windows: 3\n')
  const bad = await weir(t, ['check', '--json', 'bad.yaml'], { cwd })
  assert.equal(bad.code, 78)
  assert.equal(JSON.parse(bad.stdout).ok, false)
})

test('check --offline needs no secrets, and never prints one', async (t) => {
  const cwd = emptyFolder(t)
  writeFileSync(
    join(cwd, 'weir.yaml'),
    live().replace('topics:', 'username: u, password: "${env:SECRET_WORD}", topics:'),
  )
  assert.equal((await weir(t, ['check', 'weir.yaml'], { cwd })).code, 78)
  assert.equal((await weir(t, ['check', '--offline', 'weir.yaml'], { cwd })).code, 0)
  for (const flag of ['--json', '--offline']) {
    const { code, stdout, stderr } = await weir(t, ['check', flag, 'weir.yaml'], {
      cwd,
      env: { SECRET_WORD: 'hunter2' },
    })
    assert.equal(code, 0)
    assert.doesNotMatch(stdout + stderr, /hunter2/)
  }
})

test('a live run answers over HTTP and stops cleanly on SIGTERM', async (t) => {
  const cwd = emptyFolder(t)
  writeFileSync(join(cwd, 'weir.yaml'), live())
  const running = startWeir(t, ['run', 'weir.yaml'], { cwd })
  await running.said(/"msg":"ready"/)
  const url = /"http":"([^"]+)"/.exec(running.stderr())?.[1]
  assert.equal((await fetch(`${url}/readyz`)).status, 200)
  const status = (await (await fetch(`${url}/status`)).json()) as { gateway: string; sources: { name: string }[] }
  assert.equal(status.gateway, 'test')
  assert.equal(status.sources[0].name, 'plant')
  assert.match(await (await fetch(`${url}/metrics`)).text(), /^weir_link_up\{source="plant"\} 0$/m)
  running.child.kill('SIGTERM')
  assert.equal(await running.ended, 0)
  assert.match(running.stderr(), /^balances$/m)
  assert.equal(running.stdout(), '')
})

test('a taken port is a warning, and the run goes on', async (t) => {
  const cwd = emptyFolder(t)
  writeFileSync(join(cwd, 'weir.yaml'), live())
  const first = startWeir(t, ['run', 'weir.yaml'], { cwd })
  await first.said(/"msg":"ready"/)
  const port = /"http":"[^"]*:(\d+)"/.exec(first.stderr())?.[1]
  writeFileSync(
    join(cwd, 'second.yaml'),
    `${live().replace('127.0.0.1:0', `127.0.0.1:${port}`).replace('out.lp', 'out2.lp')}\nstateDir: ./other\n`,
  )
  const second = startWeir(t, ['run', 'second.yaml'], { cwd })
  await second.said(/"msg":"ready"/)
  assert.match(second.stderr(), /"level":"warn".*cannot listen for status and metrics/)
  for (const running of [first, second]) {
    running.child.kill('SIGINT')
    assert.equal(await running.ended, 0)
  }
})

test('ports lists as a table or as JSON', async (t) => {
  const { code, stdout } = await weir(t, ['ports', '--json'])
  assert.equal(code, 0)
  assert.ok(Array.isArray(JSON.parse(stdout)))
  assert.equal((await weir(t, ['ports'])).code, 0)
})

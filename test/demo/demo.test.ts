import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startInfluxd } from '../support/influxd.js'
import { emptyFolder, startWeir, weir } from '../support/weir.js'

/** What the demo said at its end of where its points are, and what stands there; gone after the test. */
function pointsOf(t: TestContext, stderr: string): string[] {
  const path = /the points are in (.+)$/m.exec(stderr)?.[1] ?? assert.fail(stderr)
  t.after(() => rmSync(join(path, '..'), { recursive: true }))
  return readFileSync(path, 'utf8').trimEnd().split('\n')
}

/** Values of one field by the time of its points, oldest first; of corrected ones the last. */
function seriesOf(lines: readonly string[], start: string, field: string): number[] {
  const values = new Map<number, number>()
  for (const line of lines.filter((each) => each.startsWith(start))) {
    const value = new RegExp(`[ ,]${field}=([-\\d.e]+)i?[ ,]`).exec(line)
    if (value) values.set(Number(line.slice(line.lastIndexOf(' '))), Number(value[1]))
  }
  return [...values].sort(([a], [b]) => a - b).map(([, value]) => value)
}

test('in 29 s --fast shows the worn bearing, a silent sensor and late data, from real sensors to a file', async (t) => {
  const running = startWeir(t, ['demo', '--fast', '--seconds', '29'], { env: { LOG_LEVEL: 'warn' } })
  await running.said(/^open http:/m)
  const page = /^open (http:\S+)$/m.exec(running.stderr())?.[1]
  assert.equal((await fetch(`${page}/readyz`)).status, 200)
  const code = await running.ended
  const [stdout, stderr] = [running.stdout(), running.stderr()]
  assert.equal(code, 0, stderr)
  for (const machine of ['press-1', 'press-2', 'lathe-1'])
    for (const field of ['temperature', 'power', 'current', 'acceleration'])
      assert.match(stdout, new RegExp(`^\\d\\d:\\d\\d:\\d\\d ${machine} .*\\b${field}_mean=`, 'm'))
  assert.match(stdout, /^\S+ pump-1 .*\bflow_mean=.*\bpressure_mean=.*\btemperature_mean=/m)
  assert.match(stderr, /^balances$/m)
  assert.doesNotMatch(stderr, /error|warn|mock|lost/)

  for (const told of [
    /lathe-1: kurtosis [\d.]+, past 5; temperature still \d\d\.?\d* °C$/m,
    /lathe-1: temperature .* past 80 °C; \w+ told \d+ s ago$/m,
    /press-1: temperature is silent since/,
    /press-1: temperature speaks again after \d+ s/,
    /press-2: late data corrects .*power [\d,]+ → [\d,]+ W/,
  ])
    assert.match(stderr, told)
  assert.match(stdout, /^\S+ press-2 .*\(corrected\)$/m)

  const lines = pointsOf(t, stderr)
  const kurtosis = seriesOf(lines, 'vibration,gateway=demo,machine=lathe-1,source=plant', 'acceleration_kurtosis')
  const celsius = seriesOf(lines, 'second,gateway=demo,machine=lathe-1,source=plant', 'temperature_mean')
  const struck = kurtosis.findIndex((value) => value > 5)
  const hot = celsius.findIndex((value) => value > 80)
  assert.ok(struck > 5 && hot - struck >= 8, `kurtosis in second ${struck}, heat in second ${hot}`)
  assert.ok(seriesOf(lines, 'second,gateway=demo,machine=pump-1,source=pump', 'flow_count').includes(10))
})

test('where koffi is missing the pump speaks through a mock', async (t) => {
  const hook = `export async function resolve(name, context, next) {
    if (name === 'koffi') throw new Error('no koffi here')
    return next(name, context)
  }`
  const inline = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`
  const register = `import { register } from 'node:module'; register(${JSON.stringify(inline(hook))})`
  const { code, stdout, stderr } = await weir(t, ['demo', '--seconds', '3'], {
    env: { NODE_OPTIONS: `--import ${inline(register)}` },
  })
  assert.equal(code, 0, stderr)
  assert.match(stderr, /pump-1: on a mock of a serial port: no koffi here/)
  assert.match(stdout, /pump-1 flow_count=/)
  assert.match(stderr, /^balances$/m)
  pointsOf(t, stderr)
})

test('where the port of the page is taken it has another', async (t) => {
  const server = createServer().listen(9470, '127.0.0.1')
  // Whoever else has it does as well.
  await once(server, 'listening').catch(() => {})
  t.after(() => server.close())
  const running = startWeir(t, ['demo', '--log-level', 'warn'])
  await running.said(/^open http:\S+\n/m)
  const page = /^open (http:\S+)$/m.exec(running.stderr())?.[1] ?? ''
  assert.notEqual(new URL(page).port, '9470')
  assert.equal((await fetch(`${page}/readyz`)).status, 200)
  assert.equal(await running.terminate(), 0)
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

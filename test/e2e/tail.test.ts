import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { publisher } from '../support/publisher.js'
import { until } from '../support/until.js'
import { folderWith, startWeir, weir } from '../support/weir.js'

// A running weir, looked at from other processes.

let broker: Mosquitto
before(async () => {
  broker = await startMosquitto()
})
after(() => broker.stop())

const job = (http: string) => `
gateway: hall-3
http: ${http}
sources:
  plant: { type: mqtt, url: "${broker.url}", topics: ["tail/{machine}/data"], time: arrival, decode: { type: json }, unit: { temp: °C } }
windows:
  second: { of: { field: temp }, every: 1s, reduce: [count, mean] }
sinks:
  out: { type: file, path: out.lp }
`

async function address(running: ReturnType<typeof startWeir>): Promise<string> {
  await running.get('/readyz')
  return /"http":"([^"]+)"/.exec(running.stderr())![1]
}

test('frames, samples and points flow to whoever looks; a hostile payload steers no terminal', async (t) => {
  const cwd = folderWith(t, { 'weir.yaml': job('127.0.0.1:0') })
  const running = startWeir(t, ['run', 'weir.yaml'], { cwd })
  const at = await address(running)
  await running.shows('link up', ({ sources }) => sources[0].link.state === 'up')
  const looks = {
    frames: startWeir(t, ['tail', 'frames', '--at', at, '--channel', 'tail/m1/*', '--count', '3']),
    samples: startWeir(t, [
      'tail',
      'samples',
      '--at',
      at,
      '--field',
      'temp',
      '--tag',
      'machine=m1',
      '--count',
      '2',
      '--json',
    ]),
    points: startWeir(t, ['tail', '--at', at, '--window', 'sec*', '--count', '1']),
  }
  const { send } = await publisher(t, broker.url)
  let over = false
  const publishing = until('all have seen what they wait for', async () => {
    for (const machine of ['m1', 'm2'])
      await send(`tail/${machine}/data`, `{"temp":21.5,"name":"\u202e${machine}","hum":4}`)
    return over
  })
  const codes = await Promise.all(Object.values(looks).map(({ ended }) => ended))
  over = true
  await publishing
  assert.deepEqual(
    codes,
    [0, 0, 0],
    Object.values(looks)
      .map(({ stderr }) => stderr())
      .join('\n'),
  )
  const frames = looks.frames.stdout().trimEnd().split('\n')
  assert.equal(frames.length, 3)
  for (const line of frames)
    assert.match(
      line,
      /^\d\d:\d\d:\d\d\.\d{3} {2}plant {2}tail\/m1\/data {2}\d+ B {2}\{"temp":21\.5,"name":"\\u\{202e\}m1","hum":4\}$/,
    )
  for (const line of looks.samples.stdout().trimEnd().split('\n')) {
    const { field, value, unit, tags } = JSON.parse(line)
    assert.deepEqual([field, value, unit, tags.machine], ['temp', 21.5, '°C', 'm1'])
  }
  assert.match(
    looks.points.stdout(),
    /^\d\d:\d\d:\d\d {2}second {2}machine=m[12] {2}temp_count=\d+ {2}temp_mean=21\.5 °C\n$/,
  )

  // A reader that never reads slows nothing down.
  const { hostname, port } = new URL(at)
  const asleep = connect(Number(port), hostname)
  asleep.write(`GET /tail?of=frames HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`)
  await once(asleep, 'readable')
  const before = (await running.status()).sources[0].frames.in
  for (let i = 0; i < 20_000; i++) void send('tail/m1/data', `{"temp":${i},"pad":"${'x'.repeat(100)}"}`)
  const status = await running.shows(
    'all frames',
    ({ sources }) => sources[0].frames.in >= before + 20_000 && sources[0],
  )
  assert.equal(status.frames.dropped, 0)
  asleep.destroy()
  assert.equal((await fetch(`${at}/tail?of=nothing`)).status, 400)
  await running.terminate()
})

test('status: once, as JSON, and with the token of its configuration', async (t) => {
  const cwd = folderWith(t, { 'weir.yaml': job('{ listen: "127.0.0.1:0", token: "${env:TEST_TOKEN}" }') })
  const env = { TEST_TOKEN: 'very-secret' }
  const running = startWeir(t, ['run', 'weir.yaml'], { cwd, env })
  await running.said(/"msg":"ready"/)
  const at = /"http":"([^"]+)"/.exec(running.stderr())![1]
  const refused = await weir(t, ['status', '--at', at])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /cannot ask weir at .*: it answered 401: .*put the token into WEIR_TOKEN/)
  const withToken = { env: { WEIR_TOKEN: 'very-secret' } }
  await until('the link is up', async () => (await weir(t, ['status', '--at', at], withToken)).code === 0)
  const once = await weir(t, ['status', '--at', at], withToken)
  assert.match(once.stdout, /^weir \S+ {2}hall-3 {3}ready/)
  assert.match(once.stdout, /^plant \(mqtt\) +up/m)
  assert.match(once.stdout, /^ledger balances$/m)
  const json = await weir(t, ['status', '--at', at, '--json'], withToken)
  assert.equal(JSON.parse(json.stdout).gateway, 'hall-3')
  assert.ok(!`${once.stdout}${json.stdout}${refused.stderr}`.includes('very-secret'))
  await running.terminate()
  const gone = await weir(t, ['status', '--at', at])
  assert.equal(gone.code, 1)
  assert.match(gone.stderr, /cannot reach weir at http:\/\/127\.0\.0\.1:\d+: .*is it running\?/)
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, type TestContext, test } from 'node:test'
import type { Status } from '../../src/model/status.js'
import { MOST_READERS } from '../../src/tail/route.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { publisher } from '../support/publisher.js'
import { until } from '../support/until.js'
import { folderWith, main, startWeir, weir } from '../support/weir.js'

// A running weir, looked at from another process.

let broker: Mosquitto
before(async () => {
  broker = await startMosquitto()
})
after(() => broker.stop())

const TOKEN = 'a secret word'

async function running(t: TestContext, topic: string, http = '127.0.0.1:0') {
  const yaml = `
gateway: hall-3
batch: 50ms
http: ${http}
sources:
  plant: { type: mqtt, url: "${broker.url}", topics: ["${topic}/{machine}"], time: arrival, decode: { type: json, fields: [temp, hum] }, unit: { temp: "°C" } }
windows:
  short: { of: { field: temp }, every: 200ms, lateness: 0, reduce: [mean, max] }
sinks:
  out: { type: file, path: out.lp }
`
  const cwd = folderWith(t, { 'weir.yaml': yaml })
  const process = startWeir(t, ['run', 'weir.yaml'], { cwd, env: { WORD: TOKEN } })
  await process.said(/"msg":"ready"/)
  await process.said(/source \\"plant\\" is up/)
  const url = /"http":"([^"]+)"/.exec(process.stderr())![1]
  return { process, url, send: (await publisher(t, broker.url)).send }
}

/** Sends until it has come to pass. */
async function sendUntil(past: Promise<unknown>, send: () => Promise<void>): Promise<void> {
  let over = false
  const ended = past.then(() => {
    over = true
  })
  while (!over) await Promise.race([Promise.all([send(), new Promise((next) => setTimeout(next, 10))]), ended])
}

const json = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

test('points, samples and frames of a running weir, chosen, as text and as JSON; hostile bytes shown as what they are', async (t) => {
  const { url, send } = await running(t, 'all')
  const each = async (machine: string, args: string[], payload: unknown = { temp: 21.5, hum: 40 }) => {
    const tail = startWeir(t, ['tail', ...args, '--at', url])
    await sendUntil(tail.ended, () => send(`all/${machine}`, payload))
    assert.equal(await tail.ended, 0, tail.stderr())
    assert.equal(tail.stderr(), '')
    return tail.stdout()
  }
  const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z`
  const [points, samples, text, bytes] = await Promise.all([
    each('m1', ['--count', '2', '--tag', 'machine=m1', '--field', '*_max']),
    each('m2', ['samples', '--count', '3', '--field', 'temp', '--tag', 'machine=m2', '--json']),
    each('text', ['frames', '--count', '1', '--topic', '*/text'], '\u001b]0;owned\u009b2J é\r\n'),
    each('bytes', ['frames', '--count', '1', '--topic', '*/bytes', '--source', 'pl*'], Buffer.from([0xff, 0, 0x9b])),
  ])
  assert.match(points, new RegExp(`^(${time}  short  plant  machine=m1  temp_max=21\\.5 °C\n){2}$`))
  for (const { time: at, ...rest } of json(samples)) {
    assert.match(at, new RegExp(`^${time}$`))
    const tags = { gateway: 'hall-3', machine: 'm2', source: 'plant' }
    assert.deepEqual(rest, { tags, field: 'temp', value: 21.5, unit: '°C', fate: 'reduced' })
  }
  assert.ok(text.endsWith('  plant  all/text  \\u{1b}]0;owned\\u{9b}2J é\\u{d}\\u{a}\n'), text)
  assert.ok(bytes.endsWith('  plant  all/bytes  hex ff009b\n'), bytes)
})

test('a reader that stops reading misses some and is told how many; the ingest goes on; gone readers make room', async (t) => {
  const { process: weirProcess, url, send } = await running(t, 'slow')
  /** A reader that takes nothing yet. */
  const reader = () =>
    until('there is room', async () => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1')
      socket.write('GET /tail?of=frames HTTP/1.1\r\nHost: localhost\r\n\r\n')
      await once(socket, 'readable')
      return /^HTTP\/1\.1 200/.test(String(socket.read(15))) && socket
    })
  const sockets: Awaited<ReturnType<typeof reader>>[] = []
  for (let i = 0; i < MOST_READERS; i++) sockets.push(await reader())
  const refused = await weir(t, ['tail', '--at', url])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /refused \(503\): cannot serve one more tail/)
  // More than the kernel takes for a reader, and a megabyte on top.
  const payload = 'x'.repeat(15_000)
  const sent = 1500
  for (let i = 0; i < sent; i += 50) await Promise.all(Array.from({ length: 50 }, () => send('slow/m', payload)))
  await weirProcess.shows('all taken', ({ sources }) => sources[0].frames.in === sent)
  const [first, ...others] = sockets
  let text = ''
  first.setEncoding('utf8').on('data', (part) => (text += part))
  await until('it is told', () => {
    const unseen = [...text.matchAll(/\{"unseen":(\d+)\}/g)].reduce((sum, [, count]) => sum + Number(count), 0)
    return unseen > 0 && unseen + text.split('"bytes":15000').length - 1 === sent
  })
  for (const socket of [first, ...others]) socket.destroy()
  // The places are free again, all of them.
  for (let i = 0; i < MOST_READERS; i++) (await reader()).destroy()
})

test('it ends cleanly: Ctrl-C, enough seconds, a closed pipe; and says when weir has ended', async (t) => {
  const { process: weirProcess, url, send } = await running(t, 'end')
  const args = ['tail', 'frames', '--at', url]
  const interrupted = startWeir(t, args)
  const timed = startWeir(t, [...args, '--seconds', '0.2'])
  const left = startWeir(t, args)
  const closed = startWeir(t, args)
  const stop = once(closed.child.stdout, 'data').then(() => closed.child.stdout.destroy())
  const heard = Promise.all([interrupted, left].map(({ child }) => once(child.stdout, 'data')))
  await sendUntil(Promise.all([stop, heard, closed.ended, timed.ended]), () => send('end/m', '{}'))
  interrupted.child.kill('SIGINT')
  assert.deepEqual(await Promise.all([interrupted.ended, timed.ended, closed.ended]), [0, 0, 0])
  assert.equal(interrupted.stderr() + timed.stderr() + closed.stderr(), '')
  assert.equal(await weirProcess.terminate(), 0)
  assert.equal(await left.ended, 1)
  assert.match(left.stderr(), /^weir: the weir at http:\S+ has ended/)
})

test('status once, as JSON, and on a terminal until Ctrl-C', async (t) => {
  const { url, send } = await running(t, 'status')
  await send('status/m', { temp: 1 })
  const [text, asJson, lines] = await Promise.all([
    weir(t, ['status', '--at', url]),
    weir(t, ['status', '--json', '--at', url]),
    (async () => {
      const watching = startWeir(t, ['status', '--watch', '--json', '--at', url])
      await until('two looks', () => watching.stdout().split('\n').length > 2)
      watching.child.kill('SIGINT')
      assert.equal(await watching.ended, 0)
      return watching.stdout()
    })(),
  ])
  assert.equal(text.code, 0, text.stderr)
  assert.match(text.stdout, /^hall-3 {2}http:.*\nweir \S+, ready, up /)
  assert.match(text.stdout, /^plant +mqtt +up /m)
  assert.match(text.stdout, /^balances$/m)
  assert.equal((JSON.parse(asJson.stdout) as Status).gateway, 'hall-3')
  for (const { ready } of json(lines)) assert.equal(ready, true)
  const command = `stty cols 100 rows 30; exec ${process.execPath} ${main} status --at ${url}`
  const terminal = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] })
  let drawn = ''
  terminal.stdout.setEncoding('utf8').on('data', (part) => (drawn += part))
  const ended = once(terminal, 'close')
  await until('it is drawn again', () => drawn.split('hall-3').length > 2)
  terminal.stdin.write('\u0003')
  assert.deepEqual(await ended, [0, null])
  assert.ok(drawn.startsWith('\u001b[?25l') && drawn.endsWith('\u001b[?25h'), 'the cursor is hidden, and given back')
})

test('nobody there, a token wanted, another program: each is said with its remedy, and ends with 1', async (t) => {
  const { url } = await running(t, 'errors', '{ listen: "127.0.0.1:0", token: "${env:WORD}" }')
  const cwd = folderWith(t, {
    'ask.yaml': `http: { listen: "${new URL(url).host}", token: "\${env:WORD}" }\nsinks: { db: { password: "\${env:ELSE}" } }\n`,
  })
  const env = { WEIR_TOKEN: TOKEN }
  const [none, bare, known, given, wrong, broken] = await Promise.all([
    weir(t, ['status', '--at', '127.0.0.1:1']),
    weir(t, ['tail', '--at', url]),
    weir(t, ['status', '--json', '--config', 'ask.yaml'], { cwd, env: { WORD: TOKEN } }),
    weir(t, ['tail', '--at', url, '--seconds', '0.1'], { env }),
    weir(t, ['tail', 'frames', '--field', 'x']),
    weir(t, ['status', '--at', broker.url.replace('mqtt:', 'http:')]),
  ])
  assert.equal(none.code, 1)
  assert.equal(
    none.stderr,
    'weir: cannot reach weir at http://127.0.0.1:1: nothing listens there; start one with `weir run`, or say where it is with --at or --config\n',
  )
  assert.equal(bare.code, 1)
  assert.match(bare.stderr, /wants the token of its configuration; give --config FILE, or .*WEIR_TOKEN/)
  assert.equal(known.code, 0, known.stderr)
  assert.equal(given.code, 0, given.stderr)
  assert.equal(wrong.code, 64)
  assert.match(wrong.stderr, /cannot choose frames by "field"/)
  assert.equal(broken.code, 1)
  assert.match(broken.stderr, /^weir: cannot reach weir at /)
})

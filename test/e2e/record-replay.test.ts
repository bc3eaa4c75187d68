import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Comparison } from '../../src/recording/differences.js'
import { RecordingReader } from '../../src/recording/reader.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { publisher } from '../support/publisher.js'
import { folderWith, startWeir, weir } from '../support/weir.js'

// A running weir recorded in both ways at once, and what comes out when the recordings are replayed.

let broker: Mosquitto
before(async () => {
  broker = await startMosquitto()
})
after(() => broker.stop())

const config = (lateness: string) => `
gateway: hall-3
durability: memory
http: 127.0.0.1:0
batch: 100ms
sources:
  plant:
    type: mqtt
    url: ${broker.url}
    qos: 1
    topics: ["plant/{machine}"]
    time: { path: t, unit: ms }
    wait: 0
    decode: { type: json, fields: [temp] }
windows:
  tenth: { every: 100ms, lateness: ${lateness}, reduce: [count, sum, mean, stddev, first, last] }
sinks:
  out: { type: file, path: live.lp, format: line }
`

/** Fields by measurement, tags and time. */
function linesOf(text: string): Map<string, Record<string, number>> {
  return new Map(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [, key, fields, time] = /^(\S+) (\S+) (\d+)$/.exec(line)!
        const values = fields.split(',').map((field) => field.split('='))
        return [`${time} ${key}`, Object.fromEntries(values.map(([name, text]) => [name, Number.parseFloat(text)]))]
      }),
  )
}

const from = (lines: Map<string, Record<string, number>>, us: number) =>
  [...lines].filter(([key]) => Number(key.split(' ')[0]) >= us * 1000).sort(([a], [b]) => (a < b ? -1 : 1))

test('what a running weir wrote comes out of its recording, and --diff shows what a change would have done', async (t) => {
  const cwd = folderWith(t, { 'weir.yaml': config('0'), 'patient.yaml': config('5s') })
  const live = startWeir(t, ['run', 'weir.yaml'], { cwd })
  await live.shows('the link', ({ sources }) => sources[0].link.state === 'up')
  const url = /"http":"([^"]+)"/.exec(live.stderr())![1]

  const frames = 700
  const beside = startWeir(t, ['record', 'weir.yaml', '--out', 'beside.rec.gz'], { cwd })
  const within = startWeir(t, ['record', '--at', url, '--out', 'within.rec', '--frames', String(frames)], { cwd })
  await Promise.all([beside.said(/source \\"plant\\" is up/), within.said(/recording; end it/)])

  const { send } = await publisher(t, broker.url)
  for (let i = 0; i < frames; i++) {
    // Every seventh is late for its window.
    const ms = Date.now() - (i % 7 === 0 ? 400 : 0)
    await send(`plant/${i % 3}`, { t: ms, temp: 20 + Math.sin(i) * 7 }, { qos: 1 })
    if (i % 10 === 9) await delay(25)
  }
  assert.equal(await within.ended, 0)
  assert.match(within.stderr(), /within\.rec: 700 frames, [\d,]+ bytes\n/)
  await live.shows('all frames', ({ sources }) => sources[0].frames.decoded === frames)
  // No session was taken over, and none is left behind.
  assert.equal((await live.status()).sources[0].link.attempts, 1)
  await delay(50)
  beside.child.kill('SIGINT')
  assert.equal(await beside.ended, 0)
  assert.match(beside.stderr(), /beside\.rec\.gz: 700 frames/)
  assert.equal(await live.terminate(), 0)
  assert.deepEqual(Object.keys(JSON.parse(readFileSync(join(cwd, 'weir-state/subscriptions.json'), 'utf8')).clients), [
    `weir-hall-3-plant@127.0.0.1:${broker.port}`,
  ])

  const written = linesOf(readFileSync(join(cwd, 'live.lp'), 'utf8'))
  for (const recording of ['within.rec', 'beside.rec.gz']) {
    const { code, stdout, stderr } = await weir(t, ['replay', recording, 'weir.yaml'], { cwd })
    assert.equal(code, 0, stderr)
    assert.match(stderr, /balances/)
    const reader = await RecordingReader.open(join(cwd, recording))
    await reader.close()
    const expected = from(written, reader.header.startedUs)
    const actual = from(linesOf(stdout), 0)
    assert.ok(actual.length >= 30, `${actual.length} lines`)
    assert.deepEqual(
      actual.map(([key]) => key),
      expected.map(([key]) => key),
    )
    // Batches were cut elsewhere: equal within 1e-12 of the data's scale, which is below 30.
    for (const [i, [key, values]] of actual.entries())
      for (const [field, value] of Object.entries(values))
        assert.ok(Math.abs(value - expected[i][1][field]) <= 30e-12 * values.temp_count, `${key} ${field}`)
  }
  assert.ok(statSync(join(cwd, 'beside.rec.gz')).size < statSync(join(cwd, 'within.rec')).size)

  const diff = await weir(t, ['replay', '--diff', 'within.rec', 'weir.yaml', 'patient.yaml', '--json'], { cwd })
  assert.equal(diff.code, 2, diff.stderr)
  const { values, ledger, examples } = JSON.parse(diff.stdout) as Comparison
  const late = ledger.find(({ of, counter }) => of === 'samples of plant' && counter === 'late')!
  assert.ok(late.first > 50 && late.second === 0, JSON.stringify(ledger))
  assert.ok(values.changed > 50 && values.equal > 0)
  assert.ok(examples.length === 10)
  const same = await weir(t, ['replay', '--diff', 'within.rec', 'weir.yaml', 'weir.yaml'], { cwd })
  assert.equal(same.code, 0, same.stdout)
  assert.match(same.stdout, /^equal: [\d,]+ values equal, 0 changed, 0 only in A, 0 only in B\n$/)
})

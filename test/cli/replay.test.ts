import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { recorded, type Step } from '../support/recordings.js'
import { folderWith, startWeir, weir } from '../support/weir.js'

const T0 = 1_704_067_200_000_000
const S = 1e6

const config = (lateness: string) => `
sources:
  plant:
    type: mqtt
    url: mqtt://127.0.0.1:1
    password: "\${env:NOT_HERE}"
    topics: ["plant/{machine}"]
    time: { path: t, unit: us }
    wait: 0
    decode: { type: json, fields: [temp] }
windows:
  second: { every: 1s, lateness: ${lateness}, reduce: [count, mean] }
sinks:
  out: { type: file, path: out.csv, format: csv }
`

/** A row a second, and at the end one that comes three seconds late. */
const steps: Step[] = [0, 1, 2, 3, 0.5].map((s, i) => ({
  channel: 'plant/a',
  atUs: T0 + i * S + 10,
  text: JSON.stringify({ t: T0 + s * S, temp: 20 + i }),
}))

const files = {
  'a.yaml': config('0'),
  'b.yaml': config('10s'),
  'more.yaml': 'gateway: hall-3\n',
  'x.rec': recorded(steps),
}

const line = (s: number, count: number, mean: number, gateway = 'test') =>
  `second,gateway=${gateway},machine=a,source=plant temp_count=${count}i,temp_mean=${mean} ${(T0 + s * S) * 1000}\n`

test('replay prints points on stdout, the ledger on stderr, and needs no secret of the configuration', async (t) => {
  const cwd = folderWith(t, files)
  const { code, stdout, stderr } = await weir(t, ['replay', 'x.rec', 'a.yaml'], { cwd })
  assert.equal(code, 0, stderr)
  // The gateway without a name has that of the recording.
  assert.equal(stdout, [0, 1, 2, 3].map((s) => line(s, 1, 20 + s)).join(''))
  assert.match(stderr, /samples +decoded +reduced +late\n +plant +5 +4 +1\n/)
  assert.match(stderr, /placeholders that can't be filled in here.*NOT_HERE/)
  const named = await weir(t, ['replay', 'x.rec', 'b.yaml', 'more.yaml', '--format', 'ndjson'], { cwd })
  const first = JSON.parse(named.stdout.split('\n')[0])
  assert.equal(JSON.stringify(first).includes('hall-3'), true)
})

test('replay --sinks sends to the configured sinks', async (t) => {
  const cwd = folderWith(t, files)
  const { code, stdout } = await weir(t, ['replay', 'x.rec', 'a.yaml', '--sinks'], { cwd, env: { NOT_HERE: 'x' } })
  assert.deepEqual([code, stdout], [0, ''])
  assert.equal(readFileSync(join(cwd, 'out.csv'), 'utf8').split('\n').length, 1 + 4 * 2 + 1)
})

test('replay --diff says what a change would have altered; 2 tells that it would', async (t) => {
  const cwd = folderWith(t, files)
  const { code, stdout, stderr } = await weir(t, ['replay', '--diff', 'x.rec', 'a.yaml', 'b.yaml,more.yaml'], { cwd })
  assert.equal(code, 2, stderr)
  assert.match(stdout, /^different: 0 values equal, 0 changed, 8 only in A, 8 only in B\n/)
  const same = await weir(t, ['replay', '--diff', 'x.rec', 'a.yaml', 'b.yaml'], { cwd })
  assert.equal(same.code, 2)
  assert.equal(
    same.stdout,
    `different: 6 values equal, 2 changed, 0 only in A, 0 only in B

field              changed  by up to          only in A  only in B  equal
second temp_count        1         1    50 %          0          0      3
second temp_mean         1         2  9.09 %          0          0      3

ledger                     A  B
samples of plant: reduced  4  5
samples of plant: late     1  0
window second: late        1  0

the first differences
  2024-01-01T00:00:00.000Z second,gateway=test,machine=a,source=plant temp_count: 1 -> 2
  2024-01-01T00:00:00.000Z second,gateway=test,machine=a,source=plant temp_mean: 20 -> 22
`,
  )
  const equal = await weir(t, ['replay', '--diff', 'x.rec', 'a.yaml', 'a.yaml', '--json'], { cwd })
  assert.equal(equal.code, 0)
  assert.equal(JSON.parse(equal.stdout).equal, true)
})

test('a recording that was cut off is replayed as far as it goes, and that is said', async (t) => {
  const cwd = folderWith(t, { ...files, 'cut.rec.gz': gzipSync(recorded(steps, { cut: true }).subarray(0, -3)) })
  const { code, stderr } = await weir(t, ['replay', 'cut.rec.gz', 'a.yaml'], { cwd })
  assert.equal(code, 0)
  assert.match(stderr, /the recording was not ended in order \(whole up to byte \d+\); what it holds was replayed\n$/)
})

test('a damaged recording ends with 1 and says where; what precedes it has been printed', async (t) => {
  const cwd = folderWith(t, files)
  const bytes = recorded(steps, { segmentFrames: 3 })
  bytes[bytes.length - 100] ^= 1
  writeFileSync(join(cwd, 'damaged.rec'), bytes)
  const { code, stdout, stderr } = await weir(t, ['replay', 'damaged.rec', 'a.yaml'], { cwd })
  assert.equal(code, 1)
  assert.match(stdout, /^second,.*\n/)
  assert.match(stderr, /cannot read recording \\"damaged\.rec\\" at byte \d+: a segment does not match its CRC/)
  const diff = await weir(t, ['replay', '--diff', 'damaged.rec', 'a.yaml', 'a.yaml'], { cwd })
  assert.deepEqual([diff.code, diff.stdout], [1, ''])
})

test('wrong usage of record and replay', async (t) => {
  const cwd = folderWith(t, {
    ...files,
    'rows.yaml': `
sources:
  rows: { type: file, path: rows.csv, time: { path: t, unit: s }, decode: { type: csv, header: true } }
windows: { w: { every: 1s, reduce: [mean] } }
sinks: { out: { type: file, path: "-" } }
`,
  })
  const cases: [args: string[], code: number, words: RegExp][] = [
    [['replay', 'x.rec'], 64, /missing required argument 'file'/],
    [['replay', 'x.rec', 'a.yaml', '--speed', '0'], 64, /a number above 0/],
    [['replay', '--diff', 'x.rec', 'a.yaml'], 64, /takes a recording and two configurations/],
    [['replay', 'none.rec', 'a.yaml'], 1, /cannot read recording "none\.rec".*no such file/],
    [['replay', 'a.yaml', 'a.yaml'], 1, /it is not a recording of weir/],
    [['replay', 'x.rec', 'rows.yaml'], 78, /the recording holds no live source of this configuration/],
    [['record', 'a.yaml', '--at', 'http://127.0.0.1:1', '--out', 'y.rec'], 64, /files are opened here, --at and/],
    [['record', 'a.yaml'], 64, /required option '--out <file>'/],
    [['record', 'rows.yaml', '--out', 'y.rec'], 78, /every source is a file, which is its own recording/],
    [
      ['record', '--at', 'http://127.0.0.1:1', '--out', 'y.rec'],
      1,
      /127\.0\.0\.1:1.*nothing listens there|ECONNREFUSED/,
    ],
  ]
  for (const [args, code, words] of cases) {
    const outcome = await weir(t, args, { cwd })
    assert.equal(outcome.code, code, `${args.join(' ')}: ${outcome.stderr}`)
    assert.match(outcome.stderr, words)
    assert.equal(existsSync(join(cwd, 'y.rec')), false)
  }
  const before = readFileSync(join(cwd, 'x.rec'))
  const taken = await weir(t, ['record', 'a.yaml', '--out', 'x.rec'], { cwd, env: { NOT_HERE: 'x' } })
  assert.match(taken.stderr, /cannot write recording "x\.rec": it is there already/)
  assert.equal(taken.code, 1)
  assert.deepEqual(readFileSync(join(cwd, 'x.rec')), before)
})

test('a recording from a running weir needs its token, and is kept when that weir ends', async (t) => {
  const cwd = folderWith(t, {
    'live.yaml': `${config('0')}\nhttp: { listen: 127.0.0.1:0, token: "secret-of-the-page" }\n`,
  })
  const live = startWeir(t, ['run', 'live.yaml'], { cwd, env: { NOT_HERE: 'x' } })
  await live.said(/"msg":"ready"/)
  const url = /"http":"([^"]+)"/.exec(live.stderr())![1]
  const refused = await weir(t, ['record', '--at', url, '--out', 'y.rec'], { cwd })
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /it wants the token of its configuration/)
  const recording = startWeir(t, ['record', '--at', url, '--out', 'y.rec'], {
    cwd,
    env: { WEIR_TOKEN: 'secret-of-the-page' },
  })
  await recording.said(/recording; end it/)
  await live.terminate()
  assert.equal(await recording.ended, 1)
  assert.match(recording.stderr(), /the connection was closed/)
  const { code, stderr } = await weir(t, ['replay', 'y.rec', 'live.yaml'], { cwd })
  assert.equal(code, 0, stderr)
  assert.doesNotMatch(stderr, /not ended in order/)
})

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { folderWith, main, weir } from '../support/weir.js'

// A real recording, from a file to stdout, against the same windows in plain JavaScript.

const recording = readFileSync(
  resolve(import.meta.dirname, '../../../test/vectors/nab/machine_temperature_system_failure.csv'),
  'utf8',
)

/** Rows as the recording has them; it names no zone, which the configuration takes for UTC. */
const rows = recording
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [timestamp, value] = line.split(',')
    return { timestamp, ms: Date.parse(`${timestamp.replace(' ', 'T')}Z`), value: Number(value) }
  })

interface Expected {
  ms: number
  count: number
  sum: number
  mean: number
  min: number
  max: number
  stddev: number
}

/** Windows in the order of their start, two passes each. */
function windowsOf(lengthMs: number): Expected[] {
  const groups = new Map<number, number[]>()
  for (const { ms, value } of rows) {
    const start = Math.floor(ms / lengthMs) * lengthMs
    const group = groups.get(start)
    if (group) group.push(value)
    else groups.set(start, [value])
  }
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([ms, values]) => {
      const count = values.length
      const sum = values.reduce((a, b) => a + b)
      const mean = sum / count
      const squares = values.reduce((a, x) => a + (x - mean) ** 2, 0)
      const stddev = Math.sqrt(squares / (count - 1))
      return { ms, count, sum, mean, min: Math.min(...values), max: Math.max(...values), stddev }
    })
}

const hours = windowsOf(3_600_000)
const days = windowsOf(86_400_000)

interface Point {
  ms: number
  measurement: string
  fields: Record<string, number>
}

function assertPoints(points: readonly Point[], measurement: string, expected: readonly Expected[]) {
  const own = points.filter((point) => point.measurement === measurement)
  assert.equal(own.length, expected.length)
  own.forEach(({ ms, fields }, i) => {
    const { count, sum, mean, min, max, stddev } = expected[i]
    assert.equal(ms, expected[i].ms)
    const close = (got: number, wanted: number) =>
      assert.ok(Math.abs(got - wanted) <= 1e-12 * sum, `${got}, not ${wanted}, in ${JSON.stringify(fields)}`)
    assert.equal(fields.value_count, count)
    assert.equal(fields.value_min, min)
    assert.equal(fields.value_max, max)
    close(fields.value_sum, sum)
    close(fields.value_mean, mean)
    // Of one value there is no spread.
    if (count === 1) assert.ok(!('value_stddev' in fields))
    else close(fields.value_stddev, stddev)
  })
}

const readers: Record<string, (stdout: string) => Point[]> = {
  line: (stdout) =>
    stdout.split('\n').flatMap((line) => {
      const match = /^(\w+),gateway=archive,source=history (\S+) (\d+)000000$/.exec(line)
      if (!match) return line === '' ? [] : assert.fail(line)
      const fields = match[2].split(',').map((field) => field.split('='))
      assert.ok(fields.every(([name, text]) => name.endsWith('_count') === text.endsWith('i')))
      const numbers = fields.map(([name, text]) => [name, Number(text.replace(/i$/, ''))])
      return [{ ms: Number(match[3]), measurement: match[1], fields: Object.fromEntries(numbers) }]
    }),
  ndjson: (stdout) =>
    stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .map(({ time, measurement, tags, fields, ...rest }) => {
        assert.deepEqual(tags, { gateway: 'archive', source: 'history' })
        assert.deepEqual(rest, {})
        return { ms: Date.parse(time), measurement, fields }
      }),
  csv: (stdout) => {
    const [header, ...lines] = stdout.trimEnd().split('\n')
    assert.equal(header, 'time,measurement,gateway,source,tags,field,value')
    const points = new Map<string, Point>()
    for (const line of lines) {
      const [time, measurement, gateway, source, tags, field, value] = line.split(',')
      assert.deepEqual([gateway, source, tags], ['archive', 'history', ''])
      const point = points.get(`${measurement} ${time}`) ?? { ms: Date.parse(time), measurement, fields: {} }
      points.set(`${measurement} ${time}`, point)
      point.fields[field] = Number(value)
    }
    return [...points.values()]
  },
}

interface Job {
  path: string
  decode?: string
  format?: string
}

const job = ({ path, decode = '{ type: csv, header: true, fields: [value] }', format = 'line' }: Job) => `
gateway: archive
sources:
  history: { type: file, path: "${path}", time: { path: timestamp, unit: iso, zone: UTC }, decode: ${decode} }
windows:
  hour: { every: 1h, reduce: [count, sum, mean, min, max, stddev] }
  day: { every: 1d, reduce: [count, sum, mean, min, max, stddev] }
sinks:
  out: { type: file, path: "-", format: ${format} }
`

function assertRun(run: { code: unknown; stdout: string; stderr: string }, format = 'line') {
  assert.equal(run.code, 0, run.stderr)
  const points = readers[format](run.stdout)
  assertPoints(points, 'hour', hours)
  assertPoints(points, 'day', days)
  assert.equal(points.length, hours.length + days.length)
  // A header is a line that holds nothing wanted.
  const header = /^frames +in +decoded( +filtered)?\n +history +22,69[56] +22,695( +1)?$/m.exec(run.stderr)
  assert.ok(header && !header[1] === !header[2], run.stderr)
  assert.match(run.stderr, /^samples +decoded +reduced\n +history +22,695 +22,695$/m)
  assert.match(run.stderr, /^points +emitted +delivered\n +out +1,971 +1,971$/m)
  assert.match(run.stderr, /^balances$/m)
}

const json = rows.map(({ timestamp, value }) => JSON.stringify({ timestamp, value })).join('\n')

const runFile = (t: TestContext, name: string, content: string | Buffer, more: Partial<Job> = {}) =>
  weir(t, ['run', 'weir.yaml'], {
    cwd: folderWith(t, { [name]: content, 'weir.yaml': job({ path: name, ...more }) }),
  })

for (const format of Object.keys(readers)) {
  test(`a CSV file to stdout as ${format}`, async (t) => {
    assertRun(await runFile(t, 'machine.csv', recording, { format }), format)
  })
}

test('a file of JSON lines without a newline at its end', async (t) => {
  assertRun(await runFile(t, 'machine.ndjson', json, { decode: '{ type: json, fields: [value] }' }))
})

test('a gzip file, its lines ended as on Windows', async (t) => {
  assertRun(await runFile(t, 'machine.csv.gz', gzipSync(recording.replaceAll('\n', '\r\n'))))
})

test('the same bytes for any number of workers', async (t) => {
  const outcomes = await Promise.all(
    [0, 3].map((workers) => {
      const cwd = folderWith(t, {
        'machine.csv': recording,
        'weir.yaml': `workers: ${workers}\n${job({ path: 'machine.csv' })}`,
      })
      return weir(t, ['run', 'weir.yaml'], { cwd })
    }),
  )
  assert.equal(outcomes[0].stdout, outcomes[1].stdout)
})

for (const [how, command] of [
  ['a pipe', 'cat machine.csv | "$@"'],
  ['a redirection', '"$@" < machine.csv'],
]) {
  test(`stdin from ${how}`, async (t) => {
    const cwd = folderWith(t, { 'machine.csv': recording, 'weir.yaml': job({ path: '-' }) })
    const words = ['-c', command, 'sh', process.execPath, main, 'run', 'weir.yaml']
    const run = await promisify(execFile)('sh', words, { cwd, timeout: 30_000, maxBuffer: 2 ** 26 })
    assertRun({ code: 0, ...run })
  })
}

test('results piped into a program that stops reading: it ends by itself', async (t) => {
  const cwd = folderWith(t, { 'machine.csv': recording, 'weir.yaml': job({ path: 'machine.csv' }) })
  const words = ['-c', '"$@" | head -n 3', 'sh', process.execPath, main, 'run', 'weir.yaml']
  const { stdout, stderr } = await promisify(execFile)('sh', words, { cwd, timeout: 30_000 })
  assert.equal(stdout.split('\n').length, 4)
  assert.match(stderr, /^balances$/m)
})

test('a file sink holds the same bytes as stdout', async (t) => {
  const text = job({ path: 'machine.csv' }).replace('sinks:', 'sinks:\n  kept: { type: file, path: kept.lp }')
  const cwd = folderWith(t, { 'machine.csv': recording, 'weir.yaml': text })
  const { code, stdout } = await weir(t, ['run', 'weir.yaml'], { cwd })
  assert.equal(code, 0)
  assert.equal(readFileSync(join(cwd, 'kept.lp'), 'utf8'), stdout)
})

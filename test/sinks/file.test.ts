import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { after, before, test } from 'node:test'
import { formats } from '../../src/formats/index.js'
import { LinkError } from '../../src/model/errors.js'
import { silent } from '../../src/model/log.js'
import { file, StreamSink } from '../../src/sinks/file.js'
import { FakeClock, settle } from '../support/fake-clock.js'
import { points } from '../support/points.js'
import { parse } from './options.js'

let dir = ''
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'weir-file-'))
})
after(() => rm(dir, { recursive: true }))

const never = new AbortController().signal
const create = (options: object) =>
  file.create(parse(file, options), { durable: true, name: 'out', gateway: 'g', clock: new FakeClock(), log: silent })

test('every format: appended bodies, the header once even over restarts', async () => {
  const some = points([{ tags: { gateway: 'g', source: 's' }, fields: { temp_count: 2, temp_mean: 1.5 } }])
  for (const format of formats) {
    const path = join(dir, `out.${format.type}`)
    const text = `${format.encode(some)}`
    for (let run = 0; run < 2; run++) {
      const sink = create({ path, format: format.type })
      await sink.open!(never)
      for (let i = 0; i < 2; i++) assert.deepEqual(await sink.send(Buffer.from(text), never), { outcome: 'ok' })
      await sink.close!()
    }
    assert.equal(await readFile(path, 'utf8'), format.header + text.repeat(4))
  }
})

test('defaults: line protocol, each window once, when final', () => {
  const options = parse(file, { path: 'x' })
  assert.equal(file.format(options), 'line')
  assert.equal(file.finalOnly(options), true)
  assert.equal(file.finalOnly(parse(file, { path: 'x', corrections: true })), false)
  assert.equal(file.usesStdout?.(options), false)
  assert.equal(file.usesStdout?.(parse(file, { path: '-' })), true)
  assert.throws(() => parse(file, { path: 'x', format: 'xml' }), /one of line, ndjson, csv/)
})

test('a missing folder, a folder as file: a link error that says what to do', async () => {
  const fails = (path: string, words: RegExp) =>
    assert.rejects(
      create({ path }).open!(never),
      (error: Error) => error instanceof LinkError && words.test(error.message),
    )
  await fails(join(dir, 'no', 'such'), /cannot open file ".*such": its folder does not exist; create it/)
  await fails(dir, /it is a folder/)
})

test('a full disk is retried', async () => {
  const sink = create({ path: '/dev/full' })
  await sink.open!(never)
  const result = await sink.send(Buffer.from('x\n'), never)
  assert.deepEqual(result, { outcome: 'retry', why: 'cannot write to file "/dev/full": the disk is full; make room' })
  await sink.close!()
})

test('a write that breaks off leaves no torn line', async () => {
  const path = join(dir, 'torn.line')
  const programme = `
    import { file } from ${JSON.stringify(new URL('../../src/sinks/file.js', import.meta.url).href)}
    const sink = file.create({ path: ${JSON.stringify(path)}, format: 'line', corrections: false }, { durable: false })
    await sink.open()
    for (const lines of [1000, 9000, 10]) {
      const { outcome } = await sink.send(Buffer.from('a\\n'.repeat(lines)))
      process.stdout.write(outcome + '\\n')
    }`
  // A file may grow to 8 KiB.
  const child = spawn('bash', ['-c', 'ulimit -f 8; exec "$0" --input-type=module -e "$1"', process.execPath, programme])
  let outcomes = ''
  child.stdout.on('data', (text) => (outcomes += text))
  await once(child, 'close')
  assert.equal(outcomes, 'ok\nretry\nok\n')
  assert.equal(await readFile(path, 'utf8'), 'a\n'.repeat(1010))
})

test('a stream gets the header first and the next body when it took the last', async () => {
  const got: string[] = []
  let release = () => {}
  const stream = new Writable({
    highWaterMark: 1,
    write(chunk, _encoding, done) {
      got.push(String(chunk))
      release = done
    },
  })
  const sink = new StreamSink(stream, Buffer.from('head\n'))
  let result: unknown
  sink.send(Buffer.from('a\n'), never).then((r) => (result = r))
  await settle()
  assert.equal(result, undefined)
  release()
  await settle()
  assert.deepEqual(result, { outcome: 'ok' })
  const second = sink.send(Buffer.from('b\n'), never)
  release()
  assert.deepEqual(await second, { outcome: 'ok' })
  assert.deepEqual(got, ['head\na\n', 'b\n'])
})

test('a reader that never reads does not hold the end up', async () => {
  const stop = new AbortController()
  const sent = new StreamSink(new Writable({ write() {} }), Buffer.alloc(0)).send(Buffer.from('a\n'), stop.signal)
  stop.abort()
  assert.equal((await sent).outcome, 'retry')
})

test('stdout with a reader that went away is closed quietly', async () => {
  const programme = `
    import { file } from ${JSON.stringify(new URL('../../src/sinks/file.js', import.meta.url).href)}
    const sink = file.create({ path: '-', format: 'csv', corrections: false }, { durable: false })
    const outcomes = []
    for (let result; result?.outcome !== 'closed'; ) {
      result = await sink.send(Buffer.from('a\\n'), new AbortController().signal)
      if (outcomes.at(-1) !== result.outcome) outcomes.push(result.outcome)
    }
    process.stderr.write(outcomes.join())`
  const child = spawn(process.execPath, ['--input-type=module', '-e', programme], { stdio: ['ignore', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (text) => (errors += text))
  const [first] = await once(child.stdout, 'data')
  child.stdout.destroy()
  const [code] = await once(child, 'close')
  assert.ok(String(first).startsWith('time,measurement,gateway,source,tags,field,value\na\n'))
  assert.equal(errors, 'ok,closed')
  assert.equal(code, 0)
})

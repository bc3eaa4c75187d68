import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { ConfigError } from '../../src/model/errors.js'
import type { InputPlan } from '../../src/model/plan.js'
import { FRAME_FLAGS, type SourceContext } from '../../src/model/source.js'
import { file } from '../../src/sources/file.js'
import { FakeClock } from '../support/fake-clock.js'
import { RecordingOutput } from '../support/source-output.js'

const folder = mkdtempSync(join(tmpdir(), 'weir-file-'))
after(() => rmSync(folder, { recursive: true }))

const nab = resolve(import.meta.dirname, '../../../test/vectors/nab/machine_temperature_system_failure.csv')

const time: InputPlan['time'] = { kind: 'path', path: 'timestamp', unit: 'iso', zone: 'UTC', missing: 'reject' }
const inputs: InputPlan[] = [
  { time, decode: { type: 'csv', options: {} }, payloadTags: {}, constantTags: { hall: '3' } },
]

const context = (maxFrameBytes = 1 << 20): SourceContext => ({
  name: 'history',
  gateway: 'g',
  stateDir: folder,
  maxFrameBytes,
  arrivalErrorUs: 20_000,
  timedByArrival: false,
  inputs,
})

const never = new AbortController().signal

function written(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

async function readAll(path: string, maxFrameBytes?: number): Promise<RecordingOutput> {
  const out = new RecordingOutput(new FakeClock(), { maxFrameBytes })
  assert.equal(await file.create({ path } as never, context(maxFrameBytes)).run(out, never), 'end')
  return out
}

const textOf = (out: RecordingOutput) => Buffer.concat(out.frames.map(({ bytes }) => bytes)).toString()

test('a recording arrives whole, in blocks of whole lines of at most 64 KiB, each with a turn', async () => {
  const out = await readAll(nab)
  assert.equal(textOf(out), readFileSync(nab, 'utf8'))
  assert.equal(out.turns, out.frames.length)
  assert.ok(out.frames.length >= 12)
  for (const { bytes, flags, channel } of out.frames) {
    assert.ok(bytes.length <= 65536)
    assert.equal(bytes.at(-1), 10)
    assert.equal(flags, FRAME_FLAGS.lines)
    assert.equal(channel, 0)
  }
  assert.deepEqual(out.channels, [{ name: nab, input: 0, tags: { hall: '3' } }])
  assert.deepEqual(out.links, [{ state: 'up', detail: nab }])
})

test('gzip by name and by its first bytes gives the same blocks', async () => {
  const plain = await readAll(nab)
  const packed = gzipSync(readFileSync(nab))
  for (const name of ['packed.csv.gz', 'packed.bin'])
    assert.deepEqual((await readAll(written(name, packed))).frames, plain.frames)
})

test('a file of two gzip members is read to its end', async () => {
  const path = written('two.gz', Buffer.concat([gzipSync('a\n'), gzipSync('b\n')]))
  assert.equal(textOf(await readAll(path)), 'a\nb\n')
})

test('small and odd files', async () => {
  const cases: [string, string][] = [
    ['', ''],
    ['one', 'one'],
    ['a\r\nb', 'a\r\nb'],
    ['\n\n', '\n\n'],
    ['\ufeffa,b\n1,2\n', 'a,b\n1,2\n'],
  ]
  for (const [content, expected] of cases) {
    const path = written('small.csv', content)
    assert.equal(textOf(await readAll(path)), expected, JSON.stringify(content))
    if (content) assert.equal(textOf(await readAll(written('small.gz', gzipSync(content)))), expected)
  }
})

test('a line longer than a block makes the block grow; longer than a frame may be, it is counted and passed over', async () => {
  const long = 'x'.repeat(200_000)
  assert.equal(textOf(await readAll(written('long.csv', `a\n${long}\nb\n`))), `a\n${long}\nb\n`)
  const rows = Array.from({ length: 400 }, (_, i) => (i % 7 === 3 ? 'y'.repeat(90 + i) : `row ${i}`))
  for (const end of ['\n', '']) {
    const out = await readAll(written('over.csv', rows.join('\n') + end), 90)
    assert.equal(out.counts.dropped, rows.filter((row) => row.length >= 90).length)
    assert.deepEqual(
      out.texts().map(([, text]) => text),
      rows.filter((row) => row.length < 90),
    )
    for (const { bytes } of out.frames) assert.ok(bytes.length <= 90)
  }
})

test('a line of a gigabyte is passed over in bounded memory', async () => {
  const packed = Buffer.concat([gzipSync('a\n'), ...Array<Buffer>(16).fill(gzipSync(Buffer.alloc(1 << 26, 'z')))])
  const path = written('bomb.gz', Buffer.concat([packed, gzipSync('\nb\n')]))
  const before = process.memoryUsage().rss
  const out = await readAll(path)
  assert.equal(textOf(out), 'a\nb\n')
  assert.equal(out.counts.dropped, 1)
  assert.ok(process.memoryUsage().rss - before < 128 << 20)
})

test('a full block waits for room, and reading stops meanwhile', async () => {
  const out = new RecordingOutput(new FakeClock())
  out.room = 1
  const running = file.create({ path: nab } as never, context()).run(out, never)
  await out.until(() => out.refusals === 1)
  assert.equal(out.frames.length, 1)
  out.makeRoom(Number.POSITIVE_INFINITY)
  assert.equal(await running, 'end')
  assert.equal(textOf(out), readFileSync(nab, 'utf8'))
})

test('without room for its channel every line is counted', async () => {
  const out = new RecordingOutput(new FakeClock(), { maxChannels: 0 })
  await file.create({ path: nab } as never, context()).run(out, never)
  assert.equal(out.counts.dropped, 22_696)
  assert.equal(out.frames.length, 0)
})

test('an abort between two blocks ends the run', async () => {
  const out = new RecordingOutput(new FakeClock())
  const stop = new AbortController()
  out.turn = () => Promise.resolve(stop.abort())
  const source = file.create({ path: nab } as never, context())
  assert.equal(await source.run(out, stop.signal), 'aborted')
  assert.equal(out.frames.length, 1)
})

test('what can not be read is said with its path and ends the run for good', async () => {
  const directory = join(folder, 'directory')
  mkdirSync(directory)
  const packed = gzipSync(readFileSync(nab))
  const broken = Buffer.from(packed)
  broken.fill(0x55, 60_000, 60_100)
  const cases: [string, RegExp][] = [
    [join(folder, 'absent.csv'), /no such file/],
    [directory, /is a directory/],
    ['/dev/zero', /no regular file.*"-"/],
    [written('short.gz', packed.subarray(0, packed.length - 20)), /ends too early/],
    [written('broken.gz', broken), /broken gzip data/],
    [written('text.gz', 'no gzip at all'), /broken gzip data/],
  ]
  for (const [path, reason] of cases) {
    const out = new RecordingOutput(new FakeClock())
    await assert.rejects(file.create({ path } as never, context()).run(out, never), (error) => {
      assert.ok(error instanceof ConfigError)
      assert.equal(error.problems[0].path, 'sources.history.path')
      assert.ok(error.message.includes(path))
      assert.match(error.message, reason)
      return true
    })
  }
})

test('status tells how far it is', async () => {
  const source = file.create({ path: nab } as never, context())
  assert.deepEqual(source.status!(), { path: nab, readBytes: 0, sizeBytes: undefined })
  await source.run(new RecordingOutput(new FakeClock()), never)
  assert.deepEqual(source.status!(), { path: nab, readBytes: 732_223, sizeBytes: 732_223 })
})

test('rows of a file have their own times', () => {
  const common = { decode: inputs[0].decode, payloadTags: {}, constantTags: { hall: '3' } }
  const options = { path: nab } as never
  assert.deepEqual(file.inputs(options, { ...common, time }, String), inputs)
  for (const wrong of [undefined, { kind: 'arrival' } as const, { ...time, missing: 'arrival' } as const])
    assert.match(String(file.inputs(options, { ...common, time: wrong }, String)), /name where their time is/)
  assert.match(String(file.inputs(options, { ...common, time, decode: undefined }, String)), /`decode`/)
  assert.equal(file.finite(options), true)
})

/** This test file's own `file-stdin` part: reads stdin with a source and says each frame as a line of JSON. */
function startReader(): { child: ChildProcess; lines: AsyncIterator<string> } {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../support/file-stdin.js')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  return { child, lines: createInterface(child.stdout!)[Symbol.asyncIterator]() }
}

async function framesOfStdin(content: Uint8Array): Promise<string> {
  const { child, lines } = startReader()
  assert.deepEqual(JSON.parse((await lines.next()).value), { ready: true })
  child.stdin!.end(content)
  let text = ''
  for (let line = await lines.next(); !line.done; line = await lines.next()) {
    const said = JSON.parse(line.value)
    if (said.ready) continue
    if ('end' in said) assert.deepEqual(said, { end: 'end', lost: 0 })
    else text += said.frame
  }
  return text
}

test('stdin: a pipe, a gzip pipe and an empty one', async () => {
  const content = readFileSync(nab)
  assert.equal(await framesOfStdin(content), content.toString())
  assert.equal(await framesOfStdin(gzipSync(content)), content.toString())
  assert.equal(await framesOfStdin(Buffer.alloc(0)), '')
})

test('stdin: a slow pipe hands over whole lines by the tick', async () => {
  const { child, lines } = startReader()
  assert.deepEqual(JSON.parse((await lines.next()).value), { ready: true })
  child.stdin!.write('first\nsecond\nthi')
  assert.deepEqual(JSON.parse((await lines.next()).value), { frame: 'first\nsecond\n' })
  child.stdin!.write('rd\nlast')
  assert.deepEqual(JSON.parse((await lines.next()).value), { frame: 'third\n' })
  child.stdin!.end()
  assert.deepEqual(JSON.parse((await lines.next()).value), { frame: 'last' })
  assert.deepEqual(JSON.parse((await lines.next()).value), { end: 'end', lost: 0 })
})

test('stdin: an abort ends the wait for a silent pipe, and what was held is counted', async () => {
  const { child, lines } = startReader()
  assert.deepEqual(JSON.parse((await lines.next()).value), { ready: true })
  child.stdin!.write('first\npart')
  await lines.next()
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  assert.deepEqual(JSON.parse((await lines.next()).value), { end: 'aborted', lost: 4 })
  await ended
})

test('stdin: an abort before the first byte ends the run', async () => {
  const { child, lines } = startReader()
  assert.deepEqual(JSON.parse((await lines.next()).value), { ready: true })
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  assert.deepEqual(JSON.parse((await lines.next()).value), { end: 'aborted', lost: 0 })
  await ended
})

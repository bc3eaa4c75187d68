import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import * as v from 'valibot'
import { LinkError } from '../../src/model/errors.js'
import { silent } from '../../src/model/log.js'
import type { InputPlan } from '../../src/model/plan.js'
import type { SourceContext } from '../../src/model/source.js'
import { type SerialOptions, serial } from '../../src/sources/serial.js'
import { FakeClock } from '../support/fake-clock.js'
import { openPtyPair, type PtyPair } from '../support/pty.js'
import { type RecordingOptions, RecordingOutput } from '../support/source-output.js'

const folder = mkdtempSync(join(tmpdir(), 'weir-serial-'))
after(() => rmSync(folder, { recursive: true }))

const inputs: InputPlan[] = [
  { time: { kind: 'arrival' }, decode: { type: 'csv', options: {} }, payloadTags: {}, constantTags: { hall: '3' } },
]

const context = (maxFrameBytes = 1024): SourceContext => ({
  name: 'press',
  gateway: 'g',
  stateDir: folder,
  maxFrameBytes,
  arrivalErrorUs: 20_000,
  timedByArrival: true,
  inputs,
})

const sourceOf = (options: object, maxFrameBytes?: number) =>
  serial.create(v.parse(v.strictObject(serial.options), options) as never, context(maxFrameBytes))

const never = new AbortController().signal

/** Runs a source on a pty until `use` is done with it. */
async function withPort(
  options: Partial<Record<keyof SerialOptions, unknown>>,
  use: (device: FileHandle, out: RecordingOutput, pair: PtyPair, clock: FakeClock) => Promise<void>,
  given: RecordingOptions & { outcome?: string } = {},
): Promise<RecordingOutput> {
  const pair = await openPtyPair()
  const device = await open(pair.device, 'r+')
  const clock = new FakeClock()
  const out = new RecordingOutput(clock, given)
  const stop = new AbortController()
  try {
    const running = sourceOf({ path: pair.port, ...options }, given.maxFrameBytes).run(out, stop.signal)
    const outcome = running.catch((error) => error.message)
    await Promise.race([out.until(() => out.links.length > 0), running])
    await use(device, out, pair, clock)
    stop.abort()
    assert.match(await outcome, new RegExp(given.outcome ?? '^aborted$'))
  } finally {
    stop.abort()
    await device.close()
    await pair.unplug()
  }
  return out
}

const texts = (out: RecordingOutput) => out.texts().map(([, text]) => text)

test('lines arrive as frames of one channel, and a part of one at the close is lost', async () => {
  const out = await withPort({}, async (device, out) => {
    await device.write('tail,1\r\na,2\nb,3\n\npart')
    await out.until(() => out.frames.length === 3)
    // The rest of the write may come in a read of its own.
    await device.write('ial\nlast\nheld')
    await out.until(() => out.frames.length === 5)
  })
  assert.deepEqual(texts(out), ['tail,1', 'a,2', 'b,3', 'partial', 'last'])
  assert.equal(out.channels.length, 1)
  assert.deepEqual(out.channels[0].tags, { hall: '3' })
  assert.ok(out.lost <= 4)
  assert.deepEqual(
    out.bursts.reduce((sum, frames) => sum + frames, 0),
    5,
  )
})

test('every byte of a fast device is in a frame or counted, in order and without back-pressure', async () => {
  const rows = Array.from({ length: 20_000 }, (_, i) => `row,${i}`)
  const content = Buffer.from(`${rows.join('\n')}\n`)
  const out = await withPort({}, async (device, out) => {
    out.room = 5000
    await device.appendFile(content)
    await out.until(() => out.frames.length + out.counts.dropped === rows.length)
  })
  assert.deepEqual(texts(out), rows.slice(0, 5000))
  assert.equal(out.counts.dropped, 15_000)
  assert.equal(out.lost, 0)
})

test('a line too long is lost by its bytes and the next one is whole', async () => {
  const out = await withPort(
    { frame: { type: 'line', delimiter: ';' } },
    async (device, out) => {
      await device.write(`${'x'.repeat(100)};ok;`)
      await out.until(() => out.frames.length === 1)
    },
    { maxFrameBytes: 16 },
  )
  assert.deepEqual(texts(out), ['ok'])
  assert.equal(out.lost, 101)
})

test('without room for its channel frames are counted', async () => {
  const out = await withPort(
    {},
    async (device, out) => {
      await device.write('a\nb\n')
      await out.until(() => out.counts.dropped === 2)
    },
    { maxChannels: 0 },
  )
  assert.equal(out.frames.length, 0)
})

test('onOpen is written once the port is open', async () => {
  await withPort(
    { onOpen: '\\x02start\\r\\n', baud: 9600, dataBits: 7, parity: 'even', stopBits: 2 },
    async (device) => {
      const asked = Buffer.alloc(16)
      let length = 0
      while (length < 8) length += (await device.read(asked, length)).bytesRead
      assert.equal(asked.toString('latin1', 0, length), '\x02start\r\n')
    },
  )
})

test('dtr on a port without such a line is said and the port is read all the same', async () => {
  const warnings: string[] = []
  const log = { ...silent, warn: (_fields: object, message: string) => void warnings.push(message) }
  const out = await withPort(
    { dtr: false },
    async (device, out) => {
      await device.write('a\n')
      await out.until(() => out.frames.length === 1)
    },
    { log },
  )
  assert.deepEqual(texts(out), ['a'])
  assert.match(warnings[0], /cannot set DTR/)
})

test('bytes gather in the kernel: one read an interval, timed by arrival no longer than the error allowed', async () => {
  let intervals = 0
  const out = await withPort(
    { baud: 1200 },
    async (device, out, _pair, clock) => {
      for (const text of ['a\n', 'b\n', 'c\n', 'd\n']) await device.write(text)
      for (; out.frames.length < 4; intervals++) await clock.advance(20)
    },
    { gatherMs: 250 },
  )
  assert.ok(out.bursts.length <= intervals + 2, `${out.bursts.length} reads in ${intervals} intervals`)
})

test('serialport hands out the descriptor: the quick way of reading works', async () => {
  const pair = await openPtyPair()
  const device = await open(pair.device, 'r+')
  const out = new RecordingOutput(new FakeClock())
  const source = sourceOf({ path: pair.port })
  const stop = new AbortController()
  const running = source.run(out, stop.signal)
  await out.until(() => out.links.length > 0)
  await device.write('0\n')
  await out.until(() => out.frames.length === 1)
  assert.deepEqual(source.status!(), { direct: true, reads: 1, bytes: 2, pauseMs: 0 })
  stop.abort()
  assert.equal(await running, 'aborted')
  await device.close()
  await pair.unplug()
})

test('a silent port is opened again', async () => {
  await withPort(
    { silence: '10s' },
    async (device, out, _pair, clock) => {
      await clock.advance(9000)
      await device.write('a\n')
      await out.until(() => out.bursts.length === 1)
      await clock.advance(9000)
      assert.equal(clock.waiting, 1)
      await clock.advance(1000)
      assert.equal(clock.waiting, 0)
    },
    { outcome: 'cannot hear serial port ".*port": no byte for `silence`' },
  )
})

test('a second run goes on with the channel of the first', async () => {
  const out = new RecordingOutput(new FakeClock())
  const where = mkdtempSync(join(tmpdir(), 'weir-pty-'))
  const source = sourceOf({ path: join(where, 'port') })
  for (const text of ['before', 'after']) {
    const pair = await openPtyPair(where)
    const device = await open(pair.device, 'r+')
    const links = out.links.length
    const running = source.run(out, never).catch((error) => error)
    await out.until(() => out.links.length > links)
    await device.write(`${text}\n`)
    await out.until(() => texts(out).includes(text))
    await pair.unplug()
    await device.close()
    assert.ok((await running) instanceof LinkError)
  }
  assert.equal(out.channels.length, 1)
})

/** Writes as fast as the port takes it, until it is gone. */
async function flow(device: FileHandle): Promise<void> {
  try {
    for (;;) await device.write('row,1\n'.repeat(100))
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'EIO')
  }
}

test('unplugged 30 times while data flows or waits: each time an error at once, and no busy core', async () => {
  for (let round = 0; round < 30; round++) {
    const clock = new FakeClock()
    // Every third time the source is in its pause when the device goes.
    const out = new RecordingOutput(clock, { gatherMs: round % 3 ? 0 : 50 })
    const pair = await openPtyPair()
    const device = await open(pair.device, 'r+')
    const running = sourceOf({ path: pair.port }).run(out, never)
    const outcome = running.then(String, (error) => error)
    await out.until(() => out.links.length > 0)
    const flowing = flow(device)
    await out.until(() => out.bursts.length > (round % 3 ? 20 : 0))
    await pair.unplug()
    await flowing
    await device.close()
    await clock.advance(50)
    const error = await outcome
    assert.ok(error instanceof LinkError, String(error))
    assert.match(error.message, /cannot read serial port ".*port": it is gone/)
    assert.equal(clock.waiting, 0)
  }
  const before = process.cpuUsage()
  await delay(500)
  const { user, system } = process.cpuUsage(before)
  assert.ok(user + system < 150_000, `${user + system} µs of CPU in 0.5 s after the last unplugging`)
})

test('what can not be opened is said with its path and the remedy', async () => {
  const plain = join(folder, 'plain.txt')
  writeFileSync(plain, '')
  const cases: [string, RegExp][] = [
    [join(folder, 'ttyUSB9'), /^cannot open serial port ".*ttyUSB9": no such file; .*`weir ports`/],
    [plain, /is no serial port; `weir ports`/],
    ['/dev/null', /is no serial port; `weir ports`/],
  ]
  for (const [path, message] of cases)
    await assert.rejects(sourceOf({ path }).run(new RecordingOutput(new FakeClock()), never), (error) => {
      assert.ok(error instanceof LinkError)
      assert.match(error.message, message)
      return true
    })
})

test('a port that another program has open is said so', async () => {
  await withPort({}, async (_device, _out, pair) => {
    await assert.rejects(
      sourceOf({ path: pair.port }).run(new RecordingOutput(new FakeClock()), never),
      /has it open; end that/,
    )
  })
})

test('an abort before or while opening leaves nothing open', async () => {
  const pair = await openPtyPair()
  const out = new RecordingOutput(new FakeClock())
  assert.equal(await sourceOf({ path: pair.port }).run(out, AbortSignal.abort()), 'aborted')
  const stop = new AbortController()
  const running = sourceOf({ path: pair.port, silence: '1s' }).run(out, stop.signal)
  stop.abort()
  assert.equal(await running, 'aborted')
  await withoutLock(pair.port)
  await pair.unplug()
})

/** A port that is still open is locked: opening it again shows that nobody has it. */
async function withoutLock(path: string): Promise<void> {
  const out = new RecordingOutput(new FakeClock())
  const stop = new AbortController()
  const running = sourceOf({ path }).run(out, stop.signal)
  await Promise.race([out.until(() => out.links.length > 0), running])
  stop.abort()
  assert.equal(await running, 'aborted')
}

test('options: defaults, and what is wrong in words', () => {
  const schema = v.strictObject(serial.options)
  assert.deepEqual(v.parse(schema, { path: '/dev/ttyS0' }), {
    path: '/dev/ttyS0',
    baud: 115200,
    dataBits: 8,
    parity: 'none',
    stopBits: 1,
    rtscts: false,
    frame: { type: 'line', delimiter: Uint8Array.of(10) },
  })
  for (const wrong of [
    {},
    { path: '' },
    { path: 'x', baud: 1.5 },
    { path: 'x', frame: { type: 'lines' } },
    { path: 'x', frame: { type: 'line', max: 1 } },
    { path: 'x', silence: '1ms' },
  ])
    assert.equal(v.safeParse(schema, wrong).success, false, JSON.stringify(wrong))
  const common = { decode: inputs[0].decode, payloadTags: {}, constantTags: { hall: '3' } }
  assert.deepEqual(serial.inputs({ frame: { type: 'line' } } as never, common, String), inputs)
  assert.match(
    String(serial.inputs({ frame: { type: 'line' } } as never, { ...common, decode: undefined }, String)),
    /`decode`/,
  )
  assert.equal(serial.finite({} as never), false)
})

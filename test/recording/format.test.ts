import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { crc32, gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { RecordingError } from '../../src/model/errors.js'
import { RecordingReader } from '../../src/recording/reader.js'
import { readerOf, recorded, recordsOf, type Step } from '../support/recordings.js'
import { emptyFolder } from '../support/weir.js'

const T0 = 1_704_067_200_000_000

const some: Step[] = [
  { channel: 'a/1', atUs: T0 + 10, text: '{"t":1}', flags: 2, id: 65535 },
  { channel: 'a/2', atUs: T0 + 10, text: '' },
  { reason: 'retained', frames: 3 },
  { channel: 'a/1', atUs: T0 + 5, text: 'back' },
  { lost: 2 ** 40 + 1 },
  { missed: 7 },
  { stepUs: 2 ** 50 },
  { channel: 'a/2', atUs: T0 + 2 ** 50 + 9, text: Buffer.from([0, 255, 10]) },
]
const expected = [
  `0 a/1 @${T0 + 10} 2 65535 {"t":1}`,
  `0 a/2 @${T0 + 10} 0 0 `,
  '0 retained 3',
  `0 a/1 @${T0 + 5} 0 0 back`,
  `0 lost ${2 ** 40 + 1}`,
  'missed 7',
  `step ${2 ** 50}`,
  `0 a/2 @${T0 + 2 ** 50 + 9} 0 0 \0\xff\n`,
  `end {"endedUs":${T0 + 2 ** 50 + 9},"frames":4,"missed":7}`,
]

test('what was written is read, in pieces of any size', async () => {
  for (const pieceBytes of [1, 7, 64, 65536]) {
    const reader = await readerOf(recorded(some, { segmentFrames: 2 }), pieceBytes)
    assert.deepEqual(reader.header.sources, [{ name: 'plant', type: 'mqtt' }])
    assert.deepEqual(await recordsOf(reader), expected)
    assert.equal(reader.torn, false)
  }
})

test('any frames come back as they were', async () => {
  const frame = fc.record({
    source: fc.nat(1),
    channel: fc.constantFrom('x', 'ü/y', ''),
    atUs: fc.integer({ min: 0, max: 2 ** 52 }),
    text: fc.uint8Array({ maxLength: 3000 }),
    flags: fc.nat(15),
    id: fc.nat(65535),
  })
  const sources = [
    { name: 'a', type: 'mqtt' },
    { name: 'b', type: 'serial' },
  ]
  await fc.assert(
    fc.asyncProperty(
      fc.array(frame, { maxLength: 60 }),
      fc.integer({ min: 1, max: 9 }),
      async (frames, segmentFrames) => {
        const records = await recordsOf(await readerOf(recorded(frames, { sources, segmentFrames }), 1000))
        assert.deepEqual(
          records.slice(0, -1),
          frames.map(
            (f) => `${f.source} ${f.channel} @${f.atUs} ${f.flags} ${f.id} ${Buffer.from(f.text).toString('latin1')}`,
          ),
        )
      },
    ),
    { numRuns: 50 },
  )
})

test('a frame of many MiB fits', async () => {
  const text = Buffer.alloc(64 * 2 ** 20, 'x')
  const reader = await readerOf(recorded([{ channel: 'a', atUs: T0, text }]))
  assert.equal((await recordsOf(reader))[0].length, `0 a @${T0} 0 0 `.length + text.length)
})

/** What reading comes to: the records, and the words of the error if it ends with one. */
async function outcome(bytes: Buffer): Promise<{ records: string[]; error?: string; torn: boolean }> {
  const records: string[] = []
  try {
    const reader = await readerOf(bytes)
    while (await reader.load())
      for (let kind = reader.next(); kind; kind = reader.next())
        records.push(`${kind} ${reader.bytes.toString('latin1', reader.from, reader.to)}`)
    return { records, torn: reader.torn }
  } catch (error) {
    assert.ok(error instanceof RecordingError, String(error))
    assert.match(error.message, /^cannot read recording "test\.rec" at byte \d+: /)
    return { records, error: error.message, torn: false }
  }
}

const isPrefix = (records: string[], whole: string[]) => {
  assert.deepEqual(records, whole.slice(0, records.length))
}

test('cut at every byte it is an error or a prefix that is known to be one', async () => {
  const bytes = recorded(some, { segmentFrames: 1 })
  const whole = await outcome(bytes)
  let prefixes = 0
  for (let cut = 0; cut < bytes.length; cut++) {
    const { records, error, torn } = await outcome(bytes.subarray(0, cut))
    isPrefix(records, whole.records)
    assert.ok(error || torn, `cut at ${cut}`)
    if (torn) prefixes++
  }
  assert.ok(prefixes > 100)
})

test('with any bit flipped it is an error or a prefix that is known to be one', async () => {
  const bytes = recorded(some, { segmentFrames: 2 })
  const whole = await outcome(bytes)
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes)
    flipped[bit >> 3] ^= 1 << (bit & 7)
    const { records, error, torn } = await outcome(flipped)
    isPrefix(records, whole.records)
    assert.ok(error || torn, `bit ${bit}`)
  }
})

test('payloads that no weir wrote are errors of their own, however long they say they are', async () => {
  const good = recorded([], { cut: true })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.nat(9), fc.nat(255), fc.constantFrom(0x80, 0xff)), { minLength: 1, maxLength: 80 }),
      async (payload) => {
        const { error } = await outcome(Buffer.concat([good, segment(Buffer.from(payload))]))
        if (error) assert.match(error, /damaged, or no weir wrote it$/)
      },
    ),
    { numRuns: 3000 },
  )
})

function segment(payload: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32LE(payload.length, 0)
  head.writeUInt32LE(crc32(payload, crc32(head.subarray(0, 4))), 4)
  return Buffer.concat([head, payload])
}

test('a segment of an absurd length is refused before any room is made for it', async () => {
  const head = Buffer.from([0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0])
  const { error } = await outcome(Buffer.concat([recorded([], { cut: true }), head]))
  assert.match(error!, /a segment of 2147483647 bytes; allowed are 68157440/)
})

test('what is no recording, and what a later weir wrote, is said', async () => {
  assert.match((await outcome(Buffer.from('t,temp\n1,2\n')))!.error!, /not a recording of weir/)
  const later = recorded([])
  later[8] = 2
  assert.match((await outcome(later)).error!, /its format has version 2; this weir reads version 1/)
})

test('files are read, gzip or not, whatever their name; a torn gzip is a prefix', async (t) => {
  const folder = emptyFolder(t)
  const path = join(folder, 'x.rec')
  const bytes = recorded(some, { segmentFrames: 1 })
  for (const content of [bytes, gzipSync(bytes)]) {
    writeFileSync(path, content)
    assert.deepEqual(await recordsOf(await RecordingReader.open(path)), expected)
  }
  const packed = gzipSync(bytes)
  writeFileSync(path, packed.subarray(0, packed.length - 30))
  const reader = await RecordingReader.open(path)
  const records = await recordsOf(reader)
  assert.ok(reader.torn && records.length > 0)
  assert.deepEqual(records, expected.slice(0, records.length))
  packed[packed.length - 6] ^= 1
  writeFileSync(path, packed)
  await assert.rejects(async () => recordsOf(await RecordingReader.open(path)), { code: 'WEIR_RECORDING' })
  await assert.rejects(RecordingReader.open(join(folder, 'none')), { code: 'WEIR_RECORDING', message: /no such file/ })
  writeFileSync(path, '')
  await assert.rejects(RecordingReader.open(path), { code: 'WEIR_RECORDING', message: /not a recording/ })
})

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { FRAME_BYTES, FRAME_CHANNEL, FRAME_PACKET_ID } from '../../assembly/layout.js'
import { JournalLines, lineText } from '../../src/cli/journal-lines.js'
import { bootId } from '../../src/disk/boot-id.js'
import { NodeDisk } from '../../src/disk/node-disk.js'
import { LineJournal, RECORD } from '../../src/engine/journal-records.js'
import { FRAME_FLAGS } from '../../src/model/source.js'
import { openLog } from '../support/record-logs.js'
import { startWeir } from '../support/weir.js'

const root = mkdtempSync(join(tmpdir(), 'weir-journal-'))
after(() => rmSync(root, { recursive: true }))

function block(payloads: readonly Uint8Array[], channel: number): Uint8Array {
  return Buffer.concat(
    payloads.map((payload, i) => {
      const frame = Buffer.alloc(FRAME_BYTES + ((payload.length + 7) & ~7))
      frame.writeUInt32LE(payload.length, 0)
      frame.writeUInt32LE(channel, FRAME_CHANNEL)
      frame.writeDoubleLE(1_704_067_200_000_000 + i, 8)
      frame.writeUInt32LE(FRAME_FLAGS.dup, 16)
      frame.writeUInt32LE(i, FRAME_PACKET_ID)
      frame.set(payload, FRAME_BYTES)
      return frame
    }),
  )
}

/** A journal on the disk in two segments; the paths of these. */
function journal(name: string): { state: string; files: string[] } {
  const state = join(root, name)
  const dir = join(state, 'journal')
  mkdirSync(state)
  const { log } = openLog(new NodeDisk(), { dir, gateway: 'hall', bootId: bootId() })
  const line = new LineJournal(log, () => {})
  line.writes = true
  const spec = { name: 'plant/a\u001b[2J', input: 0, tags: {} }
  line.channel({ source: 'plant', number: 3, spec })
  line.frames(0, block([Buffer.from('{"v":1}'), Buffer.of(0, 255, 7)], 3))
  line.mark({ batch: 1, nowUs: 1_704_067_200_250_000, sources: [0] })
  log.roll()
  line.connection({ source: 0, number: 2, resumed: true })
  line.counts({ source: 0, frames: { retained: 2 }, lostBytes: 0, wire: {} })
  log.append(99, [Buffer.of(1, 2)])
  log.close()
  return { state, files: readdirSync(dir).map((file) => join(dir, file)) }
}

async function weir(t: TestContext, ...args: string[]) {
  const child = startWeir(t, ['journal', ...args])
  const code = await child.ended
  return { code, stdout: child.stdout(), stderr: child.stderr() }
}

test('dump prints every record and frame, as text or hex, with what is unknown, and nothing that steers a terminal', async (t) => {
  const { state } = journal('dump')
  const { code, stdout } = await weir(t, 'dump', state, '--json')
  assert.equal(code, 0)
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    lines.map(({ segment, end, ...line }) => line),
    [
      { type: 'channel', source: 'plant', number: 3, spec: { name: 'plant/a\u001b[2J', input: 0, tags: {} } },
      ...[{ text: '{"v":1}' }, { packetId: 1, hex: '00ff07' }].map((what, i) => ({
        ...{ type: 'frame', source: 0, arrivalUs: 1_704_067_200_000_000 + i, channel: 3, name: 'plant/a\u001b[2J' },
        ...{ flags: ['dup'], ...what },
      })),
      { type: 'mark', batch: 1, nowUs: 1_704_067_200_250_000, sources: [0] },
      { type: 'connection', source: 0, number: 2, resumed: true },
      { type: 'counts', source: 0, frames: { retained: 2 }, lostBytes: 0, wire: {} },
      { type: 'type 99', hex: '0102' },
    ],
  )
  const { stdout: text } = await weir(t, 'dump', state)
  assert.match(text, /^1:\d+ {2}frame {2}2024-01-01T00:00:00\.000Z {2}source 0 {2}plant\/a\\u\{1b\}\[2J .*\{"v":1\}$/m)
  assert.ok(!text.includes('\u001b'))
})

test('verify says that a journal is whole, or what is torn or damaged where, changes nothing, and ends with 1 for damage', async (t) => {
  const { state, files } = journal('verify')
  const good = await weir(t, 'verify', state)
  assert.equal(good.code, 0)
  assert.match(good.stdout, /: journal [0-9a-f-]{36} of gateway "hall"\n/)
  assert.match(good.stdout, /0001\.log {2}whole +3 records {2}[\d,]+ bytes\n.*0002\.log {2}whole +3 records/)
  truncateSync(files[1], readFileSync(files[1]).length - 1)
  const torn = await weir(t, 'verify', state)
  assert.equal(torn.code, 0)
  assert.match(torn.stdout, /0002\.log" is torn at byte \d+: no whole record is there; nothing rested on it/)
  const bytes = readFileSync(files[0])
  bytes[bytes.length - 1] ^= 1
  writeFileSync(files[0], bytes)
  const damaged = await weir(t, 'verify', join(state, 'journal'), '--json')
  assert.equal(damaged.code, 1)
  const { segments, isDamaged, gateway } = JSON.parse(damaged.stdout)
  assert.deepEqual(
    [isDamaged, gateway, segments.map((one: { is: string }) => one.is)],
    [true, 'hall', ['damaged', 'damaged']],
  )
  assert.equal(segments[0].offset, segments[0].countingBytes)
  assert.deepEqual(readFileSync(files[0]), bytes)
  const { code, stdout } = await weir(t, 'dump', files[0])
  assert.equal(code, 0)
  assert.match(stdout, /plant\/a/)
})

test('of one file all whole records are printed, wherever they are', async (t) => {
  const { files } = journal('part')
  const part = join(root, '000001-part')
  writeFileSync(part, readFileSync(files[1]).subarray(40))
  const { stdout, stderr } = await weir(t, 'dump', part)
  assert.match(stdout, /connection.*\n.*counts.*\n.*type 99/)
  assert.match(stderr, /000001-part" is torn at byte 0: it does not begin as a segment of a log does\n$/)
})

test('where there is no journal it says what to give', async (t) => {
  mkdirSync(join(root, 'empty'))
  for (const path of [join(root, 'empty'), join(root, 'none')]) {
    const { code, stdout, stderr } = await weir(t, 'verify', path)
    assert.equal(code, 1)
    assert.equal(stdout, '')
    assert.match(stderr, /^weir: cannot read ".*": .*; give /)
  }
})

test('records that are not what they say are printed with what is wrong, and never throw', () => {
  const frames = Buffer.concat([Buffer.alloc(8), block([Buffer.from('a'), Buffer.from('b')], 0)])
  for (const [type, whole] of [
    [RECORD.frames, frames],
    [RECORD.channel, Buffer.from('{"number":1,"spec":{"name":"x"}}')],
    [RECORD.mark, Buffer.from('null')],
  ] as const)
    for (let at = 0; at <= whole.length; at++)
      for (const bit of [0, 7]) {
        const flipped = Buffer.from(whole)
        if (at < whole.length) flipped[at] ^= 1 << bit
        for (const body of [flipped, whole.subarray(0, at)])
          for (const line of new JournalLines().of(1, 2, type, body)) assert.ok(lineText(line).length < 1000)
      }
})

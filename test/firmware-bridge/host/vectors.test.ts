import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeData, encodeDescriptor, encodeFrame } from '../../../firmware-bridge/host/encode.js'
import { type Descriptor, MESSAGE_MAX_BYTES, parseMessage } from '../../../firmware-bridge/host/message.js'
import { cobsFramer } from '../../../src/framing/cobs.js'
import { vectors } from '../../support/bridge.js'
import { found } from '../../support/framing.js'

const framer = () => cobsFramer({ crc: 'crc32-iso-hdlc' }, MESSAGE_MAX_BYTES - 4)
const bytesOf = (hex: string) => Buffer.from(hex, 'hex')
const parsed = (hex: string) => {
  const bytes = bytesOf(hex)
  return parseMessage(bytes, 0, bytes.length)
}

const goldenFrames = vectors.good.flatMap(({ descriptorFrame, data }) => [
  descriptorFrame,
  ...data.map(({ frame }) => frame),
])

for (const { name, descriptor, descriptorFrame, data } of vectors.good)
  test(`golden: ${name}`, () => {
    const [message] = found(framer(), [bytesOf(descriptorFrame)]).frames
    const read = parsed(message) as Descriptor
    const { kind, rowBytes, ...rest } = read
    assert.equal(kind, 'descriptor')
    assert.deepEqual(rest, descriptor)
    assert.equal(encodeFrame(encodeDescriptor(descriptor)).toString('hex'), descriptorFrame)
    for (const { sequence, ticks, rows, frame } of data) {
      const [bytes] = found(framer(), [bytesOf(frame)]).frames
      const { stream, description } = descriptor
      assert.deepEqual(parsed(bytes), {
        kind: 'data',
        ...{ stream, description, sequence, ticks, rowsStart: 10, rowsEnd: bytes.length / 2 },
      })
      assert.equal(bytes.length / 2 - 10, rows.length * rowBytes)
      assert.equal(
        encodeFrame(encodeData({ stream, description, sequence, ticks }, descriptor.fields, rows)).toString('hex'),
        frame,
      )
    }
  })

for (const { name, reason, frame } of vectors.bad)
  test(`bad message: ${name}`, () => {
    const [message] = found(framer(), [bytesOf(frame)]).frames
    assert.deepEqual(parsed(message), { kind: 'refused', reason })
  })

for (const { name, why, frame } of vectors.badFrames)
  test(`bad frame: ${name}`, () => {
    const { frames, bad, lost } = found(framer(), [bytesOf(frame)])
    assert.deepEqual(frames, [])
    assert.deepEqual(bad, { crc: 0, malformed: 0, long: 0, [why]: 1 })
    assert.equal(lost, frame.length / 2)
  })

test('any single flipped bit of a golden frame is caught', () => {
  let tried = 0
  for (const frame of goldenFrames) {
    // Between two others, since a flip may make or unmake an end.
    const stream = bytesOf(goldenFrames[0] + frame + goldenFrames[1])
    const good = new Set(found(framer(), [stream]).frames)
    const from = goldenFrames[0].length * 4
    for (let bit = from; bit < from + frame.length * 4; bit++, tried++) {
      stream[bit >>> 3] ^= 1 << (bit & 7)
      const { frames } = found(framer(), [stream])
      assert.ok(
        frames.every((one) => good.has(one)),
        `bit ${bit - from} of ${frame}`,
      )
      assert.ok(frames.length >= 1 && frames.length < 3, `bit ${bit - from} of ${frame}`)
      stream[bit >>> 3] ^= 1 << (bit & 7)
    }
  }
  assert.ok(tried > 15_000, `${tried} bits`)
})

test('a frame cut at any byte costs at most the one behind it', () => {
  const [next, last] = goldenFrames
  const whole = new Set(found(framer(), [bytesOf(goldenFrames.join(''))]).frames)
  const [lastMessage] = found(framer(), [bytesOf(last)]).frames
  for (const frame of goldenFrames)
    for (let end = 1; end < frame.length / 2; end++) {
      const { frames, bad } = found(framer(), [bytesOf(frame.slice(0, 2 * end) + next + last)])
      assert.deepEqual([frames.at(-1), frames.length], [lastMessage, 1], `${end} bytes of ${frame}`)
      assert.ok(whole.has(frames[0]))
      assert.equal(bad.crc + bad.malformed + bad.long, 1)
    }
})

test('a message cut anywhere, with any byte changed, or of any bytes, is read or refused', () => {
  const messages = goldenFrames.flatMap((frame) => found(framer(), [bytesOf(frame)]).frames.map(bytesOf))
  const answers = (bytes: Uint8Array, start = 0) => {
    const { kind } = parseMessage(bytes, start, bytes.length)
    assert.ok(['descriptor', 'data', 'refused'].includes(kind))
  }
  for (const message of messages) for (let end = 0; end <= message.length; end++) answers(message.subarray(0, end))
  for (const message of messages.filter(({ length }) => length < 200))
    for (let at = 0; at < message.length; at++)
      for (const byte of [0, 1, 7, 31, 32, 33, 127, 128, 255]) {
        const changed = Buffer.from(message)
        changed[at] = byte
        answers(changed)
      }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (soup) => answers(Uint8Array.of(0x11, ...soup))))
})

test('the worked frames of PROTOCOL.md are golden ones', () => {
  const page = readFileSync(new URL('../../../../firmware-bridge/PROTOCOL.md', import.meta.url), 'utf8')
  const worked = [...page.matchAll(/^```hex\n(.*?)^```$/gms)].map(([, hex]) => hex.replace(/\s/g, ''))
  assert.deepEqual(worked, [vectors.good[0].descriptorFrame, vectors.good[0].data[0].frame])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import * as v from 'valibot'
import type { Framer } from '../../src/framing/framing.js'
import { framings } from '../../src/framing/index.js'
import { line } from '../../src/framing/line.js'

const framer = (delimiter = '\n', maxFrameBytes = 1024) =>
  line.create({ delimiter: Buffer.from(delimiter) }, maxFrameBytes)

/** Frames as latin-1 text and the lost bytes, of chunks and then the end of the stream. */
function framesOf(made: Framer, chunks: Uint8Array[]): { frames: string[]; lost: number } {
  const found = { frames: [] as string[], lost: 0 }
  const receiver = {
    frame: (bytes: Uint8Array, start: number, end: number) =>
      void found.frames.push(Buffer.from(bytes.subarray(start, end)).toString('latin1')),
    lost: (bytes: number) => void (found.lost += bytes),
  }
  for (const chunk of chunks) made.push(chunk, receiver)
  made.end(receiver)
  return found
}

const bytesOf = (text: string) => Buffer.from(text, 'latin1')

/** The plainest reading of what the framing promises. */
function expected(text: string, delimiter: string, maxFrameBytes: number): { frames: string[]; lost: number } {
  const lines = text.split(delimiter)
  const rest = lines.pop()!
  const stripped = lines.map((one) => (delimiter === '\n' ? one.replace(/\r$/, '') : one))
  return {
    frames: stripped.filter((one) => one.length > 0 && one.length <= maxFrameBytes),
    lost: lines.reduce(
      (sum, one, i) => sum + (stripped[i].length > maxFrameBytes ? one.length + delimiter.length : 0),
      rest.length,
    ),
  }
}

test('lines lose their ends, empty ones are passed over, the last without an end is lost', () => {
  assert.deepEqual(framesOf(framer(), [bytesOf('a,1\r\n\n\r\nb\rc\nrest')]), { frames: ['a,1', 'b\rc'], lost: 4 })
})

test('a line too long is lost and the next one is whole', () => {
  assert.deepEqual(framesOf(framer('\n', 4), [bytesOf('12345\r\n1234\r\n12345'), bytesOf('6789'), bytesOf('\nok\n')]), {
    frames: ['1234', 'ok'],
    lost: 17,
  })
})

test('every cut of the stream gives the same frames', () => {
  const text = 'one\r\ntwo\n\nthree is much too long for this\r\nfour\r\r\n;;five;;six;;;seven'
  for (const delimiter of ['\n', '\r\n', ';;', 'o'])
    for (const maxFrameBytes of [1, 3, 5, 40]) {
      const whole = expected(text, delimiter, maxFrameBytes)
      for (let first = 0; first <= text.length; first++)
        for (let second = first; second <= text.length; second++) {
          const chunks = [text.slice(0, first), text.slice(first, second), text.slice(second)].map(bytesOf)
          assert.deepEqual(
            framesOf(framer(delimiter, maxFrameBytes), chunks),
            whole,
            JSON.stringify(chunks.map(String)),
          )
        }
    }
})

test('random bytes in random chunks give the frames of the plain reading', () => {
  const few = fc.constantFrom('\n', '\r', ';', 'a', '\0', '\xff')
  fc.assert(
    fc.property(
      fc.array(fc.array(few, { maxLength: 12 }), { maxLength: 12 }),
      fc.constantFrom('\n', '\r\n', ';;', ';a;'),
      fc.integer({ min: 1, max: 300 }),
      (parts, delimiter, maxFrameBytes) => {
        const chunks = parts.map((part) => part.join(''))
        assert.deepEqual(
          framesOf(framer(delimiter, maxFrameBytes), chunks.map(bytesOf)),
          expected(chunks.join(''), delimiter, maxFrameBytes),
        )
      },
    ),
    { numRuns: 5000 },
  )
})

test('a framer is as new after the end of a stream', () => {
  const made = framer('\n', 4)
  assert.deepEqual(framesOf(made, [bytesOf('far too long')]), { frames: [], lost: 12 })
  assert.deepEqual(framesOf(made, [bytesOf('ok\n')]), { frames: ['ok'], lost: 0 })
})

test('a long line without an end takes no more memory than the longest frame', () => {
  const chunk = Buffer.alloc(1 << 20, 'x')
  const before = process.memoryUsage().arrayBuffers
  const found = framesOf(framer('\n', 1 << 16), [...Array<Buffer>(64).fill(chunk), bytesOf('\nok\n')])
  assert.deepEqual(found, { frames: ['ok'], lost: 64 * (1 << 20) + 1 })
  assert.ok(process.memoryUsage().arrayBuffers - before < 8 << 20)
})

test('each framing has a type of its own, a summary, and options that stand without the user', () => {
  assert.equal(new Set(framings.map(({ type }) => type)).size, framings.length)
  for (const { summary, options, create } of framings) {
    assert.ok(summary)
    assert.ok(create(v.parse(v.strictObject(options), {}) as never, 1024))
  }
})

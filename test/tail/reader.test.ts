import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { linesOf } from '../../src/tail/reader.js'

const read = async (pieces: Iterable<Uint8Array>) => {
  const lines: string[] = []
  for await (const some of linesOf(Readable.from(pieces))) lines.push(...some)
  return lines
}

test('lines are the same however the bytes are cut', async () => {
  const bytes = Buffer.from('{"a":"é€"}\n{"b":1}\nhalf')
  for (let at = 0; at <= bytes.length; at++)
    assert.deepEqual(await read([bytes.subarray(0, at), bytes.subarray(at)].filter(({ length }) => length > 0)), [
      '{"a":"é€"}',
      '{"b":1}',
    ])
})

test('a line without end is not kept for ever', async () => {
  const pieces = function* () {
    for (;;) yield Buffer.alloc(65_536, 'x')
  }
  await assert.rejects(read(pieces()), /a line without end/)
})

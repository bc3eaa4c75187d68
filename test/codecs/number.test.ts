import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import { type NumberOptions, number } from '../../src/codecs/number.js'
import { codecProbe, type Said } from '../support/codec-probe.js'

const { use, read } = await codecProbe()
const schema = v.strictObject(number.options)
const parse = (options: object) => v.parse(schema, options) as unknown as NumberOptions
const input = { hasRate: false, tagPaths: [] }

function assertPayloads(texts: string[], said: Said): void {
  for (const text of texts) assert.deepEqual(read('numberPayload', text), said, JSON.stringify(text))
}

test('a payload is one number, a boolean, a mapped text, or none', () => {
  assert.deepEqual(use(number, parse({}), input).fields, [{ name: 'value', map: undefined }])
  assertPayloads(['23.5', ' +23.5\r\n', '2350e-2'], [['sample', 0, 23.5]])
  assertPayloads(['.5'], [['sample', 0, 0.5]])
  assertPayloads(['true', 'TRUE', '1', '1.'], [['sample', 0, 1]])
  assertPayloads(['false', 'False', '0', '000'], [['sample', 0, 0]])
  assertPayloads(['', ' ', 'null', 'nan', 'None', 'unavailable\n'], [['filtered', 0]])
  assertPayloads(['ON', '1 2', '1,5', '1e999', '"5"', '{}', '\0x'], [['invalid', 0]])
  use(number, parse({ field: 'state', map: { ON: 1, unavailable: -1 } }), input)
  assertPayloads(['ON\n'], [['sample', 0, 1]])
  assertPayloads(['unavailable'], [['sample', 0, -1]])
  assertPayloads(['on', 'OFF'], [['invalid', 0]])
})

test('nothing else can be taken from it', () => {
  assert.equal(number.check(parse({}), input), undefined)
  const problem = (more: object) => String(number.check(parse({}), { ...input, ...more }))
  assert.match(problem({ timePath: 't' }), /time/)
  assert.match(problem({ tagPaths: ['id'] }), /tag/)
  assert.match(problem({ sequencePath: 'seq' }), /the message's number/)
  assert.match(problem({ hasRate: true }), /rate/)
  assert.match(problem({ hasClock: true }), /count/)
  assert.throws(() => parse({ field: '' }))
})

test('any bytes, whatever lies behind', () => {
  use(number, parse({}), input)
  for (let i = 0; i < 5000; i++) {
    const bytes = Uint8Array.from({ length: i % 13 }, () => (i % 3 ? 0x20 + Math.random() * 0x50 : Math.random() * 256))
    const first = read('numberPayload', bytes, '9'.repeat(80))
    for (const guard of ['.e-+5'.repeat(16), 'ullaneable'.repeat(8), '\0'.repeat(80)])
      assert.deepEqual(read('numberPayload', bytes, guard), first, Buffer.from(bytes).toString('latin1'))
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import type { FieldChoice } from '../../src/codecs/fields.js'
import { json } from '../../src/codecs/json.js'
import type { CodecInput } from '../../src/model/codec.js'

const options = v.strictObject(json.options)
const input: CodecInput = { timePath: 'ts', hasRate: true, tagPaths: [] }

const check = (given: object, more: Partial<CodecInput> = {}) =>
  json.check(v.parse(options, given) as unknown as FieldChoice, { ...input, ...more }) as string | undefined

test('what goes together has no problem', () => {
  assert.equal(check({}), undefined)
  assert.equal(check({ fields: { temp: 'temperature', on: 'state' }, map: { state: { ON: 1 } } }), undefined)
  assert.equal(check({ fields: ['x', 'ts'], samples: ['x', 'y'] }, { tagPaths: ['x', 'id'] }), undefined)
})

test('what does not is told', () => {
  assert.match(check({ fields: ['a..b'] })!, /cannot read the path `a\.\.b`/)
  assert.match(check({}, { timePath: 'ts[' })!, /cannot read the path `ts\[`/)
  assert.match(check({}, { tagPaths: [']'] })!, /cannot read the path/)
  assert.match(check({ fields: { a: 'x', b: '["x"]' } })!, /two fields from the path `x`/)
  assert.match(check({}, { tagPaths: ['x.y[0]', 'x.y[0]'] })!, /two tags from the path `x\.y\[0\]`/)
  assert.match(check({ fields: ['a_b', 'a.b'] })!, /two fields `a_b`/)
  assert.match(check({ map: { state: { ON: 1 } } })!, /no field is named so/)
  assert.match(check({ samples: 'x' }, { timePath: undefined })!, /cannot time the elements of `samples`/)
  assert.match(check({}, { tagPaths: Array.from({ length: 16 }, (_, i) => `t${i}`) })!, /at most 15/)
  assert.match(check({ fields: Array.from({ length: 1025 }, (_, i) => `f${i}`) })!, /at most 1024/)
  assert.match(check({ fields: ['n'.repeat(256)] })!, /has 256 bytes; at most 255/)
})

test('options that are none are refused by the schema', () => {
  for (const wrong of [
    { fields: 'a' },
    { fields: [1] },
    { map: { a: { x: '1' } } },
    { strings: 'yes' },
    { samples: {} },
  ])
    assert.equal(v.safeParse(options, wrong).success, false)
})

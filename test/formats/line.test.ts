import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { escapeName, line } from '../../src/formats/line.js'
import { points } from '../support/points.js'
import { parseLine, tamed } from './line-protocol.js'

test('a point is one line: measurement, sorted tags, fields, time in ns', () => {
  const text = line.encode(
    points([
      { tags: { source: 'plant', gateway: 'hall-3', machine: 'a' }, fields: { temp_count: 5, temp_mean: 21.5 } },
      { tags: { source: 'plant', gateway: 'hall-3', machine: 'b' }, fields: { temp_mean: -0.1 }, correction: true },
    ]),
  )
  assert.equal(
    text,
    'second,gateway=hall-3,machine=a,source=plant temp_count=5i,temp_mean=21.5 1704067200000000000\n' +
      'second,gateway=hall-3,machine=b,source=plant temp_mean=-0.1 1704067200000000000\n',
  )
})

test('no points, no text', () => assert.equal(line.encode(points([])), ''))

test('encoding again from the caches gives the same text', () => {
  const some = points([{ tags: { 'a b': 'c,d' }, fields: { 'x=y_mean': 1 } }])
  assert.equal(line.encode(some), line.encode(some))
})

test('names are escaped for the place they stand in', () => {
  assert.equal(escapeName('a,b c=d"e', 'measurement'), 'a\\,b\\ c=d"e')
  assert.equal(escapeName('a,b c=d"e', 'tag'), 'a\\,b\\ c\\=d"e')
  assert.equal(escapeName('a,b c=d"e', 'field'), 'a\\,b\\ c\\=d\\"e')
  assert.equal(escapeName('two\nlines\r\u0000', 'tag'), 'two\\nlines\\r\\u0000')
  assert.equal(escapeName('C:\\plant\\', 'tag'), 'C:\\plant\uff3c')
  assert.equal(escapeName('C:\\my files', 'tag'), 'C:\\my\\ files')
  assert.equal(escapeName('a\\ b', 'tag'), 'a\uff3c\\ b')
  assert.equal(escapeName('#1', 'measurement'), '\\#1')
  assert.equal(escapeName('Küche °C', 'tag'), 'Küche\\ °C')
})

const hostileChar = fc.constantFrom(',', '=', ' ', '"', '\\', '\n', '\r', '\t', '\0', '\x7f', 'n', 'i', '5', 'é', '😀')
const hostile = fc.string({
  unit: fc.oneof(hostileChar, fc.string({ minLength: 1, maxLength: 1 })),
  minLength: 1,
  maxLength: 12,
})

test('whatever the names hold, every reader cuts the line alike and gets them back', () => {
  const names = fc.dictionary(hostile, hostile, { maxKeys: 3 })
  const values = fc.dictionary(hostile, fc.double({ noNaN: true, noDefaultInfinity: true }), { minKeys: 1, maxKeys: 3 })
  fc.assert(
    fc.property(hostile, names, values, fc.maxSafeInteger(), (measurement, tags, fields, timeUs) => {
      const text = line.encode(points([{ tags, fields }], { measurement, timeUs }))
      assert.equal(text.indexOf('\n'), text.length - 1)
      const parsed = parseLine(text.slice(0, -1))
      assert.equal(parsed.measurement, `${measurement.startsWith('#') ? '\\' : ''}${tamed(measurement)}`)
      const wanted = Object.entries(tags).map(([name, value]): [string, string] => [tamed(name), tamed(value)])
      assert.deepEqual(parsed.tags, new Map(wanted))
      for (const [name, value] of Object.entries(fields)) {
        if (Object.keys(fields).filter((other) => tamed(other) === tamed(name)).length > 1) continue
        assert.equal(parsed.fields.get(tamed(name))?.value, value + 0)
      }
      assert.equal(parsed.time, BigInt(timeUs) * 1000n)
    }),
    { numRuns: 2000 },
  )
})

test('times are exact to the ns at any size and sign', () => {
  for (const timeUs of [0, 1, -1, -62_135_596_800_000_000, 2 ** 53 - 1]) {
    const text = line.encode(points([{ tags: {}, fields: { x: 1 } }], { timeUs }))
    assert.equal(BigInt(text.slice(text.lastIndexOf(' ') + 1, -1)), BigInt(timeUs) * 1000n)
  }
})

test('numbers come back to the last bit; counts are integers', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.nat(), (value, count) => {
      const text = line.encode(points([{ tags: {}, fields: { x: value, x_count: count } }]))
      const { fields } = parseLine(text.slice(0, -1))
      assert.equal(fields.get('x')?.value, value + 0)
      assert.deepEqual(fields.get('x_count'), { value: count, integer: true })
      assert.equal(fields.get('x')?.integer, false)
    }),
  )
})

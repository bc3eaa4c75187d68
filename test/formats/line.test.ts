import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { line } from '../../src/formats/line.js'
import type { Points } from '../../src/model/points.js'
import { points } from '../support/points.js'
import { parseLine, tamed } from './line-protocol.js'

const encode = (some: Points): string => line.encode(some).toString()

test('a point is one line: measurement, sorted tags, fields, time in ns', () => {
  const text = encode(
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

test('no points, no text', () => assert.equal(encode(points([])), ''))

test('encoding again from the caches gives the same text', () => {
  const some = points([{ tags: { 'a b': 'c,d' }, fields: { 'x=y_mean': 1 } }])
  assert.equal(encode(some), encode(some))
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
      const text = encode(points([{ tags, fields }], { measurement, timeUs }))
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
    const text = encode(points([{ tags: {}, fields: { x: 1 } }], { timeUs }))
    assert.equal(BigInt(text.slice(text.lastIndexOf(' ') + 1, -1)), BigInt(timeUs) * 1000n)
  }
})

test('numbers come back to the last bit; counts are integers', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.nat(), (value, count) => {
      const text = encode(points([{ tags: {}, fields: { x: value, x_count: count } }]))
      const { fields } = parseLine(text.slice(0, -1))
      assert.equal(fields.get('x')?.value, value + 0)
      assert.deepEqual(fields.get('x_count'), { value: count, integer: true })
      assert.equal(fields.get('x')?.integer, false)
    }),
  )
})

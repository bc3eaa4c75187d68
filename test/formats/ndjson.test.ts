import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ndjson } from '../../src/formats/ndjson.js'
import { isoTime } from '../../src/formats/time.js'
import { points } from '../support/points.js'

test('a point is one object; a correction says so', () => {
  const text = `${ndjson.encode(
    points([
      { tags: { gateway: 'g', source: 's' }, fields: { temp_count: 2, temp_mean: 1e21 } },
      { tags: { gateway: 'g', source: 's' }, fields: { temp_mean: 0.1 }, correction: true },
    ]),
  )}`
  assert.equal(
    text,
    '{"time":"2024-01-01T00:00:00.000000Z","measurement":"second","tags":{"gateway":"g","source":"s"},"fields":{"temp_count":2,"temp_mean":1e+21}}\n' +
      '{"time":"2024-01-01T00:00:00.000000Z","measurement":"second","tags":{"gateway":"g","source":"s"},"fields":{"temp_mean":0.1},"correction":true}\n',
  )
})

test('any names and values come back through JSON.parse', () => {
  const names = fc.dictionary(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }))
  const values = fc.dictionary(fc.string({ minLength: 1 }), fc.double({ noNaN: true, noDefaultInfinity: true }))
  fc.assert(
    fc.property(fc.string(), names, values, (measurement, tags, fields) => {
      const text = `${ndjson.encode(points([{ tags, fields }], { measurement }))}`
      assert.equal(text.indexOf('\n'), text.length - 1)
      const back = JSON.parse(text)
      assert.equal(back.measurement, measurement)
      assert.deepEqual(new Map(Object.entries(back.tags)), new Map(Object.entries(tags).sort()))
      assert.deepEqual(
        new Map(Object.entries(back.fields)),
        new Map(Object.entries(fields).map(([name, value]) => [name, value + 0])),
      )
    }),
  )
})

test('times keep their µs, before 1970 too', () => {
  assert.equal(isoTime(0), '1970-01-01T00:00:00.000000Z')
  assert.equal(isoTime(-1), '1969-12-31T23:59:59.999999Z')
  assert.equal(isoTime(1_704_067_200_123_456), '2024-01-01T00:00:00.123456Z')
  assert.equal(isoTime(2 ** 53 - 1), '2255-06-05T23:47:34.740991Z')
  assert.equal(isoTime(1e22), '1e+22')
})

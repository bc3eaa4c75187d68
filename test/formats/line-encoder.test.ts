import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LineEncoder } from '../../src/formats/line-encoder.js'
import type { Points } from '../../src/model/points.js'
import { lineText } from '../support/line-text.js'
import { device, pointField, points } from '../support/points.js'

const names = fc.oneof(
  fc.stringMatching(/^[a-z]{1,12}$/),
  fc.string({ unit: fc.constantFrom(',', '=', ' ', '"', '\\', '\n', '#', 'é', '😀', 'a'), minLength: 1, maxLength: 8 }),
)
const values = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -100_000, max: 100_000 }).map((n) => n / 100),
)
const some = fc
  .record({
    measurement: names,
    timeUs: fc.maxSafeInteger(),
    devices: fc.array(fc.dictionary(names, names, { maxKeys: 3 }).map(device), { minLength: 1, maxLength: 4 }),
    fields: fc.array(fc.tuple(names, fc.boolean()), { minLength: 1, maxLength: 5 }),
    lines: fc.array(fc.tuple(fc.nat(3), fc.array(fc.tuple(fc.nat(4), values), { minLength: 1, maxLength: 6 })), {
      maxLength: 30,
    }),
  })
  .map(({ measurement, timeUs, devices, fields, lines }): Points => {
    const known = fields.map(([name, integer]) => pointField(name, integer))
    const all = lines.flatMap(([, own]) => own)
    const firstField = [0]
    for (const [, own] of lines) firstField.push(firstField.at(-1)! + own.length)
    return {
      ...points([], { measurement, timeUs }),
      lines: lines.length,
      device: lines.map(([d]) => devices[d % devices.length]),
      firstField,
      field: all.map(([f]) => known[f % known.length]),
      value: all.map(([, value]) => value),
    }
  })

const rooms = {
  'room for all': new LineEncoder(),
  // Items of two, texts that are thrown away again and again, pieces of a few names.
  'hardly any room': new LineEncoder({ texts: 1024, items: 32, out: 1024 }),
}
for (const [name, encoder] of Object.entries(rooms))
  test(`${name}: the bytes that plain JavaScript makes, once and again`, () => {
    fc.assert(
      fc.property(fc.array(some, { minLength: 1, maxLength: 3 }), (panes) => {
        for (const pane of [...panes, ...panes]) assert.equal(encoder.encode(pane).toString(), lineText(pane))
      }),
      { numRuns: 1000 },
    )
  })

test('numbers of devices that were forgotten are those of others', () => {
  const encoder = new LineEncoder()
  const [a, b] = [device({ d: 'a' }), device({ d: 'b' })]
  const [x, y] = [pointField('x'), pointField('y')]
  for (const [of, field] of [
    [a, x],
    [{ ...b, id: a.id }, x],
    [a, y],
    [{ ...a, id: a.id + 5000 }, x],
  ] as const) {
    const pane = { ...points([{ tags: {}, fields: { x: 1 } }]), device: [of], field: [field] }
    assert.equal(encoder.encode(pane).toString(), lineText(pane))
  }
})

test('what it gave stays as it is', () => {
  const encoder = new LineEncoder()
  const one = points([{ tags: { d: 'a' }, fields: { x: 1 } }])
  const first = encoder.encode(one)
  encoder.encode(points([{ tags: { d: 'bbb' }, fields: { y: 2.5 } }], { measurement: 'm' }))
  assert.equal(first.toString(), lineText(one))
})

test('a device of very many fields is one line', () => {
  const encoder = new LineEncoder({ out: 4096 })
  const fields = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`field${i}`, i / 3]))
  const pane = points([{ tags: { d: 'a' }, fields }])
  assert.equal(encoder.encode(pane).toString(), lineText(pane))
})

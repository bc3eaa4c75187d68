import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CSV_LAYOUT, LAYOUT_QUICK } from '../../../assembly/decode/csv-layout.js'
import {
  JSON_SHAPES_FIRST,
  JSON_SHAPES_MISSES,
  JSON_SHAPES_USED,
  SHAPES_BYTES,
} from '../../../assembly/decode/json-layout.js'
import { FLAG_LINES } from '../../../assembly/layout.js'
import { DecodeRig, type RigOptions } from '../../support/decode-rig.js'
import { alike, referenceJson } from '../../support/json-reference.js'

const time = { kind: 'path', path: 'ts', unit: 'ms', missing: 'reject' } as const

const inputs: Record<string, RigOptions['input']> = {
  'declared fields': { time, options: { fields: ['c', 'a', 'o.b', 'o.x[1]'] } },
  'a text that stands for a number, a tag, the time as a field': {
    time,
    options: { fields: ['a', 'b', 'ts'], map: { b: { ON: 1 } } },
    payloadTags: { id: 'c' },
  },
  'strings as numbers, arrival': { options: { fields: ['a', 'b', 'o.a'], strings: 'parse' } },
  'every number': { time },
  'every number, tags on the way, strings as numbers': {
    time,
    options: { strings: 'parse' },
    payloadTags: { id: 'c', deep: 'o.x[0]' },
  },
  'arrays with a rate': { time: { ...time, rateHz: 100 }, options: { fields: ['b'], samples: ['a', 'o.x'] } },
  'arrays with an array of times': { time, options: { fields: ['b'], samples: ['a', 'o.x'] } },
  'arrays with a rate that the payload tells': { time: { ...time, ratePath: 'b' }, options: { samples: ['a'] } },
  'objects and arrays that are fields with fields in them': {
    time,
    options: { fields: ['o', 'o.a', 'a', 'a[1]', 'b'] },
  },
  'iso times': { time: { ...time, unit: 'iso' }, options: { fields: ['a', 'b'] } },
}

/** A shape: keys and what stands around them. A value is made anew for each message. */
type Kind = 'time' | 'number' | 'text' | 'word' | 'array' | 'any' | Shape
interface Shape {
  members: { key: string; before: string; between: string; after: string; kind: Kind }[]
}

const blank = fc.constantFrom('', '', '', '', ' ', '\n  ', '\t\r\n')
const key = fc.constantFrom('a', 'b', 'c', 'd', 'o', 'x', 'a_key_of_more_than_sixteen_bytes', '\\u0061', 'ä', '"q"')
const scalar = fc.constantFrom<Kind>('number', 'number', 'number', 'text', 'word', 'array', 'any')
const { shape } = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.record({
    members: fc.array(
      fc.record({
        key,
        before: blank,
        between: blank,
        after: blank,
        kind: fc.oneof(
          { maxDepth: 2 },
          { weight: 4, arbitrary: scalar },
          { weight: 1, arbitrary: tie('shape') as fc.Arbitrary<Kind> },
        ),
      }),
      { maxLength: 6 },
    ),
  }),
}))

const number = fc.oneof(
  fc.integer({ min: -99_999, max: 99_999 }).map((n) => String(n / 100)),
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => JSON.stringify(n)),
  fc.bigInt({ min: 0n, max: 10n ** 30n }).map(String),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 10n ** 18n }), fc.integer({ min: 1, max: 25 }))
    .map(([n, digits]) => `0.${String(n).padStart(digits, '0')}`),
  fc.constantFrom('0', '-0', '0.5', '1e400', '-1E-400', '1e5', '12345678', '1234567', '123456789.5'),
  // None of these is a number.
  fc.constantFrom('01', '1.', '-', '.5', '+1', '1e', '0x1', '00.5', '-.5'),
)
const texts = fc.constantFrom('ON', 'OFF', '1.5', '', 'nan', 'ä', 'a\\u0041b', '\\"', 'id-7', '2024-01-02T03:04:05Z')
const times = fc.oneof(
  fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 }).map(String),
  fc.constantFrom(
    '1',
    '12345678',
    '9007199254740',
    '9007199254741',
    '9007199254740991',
    '12345678901234567',
    '1.5',
    '[1,2]',
    '[1,null,3]',
    'null',
    '"2024-01-02T03:04:05Z"',
    '"x"',
    '-5',
  ),
)

/** A text of a kind, most times what it says. */
function textOf(kind: Kind): fc.Arbitrary<string> {
  const any = fc.oneof(
    number,
    texts.map((text) => `"${text}"`),
    fc.constantFrom('true', 'false', 'null', '{}', '[]', '[1,[2]]', '{"a":1}', '[{"x":1}]', 'tru', ''),
  )
  const own: Record<string, fc.Arbitrary<string>> = {
    time: times,
    number,
    text: texts.map((text) => `"${text}"`),
    word: fc.constantFrom('true', 'false', 'null'),
    array: fc
      .tuple(fc.array(fc.oneof({ weight: 9, arbitrary: number }, any), { maxLength: 5 }), blank)
      .map(([list, gap]) => `[${gap}${list.join(`,${gap}`)}${gap}]`),
    any,
  }
  if (typeof kind === 'object') return fc.oneof({ weight: 9, arbitrary: objectOf(kind) }, { weight: 1, arbitrary: any })
  return fc.oneof({ weight: 9, arbitrary: own[kind] }, { weight: 1, arbitrary: any })
}

const objectOf = ({ members }: Shape): fc.Arbitrary<string> =>
  fc.tuple(...members.map(({ kind }) => textOf(kind))).map((values) => {
    const written = members.map(
      ({ key, before, between, after }, i) =>
        `${before}"${key.replaceAll('"', '\\"')}"${between}:${between}${values[i]}${after}`,
    )
    return `{${written.join(',')}}`
  })

/** A few shapes, and messages of them in any order; some are arrays of rows. */
const stream = fc.array(shape, { minLength: 1, maxLength: 4 }).chain((shapes) => {
  const timed = shapes.map(({ members }, i) => {
    const all = [...members]
    all.splice(i % (all.length + 1), 0, { key: 'ts', before: '', between: '', after: '', kind: 'time' as const })
    return { members: all }
  })
  const row = fc.oneof(...timed.map(objectOf))
  const payload = fc.oneof(
    { weight: 5, arbitrary: row },
    { weight: 1, arbitrary: fc.array(row, { maxLength: 4 }).map((rows) => `[${rows.join(', ')}]`) },
    {
      weight: 1,
      arbitrary: fc.tuple(row, fc.constantFrom(' ', '}', ',', 'x', '\n')).map(([text, more]) => text + more),
    },
  )
  return fc.array(payload, { minLength: 20, maxLength: 20 })
})

for (const [name, input] of Object.entries(inputs))
  test(`${name}: rows of learned shapes are what they are without`, () => {
    let learned: DecodeRig
    let plain: DecodeRig
    let runs = 0
    let learnedOnce = false
    let decoded = 0
    fc.assert(
      fc.property(stream, (payloads) => {
        if (runs++ % 20 === 0) {
          learned = new DecodeRig({ input })
          plain = new DecodeRig({ input })
        }
        for (const [i, payload] of payloads.entries()) {
          plain.setOwn(JSON_SHAPES_FIRST, 0)
          plain.setOwn(JSON_SHAPES_USED, 0)
          const wanted = plain.decode([payload], 0, 0).take()
          assert.deepEqual(learned.decode([payload], 0, [0, 0x22, 0x30, 0x2c][i % 4]).take(), wanted, payload)
          learnedOnce ||= learned.getOwn(JSON_SHAPES_FIRST) !== 0
          decoded += wanted.counts.decoded
        }
      }),
      { numRuns: 100 },
    )
    assert.ok(learnedOnce && decoded > 50)
  })

test('sequences of one shape are what JSON.parse gives', () => {
  const input = inputs['declared fields']
  const fields = [
    { name: 'c', steps: ['c'] },
    { name: 'a', steps: ['a'] },
    { name: 'o_b', steps: ['o', 'b'] },
    { name: 'o_x_1', steps: ['o', 'x', 1] },
  ]
  const rig = new DecodeRig({ input })
  fc.assert(
    fc.property(fc.tuple(number, number, number, number, number), ([a, b, c, x, other]) => {
      const payload = `{"ts":1760000000123,"a":${a},"o":{"b":${b},"x":[${other},${x}],"d":"e"},"c":${c},"more":{"y":[1]}}`
      const { samples, counts } = rig.decode([payload]).take()
      const wanted = referenceJson(payload, { fields })
      assert.deepEqual(
        { samples: samples.map(alike), counts },
        { samples: wanted.samples.map(alike), counts: wanted.counts },
        payload,
      )
    }),
    { numRuns: 2000 },
  )
})

test('with no room for more shapes they are learned anew after a while', () => {
  const rig = new DecodeRig({ input: inputs['declared fields'] })
  const odd = (i: number) => `{"ts":1760000000123,"${'k'.repeat(100)}${i}":1,"a":${i}}`
  for (let i = 0; i < 100; i++) rig.decode([odd(i)])
  assert.ok(rig.getOwn(JSON_SHAPES_USED) > SHAPES_BYTES)
  const first = rig.getOwn(JSON_SHAPES_MISSES)
  rig.decode(['{"ts":1760000000123,"a":5,"never":"learned"}'])
  assert.equal(rig.getOwn(JSON_SHAPES_MISSES), first + 1)
  const payload = '{"ts":1760000000123,"c":2,"a":1}'
  for (let i = 0; i < 1500; i++) rig.decode([payload])
  assert.ok(rig.getOwn(JSON_SHAPES_USED) < SHAPES_BYTES)
  assert.equal(rig.getOwn(JSON_SHAPES_MISSES), 0)
  rig.take()
  assert.deepEqual(
    rig
      .decode([payload])
      .take()
      .samples.map(({ field, value }) => [field, value]),
    [
      ['c', 2],
      ['a', 1],
    ],
  )
})

test('plain lines of CSV are what they are the common way', () => {
  const columns = ['ts', 'a', 'skip', 'b', 'c']
  const comment = { comment: '-' }
  for (const options of [
    {},
    comment,
    { fields: ['c', 'a'] },
    { delimiter: ' ' },
    { columns: ['', 'a', 'ts'], fields: ['a'] },
    { ...comment, columns: ['a', 'ts', 'b'], fields: ['a', 'b'] },
  ]) {
    const all = { columns, fields: ['a', 'b', 'c'], header: false, delimiter: ',', ...options }
    const input = { time, decode: { type: 'csv', options: all } }
    const [quick, plain] = [new DecodeRig({ input }), new DecodeRig({ input })]
    plain.setAt(plain.getOwn(CSV_LAYOUT), LAYOUT_QUICK, 0)
    let decoded = 0
    const loose = fc.oneof(
      { weight: 6, arbitrary: number },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          '+1',
          '007',
          '.5',
          '5.',
          '',
          ' 1',
          '1 ',
          '"2"',
          '"2,3"',
          'x',
          'nan',
          'true',
          '1e999',
          '1.5.2',
        ),
      },
    )
    const cell = (column: string) => (column === 'ts' ? fc.oneof(times, times, loose) : loose)
    const line = fc
      .tuple(fc.tuple(...all.columns.map(cell)), fc.integer({ min: 1, max: 7 }))
      .map(([cells, count]) =>
        [...cells, 'more', '"'].slice(0, count > 5 ? count : count < 3 ? count : 5).join(all.delimiter),
      )
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), (lines) => {
        const wanted = plain.decode([lines.join('\n')], FLAG_LINES, 0).take()
        assert.deepEqual(quick.decode([lines.join('\n')], FLAG_LINES, 0x39).take(), wanted, lines.join('\n'))
        decoded += wanted.counts.samplesDecoded
      }),
      { numRuns: 300 },
    )
    assert.ok(decoded > 100, JSON.stringify(options))
  }
})

test('cut anywhere with the rest behind it: what it is with nothing behind it', () => {
  const read = (input: RigOptions['input'], payload: string, flags: number) => {
    const [cut, whole] = [new DecodeRig({ input }), new DecodeRig({ input })]
    for (let i = 0; i < 3; i++) for (const rig of [cut, whole]) rig.decode([payload], flags).take()
    for (let bytes = 0; bytes <= payload.length; bytes++) {
      const wanted = whole.decode([payload.slice(0, bytes)], flags).take()
      assert.deepEqual(cut.decodeCut(payload, bytes, flags).take(), wanted, payload.slice(0, bytes))
    }
  }
  const inner = '"a":12.5,"o":{"b":-3,"x":[1,2.25]},"more":true,"c":7.125'
  for (const input of Object.values(inputs)) {
    read(input, `{"ts":1760000000123,${inner}}`, 0)
    read(input, `[{"ts":1760000000123,${inner}},{"ts":1760000000124,${inner}}]`, 0)
  }
  const columns = { columns: ['ts', 'a', 'skip', 'b'], fields: ['b', 'a'], header: false, delimiter: ',' }
  read({ time, decode: { type: 'csv', options: columns } }, '1760000000123,21.5,x,-7.25,rest', FLAG_LINES)
  const lines = { measurement: 'measurement', strings: 'parse' }
  for (const options of [lines, { ...lines, fields: ['a', 'b'] }])
    read(
      { time: { ...time, path: 'time' }, decode: { type: 'influx', options } },
      'm\\ n,x=y\\,z,k=\\ v a=12.5,b="1\\"2\\\\",c=t,d\\=e=77i 1760000000123',
      FLAG_LINES,
    )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { WHY_LIMIT, WHY_NO_TIME, WHY_SYNTAX } from '../../../assembly/layout.js'
import { DecodeRig, type RigOptions } from '../../support/decode-rig.js'
import { type InfluxReference, referenceInflux } from '../../support/influx-reference.js'

const path = (unit: 's' | 'ms' | 'us' | 'ns') => ({ kind: 'path', path: 'time', unit, missing: 'reject' }) as const
const decode = (options: object = {}) => ({
  type: 'influx',
  options: { measurement: 'measurement', strings: 'skip', ...options },
})
const map = { 'a "b"': 7, ON: 1, 'ä,': 2 }

const inputs: { name: string; input: RigOptions['input']; reference: InfluxReference }[] = [
  {
    name: 'every number and tag',
    input: { time: path('ns'), decode: decode() },
    reference: { places: [null], all: true, unitNs: 1n },
  },
  {
    name: 'declared fields, named tags and further ones',
    input: {
      time: path('ms'),
      payloadTags: { zone: 'b' },
      decode: decode({ fields: { x: 'x', odd: 'a b,=ä', long: 'a_long_name_of_a_field' }, map: { odd: map } }),
    },
    reference: {
      fields: [
        { name: 'x', key: 'x' },
        { name: 'odd', key: 'a b,=ä', map },
        { name: 'long', key: 'a_long_name_of_a_field' },
      ],
      places: ['b', null],
      all: true,
      unitNs: 1_000_000n,
    },
  },
  {
    name: 'listed tags, no measurement, strings as numbers, arrival',
    input: { decode: decode({ measurement: false, tags: ['b', 'a,'], strings: 'parse' }) },
    reference: { places: ['b', 'a,'], all: false, parse: true },
  },
  {
    name: 'no tags at all, seconds',
    input: { time: path('s'), decode: decode({ measurement: false, tags: [] }) },
    reference: { places: [], all: false, unitNs: 1_000_000_000n },
  },
]

const FILLERS = [0, 0x22, 0x20, 0x39]

/** Whatever lies behind the payload: what the reference says. */
function same(rigs: DecodeRig[], payload: Uint8Array, reference: InfluxReference): void {
  const wanted = referenceInflux(payload, reference)
  for (const [i, rig] of rigs.entries()) {
    const { samples, counts } = rig.decode([payload], 0, FILLERS[i]).take()
    assert.deepEqual({ samples, counts }, wanted, JSON.stringify(Buffer.from(payload).toString('latin1')))
  }
}

const word = fc.constantFrom(
  'a',
  'b',
  'x',
  'm',
  'a,',
  'a b,=ä',
  'a_long_name_of_a_field',
  '\\',
  'c\\d',
  '"q"',
  'ä',
  '1',
  '#',
)
const escaped = (text: string) => text.replace(/[,= ]/g, '\\$&')
const name = fc.oneof(
  { weight: 6, arbitrary: word.map(escaped) },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
)
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer({ min: -9999, max: 9999 }).map((n) => String(n / 100)),
  fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map((n) => `${n}i`),
  fc.bigInt({ min: 0n, max: 2n ** 66n }).map((n) => `${n}u`),
  fc.constantFrom(
    '1',
    '-0',
    '+1',
    '.5',
    '5.',
    '1e5',
    '1E-400',
    '1e999',
    '-1e999',
    '007',
    '1e',
    '1.5i',
    '-1u',
    '0x1',
    '--1',
    '1_0',
  ),
)
const string = fc.oneof(
  fc.constantFrom('"ON"', '"a \\"b\\""', '"ä,"', '"12.5"', '""', '"nan"', '"TRUE"', '"\\\\"', '"\\"', '"a', '"x" '),
  fc.string({ maxLength: 40 }).map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`),
)
const value = fc.oneof(
  { weight: 5, arbitrary: number },
  { weight: 2, arbitrary: string },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      't',
      'T',
      'true',
      'True',
      'TRUE',
      'f',
      'F',
      'false',
      'False',
      'FALSE',
      'tRUE',
      'nan',
      'NaN',
      'null',
      'inf',
      'x',
    ),
  },
)
const pairs = (of: fc.Arbitrary<string>, least: number) =>
  fc.array(fc.tuple(name, of), { minLength: least, maxLength: 5 }).map((list) => list.map((pair) => pair.join('=')))
const time = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  fc.integer({ min: 1_600_000_000, max: 1_900_000_000 }).map(String),
  fc.constantFrom(
    '1760000000123',
    '1760000000123456789',
    '9007199254740991',
    '9007199254740992',
    '-1',
    '0',
    '007',
    '1.5',
    '-',
    '1e9',
    'x',
  ),
)
const blanks = fc.constantFrom(' ', ' ', ' ', '  ', ' \t', '\t', '')
const line = fc
  .tuple(
    name,
    pairs(name, 0),
    blanks,
    pairs(value, 1),
    fc.option(fc.tuple(blanks, time, fc.constantFrom('', '', ' ', '\r')), { nil: undefined }),
  )
  .map(
    ([measurement, tags, blank, fields, at]) =>
      `${[measurement, ...tags].join(',')}${blank}${fields.join(',')}${at?.join('') ?? ''}`,
  )
const document = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: line },
      { weight: 1, arbitrary: fc.constantFrom('', '# a comment', '  # x=1', '   ', ' m x=1 5') },
    ),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((lines) => lines.join('\n'))

for (const { name, input, reference } of inputs) {
  test(`${name}: what the reference says, over random lines`, () => {
    let rigs = FILLERS.map(() => new DecodeRig({ input }))
    let runs = 0
    let decoded = 0
    fc.assert(
      fc.property(document, (text) => {
        // Few enough names for the rig's tables.
        if (++runs % 100 === 0) rigs = FILLERS.map(() => new DecodeRig({ input }))
        same(rigs, Buffer.from(text), reference)
        decoded += referenceInflux(Buffer.from(text), reference).counts.decoded
      }),
      { numRuns: 800 },
    )
    assert.ok(decoded > 100, `only ${decoded} lines taught anything`)
  })

  test(`${name}: every soup of its characters`, () => {
    let rigs = FILLERS.map(() => new DecodeRig({ input }))
    let runs = 0
    const soup = fc.array(fc.constantFrom(...Array.from('mabx,,==  \\\\"".0159-+eiutTfF#\t\nä')), { maxLength: 40 })
    fc.assert(
      fc.property(soup, (characters) => {
        if (++runs % 100 === 0) rigs = FILLERS.map(() => new DecodeRig({ input }))
        same(rigs, Buffer.from(`m ${characters.join('')}`), reference)
      }),
      { numRuns: 800 },
    )
  })

  test(`${name}: cut anywhere, any bit flipped, any byte another`, () => {
    const payloads = [
      'wea\\ ther,b=e\\=2,a=ä a\\ b\\,\\=ä="ON",x=-21.5,a_long_name_of_a_field=7i 1760000000123\n# no data\nm x=t,s="a \\"b\\"" 1760000000124456789',
      'm,z=1,b=2,a\\,=3 x=1e3,x=2u,y=false,n=nan,s="\\\\",a_long_name_of_a_field=12.25 17600000001\r\n',
    ]
    for (const payload of payloads) {
      let rigs = FILLERS.map(() => new DecodeRig({ input }))
      let runs = 0
      const bytes = Buffer.from(payload)
      const check = (changed: Uint8Array) => {
        if (++runs % 200 === 0) rigs = FILLERS.map(() => new DecodeRig({ input }))
        same(rigs, changed, reference)
      }
      for (let end = 0; end <= bytes.length; end++) check(bytes.subarray(0, end))
      for (const at of bytes.keys()) {
        const to = [...Array(8).keys()].map((bit) => bytes[at] ^ (1 << bit))
        for (const byte of [...to, ...Buffer.from(',= \\"\n')]) {
          const changed = Buffer.from(bytes)
          changed[at] = byte
          check(changed)
        }
      }
    }
  })
}

test('tags in any order are one device', () => {
  const rig = new DecodeRig({ input: { time: path('ns'), decode: decode() } })
  const { samples } = rig.decode(['m,b=2,a=1,c=3 x=1 1000\nm,c=3,a=1,b=2 x=2 2000\nm,a=1,b=2,c=3 x=3 3000']).take()
  assert.deepEqual(
    samples.map(({ device, value, timeUs }) => [device, value, timeUs]),
    [1, 2, 3].map((n) => ['m|a|1|b|2|c|3', n, n]),
  )
})

test('what is wrong is said', () => {
  const why = (text: string) => new DecodeRig({ input: { time: path('ns'), decode: decode() } }).decode([text]).bad?.why
  const tags = (count: number, value: string) => Array.from({ length: count }, (_, i) => `,t${i}=${value}`).join('')
  assert.equal(why('m x=1 1000'), undefined)
  assert.equal(why('m x=1'), WHY_NO_TIME)
  assert.equal(why('m x 1000'), WHY_SYNTAX)
  assert.equal(why('m,a=1,a=2 x=1 1000'), WHY_SYNTAX)
  assert.equal(why(`m${tags(64, 'v')} x=1 1000`), undefined)
  assert.equal(why(`m${tags(65, 'v')} x=1 1000`), WHY_LIMIT)
  assert.equal(why(`m${tags(15, 'v'.repeat(250))} x=1 1000`), undefined)
  assert.equal(why(`m${tags(20, 'v'.repeat(250))} x=1 1000`), WHY_LIMIT)
  assert.equal(why(`m ${Array.from({ length: 4097 }, (_, i) => `f${i}=1`)} 1000`), WHY_LIMIT)
  assert.equal(why(`m,a=${'\\ '.repeat(120_000)} x=1 1000`), WHY_LIMIT)
})

test('a name or tag that is too long or no UTF-8 makes samples invalid, not the line', () => {
  for (const [text, invalid] of [
    [`m,a=${'v'.repeat(256)} x=1,y=2 1000`, 2],
    [`m,${'n'.repeat(256)}=v x=1,y=2 1000`, 2],
    [`${'m'.repeat(256)} x=1,y=2 1000`, 2],
    [`m ${'x'.repeat(256)}=1,y=2 1000`, 1],
    ['m,a=\xff x=1,y=2 1000', 2],
    ['m \xff=1,y=2 1000', 1],
  ] as const) {
    const { counts, samples } = new DecodeRig({ input: { time: path('ns'), decode: decode() } })
      .decode([Buffer.from(text, 'latin1')])
      .take()
    assert.deepEqual(
      [counts.decoded, counts.samplesInvalid, samples.length],
      [1, invalid, 2 - invalid],
      text.slice(0, 20),
    )
  }
})

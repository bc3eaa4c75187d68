import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DecodeRig, type RigOptions } from '../../support/decode-rig.js'
import { alike, type ReferenceInput, referenceJson } from '../../support/json-reference.js'

const time = { kind: 'path', path: 'ts', unit: 'ms', missing: 'reject' } as const
const map = { ON: 1, OFF: 0, 'ä"': 2 }

const inputs: { name: string; input: RigOptions['input']; reference: ReferenceInput }[] = [
  {
    name: 'declared fields',
    input: {
      time,
      options: { fields: { temp: 'temp', rms: 'vib.rms', x: 'vib.x[1]', odd: '["a.b\\"ä"]', s: 's' }, map: { s: map } },
    },
    reference: {
      fields: [
        { name: 'temp', steps: ['temp'] },
        { name: 'rms', steps: ['vib', 'rms'] },
        { name: 'x', steps: ['vib', 'x', 1] },
        { name: 'odd', steps: ['a.b"ä'] },
        { name: 's', steps: ['s'], map },
      ],
    },
  },
  { name: 'every number', input: { time }, reference: {} },
  {
    name: 'every number, with tags',
    input: { time, payloadTags: { a: 's', b: 'vib.rms' } },
    reference: { tags: [['s'], ['vib', 'rms']] },
  },
]

const normal = ({ samples, counts }: ReturnType<typeof referenceJson>) => ({ samples: samples.map(alike), counts })

/** JSON text of any shape around the wanted keys: blanks, escapes, equal keys, every form of number. */
const blanks = fc.constantFrom('', '', '', ' ', '\n', '\t\r\n ')
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.integer().map(String),
  fc.constantFrom('-0', '0.1', '1e5', '1E+2', '25e-1', '1e400', '123456789012345678901234567890', '4.9e-324'),
)
const plain = fc.constantFrom('temp', 'vib', 'rms', 'x', 'a.b"ä', 's', 'ON', 'nan', 'unavailable', '', 'a_b')
const content = fc.oneof(plain, plain, fc.string({ unit: 'binary', maxLength: 12 }))
const string = fc.tuple(content, fc.boolean()).map(([text, isEscaped]) => {
  if (!isEscaped) return JSON.stringify(text)
  return `"${[...Array(text.length).keys()].map((i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`
})
const members = fc.tuple(blanks, string, blanks, blanks)
function documents(hasEqualKeys: boolean) {
  return fc.letrec<{ value: string; object: string; array: string; document: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      number,
      string,
      fc.constantFrom('true', 'false', 'null'),
      tie('object'),
      tie('array'),
    ),
    object: fc
      .uniqueArray(fc.tuple(members, tie('value'), blanks), {
        maxLength: 6,
        selector: ([[, key]]) => (hasEqualKeys ? Symbol() : JSON.parse(key)),
      })
      .map((list) => `{${list.map(([[a, key, b, c], value, d]) => `${a}${key}${b}:${c}${value}${d}`).join(',')}}`),
    array: fc
      .array(fc.tuple(blanks, tie('value'), blanks), { maxLength: 4 })
      .map((items) => `[${items.map((item) => item.join('')).join(',')}]`),
    // Most rows have a time, else they teach nothing.
    document: fc
      .tuple(fc.array(fc.tuple(tie('object'), times), { minLength: 1, maxLength: 3 }), fc.boolean(), blanks)
      .map(([rows, isArray, blank]) => {
        const objects = rows.map(([object, ts]) => (object === '{}' ? `{${ts}}` : `{${ts},${object.slice(1)}`))
        return isArray ? `${blank}[${objects.join(`${blank},`)}]${blank}` : `${blank}${objects[0]}${blank}`
      }),
  })).document
}
const times = fc.constantFrom('"ts":1760000000123', '"ts":5', '"ts":[1]', '"n":1')

for (const { name, input, reference } of inputs) {
  test(`${name}: what JSON.parse gives, over random documents`, () => {
    let rig = new DecodeRig({ input })
    let runs = 0
    fc.assert(
      fc.property(documents(reference.fields !== undefined), (text) => {
        if (++runs % 200 === 0) rig = new DecodeRig({ input })
        assert.deepEqual(normal(rig.decode([text], 0, runs).take()), normal(referenceJson(text, reference)), text)
      }),
      { numRuns: 1500 },
    )
  })
}

const payloads = [
  '{"ts":1760000000123,"temp":21.53,"vib":{"rms":-1.5e-3,"x":[1,2]},"a.b\\"\\u00e4":true,"s":"ON","bat":null}',
  '[{"ts":1,"temp":1,"s":"OFF"},{"ts":2,"s":"\\ud83c\\udf21","vib":{"x":[],"rms":0}} , {"s":"nan","ts":3}]',
]

test('arrays of samples: every element or a count, whatever they hold', () => {
  const rig = new DecodeRig({ input: { options: { samples: 'x' }, time: { ...time, rateHz: 1000 } } })
  const exotic = fc.constantFrom(
    `1e${'9'.repeat(30)}`,
    `-0.${'0'.repeat(400)}1`,
    '9'.repeat(400),
    `1E-${'0'.repeat(50)}7`,
  )
  const element = fc.oneof(number, number, exotic, string, fc.constantFrom('null', 'true', '{"x":[1]}', '[1,[2]]'))
  fc.assert(
    fc.property(fc.array(fc.tuple(blanks, element, blanks)), (elements) => {
      const { samples, counts } = rig.decode([`{"x":[${elements.map((one) => one.join(''))}],"ts":5}`]).take()
      const values: unknown[] = elements.map(([, text]) => JSON.parse(text))
      const wanted = values.flatMap((value, i) =>
        Number.isFinite(typeof value === 'boolean' ? Number(value) : value)
          ? [{ device: '', field: 'x', timeUs: 5000 + (i * 1e6) / 1000, value: Number(value), rateHz: 1000 }]
          : [],
      )
      assert.deepEqual(samples, wanted)
      if (counts.filtered) return assert.ok(!wanted.length)
      assert.equal(counts.samplesDecoded, values.length)
      assert.equal(wanted.length + counts.samplesInvalid + counts.samplesFiltered, values.length)
    }),
    { numRuns: 500 },
  )
})

test('cut anywhere or with any byte changed: an answer, one fate, nothing from behind the end', () => {
  for (const { input, reference } of inputs) {
    const rigs = [new DecodeRig({ input }), new DecodeRig({ input })]
    for (const payload of payloads) {
      const bytes = Buffer.from(payload)
      const variants = [...bytes.keys()].map((end) => bytes.subarray(0, end))
      for (const i of bytes.keys())
        for (const change of [
          0x01,
          0x02,
          0x04,
          0x10,
          0x20,
          0x40,
          0x80,
          0xff,
          bytes[i],
          bytes[i] ^ 0x22,
          bytes[i] ^ 0x5c,
        ]) {
          const changed = Buffer.from(bytes)
          changed[i] ^= change
          variants.push(changed)
        }
      for (const variant of variants) {
        const [zeros, quotes] = rigs.map((rig, i) => rig.decode([variant], 0, [0, 0x22][i]).take())
        assert.deepEqual(zeros, quotes, variant.toString('latin1'))
        const { counts, samples } = zeros
        assert.equal(counts.decoded + counts.undecodable + counts.filtered, 1)
        assert.equal(counts.samplesDecoded, samples.length + counts.samplesInvalid + counts.samplesFiltered)
        const text = variant.toString()
        if (text.includes('\ufffd')) continue
        // The reference knows no fractions of ms, no times in text, and not what a repeated key without fields does.
        if (/"ts":-?\d*[.eE"]/.test(text)) continue
        assert.deepEqual(normal({ samples, counts }), normal(referenceJson(text, reference)), text)
      }
    }
  }
})

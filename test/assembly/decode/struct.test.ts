import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import * as v from 'valibot'
import { WHY_CRC, WHY_INVALID_TIME, WHY_LENGTH, WHY_NO_RATE } from '../../../assembly/layout.js'
import { struct } from '../../../src/codecs/struct.js'
import { type StructOptions, TYPES } from '../../../src/codecs/struct-fields.js'
import { crcs } from '../../../src/memory/crc.js'
import { codecInput } from '../../../src/model/codec.js'
import type { TimePlan, TimeUnit } from '../../../src/model/plan.js'
import { type Counts, DecodeRig, type RigOptions, type Sample } from '../../support/decode-rig.js'
import { referenceStruct, structBytes } from '../../support/struct-reference.js'

const ARRIVAL = 5e15
const schema = v.strictObject(struct.options)
const parse = (options: object) => v.parse(schema, options) as unknown as StructOptions

function rigOf(
  options: object,
  time: TimePlan = { kind: 'arrival' },
  more: Partial<RigOptions> & { tags?: object } = {},
) {
  const { tags = {}, ...rest } = more
  const input = {
    time,
    payloadTags: tags as Record<string, string>,
    decode: { type: 'struct', options: parse(options) },
  }
  return new DecodeRig({ input, ...rest })
}

const path = (name: string, unit: TimeUnit = 'us', more: object = {}): TimePlan => ({
  kind: 'path',
  path: name,
  unit,
  missing: 'reject',
  ...more,
})

const short = (rig: DecodeRig) =>
  rig.samples.map(({ field, value, timeUs }) => `${field}=${value}${timeUs === ARRIVAL ? '' : `@${timeUs}`}`)
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

test('every type, its least and greatest value, either way round', () => {
  const bytes: [type: string, little: string, value: number][] = [
    ['u8', 'ff', 255],
    ['i8', '80', -128],
    ['u16', 'feff', 65534],
    ['i16', '0080', -32768],
    ['u24', 'fdffff', 0xfffffd],
    ['i24', '000080', -(2 ** 23)],
    ['i24', 'ffffff', -1],
    ['u32', 'fcffffff', 2 ** 32 - 4],
    ['i32', '00000080', -(2 ** 31)],
    ['u64', 'ffffffffffffffff', 2 ** 64],
    ['u64', '0100000000002000', 2 ** 53],
    ['i64', '0000000000000080', -(2 ** 63)],
    ['i64', 'feffffffffffffff', -2],
    ['f32', '0000c03f', 1.5],
    ['f64', '182d4454fb210940', Math.PI],
  ]
  const numbers = (endian: string) => {
    const all = bytes.map(([, little]) => hex(little))
    return Buffer.concat(endian === 'big' ? all.map((one) => one.reverse()) : all)
  }
  const wanted = bytes.map(([, , value], i) => `x${i}=${value}`)
  for (const endian of ['little', 'big']) {
    const fields = bytes.map(([type], i) => ({ name: `x${i}`, type }))
    assert.deepEqual(short(rigOf({ endian, fields }).decode([numbers(endian)], 0, 0xff)), wanted)
    const own = fields.map((field) => ({ ...field, endian }))
    assert.deepEqual(short(rigOf({ endian: 'little', fields: own }).decode([numbers(endian)])), wanted)
  }
})

test('scale, offset, skipped bytes and places', () => {
  const options = {
    endian: 'big',
    fields: [
      { name: 'temp', type: 'i16', scale: 0.01, offset: -40 },
      { skip: 2 },
      { name: 'low', type: 'u8', at: 'temp' },
      { name: 'last', type: 'u16', at: 6, endian: 'little' },
      { name: 'next', type: 'u8' },
    ],
  }
  assert.deepEqual(short(rigOf(options).decode([hex('1234 5678 9abc 0102 07')])), [
    `temp=${0x1234 * 0.01 - 40}`,
    'low=18',
    'last=513',
    'next=7',
  ])
})

test('bits of an integer, several fields of the same bytes', () => {
  const fields = [
    { name: 'status', type: 'u16', bits: [14, 2] },
    { name: 'mv', type: 'u16', at: 'status', bits: [0, 14] },
    { name: 'signed', type: 'i8', bits: [4, 4] },
    { name: 'rest', type: 'u8', at: 'signed', bits: [0, 4] },
    { name: 'all', type: 'u64', bits: [0, 64] },
  ]
  const payload = hex('cbf6 f7 ffffffffffffffff')
  assert.deepEqual(short(rigOf({ endian: 'big', fields }).decode([payload])), [
    'status=3',
    'mv=3062',
    'signed=-1',
    'rest=7',
    `all=${2 ** 64}`,
  ])
})

test('floats that are no number are filtered, infinite ones invalid', () => {
  const fields = ['a', 'b', 'c'].map((name) => ({ name, type: 'f32' }))
  const rig = rigOf({ fields }).decode([hex('0000c07f 000080ff 0000803f')])
  assert.deepEqual(short(rig), ['c=1'])
  assert.deepEqual([rig.counts.samplesFiltered, rig.counts.samplesInvalid, rig.counts.samplesDecoded], [1, 1, 3])
})

test('an array is a run from its time on, not rounded', () => {
  const options = {
    fields: [
      { name: 't0', type: 'u64' },
      { name: 'temp', type: 'u8' },
      { name: 'acc', type: 'i16', scale: 0.5, count: 'rest' },
    ],
  }
  const rig = rigOf(options, path('t0', 'us', { rateHz: 3000 }))
  const payload = Buffer.alloc(9 + 10)
  payload.writeBigUInt64LE(1_700_000_000_000_001n)
  payload[8] = 21
  for (let i = 0; i < 5; i++) payload.writeInt16LE(i - 2, 9 + 2 * i)
  rig.decode([payload])
  assert.deepEqual(rig.samples, [
    { device: '', field: 'temp', timeUs: 1_700_000_000_000_001, value: 21 },
    ...[-1, -0.5, 0, 0.5, 1].map((value, i) => ({
      device: '',
      field: 'acc',
      timeUs: 1_700_000_000_000_001 + (i * 1e6) / 3000,
      value,
      rateHz: 3000,
    })),
  ])
  assert.deepEqual(rig.counts.decoded, 1)
  // None at all is fine too.
  assert.deepEqual(short(rigOf(options, path('t0', 'us', { rateHz: 3000 })).decode([payload.subarray(0, 9)])), [
    'temp=21@1700000000000001',
  ])
})

test('rows of several fields take turns; a rate may stand in the payload', () => {
  const row = ['x', 'y', 'z'].map((name) => ({ name, type: 'i16', endian: 'big' }))
  const options = {
    fields: [
      { name: 't', type: 'u32' },
      { name: 'fs', type: 'u16' },
      { rows: [...row, { skip: 1 }], count: 2 },
    ],
  }
  const rig = rigOf(options, path('t', 's', { ratePath: 'fs' }))
  rig.decode([hex('01000000 0400 0001 0002 0003 ee 0004 0005 0006 ee')])
  assert.deepEqual(short(rig), [
    'x=1@1000000',
    'x=4@1250000',
    'y=2@1000000',
    'y=5@1250000',
    'z=3@1000000',
    'z=6@1250000',
  ])
  assert.ok(rig.samples.every(({ rateHz }) => rateHz === 4))
  const none = rigOf(options, path('t', 's', { ratePath: 'fs' }))
  none.decode([hex('01000000 0000 0001 0002 0003 ee 0004 0005 0006 ee')])
  assert.deepEqual([none.counts.samplesInvalid, none.bad?.why], [6, WHY_NO_RATE])
})

test('elements with times of their own', () => {
  const options = {
    fields: [
      { name: 'head', type: 'u8' },
      {
        rows: [
          { name: 't', type: 'u16' },
          { name: 'x', type: 'u8' },
        ],
        count: 'rest',
      },
    ],
  }
  assert.deepEqual(short(rigOf(options, path('t', 'ms')).decode([hex('09 0100 0a 0500 0b')])), [
    'head=9@1000',
    'x=10@1000',
    'x=11@5000',
  ])
})

test('a value that is none ends a run; the next begins where its place says', () => {
  const options = {
    fields: [
      { name: 't', type: 'u8' },
      { name: 'a', type: 'f32', count: 4 },
    ],
  }
  const rig = rigOf(options, path('t', 's', { rateHz: 10 }))
  rig.decode([hex('01 0000803f 0000c07f 00000040 00004040')])
  assert.deepEqual(short(rig), ['a=1@1000000', 'a=2@1200000', 'a=3@1300000'])
  assert.equal(rig.counts.samplesFiltered, 1)
})

test('times by unit: whole numbers floored, others to the nearest microsecond', () => {
  const time = (type: string, bytes: string, unit: TimeUnit, more: object = {}) => {
    const rig = rigOf(
      {
        fields: [
          { name: 't', type, ...more },
          { name: 'x', type: 'u8' },
        ],
      },
      path('t', unit),
    )
    rig.decode([hex(`${bytes}01`)])
    return rig.samples[0]?.timeUs ?? rig.bad?.why
  }
  assert.equal(time('u32', '15cd5b07', 's'), 123456789e6)
  assert.equal(time('u64', 'ffffffffff1f0000', 'us'), 0x1fffffffffff)
  assert.equal(time('u64', '7bb17b1cb9399c17', 'ns'), Number(0x179c39b91c7bb17bn / 1000n))
  assert.equal(time('i64', 'ffffffffffffffff', 'ns'), -1)
  assert.equal(time('i32', 'ffffffff', 'ms'), -1000)
  assert.equal(time('u64', 'ffffffffffffffff', 'us'), WHY_INVALID_TIME)
  assert.equal(time('u64', '0000000000002000', 'us'), WHY_INVALID_TIME)
  assert.equal(time('u32', '0a000000', 'us', { scale: 10, offset: 3 }), 103)
  const seconds = Buffer.alloc(8)
  seconds.writeDoubleLE(1712345678.123456)
  assert.equal(time('f64', seconds.toString('hex'), 's'), 1712345678123456)
})

test('tags are integers as text', () => {
  const fields = [
    { name: 'id', type: 'u64' },
    { name: 'zone', type: 'i8' },
    { name: 'line', type: 'u8', bits: [4, 4] },
    { name: 'x', type: 'u8' },
  ]
  const tags = { id: 'id', zone: 'zone', line: 'line' }
  const rig = rigOf({ fields }, { kind: 'arrival' }, { tags }).decode([
    hex('ffffffffffffffff 80 5f 01'),
    hex('0000000000000000 00 00 02'),
  ])
  assert.deepEqual(
    rig.samples.map(({ device, value }) => [device, value]),
    [
      ['18446744073709551615|-128|5', 1],
      ['0|0|0', 2],
    ],
  )
})

test('every check, where it stands and what it covers', () => {
  const fields = [
    { name: 'a', type: 'u32' },
    { name: 'b', type: 'u16', count: 'rest' },
  ]
  const rates = path('a', 'us', { rateHz: 1 })
  for (const crc of crcs)
    for (const crcOrder of crc.bytes === 2 && crc.order === 'big' ? ([undefined, 'little'] as const) : [undefined]) {
      const big = (crcOrder ?? crc.order) === 'big'
      const write = (bytes: Buffer, from: number, to: number, at: number) => {
        const check = Buffer.alloc(4)
        check.writeUInt32LE(crc.of(bytes, from, to))
        const sent = check.subarray(0, crc.bytes)
        if (big) sent.reverse()
        sent.copy(bytes, at)
        return bytes
      }
      const body = hex('01000000 0200 0300')
      const atEnd = write(Buffer.concat([body, Buffer.alloc(crc.bytes)]), 0, body.length, body.length)
      assert.equal(rigOf({ fields, crc: crc.name, crcOrder }, rates).decode([atEnd]).counts.samplesDecoded, 2, crc.name)
      const partly = write(Buffer.concat([body, Buffer.alloc(crc.bytes)]), 4, body.length, body.length)
      assert.equal(rigOf({ fields, crc: crc.name, crcOrder, crcFrom: 4 }, rates).decode([partly]).counts.decoded, 1)
      assert.equal(rigOf({ fields, crc: crc.name, crcOrder }, rates).decode([partly]).bad?.why, WHY_CRC)
      const front = Buffer.concat([Buffer.alloc(crc.bytes), body])
      const inFront = { fields: [{ skip: crc.bytes }, ...fields], crc: crc.name, crcOrder, crcAt: 0 }
      write(front, crc.bytes, front.length, 0)
      assert.equal(rigOf(inFront, rates).decode([front]).counts.samplesDecoded, 2)
      const head = Buffer.concat([hex('01000000'), Buffer.alloc(crc.bytes), hex('0200')])
      const headOnly = {
        fields: [fields[0], { skip: crc.bytes }, fields[1]],
        crc: crc.name,
        crcOrder,
        crcAt: 4,
        crcTo: 4,
      }
      write(head, 0, 4, 4)
      assert.equal(rigOf(headOnly, rates).decode([head]).counts.samplesDecoded, 1)
      // Every cut and every flipped bit is found.
      const broken = Array.from({ length: atEnd.length * 8 }, (_, bit) => {
        const copy = Buffer.from(atEnd)
        copy[bit >> 3] ^= 1 << (bit & 7)
        return copy
      })
      assert.equal(rigOf({ fields, crc: crc.name, crcOrder }, rates).decode(broken).counts.undecodable, broken.length)
    }
})

test('a payload of another length is undecodable', () => {
  const fixed = rigOf({ fields: [{ name: 'a', type: 'u32' }, { skip: 2 }] })
  for (let bytes = 0; bytes < 10; bytes++) if (bytes !== 6) fixed.decode([new Uint8Array(bytes)])
  assert.deepEqual([fixed.counts.undecodable, fixed.counts.decoded, fixed.bad?.why], [9, 0, WHY_LENGTH])
  const rest = rigOf(
    {
      fields: [
        { name: 't', type: 'u8' },
        { name: 'a', type: 'u24', count: 'rest' },
      ],
      crc: 'crc8-smbus',
    },
    path('t', 's', { rateHz: 1 }),
  )
  for (let bytes = 0; bytes < 20; bytes++) rest.decode([new Uint8Array(bytes)])
  // Zeros have the check 0.
  assert.equal(rest.counts.undecodable, 20 - 6)
})

const type = fc.constantFrom(...TYPES)
const fieldOf = (name: string) =>
  fc
    .record(
      {
        name: fc.constant(name),
        type,
        endian: fc.constantFrom('little' as const, 'big' as const),
        scale: fc.constantFrom(1, 0.1, -2.5, 1e-6),
        offset: fc.constantFrom(0, 3, -40.25),
        bits: fc.tuple(fc.nat(6), fc.integer({ min: 1, max: 2 })),
      },
      { requiredKeys: ['name', 'type'] },
    )
    .map(({ bits, ...field }) => (bits && !field.type.startsWith('f') ? { ...field, bits } : field))
const skip = fc.record({ skip: fc.integer({ min: 1, max: 3 }) })
const entries = fc
  .array(fc.constantFrom('one', 'one', 'skip', 'array', 'rows'), { minLength: 1, maxLength: 6 })
  .chain((kinds) =>
    fc.tuple(
      ...kinds.map((kind, i): fc.Arbitrary<object> => {
        const count =
          i === kinds.length - 1 ? fc.constantFrom<number | string>(3, 'rest') : fc.integer({ min: 1, max: 5 })
        if (kind === 'skip') return skip
        if (kind === 'one') return fieldOf(`f${i}`)
        if (kind === 'array') return fc.tuple(fieldOf(`f${i}`), count).map(([field, n]) => ({ ...field, count: n }))
        const rows = fc.tuple(fieldOf(`x${i}`), fc.oneof(skip, fieldOf(`y${i}`)), fieldOf(`z${i}`))
        return fc.tuple(rows, count).map(([row, n]) => ({ rows: row, count: n }))
      }),
    ),
  )

test('any layout, any bytes: as the plain reader has it, whatever lies behind and however small the columns are', () => {
  const documents = fc.tuple(
    entries,
    fc.constantFrom('little', 'big'),
    fc.integer({ min: 1, max: 7 }),
    fc.uint8Array({ minLength: 400, maxLength: 400 }),
  )
  let read = 0
  fc.assert(
    fc.property(documents, ([fields, endian, rest, soup]) => {
      const options = parse({ endian, fields: [{ name: 'when', type: 'u8' }, ...fields] })
      const hasArrays = fields.some((field) => 'count' in field)
      const time = path('when', 'us', hasArrays ? { rateHz: 1000 } : {})
      if (struct.check(options, codecInput(time, {}))) return
      read++
      const rig = rigOf(options, time)
      const payload = soup.subarray(0, structBytes(options, rest))
      rig.decode([payload], 0, 0xa5)
      assert.equal(rig.counts.undecodable, 0)
      const got = new Map<string, number[]>()
      for (const { field, value } of rig.samples) got.set(field, [...(got.get(field) ?? []), value])
      const wanted = referenceStruct(options, payload)
      wanted.delete('when')
      for (const [name, values] of wanted) assert.deepEqual(got.get(name) ?? [], values.filter(Number.isFinite), name)
      const small = rigOf(options, time, { rows: 4, runs: 2 }).decode([payload, payload])
      assert.deepEqual(sorted(small.samples), sorted([...rig.samples, ...rig.samples]))
      // Cut anywhere, any bit flipped: an answer, and the ledger of samples holds.
      for (let i = 0; i < payload.length; i++) {
        const flipped = Uint8Array.from(payload)
        flipped[i] ^= 1 << (i & 7)
        rig.take()
        const { decoded, filtered, undecodable, samplesDecoded, samplesInvalid, samplesFiltered }: Counts = rig.decode([
          flipped,
          payload.subarray(0, i),
        ]).counts
        assert.equal(decoded + filtered + undecodable, 2)
        assert.equal(rig.samples.length + samplesInvalid + samplesFiltered, samplesDecoded)
      }
    }),
    { numRuns: 40, endOnFailure: true },
  )
  assert.ok(read > 20, `${read} layouts`)
})

const sorted = (samples: Sample[]) =>
  samples
    .map(({ field, value, timeUs }) => ({ field, value, timeUs }))
    .sort((a, b) => (a.field < b.field ? -1 : a.field > b.field ? 1 : a.timeUs - b.timeUs))

test('a struct that runs over the end of a payload is never read there', () => {
  const options = {
    fields: [
      { name: 'when', type: 'u8' },
      { name: 'a', type: 'f64', count: 'rest' },
    ],
  }
  const one = rigOf(options, path('when', 'us', { rateHz: 1 }))
  const payload = Buffer.concat([hex('01'), Buffer.alloc(8, 0x3f)])
  const first = one.decode([payload], 0, 0).take()
  assert.deepEqual(one.decode([payload], 0, 0xff).take(), first)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { struct } from '../../src/codecs/struct.js'
import type { StructOptions } from '../../src/codecs/struct-fields.js'
import { components } from '../../src/components.js'
import { parseConfig } from '../../src/config/parse.js'
import type { CodecInput } from '../../src/model/codec.js'
import { ConfigError } from '../../src/model/errors.js'

const plain: CodecInput = { hasRate: false, tagPaths: [] }
const a = { name: 'a', type: 'u16' }

const source = (more: object) => ({
  sources: { plant: { type: 'serial', path: '/dev/ttyS9', frame: { type: 'cobs' }, ...more } },
  windows: { second: { of: '*', every: '1s', reduce: ['mean'] } },
  sinks: { out: { type: 'file', path: '-' } },
})

function problems(config: object): string[] {
  try {
    parseConfig(config, components, { env: {}, hostname: 'h', cores: 2, readText: () => '' })
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.problems.map(({ path, message }) => `${path}: ${message}`)
  }
  return []
}

/** What is wrong with a source that reads a struct, without the place. */
const wrong = (decode: object, more: object = {}) =>
  problems(source({ decode: { type: 'struct', ...decode }, ...more })).map((text) =>
    text.replace(/^sources\.plant\.decode: /, ''),
  )

function one(decode: object, text: RegExp, more: object = {}): void {
  const found = wrong(decode, more)
  assert.equal(found.length, 1, found.join('\n'))
  assert.match(found[0], text)
}

test('what can be read has no problem', () => {
  assert.deepEqual(wrong({ fields: [a, { skip: 3 }, { name: 'b', type: 'f64', at: 0 }] }), [])
  const arrays = {
    fields: [
      { name: 't', type: 'u64' },
      { name: 'x', type: 'i24', count: 'rest' },
    ],
    crc: 'crc8-smbus',
  }
  assert.deepEqual(wrong(arrays, { time: { path: 't', unit: 'ns', rate: 50 } }), [])
  assert.deepEqual(wrong(arrays, { time: { clock: 'samples', rate: 50, counter: 't' } }), [])
  const rows = { fields: [{ rows: [{ name: 't', type: 'u32' }, a], count: 'rest' }] }
  assert.deepEqual(wrong(rows, { time: { path: 't', unit: 'ms' } }), [])
  assert.deepEqual(wrong({ fields: [{ skip: 2 }, a], crc: 'crc16-modbus', crcAt: 0 }), [])
})

test('one text a mistake', () => {
  one({ fields: [{ type: 'u8' }] }, /^cannot take entry 1 of `fields`: it has no `name`; write /)
  one({ fields: [{ name: 'a' }] }, /^cannot read `a`: it has no `type`; allowed: u8 i8 u16 /)
  one({ fields: [a, a] }, /^cannot name two fields `a`/)
  one({ fields: [{ ...a, name: 'ä'.repeat(200) }] }, /^cannot name a field `ä.*at most 255 bytes/)
  one({ fields: [{ ...a, bits: [8, 9] }] }, /^cannot take bits 8 to 16 of `a`: a u16 has bits 0 to 15/)
  one(
    { fields: [{ name: 'a', type: 'f32', bits: [0, 1] }] },
    /^cannot take bits of `a`: it is a f32; allowed: integers/,
  )
  one({ fields: [{ ...a, scale: 1e306 }] }, /^cannot scale `a` by 1e\+306: .*infinite/)
  one({ fields: [a, { name: 'b', type: 'u8', at: 'c' }] }, /^cannot place `b` at `c`: no field before it .*got: a/)
  one({ fields: [{ ...a, skip: 1 }] }, /^cannot skip `a` with `name`/)
  one({ fields: [{ rows: [a], count: 2, name: 'r' }] }, /^cannot give `r` a `name`/, {
    time: { clock: 'samples', rate: 1 },
  })
  one({ fields: [{ rows: [a] }] }, /^cannot read the rows of entry 1 .*count/)
  const counting = { time: { clock: 'samples', rate: 1 } }
  one(
    {
      fields: [
        { ...a, count: 'rest' },
        { name: 'b', type: 'u8' },
      ],
    },
    /^cannot place `b` behind `a`, which fills the rest/,
    counting,
  )
  one(
    {
      fields: [
        { name: 'b', type: 'u32' },
        { ...a, at: 2, count: 'rest' },
      ],
    },
    /^cannot let `a` fill the rest from byte 2 on: .*byte 4/,
    counting,
  )
  one(
    {
      fields: [
        { name: 'b', type: 'f64', count: 2 ** 20 },
        { name: 'c', type: 'f64', count: 2 ** 20 },
        { ...a, at: 'c', count: 2 ** 20 },
        ...Array.from({ length: 7 }, (_, i) => ({ name: `x${i}`, type: 'f64', count: 2 ** 20 })),
      ],
    },
    /^cannot read payloads of \d+ bytes: at most/,
    counting,
  )
})

test('times, tags, rates and counters name fields', () => {
  one({ fields: [a] }, /^cannot take the time from `t`: no field is named so; got: a/, {
    time: { path: 't', unit: 'ms' },
  })
  one({ fields: [a, { name: 't', type: 'u8' }] }, /^cannot read the time as iso/, { time: { path: 't', unit: 'iso' } })
  one({ fields: [a, { name: 'x', type: 'f32' }] }, /^cannot take a tag from `x`: it is no whole number/, {
    tags: { x: '{.x}' },
  })
  one({ fields: [a] }, /^cannot take samples: every field is a time/, { tags: { x: '{.a}' } })
  const arrays = {
    fields: [
      { name: 't', type: 'u8' },
      { ...a, count: 4 },
    ],
  }
  one(arrays, /^cannot time the elements of `a`: the payload has no time; write time: /)
  one(arrays, /^cannot time the elements of `a`: one time and no rate/, { time: { path: 't', unit: 's' } })
  one(arrays, /^cannot take the rate from `b`/, { time: { path: 't', unit: 's', rate: 'b' } })
  one(arrays, /^cannot take the counter from `n`/, { time: { clock: 'samples', rate: 1, counter: 'n' } })
  one({ fields: [a, { name: 't', type: 'u8', count: 3 }] }, /^cannot take the time from `t`: it is an array/, {
    time: { path: 't', unit: 's' },
  })
  one(
    {
      fields: [
        { ...a, count: 4 },
        { name: 't', type: 'u8', count: 3 },
      ],
    },
    /^cannot time the elements of `a` by `t`: 4 values and 3 times/,
    { time: { path: 't', unit: 's' } },
  )
  one({ fields: [a, { name: 't', type: 'u8' }] }, /^cannot use `rate`: no field is an array/, {
    time: { path: 't', unit: 's', rate: 5 },
  })
  const many = Array.from({ length: 16 }, (_, i) => ({ name: `t${i}`, type: 'u8' }))
  one({ fields: [a, ...many] }, /^cannot take 16 tags/, {
    tags: Object.fromEntries(many.map(({ name }) => [name, `{.${name}}`])),
  })
})

test('checks', () => {
  one({ fields: [a], crcAt: 0 }, /^cannot use `crcAt`: there is no `crc`/)
  one({ fields: [a], crc: 'crc16-modbus', crcAt: 1 }, /^cannot find the check at byte 1: a payload has 2 bytes/)
  one({ fields: [a], crc: 'crc16-modbus', crcFrom: 3 }, /^cannot check bytes 3 to 2/)
  one(
    { fields: [a, a].map((f, i) => ({ ...f, name: `f${i}` })), crc: 'crc16-modbus', crcAt: 2, crcTo: 3 },
    /^cannot check the check itself: it stands at byte 2/,
  )
  one(
    { fields: [a], crc: 'crc16' },
    /^sources\.plant\.decode\.crc: cannot take this value; got "crc16"; allowed: crc8-smbus/,
  )
})

test('all mistakes come at once, each with its place', () => {
  const found = wrong(
    {
      fields: [{ name: 'a', type: 'u16', bits: [9, 9] }, { name: 'b' }, { ...a, at: 'z' }],
      crc: 'crc8-smbus',
      crcAt: 9,
    },
    { time: { path: 't', unit: 'ms' } },
  )
  assert.equal(found.length, 6, found.join('\n'))
  const keys = problems(source({ decode: { type: 'struct', fields: [{ name: 5, type: 'u7', endain: 'big' }] } }))
  assert.deepEqual(
    keys.map((text) => text.split(': ')[0]).sort(),
    ['endain', 'name', 'type'].map((key) => `sources.plant.decode.fields[0].${key}`),
  )
  assert.match(keys.join(), /did you mean `endian`/)
})

test('declared fields are those that are samples', () => {
  const options = {
    endian: 'little',
    fields: [
      { ...a, scale: 1, offset: 0 },
      { name: 't', type: 'u8', scale: 1, offset: 0 },
    ],
  } as StructOptions
  assert.deepEqual(struct.fieldNames(options, plain), ['a', 't'])
  assert.deepEqual(struct.fieldNames(options, { ...plain, timePath: 't', timeUnit: 's' }), ['a'])
})

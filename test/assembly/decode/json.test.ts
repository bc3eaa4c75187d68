import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as layout from '../../../assembly/layout.js'
import { DecodeRig, type Sample } from '../../support/decode-rig.js'

const ARRIVAL = 5e15
const timed = { kind: 'path', path: 'ts', unit: 'ms', missing: 'reject' } as const

/** Samples as `field=value` and their times where they aren't the arrival. */
const short = (samples: Sample[]) =>
  samples.map(({ field, value, timeUs }) => `${field}=${value}${timeUs === ARRIVAL ? '' : `@${timeUs}`}`)

function decode(options: object, payload: string, time: object = { kind: 'arrival' }) {
  const rig = new DecodeRig({ input: { options, time: time as never } }).decode([payload])
  return { samples: short(rig.samples), ...rig.counts, why: rig.bad?.why }
}

test('fields of an object by path and name', () => {
  const options = { fields: { temp: 't', rms: 'vib.rms', second: 'list[1]', dotted: '["a.b"]', deep: 'x[0][2].y' } }
  const payload = '{"vib":{"max":9,"rms":2},"t":1,"list":[7,3,8],"a.b":4,"a":{"b":99},"x":[[0,1,{"y":5}]]}'
  assert.deepEqual(decode(options, payload).samples, ['temp=1', 'rms=2', 'second=3', 'dotted=4', 'deep=5'])
})

test('without fields every number and boolean outside arrays counts, names joined', () => {
  const payload = '{"a":1,"ENERGY":{"Power":2,"x":{"y":true,"z":false}},"s":"7","n":null,"list":[3,{"b":4}],"e":{}}'
  assert.deepEqual(decode({}, payload).samples, ['a=1', 'ENERGY_Power=2', 'ENERGY_x_y=1', 'ENERGY_x_z=0'])
})

test('without fields the time and the tags are no samples', () => {
  const rig = new DecodeRig({ input: { time: timed, payloadTags: { id: 'meta.id', zone: 'zone' } } })
  rig.decode(['{"meta":{"id":7,"n":1},"zone":3,"ts":2,"a":5}'])
  assert.deepEqual(rig.samples, [
    { device: '7|3', field: 'meta_n', timeUs: 2000, value: 1 },
    { device: '7|3', field: 'a', timeUs: 2000, value: 5 },
  ])
})

test('without fields, numbers in strings count when strings are parsed', () => {
  assert.deepEqual(decode({ strings: 'parse' }, '{"a":"1.5","b":"no","c":2}').samples, ['a=1.5', 'c=2'])
})

test('an array of objects is rows with their own times', () => {
  const { samples, decoded } = decode({ fields: ['a'] }, '[{"a":1,"ts":1},{"ts":2,"a":2},7,{"b":1}]', timed)
  assert.deepEqual(samples, ['a=1@1000', 'a=2@2000'])
  assert.equal(decoded, 1)
})

test('a path that begins with a place makes the root array one row', () => {
  assert.deepEqual(decode({ fields: { a: '[0]', b: '[1].x' } }, ' [ 5 , {"x":6} ] ').samples, ['a=5', 'b=6'])
})

test('strings: by map, parsed, null-like or invalid', () => {
  const map = { state: { ON: 1, OFF: 0, 'offén "q"': 2 } }
  const fields = { on: 'state', n: 'n' }
  assert.deepEqual(decode({ fields, map }, '{"state":"ON"}').samples, ['on=1'])
  assert.deepEqual(decode({ fields, map }, '{"state":"off\\u00e9n \\"q\\""}').samples, ['on=2'])
  assert.equal(decode({ fields, map }, '{"state":"12"}').samplesInvalid, 1)
  assert.deepEqual(decode({ fields, map, strings: 'parse' }, '{"state":"12","n":"1e3"}').samples, ['on=12', 'n=1000'])
  assert.equal(decode({ fields, map, strings: 'parse' }, '{"n":"1e999"}').samplesInvalid, 1)
  for (const none of ['null', '""', '"nan"', '"NaN"', '"None"', '"unavailable"']) {
    const { filtered, samplesFiltered, samplesDecoded } = decode({ fields, map }, `{"state":${none}}`)
    assert.deepEqual([filtered, samplesFiltered, samplesDecoded], [1, 0, 0], none)
    assert.equal(decode({ fields, map }, `{"state":${none},"n":1}`).samplesFiltered, 1, none)
  }
})

test('what is no number in a declared place is invalid', () => {
  for (const value of ['{}', '{"b":1}', '[]', '[1]', '"on"', '1e400', '-1e400'])
    assert.equal(decode({ fields: ['a'] }, `{"a":${value}}`).samplesInvalid, 1, value)
})

test('a frame without a wanted field is filtered', () => {
  for (const payload of ['{}', '[]', '[{}]', '{"b":1}', '[1,2]', '{"a":null}', ' {"b":[{"a":1}]} '])
    assert.deepEqual(
      [decode({ fields: ['a'] }, payload).filtered, decode({ fields: ['a'] }, payload).samplesDecoded],
      [1, 0],
      payload,
    )
})

test('of equal keys the last wins, with all that was below the earlier', () => {
  const options = { fields: { b: 'a.b', c: 'a.c', t: 't' } }
  assert.deepEqual(decode(options, '{"a":{"b":1},"t":1,"t":2,"a":{"c":3}}').samples, ['c=3', 't=2'])
  assert.deepEqual(decode(options, '{"t":1,"t":null,"a":{"b":1,"b":"x","b":5}}').samples, ['b=5'])
  assert.deepEqual(decode({}, '{"t":1,"t":2,"t_x":3,"t":{"x":4}}').samples, ['t=2', 't_x=4'])
  assert.deepEqual(decode({ fields: ['a'] }, '{"ts":1,"a":1,"ts":2}', timed).samples, ['a=1@2000'])
})

test('keys compare by what they mean, however they are escaped', () => {
  const name = 'tä\u{1f321}"x'
  const options = { fields: { a: JSON.stringify([name]).replaceAll('],[', '') } }
  for (const key of ['tä\u{1f321}\\"x', 't\\u00e4\\ud83c\\udf21\\u0022x', 't\\u00E4\u{1f321}\\"\\u0078'])
    assert.deepEqual(decode(options, `{"${key}":1}`).samples, ['a=1'], key)
  assert.equal(decode(options, '{"t\\u00e4\\ud83c":1}').filtered, 1)
})

test('long keys are compared to their end', () => {
  const key = 'a_rather_long_key_of_a_sensor'
  assert.deepEqual(decode({ fields: { a: key } }, `{"${key}x":1,"${key.slice(0, -1)}":2,"${key}":3}`).samples, ['a=3'])
  assert.deepEqual(
    decode({ fields: { a: 'exactly16_bytes_' } }, '{"exactly16_bytesX":1,"exactly16_bytes_":2}').samples,
    ['a=2'],
  )
})

test('keys in any order, and in another one the next time', () => {
  const rig = new DecodeRig({ input: { options: { fields: ['a', 'b', 'c'] } } })
  rig.decode(['{"c":3,"x":0,"a":1,"b":2}', '{"b":2,"c":3,"a":1}', '{"a":1,"b":2,"c":3}', '{"b":2}', '{"c":3}'])
  assert.equal(short(rig.samples).join(' '), 'a=1 b=2 c=3 a=1 b=2 c=3 a=1 b=2 c=3 b=2 c=3')
})

test('undeclared names are unescaped, their control characters blanked', () => {
  assert.deepEqual(decode({}, '{"a\\u00e4\\n":1,"o\\u0009":{"\\ud83c\\udf21":2}}').samples, ['aä =1', 'o _\u{1f321}=2'])
  assert.deepEqual(decode({}, '{"\\ud83c":1}').samples, ['\ufffd=1'])
})

test('names and tags that are empty, too long or no UTF-8', () => {
  const name = 'n'.repeat(255)
  assert.deepEqual(decode({}, `{"${name}":1}`).samples, [`${name}=1`])
  assert.equal(decode({}, `{"${name}n":1}`).samplesInvalid, 1)
  assert.equal(decode({}, '{"":1}').samplesInvalid, 1)
  const half = 'h'.repeat(127)
  assert.deepEqual(decode({}, `{"${half}":{"${half}":1}}`).samples, [`${half}_${half}=1`])
  assert.equal(decode({}, `{"${half}":{"${half}xx":1,"${half}":{"x":2}}}`).samplesInvalid, 2)
  const long = `{"${'x'.repeat(70_000)}":{"a":1}}`
  assert.equal(decode({}, long).samplesInvalid, 1)

  const rig = new DecodeRig({ input: { payloadTags: { id: 'id' } } })
  const broken = Buffer.concat([Buffer.from('{"a":1,"id":"'), Buffer.of(0xc3), Buffer.from('"}')])
  rig.decode([broken, `{"a":1,"b":2,"id":"${'i'.repeat(256)}"}`])
  assert.deepEqual([rig.samples.length, rig.counts.samplesInvalid], [0, 3])
  const brokenName = Buffer.concat([Buffer.from('{"'), Buffer.of(0xe2, 0x82), Buffer.from('":1}')])
  assert.equal(new DecodeRig({ input: {} }).decode([brokenName]).counts.samplesInvalid, 1)
})

test('tags of the payload make the device', () => {
  const rig = new DecodeRig({ input: { options: { fields: ['a'] }, payloadTags: { id: 'id', line: 'at.line' } } })
  rig.decode(['{"a":1,"id":"x","at":{"line":2}}', '{"at":{"line":true},"id":"\\u00e4\\u001f","a":2}', '{"a":3}'])
  assert.deepEqual(
    rig.samples.map(({ device, value }) => [device, value]),
    [
      ['x|2', 1],
      ['ä |true', 2],
      ['|', 3],
    ],
  )
})

test('a topic that names the field names the only declared one', () => {
  const rig = new DecodeRig({ input: { options: { fields: ['value'] } }, field: 'humidity' })
  assert.deepEqual(short(rig.decode(['{"value":4}', '{"value":5}']).samples), ['humidity=4', 'humidity=5'])
})

test('times: missing, bad, out of reach', () => {
  const arrival = { ...timed, missing: 'arrival' }
  const one = { fields: ['a'] }
  assert.deepEqual(decode(one, '{"a":1,"ts":1760000000123.4567}', timed).samples, ['a=1@1760000000123456'])
  assert.deepEqual(decode(one, '{"a":1,"ts":"1500"}', timed).samples, ['a=1@1500000'])
  for (const ts of ['', '"ts":null,', '"ts":"",']) {
    const missing = decode(one, `{${ts}"a":1}`, timed)
    assert.deepEqual([missing.samplesInvalid, missing.decoded, missing.why], [1, 1, layout.WHY_NO_TIME], ts)
    assert.deepEqual(decode(one, `{${ts}"a":1}`, arrival).samples, ['a=1'], ts)
  }
  for (const ts of ['"x"', '{}', 'true', '1e300', '9007199254741']) {
    const bad = decode(one, `{"ts":${ts},"a":1}`, arrival)
    assert.deepEqual([bad.samplesInvalid, bad.why], [1, layout.WHY_INVALID_TIME], ts)
  }
  const zoneless = decode(one, '{"ts":"2024-01-02T03:04:05","a":1}', { ...timed, unit: 'iso' })
  assert.deepEqual([zoneless.samplesInvalid, zoneless.why], [1, layout.WHY_NO_ZONE])
})

test('an object of arrays with a rate is a run a field', () => {
  const rig = new DecodeRig({
    input: { options: { samples: ['x', 'y'], fields: ['bat'] }, time: { ...timed, rateHz: 3 } },
  })
  rig.decode(['{"x":[1,2,3],"bat":9,"y":[4,null,6,"q",8],"ts":1000}'])
  const at = (i: number) => 1e6 + (i * 1e6) / 3
  assert.deepEqual(rig.samples, [
    { device: '', field: 'bat', timeUs: 1e6, value: 9 },
    ...[1, 2, 3].map((value, i) => ({ device: '', field: 'x', timeUs: at(i), value, rateHz: 3 })),
    { device: '', field: 'y', timeUs: at(0), value: 4, rateHz: 3 },
    { device: '', field: 'y', timeUs: at(2), value: 6, rateHz: 3 },
    { device: '', field: 'y', timeUs: at(4), value: 8, rateHz: 3 },
  ])
  assert.deepEqual([rig.counts.samplesDecoded, rig.counts.samplesFiltered, rig.counts.samplesInvalid], [9, 1, 1])
})

test('the payload may tell the rate of its arrays', () => {
  const time = { ...timed, ratePath: 'meta.fs' }
  const rig = new DecodeRig({ input: { options: { samples: ['x'] }, time } })
  rig.decode(['{"x":[1,2,3],"meta":{"fs":7,"n":1},"ts":1000}', '{"meta":{"fs":3},"ts":1,"x":[4,5]}'])
  assert.deepEqual(
    rig.samples.map(({ value, timeUs, rateHz }) => [value, timeUs, rateHz]),
    [...[1, 2, 3].map((value, i) => [value, 1e6 + (i * 1e6) / 7, 7]), [4, 1000, 3], [5, 1000 + 1e6 / 3, 3]],
  )
  for (const fs of ['0', '-1', '1e8', '"5"', 'null', '[5]', '1e999'])
    assert.deepEqual(
      (({ samplesInvalid, why }) => [samplesInvalid, why])(
        decode({ samples: 'x' }, `{"x":[1,2],"ts":1,"meta":{"fs":${fs}}}`, time),
      ),
      [2, layout.WHY_NO_RATE],
      fs,
    )
  // Where every number is wanted the rate is none of them.
  assert.deepEqual(decode({}, '{"ts":1,"meta":{"fs":5,"n":2}}', time).samples, ['meta_n=2@1000'])
})

test('an object of arrays with an array of times', () => {
  const { samples, samplesInvalid, samplesFiltered } = decode(
    { samples: ['x', 'y'] },
    '{"x":[1,2,3],"y":[4,null,{},7,8],"ts":[10,"x",30,40]}',
    timed,
  )
  assert.deepEqual(samples, ['x=1@10000', 'x=3@30000', 'y=4@10000', 'y=7@40000'])
  assert.deepEqual([samplesInvalid, samplesFiltered], [3, 1])
})

test('arrays without a usable time are invalid, element by element', () => {
  for (const payload of ['{"x":[1,2]}', '{"x":[1,2],"ts":{}}', '{"x":[1,2],"ts":[]}'])
    assert.equal(decode({ samples: 'x' }, payload, timed).samplesInvalid, 2, payload)
  assert.equal(decode({ samples: 'x' }, '{"x":5,"ts":1}', timed).samplesInvalid, 1)
  assert.equal(decode({ samples: 'x' }, '{"x":[],"ts":1}', timed).filtered, 1)
})

test('depth, count and text are bounded', () => {
  const nested = (depth: number) => `${'['.repeat(depth - 1)}{"a":1}${']'.repeat(depth - 1)}`
  const inside = (depth: number) => `{"x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)},"a":1}`
  const objects = (depth: number) => `${'{"o":'.repeat(depth - 1)}{"a":1}${'}'.repeat(depth - 1)}`
  for (const make of [nested, inside, objects]) {
    assert.equal(decode({}, make(64)).undecodable, 0)
    assert.deepEqual([decode({}, make(65)).undecodable, decode({}, make(65)).why], [1, layout.WHY_DEPTH])
    assert.equal(decode({ fields: ['a'] }, make(100_000)).why, layout.WHY_DEPTH)
  }
  const many = (n: number) => `{${Array.from({ length: n }, (_, i) => `"k${i % 700}":${i}`).join(',')}}`
  assert.equal(decode({}, many(4096)).samples.length, 700)
  assert.equal(decode({}, many(4097)).why, layout.WHY_LIMIT)
  const escapes = `{${Array.from({ length: 3000 }, (_, i) => `"${'e'.repeat(100)}\\n${i}":"x"`).join(',')}}`
  assert.equal(decode({}, escapes).why, layout.WHY_LIMIT)
})

test('strictly JSON', () => {
  const wrong = [
    '',
    ' ',
    '1',
    '"a"',
    'true',
    'null',
    '{',
    '[',
    '{"a":1',
    '{"a":1}}',
    '{"a":1} x',
    '{"a":1},',
    '\ufeff{}',
  ]
  const inner = [
    '01',
    '+1',
    '1.',
    '.5',
    '1e',
    '-',
    '- 1',
    'tru',
    'True',
    'nul',
    'NaN',
    "'a'",
    '"\t"',
    '"\\x"',
    '"\\u12g4"',
  ]
  const parts = [
    '[1,]',
    '[,1]',
    '[1 2]',
    '{"b":}',
    '{"b"}',
    '{b:1}',
    '{"b":1,}',
    '{,}',
    '{"b":1 "c":2}',
    '"\\',
    '[1}',
    '{"b":1]',
  ]
  for (const value of [...inner, ...parts])
    wrong.push(`{"a":${value}}`, `{"x":${value},"a":1}`, `{"a":[${value}]}`, `[{"a":1},${value}]`)
  for (const options of [{}, { fields: ['a'] }, { fields: ['a[0]'] }]) {
    const rig = new DecodeRig({ input: { options } })
    for (const payload of wrong) {
      const { counts, samples } = rig.decode([payload]).take()
      assert.deepEqual([counts.undecodable, samples], [1, []], payload)
    }
  }
})

test('white space of every kind between tokens', () => {
  assert.deepEqual(decode({}, '\r\n\t {\t"a" \n:\r 1 , "b"\t: {\n} }\n ').samples, ['a=1'])
})

test('lines are frames of their own', () => {
  const rig = new DecodeRig({ input: { options: { fields: ['a'] } } })
  rig.decode(['{"a":1}\r\n\n{"a":2\n{"a":3}\n\r\n{"b":4}\n{"a":5}'], layout.FLAG_LINES)
  assert.deepEqual(short(rig.samples), ['a=1', 'a=3', 'a=5'])
  const { in: lines, decoded, undecodable, filtered } = rig.counts
  assert.deepEqual({ lines, decoded, undecodable, filtered }, { lines: 5, decoded: 3, undecodable: 1, filtered: 1 })
  assert.equal(rig.bad?.text, '{"a":2')
})

test('series past the bound are rejected and counted', () => {
  const rig = new DecodeRig({ input: {}, maxSeries: 2 })
  rig.decode(['{"a":1,"b":2,"c":3}', '{"c":4,"a":5,"d":6}'])
  assert.deepEqual(short(rig.samples), ['a=1', 'b=2', 'a=5'])
  assert.deepEqual([rig.counts.samplesRejected, rig.counts.samplesDecoded], [3, 6])
})

test('a host whose tables are closed is asked for nothing more', () => {
  const rig = new DecodeRig({ input: { payloadTags: { id: 'id' } } })
  rig.decode(['{"a":1,"id":1}'])
  rig.close()
  rig.decode(['{"a":2,"id":1}', '{"b":3,"id":1}', '{"a":4,"id":2}'])
  assert.deepEqual(short(rig.samples), ['a=1', 'a=2'])
  assert.equal(rig.counts.samplesRejected, 2)
})

test('an unknown device or series reads its frame again from the start', () => {
  const rig = new DecodeRig({ input: { options: { fields: ['a', 'b'] }, payloadTags: { id: 'id' } } })
  rig.decode(['[{"a":1,"b":2,"id":1},{"a":3,"b":4,"id":2}]', '{"a":5,"id":2}'])
  assert.deepEqual(
    rig.samples.map(({ device, field, value }) => `${device} ${field} ${value}`),
    ['1 a 1', '1 b 2', '2 a 3', '2 b 4', '2 a 5'],
  )
  const { STOP_DEVICE, STOP_SERIES, STOP_DONE } = layout
  assert.deepEqual(rig.stops, [STOP_DEVICE, STOP_SERIES, STOP_SERIES, STOP_DEVICE, STOP_SERIES, STOP_SERIES, STOP_DONE])
  assert.equal(rig.counts.samplesDecoded, 5)
})

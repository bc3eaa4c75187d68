import assert from 'node:assert/strict'
import { test } from 'node:test'
import { components } from '../../src/components.js'
import { describePlan } from '../../src/config/describe.js'
import { parseConfig } from '../../src/config/parse.js'
import { ConfigError } from '../../src/model/errors.js'

const parse = (source: object, window: object = {}) =>
  parseConfig(
    {
      sources: { s: 'type' in source ? source : { type: 'mqtt', url: 'mqtt://localhost', topics: ['a'], ...source } },
      windows: { w: { every: '1s', reduce: ['mean'], ...window } },
      sinks: { out: { type: 'file', path: '-' } },
    },
    components,
    { env: {}, hostname: 'h', cores: 1, readText: () => '' },
  )

function problems(source: object, window?: object): Record<string, string> {
  try {
    parse(source, window)
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return Object.fromEntries(error.problems.map(({ path, message }) => [path, message]))
  }
  return {}
}

test('every form of a rule, in the order in which they are tried', () => {
  const { inputs } = parse({
    calibrate: {
      temp: { scale: 0.1, offset: -40, unit: '°C' },
      level: {
        table: [
          [4, 100],
          [2, 50],
          [0, 0],
        ],
        outside: 'clip',
      },
      '*': { unit: 'V' },
    },
    valid: { temp: [-40, 125], '*': [0, Number.POSITIVE_INFINITY] },
    deadband: { temp: 0.5, '*': { band: 1, every: '5min' }, x: { band: 2 } },
    sequence: { path: 'head.seq', modulus: 65536 },
  }).sources[0]
  assert.deepEqual(inputs[0].conditions, {
    calibrate: [
      { field: 'temp', by: { scale: 0.1, offset: -40 }, unit: '°C' },
      {
        field: 'level',
        by: {
          table: [
            [0, 0],
            [2, 50],
            [4, 100],
          ],
          clip: true,
        },
      },
      { field: '*', by: { scale: 1, offset: 0 }, unit: 'V' },
    ],
    valid: [
      { field: 'temp', min: -40, max: 125 },
      { field: '*', min: 0, max: Number.POSITIVE_INFINITY },
    ],
    deadband: [
      { field: 'temp', band: 0.5 },
      { field: '*', band: 1, everyUs: 300e6 },
      { field: 'x', band: 2 },
    ],
  })
  assert.deepEqual(inputs[0].sequence, { path: 'head.seq', modulus: 65536 })
  assert.deepEqual(parse({ sequence: 'seq' }).sources[0].inputs[0].sequence, { path: 'seq' })
  const [plain] = parse({}).sources[0].inputs
  assert.deepEqual([plain.conditions, plain.sequence], [undefined, undefined])
})

test("a topic's rules are tried before the source's, and its sequence stands in place of it", () => {
  const { inputs } = parse({
    topics: [
      'a',
      { topic: 'b', valid: { temp: [0, 1] }, sequence: 'n' },
      { topic: 'c', calibrate: { x: { scale: 2 } } },
    ],
    valid: { temp: [0, 2] },
    sequence: 'seq',
  }).sources[0]
  assert.deepEqual(
    inputs.map(({ conditions, sequence }) => [
      conditions?.calibrate.map(({ field }) => field),
      conditions?.valid.map(({ max }) => max),
      sequence?.path,
    ]),
    [
      [[], [2], 'seq'],
      [[], [1, 2], 'n'],
      [['x'], [2], 'seq'],
    ],
  )
})

test('what is wrong is told at once, each with its place and what is allowed', () => {
  const found = problems({
    time: { path: 't', unit: 'ms' },
    calibrate: {
      a: { scale: 0 },
      b: { factor: 2 },
      c: { table: [[1, 2]] },
      d: {
        table: [
          [0, 1],
          [2, 3],
          [1, 4],
        ],
      },
      e: {
        table: [
          [0, 1],
          [0, 2],
        ],
      },
      f: {
        table: [
          [0, 1],
          [1, 2, 3],
        ],
      },
      g: {
        scale: 2,
        table: [
          [0, 1],
          [1, 2],
        ],
      },
      h: { outside: 'clip' },
      i: { scale: Number.POSITIVE_INFINITY },
      j: { unit: 'x'.repeat(17) },
      k: {
        table: [
          [3, 1],
          [2, 2],
          [2, 3],
        ],
      },
      constructor: { scale: 2 },
    },
    valid: { a: [2, 1], b: [1], c: ['x', 2], '': [1, 2], prototype: [0, 1] },
    deadband: { a: 0, b: { band: -1 }, c: { every: '5min' }, d: { band: 1, every: 'soon' } },
    sequence: { path: 'seq', modulus: 255 },
    unit: { prototype: 'V' },
  })
  const expected: Record<string, RegExp> = {
    'sources.s.calibrate.a.scale': /got 0; allowed: a number other than 0/,
    'sources.s.calibrate.b.factor': /no such key; allowed: scale, offset, table, outside, unit/,
    'sources.s.calibrate.c.table': /allowed: a list of 2 to 4096 pairs/,
    'sources.s.calibrate.d.table': /not in order of raw: 2 and 1 stand side by side/,
    'sources.s.calibrate.e.table': /two points for 0/,
    'sources.s.calibrate.f.table[1][2]': /a pair \[raw, value\]/,
    'sources.s.calibrate.g': /cannot use `table` with `scale` or `offset`/,
    'sources.s.calibrate.h': /cannot use `outside` without `table`/,
    'sources.s.calibrate.i.scale': /allowed: a number/,
    'sources.s.calibrate.j.unit': /text of 1 to 16 bytes/,
    'sources.s.calibrate.k.table': /two points for 2/,
    'sources.s.calibrate.constructor': /write it with a glob, as `constructo\?`/,
    'sources.s.valid.a': /allowed: \[least, greatest\]/,
    'sources.s.valid.b[1]': /least, greatest|a number/,
    'sources.s.valid.c[0]': /got "x"; allowed: a number/,
    'sources.s.valid.prototype': /as `prototyp\?`/,
    'sources.s.deadband.a': /got 0; allowed: a number above 0/,
    'sources.s.deadband.b.band': /got -1; allowed: a number above 0/,
    'sources.s.deadband.c.band': /cannot do without `band`/,
    'sources.s.deadband.d.every': /a duration such as/,
    'sources.s.sequence.modulus': /got 255; allowed: a whole number, at least 256/,
    'sources.s.unit.prototype': /as `prototyp\?`/,
  }
  for (const [path, words] of Object.entries(expected)) assert.match(found[path] ?? `nothing at ${path}`, words, path)
  const further = Object.keys(found).filter((path) => !(path in expected))
  assert.equal(further.length, 1, JSON.stringify(further.map((path) => [path, found[path]])))
})

test('wrong rules of a topic are told at their place', () => {
  const found = problems({ topics: [{ topic: 'a', valid: { x: 1 }, deadband: 3, sequence: 5 }] })
  assert.deepEqual(Object.keys(found).sort(), [
    'sources.s.topics[0].deadband',
    'sources.s.topics[0].sequence',
    'sources.s.topics[0].valid.x',
  ])
})

test('a number must have a place in the payload', () => {
  assert.match(problems({ sequence: 'a[' })['sources.s.decode'], /cannot read the path `a\[`/)
  assert.match(
    problems({ decode: { type: 'number' }, sequence: 'seq' })['sources.s.decode'],
    /number and nothing else; remove `sequence`/,
  )
  const csv = { type: 'csv', columns: ['a', 'seq'] }
  assert.deepEqual(problems({ decode: csv, sequence: 'seq' }), {})
  assert.match(problems({ decode: csv, sequence: 'n' })['sources.s.decode'], /cannot find column "n"/)
  assert.match(
    problems({ decode: { ...csv, fields: ['seq'] }, sequence: 'seq' })['sources.s.decode'],
    /cannot use column "seq" twice/,
  )
  assert.match(
    problems({ type: 'serial', path: '/dev/x', frame: { type: 'bridge' }, sequence: 's' })['sources.s.decode'],
    /the bridge numbers its frames itself/,
  )
})

test('a tag of units is a tag like any other', () => {
  assert.equal(parse({}, { unitTag: 'unit' }).windows[0].unitTag, 'unit')
  assert.match(problems({}, { unitTag: 'source' })['windows.w.unitTag'], /weir sets them itself/)
  assert.match(problems({}, { unitTag: 'a b' })['windows.w.unitTag'], /cannot take this name of a tag/)
})

test('weir check says what samples pass', () => {
  const text = describePlan(
    parse({ sequence: 'seq', calibrate: { temp: { scale: 2 }, 'x*': { offset: 1 } }, valid: { temp: [0, 1] } }),
    components,
  )
  assert.ok(text.includes('json, time of arrival; numbered by seq; calibrate temp, x*; valid temp\n'), text)
})

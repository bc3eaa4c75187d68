import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import { TIME_ISO, TIME_MS, WHY_INVALID_TIME, WHY_LIMIT, WHY_NO_ZONE, WHY_SYNTAX } from '../../assembly/layout.js'
import { type CsvOptions, csv } from '../../src/codecs/csv.js'
import type { CodecInput } from '../../src/model/codec.js'
import { codecProbe, type Said } from '../support/codec-probe.js'

const { use, read, setLayout } = await codecProbe()
const schema = v.strictObject(csv.options)
const plain: CodecInput = { hasRate: false, tagPaths: [] }
const parse = (options: object) => v.parse(schema, options) as unknown as CsvOptions

function assertLine(text: string, said: Said): void {
  assert.deepEqual(read('csvLine', text), said, JSON.stringify(text))
}

test('declared columns, a tag and a time', () => {
  const options = parse({ columns: ['t', 'room', 'temp', 'x', 'hum'], fields: { humidity: 'hum', temp: 'temp' } })
  use(csv, options, { timePath: 't', hasRate: false, tagPaths: ['room'] }, TIME_MS)
  const row: Said = [
    ['time', 1700000000123000],
    ['tag', 0, 'hall 3'],
    ['sample', 1, 21.5],
    ['sample', 0, 40],
  ]
  assertLine('1700000000123,hall 3,21.5,zzz,40', row)
  assertLine(' 1700000000123 ,\thall 3 , +21.5 ,"z,z", 40. ', row)
  assertLine('"1700000000123","hall 3","21.5","z""z","40"', row)
  assertLine('1,"hall ""3""",1e3,,-0,9,9', [
    ['time', 1000],
    ['tag', 0, 'hall "3"'],
    ['sample', 1, 1000],
    ['sample', 0, -0],
  ])
  use(csv, options, { timePath: 't', hasRate: false, tagPaths: ['room'], sequencePath: 'x' }, TIME_MS)
  assertLine('1,a,2,"65535",3', [
    ['time', 1000],
    ['tag', 0, 'a'],
    ['sample', 1, 2],
    ['sequence', 65535],
    ['sample', 0, 3],
  ])
  use(csv, options, { timePath: 't', hasRate: false, tagPaths: ['room'] }, TIME_MS)
  assertLine('x,,1', [
    ['badTime', WHY_INVALID_TIME],
    ['tag', 0, ''],
    ['sample', 1, 1],
    ['filtered', 0],
  ])
  assertLine(',,1,,2', [
    ['tag', 0, ''],
    ['sample', 1, 1],
    ['sample', 0, 2],
  ])
  assertLine('null', [
    ['tag', 0, ''],
    ['filtered', 0],
    ['filtered', 0],
  ])
})

test('iso times in a column, with a comma for the fraction in quotes', () => {
  use(csv, parse({ columns: ['t', 'a'], fields: ['a'] }), { timePath: 't', hasRate: false, tagPaths: [] }, TIME_ISO)
  const us = Date.UTC(2024, 0, 2, 3, 4, 5) * 1000
  const sample: Said = [['sample', 0, 1]]
  assertLine('2024-01-02T03:04:05Z,1', [['time', us], ...sample])
  assertLine('"2024-01-02 03:04:05,5Z",1', [['time', us + 500000], ...sample])
  assertLine('2024-01-02 03:04:05,1', [['badTime', WHY_NO_ZONE], ...sample])
})

test('values: numbers, booleans, mapped texts, texts that say there is none', () => {
  use(csv, parse({ columns: ['a'], fields: ['a'], map: { a: { ON: 1, '0': 100, 'say "hi"': 7 } } }), plain)
  const values = { ON: 1, '0': 100, '"ON"': 1, ' ON ': 1, '"say ""hi"""': 7, '1': 1, TRUE: 1, false: 0 }
  for (const [text, value] of Object.entries(values)) assertLine(text, [['sample', 0, value]])
  for (const text of ['', '  ', '""', 'null', 'NaN', 'none', 'None', 'unavailable', 'UNAVAILABLE'])
    assertLine(text, [['filtered', 0]])
  const broken = ['on', 'OFF', '1.2.3', '0x10', '1e999', '-1e999', 'inf', 'tru', 'truee', '12 3', 'nul', 'unavailabla']
  for (const text of broken) assertLine(text, [['invalid', 0]])
  use(csv, parse({ columns: ['a'], fields: ['a'] }), plain)
  for (const [text, value] of Object.entries({ '.5': 0.5, '007': 7, '1,5': 1, '0': 0 }))
    assertLine(text, [['sample', 0, value]])
  assertLine('1e999', [['invalid', 0]])
})

test('without fields every numeric column, by its name', () => {
  const columns = ['id', '', 'a b', 'vib.rms', 'note']
  use(csv, parse({ columns }), { hasRate: false, tagPaths: ['id'] })
  assertLine('x,1,2,3.5,fine', [
    ['tag', 0, 'x'],
    ['named', 'a b', 2],
    ['named', 'vib.rms', 3.5],
  ])
  assertLine('x,1,true,null,9', [
    ['tag', 0, 'x'],
    ['named', 'a b', 1],
    ['filtered', 0],
    ['named', 'note', 9],
  ])
})

test('delimiters, comments and blanks', () => {
  const both: Said = [
    ['named', 'a', 1],
    ['named', 'b', -25],
  ]
  use(csv, parse({ columns: ['a', 'b'], delimiter: 'tab', comment: '#' }), plain)
  assertLine('1\t-25', both)
  assertLine(' 1 \t -25 ', both)
  assertLine('\t-25', [['filtered', 0], both[1]])
  assertLine('# 1\t2', [])
  use(csv, parse({ columns: ['a', 'b'], delimiter: ' ' }), plain)
  assertLine('1 -25', both)
  use(csv, parse({ columns: ['a', 'b'], delimiter: ';' }), plain)
  assertLine('1;-2.5e1;3', both)
})

test('broken quotes are undecodable, a quote inside a cell is not one', () => {
  use(csv, parse({ columns: ['a', 'b'], fields: ['b'] }), plain)
  for (const text of ['"1,2', '1,"2', '"1"x,2', '"', '1,"2""', '"1" "2",3', '"a""'])
    assertLine(text, [['undecodable', WHY_SYNTAX]])
  assertLine('5" pipe,2', [['sample', 0, 2]])
  assertLine('"" ,2', [['sample', 0, 2]])
  assertLine(`"${'""'.repeat(5000)}",2`, [['undecodable', WHY_LIMIT]])
})

test('a header names the columns', () => {
  const options = parse({ header: true, delimiter: ';', comment: '#', fields: ['value'] })
  const { layout } = use(csv, options, { timePath: 'time', hasRate: false, tagPaths: ['id "x"'] }, TIME_MS)
  assert.deepEqual(read('csvNeedsHeader', '# made by a logger'), [['needs', 0]])
  assert.deepEqual(read('csvNeedsHeader', 'time;value'), [['needs', 1]])
  const header = '\ufeff id ;  "value" ; "id ""x""";"a;b"; time ;value'
  const address = layout!(header) as number
  assert.equal(typeof address, 'number')
  assert.equal(layout!(header), address)
  setLayout(address)
  assert.deepEqual(read('csvNeedsHeader', '1;2'), [['needs', 0]])
  assertLine('1;2;three;4;5;6', [
    ['sample', 0, 2],
    ['tag', 0, 'three'],
    ['time', 5000],
  ])
  assert.equal(layout!('value;time'), 'cannot find column "id "x"": got "value", "time"')
  for (const text of ['', 'a', '"value";"time', '"value"x;time', ' "v', 'x'.repeat(70000)])
    assert.equal(typeof layout!(text), 'string', text.slice(0, 50))
})

test('headers without end stop at a bound', () => {
  const { layout } = use(csv, parse({ header: true }), plain)
  let refused = 0
  for (let i = 0; i < 500; i++) if (typeof layout!(`a${i},${'b,'.repeat(100)}c`) === 'string') refused++
  assert.ok(refused > 0 && refused < 500)
  const wide = use(csv, parse({ header: true }), plain).layout!
  assert.match(wide(Array.from({ length: 10_000 }, (_, i) => `c${i}`).join(',')) as string, /more than/)
})

test('options that do not go together are said', () => {
  const problem = (options: object, input: Partial<CodecInput> = {}) =>
    [csv.check(parse(options), { ...plain, ...input }) ?? ''].join('\n')
  assert.equal(problem({ header: true }), '')
  assert.equal(problem({ columns: ['a', 'b', '', ''], fields: ['a'] }, { timePath: 'b' }), '')
  assert.match(problem({}), /cannot tell the columns/)
  assert.match(problem({ header: true, columns: ['a'] }), /together/)
  assert.match(problem({ columns: ['a', 'a'] }), /listed twice/)
  assert.match(problem({ columns: ['a'], fields: ['b'] }), /cannot find column "b": got "a"/)
  assert.match(problem({ columns: ['a'] }, { timePath: 't' }), /cannot find column "t"/)
  assert.match(problem({ columns: ['a', 'b'], fields: ['a'] }, { tagPaths: ['a'] }), /twice/)
  assert.match(problem({ columns: ['a'], fields: ['a'], map: { b: { x: 1 } } }), /map/)
  assert.match(problem({ columns: ['a'] }, { hasRate: true }), /rate/)
  assert.match(problem({ columns: ['a'] }, { hasClock: true }), /count/)
  assert.match(problem({ columns: ['a'], comment: ';', delimiter: ';' }), /comments/)
  assert.match(problem({ columns: ['a'.repeat(256)] }), /longer/)
  for (const delimiter of ['', ',,', '"', '.', '-', '+', 'e', '1', '\n', 'ä'])
    assert.throws(() => parse({ columns: ['a'], delimiter }), delimiter)
})

test('cut anywhere, any byte flipped: the same whatever lies behind, and no trap', () => {
  const options = parse({ columns: ['t', 'id', 'a', 'b', 'c'], fields: ['a', 'b'], comment: '#' })
  use(csv, options, { timePath: 't', hasRate: false, tagPaths: ['id'] }, TIME_ISO)
  const whole = Buffer.from('2024-01-02T03:04:05.678Z,"a ""b"" c",12.625,-3.5e-7,"x,y"')
  const guards = ['9'.repeat(80), '"'.repeat(80), ',5'.repeat(40), '.5e5'.repeat(20)]
  const same = (bytes: Uint8Array) => {
    const [first, ...others] = guards.map((guard) => read('csvLine', bytes, guard))
    for (const other of others) assert.deepEqual(other, first, Buffer.from(bytes).toString('latin1'))
  }
  for (let cut = 0; cut <= whole.length; cut++) same(whole.subarray(0, cut))
  for (let at = 0; at < whole.length; at++)
    for (let bit = 0; bit < 8; bit++) {
      const bytes = Buffer.from(whole)
      bytes[at] ^= 1 << bit
      same(bytes)
    }
})

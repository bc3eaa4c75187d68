import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { glob } from '../../src/model/glob.js'
import { selects } from '../../src/model/selector.js'

test('a glob takes * for any text, ? for one character and all else for itself', () => {
  const cases: [pattern: string, taken: string[], left: string[]][] = [
    ['*', ['', 'a', 'a\nb', '😀'], []],
    ['acc_*', ['acc_', 'acc_x', 'acc_x\n'], ['acc', 'xacc_x', '']],
    ['*_x', ['_x', 'a_x', '_x_x'], ['_xx']],
    ['?', ['a', '*', '😀', '\n'], ['', 'ab']],
    ['a?c', ['abc', 'a?c', 'a.c'], ['ac', 'abbc']],
    ['a.c', ['a.c'], ['abc']],
    ['', [''], ['a']],
    ['(a|b)*', ['(a|b)', '(a|b)c'], ['a', 'b']],
    ['^$[a]{1}\\d+-/*', ['^$[a]{1}\\d+-/', '^$[a]{1}\\d+-/x'], ['a']],
    ['**', ['', 'abc'], []],
  ]
  for (const [pattern, taken, left] of cases) {
    const matches = glob(pattern)
    for (const text of taken) assert.equal(matches(text), true, `${pattern} takes ${JSON.stringify(text)}`)
    for (const text of left) assert.equal(matches(text), false, `${pattern} leaves ${JSON.stringify(text)}`)
  }
})

test('a glob is what a character by character match says, and many stars cost no more than they must', () => {
  const match = (p: string[], t: string[]): boolean =>
    p.length === 0
      ? t.length === 0
      : p[0] === '*'
        ? match(p.slice(1), t) || (t.length > 0 && match(p, t.slice(1)))
        : t.length > 0 && (p[0] === '?' || p[0] === t[0]) && match(p.slice(1), t.slice(1))
  const text = fc.array(fc.constantFrom('a', 'b', '*', '?', '.', '\\', '😀', '\n'), { maxLength: 7 })
  fc.assert(fc.property(text, text, (p, t) => assert.equal(glob(p.join(''))(t.join('')), match(p, t))))
  assert.equal(glob(`${'*a'.repeat(30)}b`)('a'.repeat(255)), false)
})

test('a selector wants all that it names, a list of them any; a tag asked for must be there', () => {
  const series = {
    source: 'plant',
    field: 'temp',
    tags: [
      ['device', 'd1'],
      ['hall', 'north'],
    ],
  } as const
  const takes = (...of: Parameters<typeof selects>[0]) => selects(of)(series)
  assert.equal(takes({}), true)
  assert.equal(takes({ source: 'pl*', field: 't?mp', tags: { device: 'd?', hall: '*' } }), true)
  assert.equal(takes({ source: 'plant', field: 'hum' }), false)
  assert.equal(takes({ tags: { device: 'd2' } }), false)
  assert.equal(takes({ tags: { line: '*' } }), false)
  assert.equal(takes({ field: 'hum' }, { tags: { hall: 'n*' } }), true)
  assert.equal(takes(), false)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { visible, visibleJson } from '../../src/observe/visible.js'

const hostile = 'a\u001b[31mred\u0007\u009b2J\n\u202eturned\u{e0001}\ud800 é€😀'

test('what steers a terminal or turns text is shown as what it is; all other text stays', () => {
  assert.equal(visible(hostile), 'a\\u{1b}[31mred\\u{7}\\u{9b}2J\\u{a}\\u{202e}turned\\u{e0001}\\u{d800} é€😀')
})

test('JSON stays the same JSON', () => {
  const text = visibleJson(JSON.stringify({ hostile }))
  assert.doesNotMatch(text, /\p{Cc}|\p{Cf}/u)
  assert.deepEqual(JSON.parse(text), { hostile })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import { escapedBytes, unescapeBytes } from '../../src/framing/escaped.js'

test('escapes become bytes and all else UTF-8', () => {
  const cases: [string, number[]][] = [
    ['\\r\\n', [13, 10]],
    ['\r\n', [13, 10]],
    ['A\\x00\\xfFz', [65, 0, 255, 122]],
    ['\\\\n\\t\\0', [92, 110, 9, 0]],
    ['°', [0xc2, 0xb0]],
    ['', []],
  ]
  for (const [text, bytes] of cases) assert.deepEqual([...unescapeBytes(text)!], bytes, JSON.stringify(text))
})

test('what is no escape is refused with those that are', () => {
  for (const text of ['\\', 'a\\q', '\\x1', '\\xzz', '\\\\\\'])
    assert.equal(unescapeBytes(text), undefined, JSON.stringify(text))
  for (const text of ['', '123456789', '\\q']) {
    const parsed = v.safeParse(escapedBytes(8), text)
    assert.match(parsed.issues![0].message, /1 to 8 bytes.*\\xNN/)
  }
})

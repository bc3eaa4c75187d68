import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergeDocuments } from '../../src/config/merge.js'

test('maps merge deeply, lists and scalars are replaced, the later wins', () => {
  const merged = mergeDocuments([
    { a: { x: 1, y: [1, 2] }, b: 1 },
    { a: { y: [3], z: { k: 1 } }, b: { c: 2 } },
    null,
    { a: { z: { l: 2 } } },
  ])
  assert.deepEqual(merged, { a: { x: 1, y: [3], z: { k: 1, l: 2 } }, b: { c: 2 } })
})

test('documents stay as they were', () => {
  const first = { a: { x: 1 } }
  mergeDocuments([first, { a: { x: 2 } }])
  assert.deepEqual(first, { a: { x: 1 } })
})

test('a key named __proto__ touches no prototype', () => {
  const merged = mergeDocuments([{}, JSON.parse('{"__proto__": {"polluted": 1}}')]) as object
  assert.equal((merged as { polluted?: number }).polluted, undefined)
  assert.deepEqual(Object.keys(merged), ['__proto__'])
})
